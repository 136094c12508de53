using System.Globalization;
using RestReplicas.Benchmarks.Driving;
using RestReplicas.Benchmarks.Grounds;

namespace RestReplicas.Benchmarks.Contestants;

/// <summary>What an answer says about a write.</summary>
internal enum Verdict
{
    Acknowledged,

    /// <summary>It certainly did not happen.</summary>
    Failed,

    /// <summary>It may have happened.</summary>
    Unknown,
}

/// <summary>A cluster of three of some store, with default settings, in a data directory that goes with it.</summary>
internal abstract class Contestant(Ground ground, string logs) : IAsyncDisposable
{
    private const int FillingLoops = 64;

    /// <summary>So many writes take a while.</summary>
    private const int Large = 100_000;
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(30);
    private readonly ChildProcess?[] _processes = new ChildProcess?[Ground.Members];

    public IReadOnlyList<Uri> Urls { get; } = [.. Enumerable.Range(0, Ground.Members).Select(m => ground.ForClients(m).Reach)];

    protected Ground Ground => ground;

    protected string Logs => logs;

    protected string Data { get; } = Directory.CreateTempSubdirectory("restreplicas-bench-").FullName;

    /// <summary>For questions; never waits long.</summary>
    protected HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { Timeout = AnswerLimit };

    /// <summary>Everything that runs of it, for what it costs.</summary>
    public virtual IEnumerable<int> Processes => _processes.OfType<ChildProcess>().Where(p => !p.Ended).Select(p => p.Id);

    /// <summary>Writes a document, answered when a majority has it on disk.</summary>
    public abstract Exchange Put { get; }

    public abstract Exchange Get(bool linearizable);

    public abstract HttpRequestMessage Write(Uri member, string key, string value);

    public abstract Verdict Judge(HttpResponseMessage answer, string body);

    public abstract Task<bool> Leads(int member);

    public abstract Task HandOver(int leader);

    public virtual async Task Begin(CancellationToken cancelled)
    {
        for (var member = 0; member < Ground.Members; member++)
        {
            Start(member);
        }

        await WaitUntilWhole(cancelled);
    }

    public void Start(int member)
    {
        var (program, arguments, environment) = Command(member);
        string[] words = [.. Ground.Entering(member), program, .. arguments];
        var log = Path.Combine(logs, string.Create(CultureInfo.InvariantCulture, $"n{member + 1}.log"));
        _processes[member] = new ChildProcess(words[0], words[1..], environment, log);
        Ground.Occupied(member, _processes[member]!.Id);
    }

    public ChildProcess Process(int member) => _processes[member]!;

    /// <summary>Until it ended by itself; then its output is closed too.</summary>
    public async Task Ended(int member)
    {
        await Process(member).WaitForExit(ExitLimit);
        await Process(member).DisposeAsync();
        _processes[member] = null;
    }

    public async Task<int> Leader(CancellationToken cancelled)
    {
        int? leader = null;
        await Eventually.Holds(
            async () =>
            {
                for (var member = 0; member < Ground.Members && leader is null; member++)
                {
                    leader = await Answers(() => Leads(member)) ? member : null;
                }

                return leader is not null;
            },
            ReadyLimit,
            () => "a leader").WaitAsync(cancelled);
        return leader!.Value;
    }

    /// <summary>All members up to date, under a leader.</summary>
    public async Task WaitUntilWhole(CancellationToken cancelled)
    {
        await Eventually.Holds(
            async () => (await Task.WhenAll(Enumerable.Range(0, Ground.Members).Select(m => Answers(() => Serves(m))))).All(s => s),
            ReadyLimit,
            () => $"all three members serve; their logs are in {logs}").WaitAsync(cancelled);
        await Leader(cancelled);
    }

    /// <summary>Writes the documents with the first keys.</summary>
    public Task Fill(int keys, CancellationToken cancelled) => Write(keys, keys, cancelled);

    /// <summary>So many writes, going round the keys.</summary>
    public async Task<Driven> Write(int count, int keys, CancellationToken cancelled)
    {
        var leader = Urls[await Leader(cancelled)];
        var taken = -1L;
        var driven = await Loops.Run(
            leader,
            FillingLoops,
            (connection, _) =>
            {
                var template = new Template(Put, leader);
                return () =>
                {
                    var number = Interlocked.Increment(ref taken);
                    if (number >= count)
                    {
                        return false;
                    }

                    connection.Ask(template.For(number % keys));
                    if (count >= Large && (number + 1) % (count / 10) == 0)
                    {
                        Console.WriteLine($"  {number + 1:N0} of {count:N0} written");
                    }

                    return true;
                };
            },
            cancelled);
        cancelled.ThrowIfCancellationRequested();
        return driven;
    }

    /// <summary>For loops that write random keys for as long as they are to.</summary>
    public Func<Connection, int, Func<bool>> RandomWrites(Uri leader, int keys) => (connection, loop) =>
    {
        var (template, random) = (new Template(Put, leader), new Random(loop));
        return () =>
        {
            connection.Ask(template.For(random.Next(keys)));
            return true;
        };
    };

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var process in _processes.OfType<ChildProcess>())
        {
            await process.DisposeAsync();
        }

        Http.Dispose();
        Directory.Delete(Data, recursive: true);
    }

    protected abstract (string Program, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string?> Environment) Command(int member);

    protected abstract Task<bool> Serves(int member);

    /// <summary>Whoever does not answer does not: a member may just be starting.</summary>
    private static async Task<bool> Answers(Func<Task<bool>> question)
    {
        try
        {
            return await question();
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }
}
