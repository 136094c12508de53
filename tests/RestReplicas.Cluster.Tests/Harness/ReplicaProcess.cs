namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>One replica: its settings, its data, and the process that runs now, if any.</summary>
internal sealed class ReplicaProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5);
    private ChildProcess? _process;

    public ReplicaProcess(string name, string url, string log)
    {
        Name = name;
        Url = url;
        Log = log;
        Http = Client();
    }

    public string Name { get; }

    /// <summary>For clients.</summary>
    public string Url { get; }

    public string Log { get; }

    /// <summary>Environment variables; a change counts from the next start.</summary>
    public Dictionary<string, string?> Settings { get; } = [];

    /// <summary>The words before its command that put it where it belongs.</summary>
    public IReadOnlyList<string> Entering { get; init; } = [];

    /// <summary>Talks to this node only: redirects are answers.</summary>
    public HttpClient Http { get; }

    public ChildProcess Process => _process ?? throw new InvalidOperationException($"{Name} was not started.");

    public bool Runs => _process is { Ended: false };

    public void Start()
    {
        if (Runs)
        {
            throw new InvalidOperationException($"{Name} runs already.");
        }

        string[] command = [.. Entering, Programs.DotNet, Programs.Replica];
        _process = new ChildProcess(command[0], command[1..], Settings, Log);
    }

    /// <summary>Until it answers, or fails the test with what it printed.</summary>
    public async Task WaitUntilLive() => await Eventually.Holds(
        async () =>
        {
            Assert.False(Process.Ended, $"{Name} ended at its start:\n{string.Join('\n', Process.Output)}");
            return await Is("/health/live");
        },
        StartLimit,
        () => $"{Name} is live");

    public async Task Kill() => await Process.Kill();

    /// <summary>Whether a health route says yes, within some seconds.</summary>
    public async Task<bool> Is(string route)
    {
        if (!Runs || Process.Frozen)
        {
            return false;
        }

        using var timer = new CancellationTokenSource(AnswerLimit);
        try
        {
            using var answer = await Http.GetAsync(route, timer.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    public async Task<bool> Leads() => await Is("/health/leader");

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }

    /// <summary>A client of this node with connections of its own.</summary>
    public HttpClient Client() => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
    {
        BaseAddress = new Uri(Url),
        Timeout = TimeSpan.FromSeconds(30),
    };
}
