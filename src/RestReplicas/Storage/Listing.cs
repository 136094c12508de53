using Microsoft.Data.Sqlite;
using RestReplicas.Documents.Lists;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>What a page is made of, or why there is none. A closed set.</summary>
public abstract record ListResult(ListCost Cost)
{
    /// <param name="Next">After this one the next page begins; null: this was the last one.</param>
    public sealed record Page(IReadOnlyList<StoredDocument> Items, ListPosition? Next, ListCost Cost) : ListResult(Cost);

    /// <summary>To sort them, more documents would have had to be read than may be.</summary>
    /// <param name="Filling">The index that will serve the sort, once it is complete here; null: there is none.</param>
    public sealed record NeedsIndex(string? Filling, ListCost Cost) : ListResult(Cost);
}

/// <param name="Rows">Documents that were read.</param>
/// <param name="Index">That led to them; null: none.</param>
public sealed record ListCost(long Rows, string? Index);

/// <summary>
/// Finds one page, in one state. Where there is a way to the documents in the order of the list, as many are read as the
/// page needs or the limits allow; a page that ends there says where to go on. Else all are read, and the first of them
/// kept. Whatever is read is checked against its hash, whether it is shown or not.
/// </summary>
internal sealed partial class Listing(
    SqliteConnection connection, ListQuery query, IReadOnlySet<long> distrusted, long maxPageBytes, CancellationToken cancelled)
{
    private const string Columns = "SELECT d.number, d.id, d.term, d.idx, d.updated_at, d.hash, d.body";

    private long _rows;
    private long _bytes;
    private (long Rows, long Bytes) _limit;

    /// <summary>That leads to the rows; its key is their last column.</summary>
    private IndexDefinition? _index;

    private bool IsSpent => _rows >= _limit.Rows || _bytes >= _limit.Bytes;

    private ListCost Cost => new(_rows, _index?.Name);

    /// <summary>From here on as much may be read as one page may.</summary>
    private void Begin(IndexDefinition? index) => (_index, _limit) = (index, (_rows + query.Limits.Rows, _bytes + query.Limits.Bytes));

    /// <param name="rows">In the order of the list, from where the page begins.</param>
    private ListResult.Page Walk(IEnumerable<Statement> rows)
    {
        var items = new List<StoredDocument>();
        long bytes = 0;
        ListPosition? last = null;
        foreach (var row in rows)
        {
            if (items.Count == query.Limits.Documents)
            {
                return new(items, last, Cost);
            }

            if (Holds(row))
            {
                bytes += row.Blob(6).Length;
                if (items.Count > 0 && bytes > maxPageBytes)
                {
                    return new(items, last, Cost);
                }

                items.Add(ToDocument(row));
                last = PositionOf(row);
            }

            if (IsSpent)
            {
                return new(items, PositionOf(row), Cost);
            }
        }

        return new(items, null, Cost);
    }

    /// <summary>Null: they are too many.</summary>
    /// <param name="rows">All that may be on a page, in any order.</param>
    private ListResult.Page? Select(IEnumerable<Statement> rows)
    {
        // The last of those kept is the first to go; one more than a page has shows that there is another page.
        var kept = new PriorityQueue<long, ListPosition>(Comparer<ListPosition>.Create((a, b) => query.Order.Compare(b, a)));
        foreach (var row in rows)
        {
            if (IsSpent)
            {
                return null;
            }

            if (Holds(row) && PositionOf(row) is var position && (query.After is null || query.Order.Compare(position, query.After) > 0))
            {
                kept.Enqueue(row.Long(0), position);
                if (kept.Count > query.Limits.Documents + 1)
                {
                    kept.Dequeue();
                }
            }
        }

        return Fetch([.. kept.UnorderedItems.OrderBy(k => k.Priority, query.Order)]);
    }

    private ListResult.Page Fetch(IReadOnlyList<(long Number, ListPosition Position)> kept)
    {
        using var row = new Statement(connection, $"{Columns} FROM documents d WHERE d.number = ?1");
        var items = new List<StoredDocument>();
        long bytes = 0;
        foreach (var (number, _) in kept)
        {
            row.Bind(1, number).Step();
            bytes += row.Blob(6).Length;
            if (items.Count == query.Limits.Documents || (items.Count > 0 && bytes > maxPageBytes))
            {
                return new(items, kept[items.Count - 1].Position, Cost);
            }

            items.Add(ToDocument(row));
            row.Reset();
        }

        return new(items, null, Cost);
    }

    private bool Holds(Statement row)
    {
        cancelled.ThrowIfCancellationRequested();
        var body = row.Blob(6);
        (_rows, _bytes) = (_rows + 1, _bytes + body.Length);
        if (row.Sum(5) != RowHash.OfDocument(query.Collection, row.Text(1), VersionOf(row), row.Long(4), body))
        {
            throw Damage.Document(query.Collection, row.Text(1));
        }

        if (_index is { } index && !row.Blob(7).SequenceEqual(ValueKey.Cut(ValueKey.Of(body, index.Path))))
        {
            throw new DamagedIndexException(index.Number);
        }

        foreach (var filter in query.Filters)
        {
            if (!filter.Holds(body))
            {
                return false;
            }
        }

        return true;
    }

    private ListPosition PositionOf(Statement row) => query.Order.PositionOf(row.Text(1), row.Blob(6));

    private static StoredDocument ToDocument(Statement row) => new(row.Text(1), VersionOf(row), row.Long(4), row.Blob(6).ToArray());

    private static Position VersionOf(Statement row) => new(new(row.Long(2)), row.Long(3));
}
