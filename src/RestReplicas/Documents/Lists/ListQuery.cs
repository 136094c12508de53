namespace RestReplicas.Documents.Lists;

/// <summary>A well-formed question for a page of a collection.</summary>
/// <param name="Filters">All of them must hold.</param>
/// <param name="Order">Of the collection's pages.</param>
/// <param name="After">Null: from the first.</param>
public sealed record ListQuery(string Collection, IReadOnlyList<Filter> Filters, ListOrder Order, ListPosition? After)
{
    public required ListLimits Limits { get; init; }
}

/// <param name="Documents">On a page, at most.</param>
/// <param name="Rows">Documents that may be read to find them.</param>
/// <param name="Bytes">Of bodies that may be read to find them.</param>
public sealed record ListLimits(int Documents, int Rows, long Bytes);

/// <summary>Where a document stands in an order.</summary>
/// <param name="Keys">Of the values that the order goes by, cut.</param>
public sealed record ListPosition(IReadOnlyList<byte[]> Keys, string Id);

public sealed record SortPath(MemberPath Path, bool Descending);

/// <summary>
/// By the values at some paths, then by id: upwards, or downwards if the last path is. So every order is the exact
/// reverse of another, and no two documents stand at the same place.
/// </summary>
public sealed record ListOrder(IReadOnlyList<SortPath> Paths) : IComparer<ListPosition>
{
    public const int MostPaths = 4;

    public bool IsDescending => Paths is [.., { Descending: true }];

    public ListPosition PositionOf(string id, ReadOnlySpan<byte> body)
    {
        var keys = new byte[Paths.Count][];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = ValueKey.Cut(ValueKey.Of(body, Paths[i].Path)).ToArray();
        }

        return new(keys, id);
    }

    public int Compare(ListPosition? x, ListPosition? y)
    {
        for (var i = 0; i < Paths.Count; i++)
        {
            if (x!.Keys[i].AsSpan().SequenceCompareTo(y!.Keys[i]) is not 0 and var order)
            {
                return Paths[i].Descending ? -order : order;
            }
        }

        var byId = string.CompareOrdinal(x!.Id, y!.Id);
        return IsDescending ? -byId : byId;
    }
}
