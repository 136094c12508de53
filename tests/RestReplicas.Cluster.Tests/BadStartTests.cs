using System.Buffers.Binary;

namespace RestReplicas.Cluster.Tests;

/// <summary>What cannot be right is refused at the start: a sentence, exit code 1, and nothing touched.</summary>
public sealed class BadStartTests : ClusterTest
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly ClusterShape Alone = new() { Replicas = 1, RedisServers = 0 };

    [Fact]
    public async Task Another_clusters_data_directory_is_refused_and_left_alone()
    {
        var cluster = await StartCluster(Alone);
        var node = cluster.Nodes[0];
        await Stop(node);
        node.Settings["Cluster__Name"] = "another";
        await Refuses(node, "belongs to the cluster 'restreplicas', but Cluster:Name is 'another'.");

        node.Settings.Remove("Cluster__Name");
        node.Start();
        await cluster.Leader();
    }

    [Fact]
    public async Task A_data_directory_of_a_newer_version_is_refused()
    {
        const int VersionOffset = 60; // of user_version in the header of an SQLite file, big-endian
        var cluster = await StartCluster(Alone);
        var node = cluster.Nodes[0];
        await Stop(node);
        var file = Directory.EnumerateFiles(node.Settings["Node__DataDirectory"]!, "replica.db", SearchOption.AllDirectories).Single();
        Assert.False(File.Exists(file + "-wal"), "the stopped node left a write-ahead log");
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(VersionOffset), 999);
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
        await Refuses(node, "was written by a newer version of RestReplicas (format 999;");
    }

    [Fact]
    public async Task A_data_directory_in_use_is_refused()
    {
        var cluster = await StartCluster(Alone);
        var other = PrepareCluster(Alone);
        other.Nodes[0].Settings["Node__DataDirectory"] = cluster.Nodes[0].Settings["Node__DataDirectory"];
        await Refuses(other.Nodes[0], "is in use by another process.");
        await cluster.Leader();
    }

    [Fact]
    public async Task A_port_that_is_taken_is_refused()
    {
        var cluster = await StartCluster(Alone);
        var other = PrepareCluster(Alone);
        other.Nodes[0].Settings["Node__PublicUrl"] = cluster.Nodes[0].Url;
        await Refuses(other.Nodes[0], new Uri(cluster.Nodes[0].Url).Authority);
    }

    [Theory]
    [InlineData("Node__Name", "no name", "Node:Name")]
    [InlineData("Node__PublicUrl", "", "Node:PublicUrl")]
    [InlineData("Node__PeerListen", "http://0.0.0.0:9", "Cluster:Secret")]
    [InlineData("Replication__Heartbeat", "00:00:01", "Replication:QuorumTimeout")]
    [InlineData("Replication__Hartbeat", "00:00:01", "Replication:Hartbeat")]
    [InlineData("Lease__Redis__0", "127.0.0.1:notaport", "Lease:Redis")]
    public async Task A_setting_that_cannot_be_right_is_refused_by_its_name(string key, string value, string named)
    {
        var cluster = PrepareCluster(Alone);
        cluster.Nodes[0].Settings[key] = value;
        await Refuses(cluster.Nodes[0], named);
    }

    private static async Task Refuses(ReplicaProcess node, string part)
    {
        node.Start();
        Assert.Equal(1, await node.Process.WaitForExit(Limit));
        // A node alone may have led for a moment before its port was bound, and have logged that.
        var sentence = Assert.Single(
            node.Process.Output,
            line => !line.Contains(" info: ", StringComparison.Ordinal) && !line.Contains(" warn: ", StringComparison.Ordinal));
        Assert.Contains(part, sentence, StringComparison.Ordinal);
    }

    private static async Task Stop(ReplicaProcess node)
    {
        node.Process.Signal(Posix.SigTerm);
        Assert.Equal(0, await node.Process.WaitForExit(Limit));
    }
}
