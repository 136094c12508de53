using RestReplicas.Documents.Patching;
using RestReplicas.Protocol;

namespace RestReplicas.Documents;

/// <summary>A command as the payload of its entry: encoded once, by the leader, and the same bytes ever after.</summary>
public static class CommandCodec
{
    /// <summary>The first byte of every payload. A node that does not know it stops: it must not guess.</summary>
    private const byte Format = 1;

    private enum ChangeTag : byte
    {
        Put = 0,
        Delete = 1,
        Check = 2,
        PutIndex = 3,
        DeleteIndex = 4,
    }

    private enum ConditionTag : byte
    {
        None = 0,
        Absent = 1,
        Present = 2,
        AtVersion = 3,
        SeenAbsent = 4,
        SeenAtVersion = 5,
    }

    private enum RefusalTag : byte
    {
        None = 0,
        NotFound = 1,
        PreconditionFailed = 2,
        PatchFailed = 3,
    }

    /// <summary>
    /// Throws <see cref="InvariantBrokenException"/> for a command without changes, or one that names a document twice:
    /// it would have no outcome that all nodes agree on, so it must not reach a log.
    /// </summary>
    public static ReadOnlyMemory<byte> Encode(Command command)
    {
        Ensure.That(command.Changes.Count > 0, "a command changes or checks something");
        Ensure.That(
            command.Changes.Count == 1 || command.Changes.DistinctBy(c => (c.Collection, c.Id)).Count() == command.Changes.Count,
            "a command names a document at most once");
        Ensure.That(
            command.Changes.Count == 1 || !command.Changes.Any(c => c is Change.PutIndex or Change.DeleteIndex), "an index's change comes alone");
        var packed = new PackedWriter(256 + command.Changes.Sum(c => c is Change.Put put ? put.Body.Length : 0));
        packed.Byte(Format);
        Write(packed, command.Key);
        packed.Number(command.Changes.Count);
        foreach (var change in command.Changes)
        {
            Write(packed, change);
        }

        return packed.Written;
    }

    /// <summary>
    /// Bodies are slices of <paramref name="payload"/>. Throws <see cref="InvariantBrokenException"/> for a format that
    /// it does not know, or bytes that are none: an entry is never skipped.
    /// </summary>
    public static Command Decode(ReadOnlyMemory<byte> payload)
    {
        var packed = new PackedReader(payload.Span);
        Ensure.That(packed.Byte() == Format, "a command is of a known format");
        var key = ReadKey(ref packed);
        var changes = new Change[packed.Count()];
        Ensure.That(changes.Length > 0, "a command changes or checks something");
        for (var i = 0; i < changes.Length; i++)
        {
            changes[i] = ReadChange(ref packed, payload);
        }

        Ensure.That(packed.AtEnd, "nothing follows a command");
        return new(key, changes);
    }

    private static void Write(PackedWriter packed, IdempotencyKey? key)
    {
        packed.Byte(key is null ? (byte)0 : (byte)1);
        if (key is not null)
        {
            packed.Text(key.Owner);
            packed.Text(key.Value);
            packed.Blob(key.Fingerprint.Span);
        }
    }

    private static IdempotencyKey? ReadKey(ref PackedReader packed) => packed.Byte() switch
    {
        0 => null,
        1 => new(packed.Text(), packed.Text(), packed.Blob().ToArray()),
        _ => throw new InvariantBrokenException("a command has a key or none"),
    };

    private static void Write(PackedWriter packed, Change change)
    {
        packed.Byte((byte)(change switch
        {
            Change.Put => ChangeTag.Put,
            Change.Delete => ChangeTag.Delete,
            Change.Check => ChangeTag.Check,
            Change.PutIndex => ChangeTag.PutIndex,
            Change.DeleteIndex => ChangeTag.DeleteIndex,
            _ => throw new InvariantBrokenException("a change is of a known kind"),
        }));
        packed.Text(change.Collection);
        packed.Text(change.Id);
        Write(packed, change.Condition);
        switch (change)
        {
            case Change.Put put:
                packed.Blob(put.Body.Span);
                break;
            case Change.Check check:
                Write(packed, check.Refusal);
                break;
            case Change.PutIndex index:
                packed.Text(index.Path);
                break;
        }
    }

