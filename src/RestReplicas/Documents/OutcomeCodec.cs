using RestReplicas.Protocol;

namespace RestReplicas.Documents;

/// <summary>An outcome as it is kept beside its entry and in an idempotency record.</summary>
public static class OutcomeCodec
{
    private const byte Format = 1;

    private enum Tag : byte
    {
        Done = 0,
        PreconditionFailed = 1,
        NotFound = 2,
        KeyMismatch = 3,
        Replayed = 4,
        PatchFailed = 5,
        Stale = 6,
        TooManyIndexes = 7,
    }

    public static ReadOnlyMemory<byte> Encode(Outcome outcome)
    {
        var packed = new PackedWriter(16);
        packed.Byte(Format);
        Write(packed, outcome);
        return packed.Written;
    }

    /// <summary>Throws <see cref="InvariantBrokenException"/> for bytes that are no outcome of a known format.</summary>
    public static Outcome Decode(ReadOnlySpan<byte> bytes)
    {
        var packed = new PackedReader(bytes);
        Ensure.That(packed.Byte() == Format, "an outcome is of a known format");
        var outcome = Read(ref packed, first: false);
        Ensure.That(packed.AtEnd, "nothing follows an outcome");
        return outcome;
    }

    private static void Write(PackedWriter packed, Outcome outcome)
    {
        switch (outcome)
        {
            case Outcome.Done done:
                packed.Byte((byte)Tag.Done);
                packed.Number(done.Results.Count);
                for (var i = 0; i < done.Results.Count; i++)
                {
                    packed.Byte((byte)done.Results[i]);
                    packed.Text(done.Ids[i]);
                }

                break;
            case Outcome.PreconditionFailed failed:
                packed.Byte((byte)Tag.PreconditionFailed);
                packed.Number(failed.Change);
                packed.Byte(failed.Current is null ? (byte)0 : (byte)1);
                if (failed.Current is { } current)
                {
                    packed.Position(current);
                }

                break;
            case Outcome.NotFound missing:
                packed.Byte((byte)Tag.NotFound);
                packed.Number(missing.Change);
                break;
            case Outcome.PatchFailed failed:
                packed.Byte((byte)Tag.PatchFailed);
                packed.Number(failed.Change);
                packed.Position(failed.Current);
                CommandCodec.Write(packed, failed.Fault);
                break;
            case Outcome.Stale stale:
                packed.Byte((byte)Tag.Stale);
                packed.Number(stale.Change);
                break;
            case Outcome.KeyMismatch:
                packed.Byte((byte)Tag.KeyMismatch);
                break;
            case Outcome.TooManyIndexes:
                packed.Byte((byte)Tag.TooManyIndexes);
                break;
            case Outcome.Replayed replayed:
                Ensure.That(replayed.First is not Outcome.Replayed, "a first outcome is not a replay");
                packed.Byte((byte)Tag.Replayed);
                packed.Position(replayed.At);
                Write(packed, replayed.First);
                break;
            default:
                throw new InvariantBrokenException("an outcome is of a known kind");
        }
    }

    /// <param name="first">Within a replay: so bytes cannot nest replays until the stack ends.</param>
    private static Outcome Read(ref PackedReader packed, bool first)
    {
        switch ((Tag)packed.Byte())
        {
            case Tag.Done:
                return ReadDone(ref packed);
            case Tag.PreconditionFailed:
                var change = packed.Int();
                return packed.Byte() switch
                {
                    0 => new Outcome.PreconditionFailed(change, null),
                    1 => new Outcome.PreconditionFailed(change, packed.Position()),
                    _ => throw new InvariantBrokenException("a document has a version or is not there"),
                };
            case Tag.NotFound:
                return new Outcome.NotFound(packed.Int());
            case Tag.PatchFailed:
                return new Outcome.PatchFailed(packed.Int(), packed.Position(), CommandCodec.ReadFault(ref packed));
            case Tag.Stale:
                return new Outcome.Stale(packed.Int());
            case Tag.KeyMismatch:
                return new Outcome.KeyMismatch();
            case Tag.TooManyIndexes:
                return new Outcome.TooManyIndexes();
            case Tag.Replayed:
                Ensure.That(!first, "a first outcome is not a replay");
                return new Outcome.Replayed(packed.Position(), Read(ref packed, first: true));
            default:
                throw new InvariantBrokenException("an outcome is of a known kind");
        }
    }

    private static Outcome.Done ReadDone(ref PackedReader packed)
    {
        var results = new ChangeResult[packed.Count()];
        var ids = new string[results.Length];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = (ChangeResult)packed.Byte();
            Ensure.That(results[i] <= ChangeResult.Checked, "a change has a known result");
            ids[i] = packed.Text();
        }

        return new(results, ids);
    }
}
