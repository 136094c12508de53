using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using RestReplicas.Benchmarks.Driving;
using RestReplicas.Benchmarks.Grounds;

namespace RestReplicas.Benchmarks.Contestants;

/// <summary>Three etcd with default settings, spoken to through their own JSON gateway.</summary>
internal sealed class Etcd(Ground ground, string logs, int documentBytes = Documents.Bytes) : Contestant(ground, logs)
{
    /// <summary>Digits are base64 as well: twelve of them are the nine bytes that a key of ours has.</summary>
    private const int KeyDigits = 12;

    public override Exchange Put { get; } =
        new("POST", "/v3/kv/put", $$"""{"key":"{{Exchange.Key}}","value":"{{Base64(Documents.OfLength(documentBytes))}}"}""", KeyDigits);

    /// <summary>What a member has, is called serializable there.</summary>
    public override Exchange Get(bool linearizable) =>
        new("POST", "/v3/kv/range", $$"""{"key":"{{Exchange.Key}}","serializable":{{(linearizable ? "false" : "true")}}}""", KeyDigits, "value");

    public override HttpRequestMessage Write(Uri member, string key, string value) =>
        new(HttpMethod.Post, new Uri(member, "/v3/kv/put"))
        {
            Content = new StringContent($$"""{"key":"{{Base64(key)}}","value":"{{Base64(value)}}"}""", Encoding.UTF8, "application/json"),
        };

    /// <summary>Without a leader, or dropped by one, nothing was proposed; whatever else went wrong leaves a doubt.</summary>
    public override Verdict Judge(HttpResponseMessage answer, string body) =>
        answer.StatusCode == HttpStatusCode.OK ? Verdict.Acknowledged
        : body.Contains("no leader", StringComparison.Ordinal) || body.Contains("dropped", StringComparison.Ordinal) ? Verdict.Failed
        : Verdict.Unknown;

    public override async Task<bool> Leads(int member)
    {
        var (id, leader) = await Status(member);
        return id == leader;
    }

    public override async Task HandOver(int leader)
    {
        var (target, _) = await Status((leader + 1) % Ground.Members);
        using var answer = await Http.PostAsJsonAsync(new Uri(Urls[leader], "/v3/maintenance/transfer-leadership"), new { targetID = target });
        if (!answer.IsSuccessStatusCode)
        {
            throw new Refusal($"etcd's transfer failed: {await answer.Content.ReadAsStringAsync()}");
        }
    }

    protected override async Task<bool> Serves(int member)
    {
        using var answer = await Http.GetAsync(new Uri(Urls[member], "/health"));
        return answer.IsSuccessStatusCode;
    }

    protected override (string Program, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string?> Environment) Command(int member) => (
        Needed.Etcd,
        [
            "--name", Name(member),
            "--data-dir", Path.Combine(Data, Name(member)),
            "--listen-client-urls", Origin(Ground.ForClients(member).Listen),
            "--advertise-client-urls", Origin(Ground.ForClients(member).Reach),
            "--listen-peer-urls", Origin(Ground.ForPeers(member).Listen),
            "--initial-advertise-peer-urls", Origin(Ground.ForPeers(member).Reach),
            "--initial-cluster", string.Join(',', Enumerable.Range(0, Ground.Members).Select(m => $"{Name(m)}={Origin(Ground.ForPeers(m).Reach)}")),
            "--initial-cluster-state", "new",
        ],
        new Dictionary<string, string?>());

    private async Task<(string Id, string? Leader)> Status(int member)
    {
        using var answer = await Http.PostAsJsonAsync(new Uri(Urls[member], "/v3/maintenance/status"), new { });
        answer.EnsureSuccessStatusCode();
        using var status = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var id = status.RootElement.GetProperty("header").GetProperty("member_id").GetString()!;
        return (id, status.RootElement.TryGetProperty("leader", out var leader) ? leader.GetString() : null);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string Origin(Uri url) => url.GetLeftPart(UriPartial.Authority);

    private static string Name(int member) => string.Create(CultureInfo.InvariantCulture, $"n{member + 1}");
}
