namespace RestReplicas.Local;

/// <summary>The replicas' processes.</summary>
internal sealed class Cluster : IDisposable
{
    /// <summary>More than a replica needs to hand over leadership and close its file.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);

    private readonly Plan _plan;
    private readonly string? _redis;
    private readonly string _program = Programs.Replica();
    private readonly List<Replica> _replicas = [];

    public Cluster(Plan plan, string? redis)
    {
        _plan = plan;
        _redis = redis;
        foreach (var member in plan.Members)
        {
            _replicas.Add(new(member, new Child(member.Name, member.Log, [Programs.DotNet, _program], Settings(member))));
        }
    }

    public IReadOnlyList<Replica> Replicas => _replicas;

    /// <summary>What differs between the replicas; all else is in appsettings.json.</summary>
    private Dictionary<string, string> Settings(Member member)
    {
        var settings = new Dictionary<string, string>
        {
            ["Node__Name"] = member.Name,
            ["Node__PublicUrl"] = member.Url,
            ["Node__PeerUrl"] = member.PeerUrl,
            ["Node__DataDirectory"] = member.Directory,
        };
        foreach (var voter in _plan.Members)
        {
            settings[$"Cluster__Voters__{voter.Name}"] = voter.PeerUrl;
        }

        if (_redis is not null)
        {
            settings["Lease__Redis__0"] = _redis;
        }

        return settings;
    }

    /// <summary>A shell command that starts this replica as we did.</summary>
    public string CommandFor(Member member) =>
        $"{string.Join(' ', Settings(member).Select(s => $"{s.Key}={Quoted(s.Value)}"))} {Quoted(Programs.DotNet)} {Quoted(_program)}";

    /// <summary>Asks all to stop, waits, and kills what still runs then, or as soon as the user is out of patience.</summary>
    public void Stop(WaitHandle impatient)
    {
        foreach (var replica in _replicas)
        {
            replica.Process.Stop();
        }

        var deadline = DateTime.UtcNow + StopLimit;
        foreach (var replica in _replicas)
        {
            while (!replica.Process.WaitUntilEnded(TimeSpan.FromMilliseconds(100)) && DateTime.UtcNow < deadline && !impatient.WaitOne(0))
            {
            }

            if (!replica.Process.Ended)
            {
                Console.WriteLine($"{replica.Member.Name} did not stop in time and is killed; nothing that it acknowledged is lost.");
            }
        }
    }

    public void Dispose()
    {
        foreach (var replica in _replicas)
        {
            replica.Process.Dispose();
        }
    }

    private static string Quoted(string text) =>
        text.All(c => char.IsAsciiLetterOrDigit(c) || "/._:-,=".Contains(c)) ? text : $"'{text.Replace("'", @"'\''")}'";
}

internal sealed class Replica(Member member, Child process)
{
    public Member Member { get; } = member;

    public Child Process { get; } = process;

    /// <summary>Its end has been told to the user.</summary>
    public bool Reported { get; set; }
}
