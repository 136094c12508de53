using Microsoft.Data.Sqlite;
using RestReplicas.Documents.Lists;

namespace RestReplicas.Storage;

/// <summary>
/// Whether documents are in the indexes that are in use: what is missing there is missing in lists, where nobody can see
/// it. The content of an index is in no digest.
/// </summary>
/// <param name="damaged">Is told the number of an index that misses a document.</param>
internal sealed class IndexCheck(SqliteConnection connection, Action<long> damaged) : IDisposable
{
    private readonly Statement _complete = new(
        connection,
        $"""
        SELECT {IndexDefinition.Columns} FROM indexes i JOIN index_contents c USING (number)
        WHERE c.state = {(int)IndexState.Complete}
        """);
    private readonly Statement _entry = new(connection, "SELECT document FROM index_entries WHERE number = ?1 AND key = ?2 AND id = ?3");
    private readonly List<IndexDefinition> _inUse = [];

    /// <summary>To be called in the transaction in which the documents are read then.</summary>
    public void Begin()
    {
        _inUse.Clear();
        while (_complete.Step())
        {
            _inUse.Add(IndexDefinition.Read(_complete));
        }

        _complete.Reset();
    }

    public void Check(string collection, string id, long number, ReadOnlySpan<byte> body)
    {
        foreach (var index in _inUse)
        {
            if (index.Collection == collection)
            {
                var isThere = _entry.Bind(1, index.Number).Bind(2, ValueKey.Cut(ValueKey.Of(body, index.Path))).Bind(3, id).Step()
                    && _entry.Long(0) == number;
                _entry.Reset();
                if (!isThere)
                {
                    damaged(index.Number);
                }
            }
        }
    }

    public void Dispose()
    {
        _complete.Dispose();
        _entry.Dispose();
    }
}
