using RestReplicas.Protocol;

namespace RestReplicas.Peers;

internal static partial class WireFormat
{
    /// <summary>Term, index, kind, timestamp, checksum and the length of the payload.</summary>
    private const int EntrySize = (3 * sizeof(long)) + 1 + sizeof(uint) + sizeof(int);

    public static ReadOnlyMemory<byte> Encode(Request request)
    {
        switch (request)
        {
            case AppendRequest append:
                var size = 512 + append.Entries.Sum(entry => EntrySize + entry.Payload.Length);
                return Encode(append, Begin(Kind.Append, size));
            case VoteRequest vote:
                var voter = Begin(Kind.Vote);
                Write(voter, vote.Header);
                voter.Flag(vote.PreVote);
                voter.Position(vote.Last);
                voter.Flag(vote.Ordered);
                voter.Flag(vote.Founding is not null);
                if (vote.Founding is { } names)
                {
                    voter.Int(names.Count);
                    foreach (var name in names)
                    {
                        voter.Text(name.Value);
                    }
                }

                return voter.Sealed();
            case ReadIndexRequest read:
                var reader = Begin(Kind.ReadIndex);
                Write(reader, read.Header);
                return reader.Sealed();
            case AnnounceRequest announce:
                var announcer = Begin(Kind.Announce);
                Write(announcer, announce.Header);
                announcer.Address(announce.Address);
                return announcer.Sealed();
            case TransferRequest transfer:
                var order = Begin(Kind.Transfer);
                Write(order, transfer.Header);
                order.Position(transfer.Last);
                order.Stamp(transfer.Stamp);
                order.Span(transfer.Within);
                return order.Sealed();
            default:
                throw new InvariantBrokenException($"a request that has a wire format, not {request.GetType().Name}");
        }
    }

    /// <summary>Throws <see cref="WireException"/>. The payloads of entries are slices of <paramref name="message"/>.</summary>
    public static Request DecodeRequest(ReadOnlyMemory<byte> message)
    {
        var reader = Begin(message, out var kind);
        Request request = kind switch
        {
            Kind.Append => DecodeAppend(ref reader),
            Kind.Vote => DecodeVote(ref reader),
            Kind.ReadIndex => new ReadIndexRequest(ReadHeader(ref reader)),
            Kind.Announce => new AnnounceRequest(ReadHeader(ref reader), reader.Address()),
            Kind.Transfer => new TransferRequest(ReadHeader(ref reader), reader.Position(), reader.Stamp(), reader.Span()),
            _ => throw new WireException($"a request of unknown kind {(byte)kind}"),
        };
        reader.End();
        return request;
    }

    private static ReadOnlyMemory<byte> Encode(AppendRequest append, WireWriter writer)
    {
        Write(writer, append.Header);
        writer.Address(append.Leader);
        writer.Position(append.Previous);
        writer.Long(append.Commit);
        writer.Flag(append.Echo is not null);
        if (append.Echo is { } echo)
        {
            writer.Stamp(echo.Stamp);
            writer.Span(echo.QuorumAge);
        }

        writer.Flag(append.LeaseToken is not null);
        if (append.LeaseToken is { } token)
        {
            writer.Text(token);
        }

        writer.Flag(append.Offer is not null);
        if (append.Offer is { } offer)
        {
            writer.Snapshot(offer.Snapshot);
            writer.Flag(offer.Repairs);
            writer.Flag(offer.Vouched);
        }

        writer.Digest(append.Accused);
        writer.Int(append.Entries.Count);
        foreach (var entry in append.Entries)
        {
            Write(writer, entry);
        }

        return writer.Sealed();
    }

    private static VoteRequest DecodeVote(ref WireReader reader)
    {
        var (header, preVote, last, ordered) = (ReadHeader(ref reader), reader.Flag(), reader.Position(), reader.Flag());
        return new(header, preVote, last, ReadFounding(ref reader), ordered);
    }

    private static NodeName[]? ReadFounding(ref WireReader reader)
    {
        if (!reader.Flag())
        {
            return null;
        }

        var names = new NodeName[reader.Count(sizeof(int) + 1)];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = reader.Name();
        }

        return names;
    }

    private static AppendRequest DecodeAppend(ref WireReader reader)
    {
        var header = ReadHeader(ref reader);
        var leader = reader.Address();
        var previous = reader.Position();
        var commit = reader.Natural();
        Echo? echo = reader.Flag() ? new Echo(reader.Stamp(), reader.Span()) : null;
        var token = reader.Flag() ? reader.Text() : null;
        var offer = reader.Flag() ? new Offer(reader.Snapshot(), reader.Flag(), reader.Flag()) : null;
        var accused = reader.Digest();
        var entries = new Entry[reader.Count(EntrySize)];
        var before = previous;
        for (var i = 0; i < entries.Length; i++)
        {
            var entry = ReadEntry(ref reader);
            if (entry.Index != before.Index + 1 || entry.Term < before.Term || entry.Term > header.Term)
            {
                throw new WireException($"entry {entry.Position} cannot follow {before} in a message of term {header.Term}");
            }

            entries[i] = entry;
            before = entry.Position;
        }

        return new(header, leader, previous, entries, commit, echo, token, offer, accused);
    }

    /// <summary>One entry by itself, for a node whose own copy is spoilt.</summary>
    public static ReadOnlyMemory<byte> Encode(Entry entry)
    {
        var writer = Begin(Kind.Entry, EntrySize + entry.Payload.Length + 16);
        Write(writer, entry);
        return writer.Sealed();
    }

    /// <summary>Throws <see cref="WireException"/>.</summary>
    public static Entry DecodeEntry(ReadOnlyMemory<byte> message)
    {
        var reader = Begin(message, out var kind);
        if (kind != Kind.Entry)
        {
            throw new WireException($"kind {(byte)kind} where an entry should be");
        }

        var entry = ReadEntry(ref reader);
        reader.End();
        return entry;
    }

    private static void Write(WireWriter writer, Entry entry)
    {
        writer.Position(entry.Position);
        writer.Byte((byte)entry.Kind);
        writer.Long(entry.Timestamp);
        writer.UInt(entry.Checksum);
        writer.Bytes(entry.Payload.Span);
    }

    /// <summary>An unknown kind passes: it must stop the node where it is applied, not be asked for again for ever.</summary>
    private static Entry ReadEntry(ref WireReader reader)
    {
        var position = reader.Position();
        var kind = (EntryKind)reader.Byte();
        var timestamp = reader.Long();
        var checksum = reader.UInt();
        var entry = new Entry(position, kind, timestamp, reader.Bytes(), checksum);
        return entry.IsIntact ? entry : throw new WireException($"entry {position}, whose checksum is wrong");
    }

    private static void Write(WireWriter writer, Header header)
    {
        writer.Text(header.From.Value);
        writer.Guid(header.Disk.Value);
        writer.Flag(header.Cluster is not null);
        if (header.Cluster is { } cluster)
        {
            writer.Guid(cluster.Value);
        }

        writer.Long(header.Term.Value);
    }

    private static Header ReadHeader(ref WireReader reader) => new(
        reader.Name(),
        new(reader.Guid()),
        reader.Flag() ? new ClusterId(reader.Guid()) : null,
        reader.Term());
}
