using RestReplicas.Cluster.Tests.Harness;

namespace RestReplicas.Cluster.Tests;

/// <summary>Real syncs that fail with EIO: what is acknowledged stays, and the node comes back from a file that it could sync.</summary>
public class FailedSyncTests
{
    [Fact]
    public async Task A_follower_whose_sync_failed_writes_its_file_anew_and_follows_again()
    {
        await using var run = await Run.Start(leader: false);
        await run.Write(20);
        await FailingSyncs.Begin(run.Node, once: true);
        await run.WriteUntil("was written anew");

        await run.Write(20);
        await run.CheckAll();
    }

    [Fact]
    public async Task A_leader_whose_sync_failed_leads_no_more_and_no_acknowledged_write_is_lost()
    {
        await using var run = await Run.Start(leader: true);
        await run.Write(20);
        await FailingSyncs.Begin(run.Node, once: true);
        await run.WriteUntil("was written anew");

        await run.Write(20);
        await run.CheckAll();
    }

    [Fact]
    public async Task A_disk_that_goes_on_failing_keeps_its_node_out_until_it_works_again()
    {
        await using var run = await Run.Start(leader: false);
        await run.Write(20);
        await FailingSyncs.Begin(run.Node, once: false);
        await run.WriteUntil("the disk is damaged");
        await run.Write(20);

        await FailingSyncs.End(run.Node);
        await run.Node.Process.WaitForLine("was written anew", TimeSpan.FromSeconds(60));
        await run.CheckAll();
    }

    /// <summary>Three replicas, one of them on a disk that can fail, and a client that remembers what was acknowledged.</summary>
    private sealed class Run(TestCluster cluster, ReplicaProcess node) : IAsyncDisposable
    {
        private readonly List<string> _acknowledged = [];
        private bool _passed;

        public ReplicaProcess Node => node;

        public static async Task<Run> Start(bool leader)
        {
            var cluster = new TestCluster(new());
            cluster.Nodes.ToList().ForEach(FailingSyncs.Prepare);
            await cluster.Start();
            return new(cluster, leader ? await cluster.Leader() : (await cluster.Followers())[0]);
        }

        public async Task Write(int count)
        {
            for (var wanted = _acknowledged.Count + count; _acknowledged.Count < wanted;)
            {
                await WriteOne();
            }
        }

        public Task WriteUntil(string line) => Eventually.Holds(
            async () =>
            {
                await WriteOne();
                return node.Process.Output.Any(l => l.Contains(line, StringComparison.Ordinal));
            },
            TimeSpan.FromSeconds(60),
            () => $"{node.Name} says '{line}':\n{string.Join('\n', node.Process.Output)}");

        /// <summary>All of it, on every node.</summary>
        public async Task CheckAll()
        {
            await cluster.AllReady();
            foreach (var replica in cluster.Nodes)
            {
                foreach (var id in _acknowledged)
                {
                    using var answer = await replica.Http.GetAsync(new Uri($"/v1/kept/{id}?consistency=linearizable&timeout=30000", UriKind.Relative));
                    Assert.True(answer.IsSuccessStatusCode, $"{id} on {replica.Name}: {answer.StatusCode}");
                }
            }

            _passed = true;
        }

        public async ValueTask DisposeAsync() => await cluster.End(showLogs: !_passed);

        /// <summary>Tried again, under another name, where it fails: only what was answered counts.</summary>
        private async Task WriteOne()
        {
            var id = $"d{Guid.NewGuid():N}";
            using var body = new StringContent("{}", null, "application/json");
            using var answer = await (await cluster.Leader()).Http.PutAsync(new Uri($"/v1/kept/{id}", UriKind.Relative), body);
            if (answer.IsSuccessStatusCode)
            {
                _acknowledged.Add(id);
            }
        }
    }
}
