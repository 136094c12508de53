using System.Collections.Concurrent;
using System.Globalization;
using System.Net;

namespace RestReplicas.Cluster.Tests.Load;

/// <summary>
/// Creates, replaces and deletes documents of its own, one change after the other: so it knows what each one finds. A document
/// of which it does not know that is never written again; another takes its place.
/// </summary>
internal sealed class MixedClient(int number, IReadOnlyList<Uri> addresses, Sender sender, Func<TimeSpan> clock)
{
    private const int Documents = 8;

    private readonly (string? Id, bool IsThere)[] _documents = new (string?, bool)[Documents];
    private readonly Random _random = new(number);
    private int _moved;
    private int _changes;

    public ConcurrentQueue<Attempt> Attempts { get; } = [];

    /// <returns>Whether it was acknowledged.</returns>
    public async Task<bool> Change()
    {
        var place = _random.Next(Documents);
        var (id, isThere) = _documents[place];
        id ??= string.Create(CultureInfo.InvariantCulture, $"c{number}-{_changes}");
        var body = string.Create(CultureInfo.InvariantCulture, $$"""{"client":{{number}},"change":{{++_changes}}}""");
        var attempt = await Send(id, body, !isThere ? "created" : _random.Next(3) > 0 ? "replaced" : "deleted");
        Attempts.Enqueue(attempt);
        _documents[place] = attempt.Verdict switch
        {
            Verdict.Acknowledged => (id, attempt.Kind != "deleted"),
            Verdict.Refused => (id, isThere),
            _ => (null, false),
        };
        return attempt.Verdict == Verdict.Acknowledged;
    }

    /// <summary>To the node that it used last; to the next where nobody listens, for nothing was done there.</summary>
    private async Task<Attempt> Send(string id, string body, string kind)
    {
        var sent = clock();
        var (method, content, success) = kind switch
        {
            "created" => (HttpMethod.Put, body, HttpStatusCode.Created),
            "replaced" => (HttpMethod.Put, body, HttpStatusCode.OK),
            _ => (HttpMethod.Delete, null, HttpStatusCode.NoContent),
        };
        for (var tried = 1; ; tried++)
        {
            var (verdict, position, node, detail) = await sender.Send(
                method, new Uri(addresses[(number + _moved) % addresses.Count], $"/v1/{Workload.Collection}/{id}"), content, success);
            if (detail != Sender.NobodyListens || tried == addresses.Count)
            {
                return new(id, body, verdict, position, node, sent, clock(), detail) { Kind = kind };
            }

            _moved++;
        }
    }
}
