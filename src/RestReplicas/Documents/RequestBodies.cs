using Microsoft.Extensions.Options;
using RestReplicas.Cluster;

namespace RestReplicas.Documents;

/// <summary>Bodies are in memory from the first byte to the answer; however many clients come, they share this much.</summary>
public sealed class RequestBodies(IOptions<WriteOptions> options)
{
    private readonly Budget _budget = new(int.MaxValue, options.Value.BodyBytes);

    /// <summary>Room for a request's body, until it is disposed.</summary>
    /// <param name="limit">Bytes that the body may have.</param>
    public BodyRoom Reserve(HttpRequest request, int limit)
    {
        // A compressed body is there beside what it stands for.
        var bytes = (int)Math.Min(request.ContentLength ?? long.MaxValue, limit) + (request.Headers.ContentEncoding.Count > 0 ? limit : 0);
        return _budget.TryTake(bytes) ? new(_budget, bytes) : default;
    }
}

public readonly struct BodyRoom : IDisposable
{
    private readonly Budget? _budget;
    private readonly int _bytes;

    internal BodyRoom(Budget budget, int bytes) => (_budget, _bytes) = (budget, bytes);

    /// <summary>There is none: the request is to be refused.</summary>
    public bool IsRefused => _budget is null;

    public void Dispose() => _budget?.Return(_bytes);
}
