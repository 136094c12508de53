using RestReplicas.Documents;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>
/// What came of the entries that one transaction applied, as one row, for a row of its own costs as much as an entry's in the
/// log: an outcome for each, in their order; no bytes where there is none.
/// </summary>
internal sealed class OutcomeRun
{
    private PackedWriter _packed = new();
    private long _first;

    /// <summary>Those of an index that come with it, and what follows from there on.</summary>
    public const string Query = "SELECT last, first, outcomes FROM outcomes WHERE last >= @index ORDER BY last";

    public void Begin(long first) => (_first, _packed) = (first, new(1024));

    /// <param name="encoded">Empty: the entry has none.</param>
    public void Add(ReadOnlySpan<byte> encoded) => _packed.Blob(encoded);

    /// <param name="insert">Takes last, first and outcomes.</param>
    public void Write(Statement insert, long last) => insert.Bind(1, last).Bind(2, _first).Bind(3, _packed.Written.Span).Run();

    /// <summary>Throws <see cref="InvariantBrokenException"/> for bytes that are none.</summary>
    public static void Read(long first, ReadOnlySpan<byte> outcomes, Dictionary<long, Outcome> into)
    {
        var packed = new PackedReader(outcomes);
        for (var index = first; !packed.AtEnd; index++)
        {
            if (packed.Blob() is { IsEmpty: false } encoded)
            {
                into[index] = OutcomeCodec.Decode(encoded);
            }
        }
    }
}
