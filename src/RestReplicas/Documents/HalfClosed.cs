using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace RestReplicas.Documents;

/// <summary>
/// A client that has closed its sending half may still listen. Kestrel takes it for gone: it drops the connection without
/// an answer, even without the one that its body was too short. Here it is gone a little later.
/// </summary>
public static class HalfClosed
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    public static void AreAnswered(ListenOptions listener) => listener.Use(next => async connection =>
    {
        using var gone = new CancellationTokenSource();
        await using var closing = connection.ConnectionClosed.Register(() => gone.CancelAfter(Grace));
        connection.ConnectionClosed = gone.Token;

        var input = new ClientInput(connection.Transport.Input);
        connection.Features.Set(input);
        var output = new ClientOutput(connection.Transport.Output);
        connection.Features.Set(output);
        connection.Transport = new Duplex(input, output);
        await next(connection);
    });

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

/// <summary>
/// What a client sends. While a body is read from it, its end is a <see cref="Microsoft.AspNetCore.Http.BadHttpRequestException"/> for the reader,
/// who can still answer, and not for Kestrel, which would not.
/// </summary>
public sealed class ClientInput(PipeReader input) : PipeReader
{
    private SequencePosition _examined;

    /// <summary>Set while a body is being read.</summary>
    public bool IsBody { get; set; }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        IsBody ? ReadBody(cancellationToken) : input.ReadAsync(cancellationToken);

    public override bool TryRead(out ReadResult result) => input.TryRead(out result);

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _examined = examined;
        input.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => input.CancelPendingRead();

    public override void Complete(Exception? exception = null) => input.Complete(exception);

    private async ValueTask<ReadResult> ReadBody(CancellationToken cancellationToken)
    {
        var result = await input.ReadAsync(cancellationToken);
        if (!result.IsCompleted || result.IsCanceled)
        {
            return result;
        }

        if (result.Buffer.IsEmpty || result.Buffer.End.Equals(_examined))
        {
            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            throw new Microsoft.AspNetCore.Http.BadHttpRequestException("The client closed its half of the connection before the body was whole.");
        }

        return new(result.Buffer, isCanceled: false, isCompleted: false);
    }
}
