using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using RestReplicas.Cluster;

namespace RestReplicas.Documents;

/// <summary>
/// Requests that Kestrel cannot even read: a URL or headers beyond its limits, or no HTTP at all. It answers them itself,
/// before any middleware, and without a word. It announces that, though, so the answer can be one of ours: a problem, which
/// says that nothing was done.
/// </summary>
public sealed class Unreadable(Node node) : IObserver<KeyValuePair<string, object?>>
{
    private const string Announcement = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    public static void AreAnswered(IServiceProvider services) =>
        services.GetRequiredService<DiagnosticListener>().Subscribe(
            new Unreadable(services.GetRequiredService<Node>()), name => name == Announcement);

    public void OnNext(KeyValuePair<string, object?> announced)
    {
        if (announced.Value is IFeatureCollection request
            && request.Get<ClientOutput>() is { } output
            && request.Get<IBadRequestExceptionFeature>()?.Error is BadHttpRequestException fault
            && request.Get<IHttpResponseFeature>() is { HasStarted: false })
        {
            output.EndWith(Answer(ProblemPages.Of(fault), HttpMethods.IsHead(request.Get<IHttpRequestFeature>()?.Method ?? "")));
        }
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    private byte[] Answer(Problem problem, bool head)
    {
        var status = node.Status;
        var body = problem.Render(status.LeaderUrl());
        var lines = string.Create(
            CultureInfo.InvariantCulture,
            $"""
            HTTP/1.1 {problem.Status} {ReasonPhrases.GetReasonPhrase(problem.Status)}
            Content-Type: application/problem+json
            Content-Length: {body.WrittenCount}
            Cache-Control: no-store
            Connection: close
            Date: {DateTimeOffset.UtcNow:R}
            {ReplicaHeaders.NodeName}: {status.Name}


            """);
        return [.. Encoding.ASCII.GetBytes(lines.ReplaceLineEndings("\r\n")), .. head ? [] : body.WrittenSpan];
    }
}

/// <summary>What is sent to a client. It may be ended with an answer that whoever owns the connection has not written.</summary>
public sealed class ClientOutput(PipeWriter output) : PipeWriter
{
    private bool _ended;
    private byte[] _ignored = [];

    public override bool CanGetUnflushedBytes => output.CanGetUnflushedBytes;

    public override long UnflushedBytes => output.UnflushedBytes;

    /// <summary>The last that the client is sent: what is written after it goes nowhere.</summary>
    public void EndWith(ReadOnlySpan<byte> answer)
    {
        if (!_ended)
        {
            output.Write(answer);
            _ended = true;
        }
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => _ended ? Ignored(sizeHint) : output.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _ended ? Ignored(sizeHint) : output.GetSpan(sizeHint);

    public override void Advance(int bytes)
    {
        if (!_ended)
        {
            output.Advance(bytes);
        }
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => output.FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => output.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => output.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => output.CompleteAsync(exception);

    private byte[] Ignored(int sizeHint) =>
        _ignored.Length >= Math.Max(sizeHint, 1) ? _ignored : _ignored = new byte[Math.Max(sizeHint, 4096)];
}
