using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace RestReplicas.Storage;

/// <summary>
/// In which rows documents were found or put lately. The index over their names says it as well, but costs a page of its own, and
/// among a million documents that page is rarely in memory. Only a hint: the row says whose it is, so nothing here need be taken back.
/// </summary>
internal sealed class RowHints
{
    /// <summary>Of eight bytes: 16 MiB, of which the system gives what is used. A power of two.</summary>
    private const int Slots = 1 << 21;

    /// <summary>Places that one name may have. The newest is the first, and the oldest is forgotten.</summary>
    private const int Places = 4;

    /// <summary>The lower bits of a slot are the row's number, those above are the name's.</summary>
    private const int NumberBits = 40;

    private readonly ulong[] _slots = new ulong[Slots];

    /// <summary>0: nothing is known. A number may be another document's, or nobody's.</summary>
    public long Find(string collection, string id)
    {
        var hash = Hash(collection, id);
        foreach (var slot in PlacesOf(hash))
        {
            if ((slot ^ hash) >> NumberBits == 0)
            {
                return (long)(slot & ((1UL << NumberBits) - 1));
            }
        }

        return 0;
    }

    public void Add(string collection, string id, long number)
    {
        if (number >> NumberBits != 0)
        {
            return;
        }

        var hash = Hash(collection, id);
        var places = PlacesOf(hash);
        places[..^1].CopyTo(places[1..]);
        places[0] = (hash >> NumberBits << NumberBits) | (ulong)number;
    }

    private Span<ulong> PlacesOf(ulong hash) => _slots.AsSpan((int)hash & (Slots - Places), Places);

    private static ulong Hash(string collection, string id) =>
        XxHash3.HashToUInt64(MemoryMarshal.AsBytes(id.AsSpan()), (long)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(collection.AsSpan())));
}
