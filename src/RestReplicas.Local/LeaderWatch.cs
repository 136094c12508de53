using System.Net;

namespace RestReplicas.Local;

/// <summary>Who leads, as the replicas themselves say when a load balancer asks them.</summary>
internal sealed class LeaderWatch(IReadOnlyList<Member> members) : IDisposable
{
    /// <summary>A gap no longer than this is not worth a line: the next leader is told of anyway.</summary>
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(2);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(1) };
    private DateTime _lastSeen = DateTime.UtcNow;

    public Member? Leader { get; private set; }

    /// <returns>Whether it changed.</returns>
    public bool Look()
    {
        var answers = Task.WhenAll(members.Select(Leads)).GetAwaiter().GetResult();
        var leading = members.Where((_, i) => answers[i]).ToList();
        var now = DateTime.UtcNow;
        if (leading.Count > 0)
        {
            _lastSeen = now;
        }

        // While one takes over from another, both may say so for a moment; the new one is news.
        var leader = leading.Find(m => m != Leader) ?? leading.FirstOrDefault() ?? (now - _lastSeen < Gap ? Leader : null);
        var changed = leader != Leader;
        Leader = leader;
        return changed;
    }

    public void Dispose() => _http.Dispose();

    private async Task<bool> Leads(Member member)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri(member.Url + "/health/leader"));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }
}
