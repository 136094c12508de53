using System.Collections.Concurrent;
using System.Globalization;
using System.Net;

namespace RestReplicas.Cluster.Tests.Load;

/// <summary>Writes unique documents one after the other, to one address after the other, and remembers every attempt.</summary>
internal sealed class LoadClient(string name, IReadOnlyList<Uri> addresses, string collection, TimeSpan patience, Func<TimeSpan> clock) : IDisposable
{
    private readonly Sender _sender = new(patience);
    private int _number;

    public ConcurrentQueue<Attempt> Attempts { get; } = [];

    public async Task Run(TimeSpan pause, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            _ = await WriteOne();
            await Task.WhenAny(Task.Delay(pause, stop));
        }
    }

    public async Task<Attempt> WriteOne()
    {
        var address = addresses[_number % addresses.Count];
        var id = string.Create(CultureInfo.InvariantCulture, $"{name}-{++_number}");
        var body = $$"""{"client":"{{name}}","number":{{_number}},"text":"þetta er ekki ASCII"}""";
        var sent = clock();
        var (verdict, position, node, detail) = await _sender.Send(HttpMethod.Put, new Uri(address, $"/v1/{collection}/{id}"), body, HttpStatusCode.Created);
        var attempt = new Attempt(id, body, verdict, position, node, sent, clock(), detail);
        Attempts.Enqueue(attempt);
        return attempt;
    }

    public void Dispose() => _sender.Dispose();
}
