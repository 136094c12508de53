using RestReplicas.Protocol;

namespace RestReplicas.Peers;

internal static partial class WireFormat
{
    /// <summary>Stands for "granted", beside the reasons of <see cref="VoteRefusal"/>.</summary>
    private const byte Granted = byte.MaxValue;

    public static ReadOnlyMemory<byte> Encode(Response response)
    {
        var writer = Begin(response switch
        {
            RefusedResponse => Kind.Refused,
            AppendResponse => Kind.Appended,
            VoteResponse => Kind.Voted,
            ReadIndexResponse => Kind.ReadAt,
            TransferResponse => Kind.Transferred,
            AnnounceResponse => Kind.Announced,
            _ => throw new InvariantBrokenException($"a response that has a wire format, not {response.GetType().Name}"),
        });
        Write(writer, response.Header);
        writer.Long(response.Wall);
        switch (response)
        {
            case RefusedResponse refused:
                writer.Byte((byte)refused.Why);
                break;
            case AppendResponse append:
                writer.Flag(append.Matched);
                writer.Position(append.Acknowledged);
                writer.Stamp(append.Stamp);
                writer.Address(append.Address);
                writer.State(append.State);
                break;
            case VoteResponse vote:
                writer.Flag(vote.PreVote);
                writer.Byte(vote.Refusal is { } refusal ? (byte)refusal : Granted);
                writer.Span(vote.Silence);
                writer.Flag(vote.EmptyDisk);
                writer.Flag(vote.OmitsCandidate);
                break;
            case ReadIndexResponse read:
                writer.Flag(read.Index is not null);
                writer.Long(read.Index ?? 0);
                break;
            case AnnounceResponse announced:
                writer.Flag(announced is { Leader: not null, Address: not null });
                if (announced is { Leader: { } leader, Address: { } address })
                {
                    writer.Text(leader.Value);
                    writer.Address(address);
                }

                break;
            case TransferResponse transfer:
                writer.Flag(transfer.Obeyed);
                break;
        }

        return writer.Sealed();
    }

    /// <summary>Throws <see cref="WireException"/>.</summary>
    public static Response DecodeResponse(ReadOnlyMemory<byte> message)
    {
        var reader = Begin(message, out var kind);
        var header = ReadHeader(ref reader);
        var wall = reader.Long();
        Response response = kind switch
        {
            Kind.Refused => new RefusedResponse(header, wall, Known((RequestRefusal)reader.Byte())),
            Kind.Appended => new AppendResponse(
                header, wall, reader.Flag(), reader.Position(), reader.Stamp(), reader.Address(), reader.State()),
            Kind.Voted => new VoteResponse(
                header, wall, reader.Flag(), ReadRefusal(ref reader), reader.Span(), reader.Flag(), reader.Flag()),
            Kind.ReadAt => new ReadIndexResponse(header, wall, ReadIndex(ref reader)),
            Kind.Announced => reader.Flag()
                ? new AnnounceResponse(header, wall, reader.Name(), reader.Address())
                : new AnnounceResponse(header, wall, null, null),
            Kind.Transferred => new TransferResponse(header, wall, reader.Flag()),
            _ => throw new WireException($"a response of unknown kind {(byte)kind}"),
        };
        reader.End();
        return response;
    }

    private static VoteRefusal? ReadRefusal(ref WireReader reader) =>
        reader.Byte() is var value && value == Granted ? null : Known((VoteRefusal)value);

    private static long? ReadIndex(ref WireReader reader)
    {
        var confirmed = reader.Flag();
        var index = reader.Natural();
        return confirmed ? index : null;
    }

    /// <summary>A reason that this version does not know would be handled as some other one.</summary>
    private static T Known<T>(T value)
        where T : struct, Enum =>
        Enum.IsDefined(value) ? value : throw new WireException($"an unknown {typeof(T).Name}: {value}");
}
