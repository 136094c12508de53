using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using RestReplicas.Documents.Lists;

namespace RestReplicas.Storage;

/// <summary>How far the content of an index is, on this node.</summary>
internal enum IndexState
{
    /// <summary>What it held goes: its definition is gone, or it is to be filled anew.</summary>
    Clearing = 0,
    Filling = 1,

    /// <summary>It has an entry for every document of its collection, and no other.</summary>
    Complete = 2,
}

/// <summary>
/// What is in the indexes: the key of the value at its path for every document of its collection. Each node fills its own
/// (protocol.md §2), in the order of ids; from then on every change of a document that is in takes its entry along. It can
/// always be had again from the documents, so it is not in the digest. Used inside the writer's transaction.
/// </summary>
internal sealed partial class IndexContents(SqliteConnection connection) : IDisposable
{
    private const int ClearedAtOnce = 256;

    private readonly Statement _all = new(
        connection,
        "SELECT c.number, c.state, c.filled, c.documents, i.collection, i.path FROM index_contents c LEFT JOIN indexes i USING (number)");
    private readonly Statement _keep = new(
        connection, "INSERT OR REPLACE INTO index_contents (number, state, filled, documents) VALUES (?1, ?2, ?3, ?4)");
    private readonly Statement _drop = new(connection, "DELETE FROM index_contents WHERE number = ?1");
    private readonly Statement _add = new(
        connection, "INSERT OR REPLACE INTO index_entries (number, key, id, document) VALUES (?1, ?2, ?3, ?4)");
    private readonly Statement _remove = new(connection, "DELETE FROM index_entries WHERE number = ?1 AND key = ?2 AND id = ?3");
    private readonly Statement _clear = new(
        connection,
        $"""
        DELETE FROM index_entries
        WHERE number = ?1 AND (key, id) IN (SELECT key, id FROM index_entries WHERE number = ?1 LIMIT {ClearedAtOnce})
        """);
    private readonly Statement _body = new(connection, "SELECT body FROM documents WHERE number = ?1");
    private readonly Statement _rows = new(
        connection,
        "SELECT number, id, term, idx, updated_at, hash, body FROM documents WHERE collection = ?1 AND id > ?2 ORDER BY id");
    private readonly Dictionary<string, List<Content>> _kept = [];
    private readonly List<Content> _none = [];
    private readonly List<Content> _unfinished = [];
    private bool _isLoaded;

    /// <summary>Something is to be filled or cleared.</summary>
    public bool HasWork
    {
        get
        {
            Load();
            return _unfinished.Count > 0;
        }
    }

    /// <summary>Of an index that was just defined.</summary>
    public void Begin(long number)
    {
        Keep(new(number) { State = IndexState.Filling });
        Forget();
    }

    /// <summary>What is remembered of the tables is read again when it is needed.</summary>
    public void Forget() => _isLoaded = false;

    public void Insert(string collection, string id, long number, ReadOnlySpan<byte> body)
    {
        foreach (var content in Of(collection))
        {
            if (content.Covers(id))
            {
                Add(content, KeyOf(body, content), id, number);
            }
        }
    }

    /// <summary>To be called while the old body is still there.</summary>
    public void Replace(string collection, string id, long number, ReadOnlySpan<byte> body)
    {
        foreach (var content in Of(collection))
        {
            if (content.Covers(id) && KeyOf(body, content) is var key && OldKey(number, content) is var old && !key.SequenceEqual(old))
            {
                Remove(content, old, id);
                Add(content, key, id, number);
            }
        }
    }

    /// <summary>To be called while the body is still there.</summary>
    public void Delete(string collection, string id, long number)
    {
        foreach (var content in Of(collection))
        {
            if (content.Covers(id))
            {
                Remove(content, OldKey(number, content), id);
            }
        }
    }

    /// <summary>Of an index that was found to be wrong: it is not used until it has been filled anew.</summary>
    public void Refill(long number)
    {
        Load();
        if (_kept.Values.SelectMany(contents => contents).FirstOrDefault(c => c.Number == number) is { State: IndexState.Complete } content)
        {
            Refill(content);
        }
    }

    public void Dispose()
    {
        foreach (var statement in (Statement[])[_all, _keep, _drop, _add, _remove, _clear, _body, _rows])
        {
            statement.Dispose();
        }
    }

    private List<Content> Of(string collection)
    {
        Load();
        return _kept.GetValueOrDefault(collection, _none);
    }

    private void Load()
    {
        if (_isLoaded)
        {
            return;
        }

        _kept.Clear();
        _unfinished.Clear();
        while (_all.Step())
        {
            var content = new Content(_all.Long(0)) { State = (IndexState)_all.Long(1), Filled = _all.Text(2), Documents = _all.Long(3) };
            if (_all.IsNull(4) || MemberPath.Parse(_all.Text(5), out _) is not { } path)
            {
                content.State = IndexState.Clearing;
            }
            else
            {
                (content.Collection, content.Path) = (_all.Text(4), path);
                (CollectionsMarshal.GetValueRefOrAddDefault(_kept, content.Collection, out _) ??= []).Add(content);
            }

            if (content.State != IndexState.Complete)
            {
                _unfinished.Add(content);
            }
        }

        _all.Reset();
        _isLoaded = true;
    }

    private void Keep(Content content) =>
        _keep.Bind(1, content.Number).Bind(2, (long)content.State).Bind(3, content.Filled).Bind(4, content.Documents).Run();

    private void Add(Content content, ReadOnlySpan<byte> key, string id, long number) =>
        _add.Bind(1, content.Number).Bind(2, key).Bind(3, id).Bind(4, number).Run();

    private void Remove(Content content, ReadOnlySpan<byte> key, string id)
    {
        _remove.Bind(1, content.Number).Bind(2, key).Bind(3, id).Run();
        if (_remove.Changed == 0)
        {
            // It missed this one, so it may miss others.
            Refill(content);
        }
    }

    private void Refill(Content content)
    {
        content.State = IndexState.Clearing;
        Keep(content);
        Forget();
    }

    private byte[] OldKey(long number, Content content)
    {
        _body.Bind(1, number).Step();
        var key = KeyOf(_body.Blob(0), content);
        _body.Reset();
        return key;
    }

    private static byte[] KeyOf(ReadOnlySpan<byte> body, Content content) => ValueKey.Cut(ValueKey.Of(body, content.Path!)).ToArray();

    private sealed class Content(long number)
    {
        public long Number => number;

        public IndexState State { get; set; }

        /// <summary>While it is being filled: the last id that is in.</summary>
        public string Filled { get; set; } = "";

        /// <summary>That were filled in.</summary>
        public long Documents { get; set; }

        /// <summary>Null: the definition is gone.</summary>
        public string? Collection { get; set; }

        public MemberPath? Path { get; set; }

        public bool Covers(string id) =>
            State == IndexState.Complete || (State == IndexState.Filling && string.CompareOrdinal(id, Filled) <= 0);
    }
}
