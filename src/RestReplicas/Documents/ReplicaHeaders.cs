using System.Globalization;
using RestReplicas.Cluster;
using RestReplicas.Protocol;

namespace RestReplicas.Documents;

/// <summary>
/// The <c>Replica-*</c> headers of one answer. They are written when the response starts, so that errors have them too
/// and nothing that clears a response loses them.
/// </summary>
public sealed class ReplicaHeaders(Node node, SessionCookie? session, HttpContext context)
{
    public const string NodeName = "Replica-Node";
    public const string Role = "Replica-Role";
    public const string Position = "Replica-Position";
    public const string Staleness = "Replica-Staleness";
    public const string Leader = "Replica-Leader";
    public const string Acks = "Replica-Acks";

    public static readonly IReadOnlyList<string> All = [NodeName, Role, Position, Staleness, Leader, Acks];

    private Position? _position;
    private string? _acks;
    private TimeSpan? _staleness;
    private bool _read;
    private bool _inSession;
    private bool _relayed;

    public static ReplicaHeaders? Of(HttpContext context) => context.Features.Get<ReplicaHeaders>();

    /// <summary>On every route below: who answers, and from what.</summary>
    /// <param name="session">Null: answers set no cookies.</param>
    public static void Attach(HttpContext context, Node node, SessionCookie? session)
    {
        var headers = new ReplicaHeaders(node, session, context);
        context.Features.Set(headers);
        context.Response.OnStarting(
            static headers =>
            {
                ((ReplicaHeaders)headers).Set();
                return Task.CompletedTask;
            },
            headers);
    }

    /// <param name="applied">Position of the state that was read.</param>
    /// <param name="staleness">Null: it has no bound.</param>
    /// <param name="inSession">It is no less than what the client had seen.</param>
    public void Read(Position applied, TimeSpan? staleness, bool inSession)
    {
        _read = true;
        _inSession = inSession;
        _position = applied;
        _staleness = staleness;
    }

    public void Write(WriteResult result)
    {
        (_position, _acks) = result switch
        {
            WriteResult.Applied { Position: var at } applied => (at, Of(applied.Acks, applied.Voters)),
            WriteResult.Accepted { Position: var at } accepted => (at, Of(accepted.Acks, accepted.Voters)),
            WriteResult.AcksIncomplete { Position: var at } incomplete => (at, Of(incomplete.Acks, incomplete.Voters)),
            WriteResult.Lost { Position: var at } => (at, null),
            WriteResult.Unknown { Position: var at } => (at, null),
            _ => (default(Position?), default(string)),
        };

        static string Of(int acks, int voters) => string.Create(CultureInfo.InvariantCulture, $"{acks}/{voters}");
    }

    /// <summary>The answer is another node's, and so are its headers.</summary>
    public void Relay() => _relayed = true;

    private void Set()
    {
        if (_relayed)
        {
            return;
        }

        var status = node.Status;
        var headers = context.Response.Headers;
        headers[NodeName] = status.Name.Value;
        headers[Role] = status.RoleName();
        if (status.LeaderUrl() is { } leader)
        {
            headers[Leader] = leader;
        }

        // A refused write has no position, and must not seem to have one; a refused read tells of the state here.
        var isRead = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        if ((_position ?? (isRead ? status.Applied : null)) is { } position)
        {
            headers[Position] = position.ToString();
        }

        var staleness = _read ? _staleness : status.View.Freshness?.Staleness(node.Now);
        headers[Staleness] = staleness is { } bound ? Seconds(bound) : "unknown";
        if (_acks is not null)
        {
            headers[Acks] = _acks;
            session?.Wrote(context, _position!.Value);
        }

        if (!_read)
        {
            return;
        }

        // A cache may keep it, but asks again before it uses it: it cannot know of writes.
        var cacheable = _inSession && session?.Read(context, _position!.Value) == true ? "no-cache, private" : "no-cache";
        if (headers.CacheControl.Count == 0)
        {
            headers.CacheControl = cacheable;
        }

        if (staleness is { } age)
        {
            headers.Age = Upwards(age, TimeSpan.TicksPerSecond).ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>To the millisecond, upwards: a bound may only be rounded towards the truth.</summary>
    private static string Seconds(TimeSpan bound)
    {
        var milliseconds = Upwards(bound, TimeSpan.TicksPerMillisecond);
        return string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000}.{milliseconds % 1000:D3}");
    }

    private static long Upwards(TimeSpan time, long unit) => (time.Ticks + unit - 1) / unit;
}
