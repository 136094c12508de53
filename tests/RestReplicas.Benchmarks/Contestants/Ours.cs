using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using RestReplicas.Benchmarks.Driving;
using RestReplicas.Benchmarks.Grounds;

namespace RestReplicas.Benchmarks.Contestants;

/// <summary>Three replicas and one Redis.</summary>
/// <param name="extra">More for the environment of its replicas.</param>
internal sealed class Ours(
    Ground ground, string logs, IReadOnlyDictionary<string, string?>? extra = null, int documentBytes = Documents.Bytes)
    : Contestant(ground, logs)
{
    private const int KeyDigits = 9;
    private const string AnyDocument = $"/v1/bench/{Exchange.Key}";
    private static readonly TimeSpan RedisLimit = TimeSpan.FromSeconds(10);
    private readonly string _redis = string.Create(CultureInfo.InvariantCulture, $"{ground.Here}:{Ports.Free(1)[0]}");
    private ChildProcess? _redisProcess;

    public override async Task Begin(CancellationToken cancelled)
    {
        string[] arguments = ["--bind", Ground.Here, "--port", _redis.Split(':')[1], "--protected-mode", "no", "--save", "", "--appendonly", "no", "--dir", Data];
        _redisProcess = new ChildProcess(Needed.Redis, arguments, log: Path.Combine(Logs, "redis.log"));
        await _redisProcess.WaitForLine("Ready to accept connections", RedisLimit);
        await base.Begin(cancelled);
    }

    /// <summary>Redis too: without it, nobody would stand.</summary>
    public override IEnumerable<int> Processes => base.Processes.Append(_redisProcess!.Id);

    public override Exchange Put { get; } = new("PUT", AnyDocument, Documents.OfLength(documentBytes), KeyDigits);

    public override Exchange Get(bool linearizable) =>
        new("GET", linearizable ? $"{AnyDocument}?consistency=linearizable" : AnyDocument, null, KeyDigits, Documents.Name);

    public override HttpRequestMessage Write(Uri member, string key, string value) =>
        new(HttpMethod.Put, new Uri(member, $"/v1/bench/{key}"))
        {
            Content = new StringContent($$"""{"value":"{{value}}"}""", Encoding.UTF8, "application/json"),
        };

    /// <summary>503 and 429 say that nothing happened; every other refusal is in doubt.</summary>
    public override Verdict Judge(HttpResponseMessage answer, string body) => answer.StatusCode switch
    {
        HttpStatusCode.OK or HttpStatusCode.Created => Verdict.Acknowledged,
        HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests => Verdict.Failed,
        _ => Verdict.Unknown,
    };

    public override async Task<bool> Leads(int member) => await Yes(member, "/health/leader");

    public override async Task HandOver(int leader)
    {
        using var answer = await Http.PostAsync(new Uri(Urls[leader], "/cluster/transfer"), content: null);
        await Done(answer, "The transfer");
    }

    /// <summary>Takes a follower's vote away.</summary>
    public async Task MakeLearner(int leader, int member)
    {
        using var answer = await Http.DeleteAsync(new Uri(Urls[leader], $"/cluster/voters/{Name(member)}"));
        await Done(answer, "Making a voter a learner");
    }

    /// <summary>Of a member that does not run.</summary>
    public void Wipe(int member) => Directory.Delete(Path.Combine(Data, Name(member)), recursive: true);

    /// <summary>Megabytes (10⁶ bytes) in a member's data directory; a file that goes meanwhile counts for nothing.</summary>
    public double DiskMegabytes(int member) =>
        new DirectoryInfo(Path.Combine(Data, Name(member))).EnumerateFiles("*", SearchOption.AllDirectories).Sum(LengthOf) / 1e6;

    /// <summary>The index up to which each member has applied the log; null where the one that is asked does not know.</summary>
    public async Task<IReadOnlyList<long?>> Applied(int asked)
    {
        try
        {
            using var picture = JsonDocument.Parse(await Http.GetStringAsync(new Uri(Urls[asked], "/cluster")));
            var nodes = picture.RootElement.GetProperty("nodes").EnumerateArray().ToDictionary(n => n.GetProperty("name").GetString()!);
            return [.. Enumerable.Range(0, Ground.Members).Select(m =>
                nodes.TryGetValue(Name(m), out var node) && node.TryGetProperty("applied", out var applied)
                && applied.ValueKind == JsonValueKind.String
                    ? long.Parse(applied.GetString()!.Split('.')[1], CultureInfo.InvariantCulture)
                    : (long?)null)];
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return new long?[Ground.Members];
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (_redisProcess is not null)
        {
            await _redisProcess.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    protected override async Task<bool> Serves(int member) => await Yes(member, "/health/ready");

    protected override (string Program, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string?> Environment) Command(int member)
    {
        var environment = new Dictionary<string, string?>(extra ?? new Dictionary<string, string?>())
        {
            ["Node__Name"] = Name(member),
            ["Node__PublicUrl"] = Origin(Ground.ForClients(member).Reach),
            ["Node__PublicListen"] = Origin(Ground.ForClients(member).Listen),
            ["Node__PeerUrl"] = Origin(Ground.ForPeers(member).Reach),
            ["Node__PeerListen"] = Origin(Ground.ForPeers(member).Listen),
            ["Node__DataDirectory"] = Path.Combine(Data, Name(member)),
            ["Cluster__Secret"] = "only for this benchmark",
            ["Lease__Redis__0"] = _redis,
        };
        for (var voter = 0; voter < Ground.Members; voter++)
        {
            environment[$"Cluster__Voters__{Name(voter)}"] = Origin(Ground.ForPeers(voter).Reach);
        }

        return (Programs.DotNet, [Programs.Replica], environment);
    }

    private async Task<bool> Yes(int member, string route)
    {
        using var answer = await Http.GetAsync(new Uri(Urls[member], route));
        return answer.IsSuccessStatusCode;
    }

    private static async Task Done(HttpResponseMessage answer, string what)
    {
        if (!answer.IsSuccessStatusCode)
        {
            throw new Refusal($"{what} failed: {await answer.Content.ReadAsStringAsync()}");
        }
    }

    private static long LengthOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
    }

    private static string Origin(Uri url) => url.GetLeftPart(UriPartial.Authority);

    private static string Name(int member) => string.Create(CultureInfo.InvariantCulture, $"n{member + 1}");
}
