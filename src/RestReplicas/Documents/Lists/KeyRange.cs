namespace RestReplicas.Documents.Lists;

/// <summary>Keys from <paramref name="From"/> on, below <paramref name="To"/>.</summary>
public readonly record struct KeyRange(byte[] From, byte[] To)
{
    public static readonly KeyRange All = new([0], [byte.MaxValue]);

    private static readonly Comparer<byte[]> Bytes = Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b));

    /// <summary>One key, and no other.</summary>
    public static KeyRange Of(byte[] key) => new(key, ValueKey.Next(key));

    public bool IsPoint => To.Length == From.Length + 1 && To[^1] == 0 && To.AsSpan().StartsWith(From);

    public bool Contains(ReadOnlySpan<byte> key) => key.SequenceCompareTo(From) >= 0 && key.SequenceCompareTo(To) < 0;

    /// <summary>What is in one of each.</summary>
    public static IReadOnlyList<KeyRange> Intersect(IReadOnlyList<KeyRange> some, IReadOnlyList<KeyRange> others) =>
    [
        .. from a in some
           from b in others
           let both = new KeyRange(Bytes.Compare(a.From, b.From) > 0 ? a.From : b.From, Bytes.Compare(a.To, b.To) < 0 ? a.To : b.To)
           where Bytes.Compare(both.From, both.To) < 0
           select both
    ];

    /// <summary>In order, none touching another: they hold the cut keys of all that is in these, and little more.</summary>
    public static IReadOnlyList<KeyRange> Cut(IEnumerable<KeyRange> ranges)
    {
        var merged = new List<KeyRange>();
        foreach (var range in ranges.Select(Cut).OrderBy(r => r.From, Bytes))
        {
            if (merged.Count > 0 && Bytes.Compare(range.From, merged[^1].To) < 0)
            {
                merged[^1] = merged[^1] with { To = Bytes.Compare(range.To, merged[^1].To) > 0 ? range.To : merged[^1].To };
            }
            else
            {
                merged.Add(range);
            }
        }

        return merged;
    }

    private static KeyRange Cut(KeyRange range) => new(
        ValueKey.Cut(range.From).ToArray(), range.To.Length <= ValueKey.Longest ? range.To : ValueKey.Next(ValueKey.Cut(range.To)));
}
