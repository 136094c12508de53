using RestReplicas.Documents.Lists;

namespace RestReplicas.Storage;

// Which way leads to the documents of a list: through an index, or through the whole collection in the order of ids.
internal sealed partial class Listing
{
    private const string Entries =
        $"{Columns}, e.key FROM index_entries e CROSS JOIN documents d ON d.number = e.document WHERE e.number = ?1 AND";

    internal const string ById = $"{Columns} FROM documents d WHERE d.collection = ?1 AND d.id > ?2 ORDER BY d.id";
    internal const string Upwards = $"{Entries} (e.key, e.id) > (?2, ?3) AND e.key < ?4 ORDER BY e.key, e.id";
    internal const string Downwards = $"{Entries} (e.key, e.id) < (?2, ?3) AND e.key >= ?4 ORDER BY e.key DESC, e.id DESC";
    internal const string AtKey = $"{Entries} e.key = ?2 AND e.id > ?3 ORDER BY e.id";
    internal const string CountEntries =
        "SELECT count(*) FROM (SELECT 1 FROM index_entries WHERE number = ?1 AND key >= ?2 AND key < ?3 LIMIT ?4)";

    /// <summary>Throws <see cref="DamagedIndexException"/>.</summary>
    public ListResult Read()
    {
        if (query is { Filters: [], Order.Paths: [] })
        {
            Begin(null);
            return Walk(InCollection(query.After?.Id ?? ""));
        }

        var indexes = ReadIndexes();
        var documents = CountDocuments();
        var served = indexes.Where(i => i.IsComplete && Served(i.Index.Path) is not null).Select(i => i.Index).ToList();
        var order = query.Order.Paths;
        if (order is [] && served.Find(i => Served(i.Path)!.All(range => range.IsPoint)) is { } equal)
        {
            Begin(equal);
            return Walk(AtKeys(equal, Served(equal.Path)!, query.After?.Id ?? ""));
        }

        var inOrder = order is [var only] ? indexes.Find(i => i.IsComplete && i.Index.Path.Equals(only.Path)).Index : null;
        var hasOrder = order is [] || inOrder is not null;
        if (inOrder is null || !served.Contains(inOrder))
        {
            // Where a filter leaves m of n documents, the way through them in order meets a page's worth after limit × n ÷ m.
            var most = hasOrder ? (long)Math.Sqrt((double)query.Limits.Documents * documents) : query.Limits.Rows;
            if (Fewest(served, Math.Min(most, query.Limits.Rows)) is { } few)
            {
                Begin(few);
                if (Select(Served(few.Path)!.SelectMany(range => Up(few, range.From, "", range.To))) is { } page)
                {
                    return page;
                }
            }
        }

        Begin(inOrder);
        return inOrder is not null ? Walk(InOrder(inOrder, order[0].Descending))
            : order is [] ? Walk(InCollection(query.After?.Id ?? ""))
            : documents <= query.Limits.Rows && Select(InCollection("")) is { } all ? all
            : new ListResult.NeedsIndex(order is [var by] ? indexes.Find(i => i.Index.Path.Equals(by.Path)).Index?.Name : null, Cost);
    }

    private List<(IndexDefinition Index, bool IsComplete)> ReadIndexes()
    {
        using var rows = new Statement(
            connection,
            $"""
            SELECT {IndexDefinition.Columns}, c.state FROM indexes i LEFT JOIN index_contents c USING (number)
            WHERE i.collection = ?1
            """);
        rows.Bind(1, query.Collection);
        var indexes = new List<(IndexDefinition, bool)>();
        while (rows.Step())
        {
            var index = IndexDefinition.Read(rows);
            indexes.Add((index, rows.Long(7) == (long)IndexState.Complete && !distrusted.Contains(index.Number)));
        }

        return indexes;
    }

    /// <summary>Where filters let the value at a path be, in order; null: anywhere.</summary>
    private IReadOnlyList<KeyRange>? Served(MemberPath path)
    {
        IReadOnlyList<KeyRange>? ranges = null;
        foreach (var filter in query.Filters.Where(f => !f.Negated && f.Path.Equals(path)))
        {
            ranges = ranges is null ? filter.Ranges : KeyRange.Intersect(ranges, filter.Ranges);
        }

        return ranges is null ? null : KeyRange.Cut(ranges);
    }

    private long CountDocuments()
    {
        using var count = new Statement(connection, "SELECT documents FROM collections WHERE name = ?1");
        return count.Bind(1, query.Collection).Step() ? count.Long(0) : 0;
    }

    /// <summary>Which of them leaves the fewest documents; null: all leave more than so many.</summary>
    private IndexDefinition? Fewest(List<IndexDefinition> served, long most)
    {
        IndexDefinition? fewest = null;
        using var count = new Statement(connection, CountEntries);
        foreach (var index in served)
        {
            long entries = 0;
            foreach (var range in Served(index.Path)!)
            {
                count.Bind(1, index.Number).Bind(2, range.From).Bind(3, range.To).Bind(4, most + 1 - entries).Step();
                entries += count.Long(0);
                count.Reset();
            }

            if (entries <= most)
            {
                (fewest, most) = (index, entries);
            }
        }

        return fewest;
    }

    private IEnumerable<Statement> InCollection(string after)
    {
        using var rows = new Statement(connection, ById);
        rows.Bind(1, query.Collection).Bind(2, after);
        while (rows.Step())
        {
            yield return rows;
        }
    }

    private IEnumerable<Statement> InOrder(IndexDefinition index, bool descending)
    {
        var ranges = Served(index.Path) ?? [KeyRange.All];
        foreach (var (from, to) in descending ? ranges.Reverse() : ranges)
        {
            var (key, id) = (descending ? to : from, "");
            if (query.After is { Keys: [var last] } after)
            {
                var (beyond, within) = (last.AsSpan().SequenceCompareTo(to) >= 0, last.AsSpan().SequenceCompareTo(from) >= 0);
                if (descending ? !within : beyond)
                {
                    continue;
                }

                (key, id) = within && !beyond ? (last, after.Id) : (key, id);
            }

            foreach (var row in descending ? Rows(Downwards, index, key, id, from) : Up(index, key, id, to))
            {
                yield return row;
            }
        }
    }

    private IEnumerable<Statement> Up(IndexDefinition index, byte[] key, string id, byte[] to) => Rows(Upwards, index, key, id, to);

    private IEnumerable<Statement> Rows(string sql, IndexDefinition index, byte[] key, string id, byte[] end)
    {
        using var rows = new Statement(connection, sql);
        rows.Bind(1, index.Number).Bind(2, key).Bind(3, id).Bind(4, end);
        while (rows.Step())
        {
            yield return rows;
        }
    }

    /// <summary>Those at some keys, together in the order of ids.</summary>
    private IEnumerable<Statement> AtKeys(IndexDefinition index, IReadOnlyList<KeyRange> points, string after)
    {
        var open = new List<Statement>();
        var next = new PriorityQueue<Statement, string>(StringComparer.Ordinal);
        try
        {
            foreach (var point in points)
            {
                var rows = new Statement(connection, AtKey);
                open.Add(rows);
                if (rows.Bind(1, index.Number).Bind(2, point.From).Bind(3, after).Step())
                {
                    next.Enqueue(rows, rows.Text(1));
                }
            }

            while (next.TryDequeue(out var rows, out _))
            {
                yield return rows;
                if (rows.Step())
                {
                    next.Enqueue(rows, rows.Text(1));
                }
            }
        }
        finally
        {
            open.ForEach(rows => rows.Dispose());
        }
    }
}
