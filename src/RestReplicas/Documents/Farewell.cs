using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace RestReplicas.Documents;

/// <summary>
/// How a node that stops parts from its clients. Kestrel alone closes idle connections at once, and a request that is just
/// on its way over one is lost: its client cannot know whether it was done. Here nobody new is let in first (a refused
/// connection tells a client that nothing was done, and to go elsewhere); then, for a moment, what still comes over kept
/// connections is answered, each with the word that its connection ends.
/// </summary>
public sealed class Farewell(IOptions<SocketTransportOptions> options, ILoggerFactory logs) : IConnectionListenerFactory
{
    /// <summary>Longer than busy clients take to ask again; shorter than anybody waits for a restart.</summary>
    private static readonly TimeSpan Lasts = TimeSpan.FromMilliseconds(300);

    private readonly SocketTransportFactory _sockets = new(options, logs);

    private volatile bool _begun;

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new Listener(this, await _sockets.BindAsync(endpoint, cancellationToken));

    /// <summary>Not before the door is closed: else clients would come back through it, up to the last moment.</summary>
    public Task Say(HttpContext context, RequestDelegate next)
    {
        if (_begun)
        {
            context.Response.OnStarting(
                static response =>
                {
                    ((HttpResponse)response).Headers.Connection = "close"; // here, where nothing that clears an answer can undo it
                    return Task.CompletedTask;
                },
                context.Response);
        }

        return next(context);
    }

    private sealed class Listener(Farewell farewell, IConnectionListener sockets) : IConnectionListener
    {
        public EndPoint EndPoint => sockets.EndPoint;

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => sockets.AcceptAsync(cancellationToken);

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            await sockets.UnbindAsync(cancellationToken);
            farewell._begun = true;
            await Task.WhenAny(Task.Delay(Lasts, cancellationToken));
        }

        public ValueTask DisposeAsync() => sockets.DisposeAsync();
    }
}