    private static Change ReadChange(ref PackedReader packed, ReadOnlyMemory<byte> payload)
    {
        var tag = (ChangeTag)packed.Byte();
        var (collection, id, condition) = (packed.Text(), packed.Text(), ReadCondition(ref packed));
        switch (tag)
        {
            case ChangeTag.Put:
                var length = packed.Blob().Length;
                return new Change.Put(collection, id, condition, payload.Slice(packed.Offset - length, length));
            case ChangeTag.Delete:
                return new Change.Delete(collection, id, condition);
            case ChangeTag.Check:
                Ensure.That(condition is not null, "a check has a condition");
                return new Change.Check(collection, id, condition, ReadRefusal(ref packed));
            case ChangeTag.PutIndex:
                return new Change.PutIndex(collection, id, packed.Text());
            case ChangeTag.DeleteIndex:
                return new Change.DeleteIndex(collection, id);
            default:
                throw new InvariantBrokenException("a change is of a known kind");
        }
    }

    private static void Write(PackedWriter packed, Condition? condition)
    {
        packed.Byte((byte)(condition switch
        {
            null => ConditionTag.None,
            Condition.Absent => ConditionTag.Absent,
            Condition.Present => ConditionTag.Present,
            Condition.AtVersion => ConditionTag.AtVersion,
            Condition.AsSeen { Version: null } => ConditionTag.SeenAbsent,
            Condition.AsSeen => ConditionTag.SeenAtVersion,
            _ => throw new InvariantBrokenException("a condition is of a known kind"),
        }));
        switch (condition)
        {
            case Condition.AtVersion at:
                packed.Number(at.Versions.Count);
                foreach (var version in at.Versions)
                {
                    packed.Position(version);
                }

                break;
            case Condition.AsSeen { Version: { } seen }:
                packed.Position(seen);
                break;
        }
    }

    private static Condition? ReadCondition(ref PackedReader packed)
    {
        switch ((ConditionTag)packed.Byte())
        {
            case ConditionTag.None:
                return null;
            case ConditionTag.Absent:
                return new Condition.Absent();
            case ConditionTag.Present:
                return new Condition.Present();
            case ConditionTag.AtVersion:
                var versions = new Position[packed.Count()];
                for (var i = 0; i < versions.Length; i++)
                {
                    versions[i] = packed.Position();
                }

                return new Condition.AtVersion(versions);
            case ConditionTag.SeenAbsent:
                return new Condition.AsSeen(null);
            case ConditionTag.SeenAtVersion:
                return new Condition.AsSeen(packed.Position());
            default:
                throw new InvariantBrokenException("a condition is of a known kind");
        }
    }

    private static void Write(PackedWriter packed, Refusal? refusal)
    {
        packed.Byte((byte)(refusal switch
        {
            null => RefusalTag.None,
            Refusal.NotFound => RefusalTag.NotFound,
            Refusal.PreconditionFailed => RefusalTag.PreconditionFailed,
            Refusal.PatchFailed => RefusalTag.PatchFailed,
            _ => throw new InvariantBrokenException("a refusal is of a known kind"),
        }));
        if (refusal is Refusal.PatchFailed(var fault))
        {
            Write(packed, fault);
        }
    }

    private static Refusal? ReadRefusal(ref PackedReader packed) => (RefusalTag)packed.Byte() switch
    {
        RefusalTag.None => null,
        RefusalTag.NotFound => new Refusal.NotFound(),
        RefusalTag.PreconditionFailed => new Refusal.PreconditionFailed(),
        RefusalTag.PatchFailed => new Refusal.PatchFailed(ReadFault(ref packed)),
        _ => throw new InvariantBrokenException("a refusal is of a known kind"),
    };

    internal static void Write(PackedWriter packed, PatchFault fault)
    {
        packed.Byte((byte)fault.Kind);
        packed.Number(fault.Operation);
        packed.Text(fault.Target);
    }

    internal static PatchFault ReadFault(ref PackedReader packed)
    {
        var kind = (PatchFaultKind)packed.Byte();
        Ensure.That(kind <= PatchFaultKind.TooDeep, "a patch failed for a known reason");
        return new(kind, packed.Int(), packed.Text());
    }
}
