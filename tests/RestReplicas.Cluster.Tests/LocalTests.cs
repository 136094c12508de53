using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace RestReplicas.Cluster.Tests;

/// <summary>The one command: what it starts, says and leaves behind.</summary>
public sealed class LocalTests : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(60);

    private readonly string _data = Directory.CreateTempSubdirectory("restreplicas-local-").FullName;
    private readonly int _port = FreeBase();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task It_starts_three_replicas_says_who_leads_follows_that_and_ends_with_Ctrl_C()
    {
        await using var local = Start();
        await local.WaitForLine("Ctrl-C stops everything.", StartLimit);
        var children = ProcessTable.Descendants(local.Id);
        Assert.Equal(4, children.Count); // three replicas and their Redis
        Assert.Contains(local.Output, l => l.StartsWith("Redis: a private one", StringComparison.Ordinal));

        using var http = new HttpClient();
        using var body = new StringContent("""{"title":"Edda"}""", new MediaTypeHeaderValue("application/json"));
        using var written = await http.PutAsync($"http://127.0.0.1:{_port + 1}/v1/books/edda", body, Stop);
        Assert.Equal(HttpStatusCode.Created, written.StatusCode);

        var leader = Leader(local);
        var process = local.Output.Single(l => l.StartsWith($"│ {leader} ", StringComparison.Ordinal))
            .Split('│', StringSplitOptions.TrimEntries)[4];
        Assert.Equal(0, Posix.Kill(int.Parse(process, CultureInfo.InvariantCulture), Posix.SigKill));
        await local.WaitForLine($"{leader} was ended by signal 9; the others go on.", StartLimit);
        await local.WaitForLine($"Node__Name={leader} ", StartLimit); // how to start it again
        await Eventually.Holds(() => Leader(local) != leader, StartLimit, () => $"another leader is announced:\n{string.Join('\n', local.Output)}");

        local.Signal(Posix.SigInt);
        Assert.Equal(0, await local.WaitForExit(StopLimit));
        Assert.DoesNotContain(children, ProcessTable.Runs);
    }

    [Fact]
    public async Task What_was_written_is_there_at_the_next_start_and_not_after_fresh()
    {
        var mine = Directory.CreateDirectory(Path.Combine(_data, "n9")).FullName; // named like a replica's, but not one
        foreach (var (options, expected) in new[] { ("", HttpStatusCode.NotFound), ("", HttpStatusCode.OK), ("--fresh", HttpStatusCode.NotFound) })
        {
            await using var local = Start(options.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            await local.WaitForLine("Ctrl-C stops everything.", StartLimit);
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_port}") };
            using var read = await http.GetAsync("/v1/books/edda?consistency=linearizable", Stop);
            Assert.Equal(expected, read.StatusCode);
            using var body = new StringContent("""{"title":"Edda"}""", new MediaTypeHeaderValue("application/json"));
            using var written = await http.PutAsync("/v1/books/edda", body, Stop);
            Assert.True(written.IsSuccessStatusCode);
            local.Signal(Posix.SigTerm);
            Assert.Equal(0, await local.WaitForExit(StopLimit));
        }

        Assert.True(Directory.Exists(mine));
    }

    [Fact]
    public async Task Killed_with_9_it_leaves_no_process_behind()
    {
        await using var local = Start();
        await local.WaitForLine("Ctrl-C stops everything.", StartLimit);
        var children = ProcessTable.Descendants(local.Id);
        Assert.Equal(4, children.Count);
        await local.Kill();
        await Eventually.Holds(() => !children.Any(ProcessTable.Runs), StopLimit, () => "all children are gone");
    }

    [Fact]
    public async Task Killed_with_9_dotnet_run_leaves_no_process_behind_either()
    {
        var configuration = Programs.Local.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
        var project = Path.Combine(Programs.Repository, "src", "RestReplicas.Local");
        string[] arguments = ["run", "--no-build", "--configuration", configuration, "--project", project, "--", .. Options()];
        await using var run = new ChildProcess(Programs.DotNet, arguments);
        await run.WaitForLine("Ctrl-C stops everything.", StartLimit);
        var descendants = ProcessTable.Descendants(run.Id);
        Assert.Equal(5, descendants.Count);
        await run.Kill();
        await Eventually.Holds(() => !descendants.Any(ProcessTable.Runs), StopLimit, () => "all descendants are gone");
    }

    [Fact]
    public async Task Without_redis_server_it_says_so_and_goes_on_without_a_lease()
    {
        await using var local = Start([], new() { ["PATH"] = "/nonexistent" });
        await local.WaitForLine("Ctrl-C stops everything.", StartLimit);
        Assert.Contains("Redis: redis-server is not installed: leaders are elected without a lease.", local.Output);
        Assert.Equal(3, ProcessTable.Descendants(local.Id).Count);
        local.Signal(Posix.SigInt);
        Assert.Equal(0, await local.WaitForExit(StopLimit));
    }

    [Fact]
    public async Task A_taken_port_is_one_sentence()
    {
        using var taken = new TcpListener(IPAddress.Loopback, _port + 1001);
        taken.Start();
        await Refuses($"Port {_port + 1001} of 127.0.0.1, which n2 needs for its peers, is taken by another program; choose others with --port.");
    }

    [Fact]
    public async Task A_data_folder_of_a_cluster_of_another_size_is_one_sentence()
    {
        Directory.CreateDirectory(Path.Combine(_data, "n1"));
        await File.WriteAllTextAsync(Path.Combine(_data, "replicas"), "5", Stop);
        await Refuses($"{_data} holds a cluster of 5: use --replicas 5, or --fresh to remove it, or another folder with --data.");
    }

    [Fact]
    public async Task A_broken_setting_is_the_replicas_own_sentence()
    {
        await using var local = Start(["--redis", "none"], new() { ["Cluster__Secret"] = "short" });
        Assert.Equal(1, await local.WaitForExit(StartLimit));
        Assert.StartsWith("n", local.Output[^1], StringComparison.Ordinal);
        Assert.Contains("Secret", local.Output[^1], StringComparison.Ordinal);
        Assert.Empty(ProcessTable.Descendants(local.Id));
    }

    [Theory]
    [InlineData("--replicas", "ten", "--replicas takes a whole number from 1 to 9, not 'ten'. --help shows the options.")]
    [InlineData("--port", "70000", "--port takes a whole number from 1 to 64526, not '70000'. --help shows the options.")]
    [InlineData("--redis", "nowhere", "--redis takes host:port, auto or none, not 'nowhere'. --help shows the options.")]
    [InlineData("--colour", "red", "Unrecognized command or argument '--colour'. --help shows the options.")]
    public async Task A_bad_option_is_one_sentence(string option, string value, string sentence)
    {
        await using var local = new ChildProcess(Programs.DotNet, [Programs.Local, option, value]);
        Assert.Equal(1, await local.WaitForExit(StartLimit));
        Assert.Equal(sentence, Assert.Single(local.Output));
    }

    private async Task Refuses(string sentence)
    {
        await using var local = Start();
        Assert.Equal(1, await local.WaitForExit(StartLimit));
        Assert.Equal(sentence, Assert.Single(local.Output));
    }

    /// <summary>
    /// With Ctrl-C heeded, even where these tests run in the background of a shell, which has its children ignore it; and without
    /// rehearsals, which are most of what a start takes.
    /// </summary>
    private ChildProcess Start(string[]? options = null, Dictionary<string, string?>? environment = null) =>
        new("/usr/bin/env", ["--default-signal=INT", "Node__Rehearse=false", Programs.DotNet, Programs.Local, .. Options(options ?? [])], environment);

    private string[] Options(params string[] more) =>
        ["--port", _port.ToString(CultureInfo.InvariantCulture), "--data", _data, .. more];

    /// <summary>The one that was announced last.</summary>
    private static string Leader(ChildProcess local) => local.Output.Last(l => l.Contains(" leads (", StringComparison.Ordinal))[..2];

    /// <summary>The first of three free ports, with those 1000 above free too.</summary>
    private static int FreeBase()
    {
        while (true)
        {
            var first = Random.Shared.Next(20_000, 30_000);
            try
            {
                foreach (var port in Enumerable.Range(first, 3).SelectMany(p => new[] { p, p + 1000 }))
                {
                    using var listener = new TcpListener(IPAddress.Loopback, port);
                    listener.Start();
                }

                return first;
            }
            catch (SocketException)
            {
                // Taken; there are many others.
            }
        }
    }
}
