using System.Text;

namespace RestReplicas.Documents.Lists;

/// <summary>A list as its client asks for it.</summary>
/// <param name="Fields">Null: whole documents.</param>
/// <param name="Question">What all pages have in common, as bytes.</param>
public sealed record ListRequest(ListQuery Query, Projection? Fields, ReadOnlyMemory<byte> Question)
{
    public const int MostFilters = 16;

    /// <summary>
    /// What some route of the service takes. Without an operator these names are never members: a level that is misspelt
    /// or misplaced must not become a filter that finds nothing.
    /// </summary>
    private static readonly string[] Reserved =
        ["limit", "cursor", "sort", "fields", "consistency", "maxStaleness", "minPosition", "timeout", "acks", "since", "include", "wait"];

    /// <summary>To be called when all other parameters have been asked for. Faults stay in <paramref name="query"/>.</summary>
    public static ListRequest? Read(QueryReader query, string collection, DocumentOptions options)
    {
        var limit = (int?)query.Number("limit", 1, options.MaxPageSize, "documents") ?? options.PageSize;
        var sort = query.Text("sort");
        var order = new ListOrder(ReadSort(query, sort));
        var fields = query.Text("fields") is { } text ? ReadPaths(query, "fields", text, Projection.MostPaths) : null;
        var cursor = query.Text("cursor");
        var rest = query.Rest();
        var filters = ReadFilters(query, rest);
        var question = Pack(collection, sort, rest);
        var after = cursor is null ? null : Cursor.Read(cursor, question.Span);
        if (cursor is not null && (after is null || after.Keys.Count != order.Paths.Count))
        {
            query.Refuse(
                "cursor",
                "It is what the page before gave as 'next', with the same filters and sort, in the same collection. Begin again without it.");
        }

        return query.Fault is not null ? null : new(
            new(collection, filters, order, after) { Limits = new(limit, options.MaxScan, options.MaxScanBytes) },
            fields is null ? null : new Projection(fields),
            question);
    }

    private static List<Filter> ReadFilters(QueryReader query, IReadOnlyList<KeyValuePair<string, string>> rest)
    {
        if (rest.Count > MostFilters)
        {
            query.Refuse(rest[MostFilters].Key, $"A list takes at most {MostFilters} filters.");
        }

        var filters = new List<Filter>();
        foreach (var (name, value) in rest.Take(MostFilters))
        {
            if (Reserved.FirstOrDefault(known => IsMeant(known, name)) is { } meant)
            {
                query.Refuse(
                    name, $"Lists take '{meant}' as it is written here, if at all. For a member of that name, write {name}[eq]={value}.");
            }
            else if (Filter.Parse(name, value, out var fault) is { } filter)
            {
                filters.Add(filter);
            }
            else
            {
                query.Refuse(name, fault);
            }
        }

        return filters;
    }

    /// <summary>Long names are recognised with a slip or two in them: they are levels, and no usual names of members.</summary>
    private static bool IsMeant(string known, string name) =>
        known.Equals(name, StringComparison.OrdinalIgnoreCase) || (known.Length > 8 && Spelling.Suggest(name, [known], "{0}").Length > 0);

    private static List<SortPath> ReadSort(QueryReader query, string? sort)
    {
        var paths = new List<SortPath>();
        foreach (var text in sort is null ? [] : Split(sort))
        {
            var descending = text.StartsWith('-');
            if (MemberPath.Parse(descending ? text.AsSpan(1) : text, out var fault) is { } path)
            {
                paths.Add(new(path, descending));
            }
            else
            {
                query.Refuse("sort", fault);
            }
        }

        if (paths.Count > ListOrder.MostPaths || paths.DistinctBy(p => p.Path).Count() != paths.Count)
        {
            query.Refuse("sort", $"A list is sorted by at most {ListOrder.MostPaths} paths, each named once: sort=-total,customer.name.");
        }

        return paths;
    }

    private static List<MemberPath> ReadPaths(QueryReader query, string name, string text, int most)
    {
        var paths = new List<MemberPath>();
        foreach (var part in Split(text))
        {
            if (MemberPath.Parse(part, out var fault) is { } path)
            {
                paths.Add(path);
            }
            else
            {
                query.Refuse(name, fault);
            }
        }

        if (paths.Count > most)
        {
            query.Refuse(name, $"'{name}' takes at most {most} paths.");
        }

        return paths;
    }

    /// <summary>At commas without a backslash before them.</summary>
    private static List<string> Split(string text)
    {
        var (parts, start) = (new List<string>(), 0);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == ',')
            {
                parts.Add(text[start..i]);
                start = i + 1;
            }
        }

        parts.Add(text[start..]);
        return parts;
    }

    private static ReadOnlyMemory<byte> Pack(string collection, string? sort, IReadOnlyList<KeyValuePair<string, string>> filters)
    {
        var packed = new PackedWriter();
        var ordered = filters.OrderBy(f => f.Key, StringComparer.Ordinal).SelectMany(f => (string[])[f.Key, f.Value]);
        foreach (var text in (string[])[collection, sort ?? "", .. ordered])
        {
            packed.Blob(Encoding.UTF8.GetBytes(text));
        }

        return packed.Written;
    }
}
