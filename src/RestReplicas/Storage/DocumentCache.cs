using System.Collections.Concurrent;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>
/// Documents that were read more than once lately, as they are at one position of the log: to find one in the database takes
/// a third of a read's processor time. A document that is changed leaves before anybody can read the change, so whoever reads
/// here and there sees no state go back. What does not fit makes it begin afresh.
/// </summary>
/// <param name="maxBytes">0: it keeps nothing.</param>
internal sealed class DocumentCache(long maxBytes)
{
    /// <summary>What a document takes beside its body and names: objects, and its place in the table.</summary>
    private const int Overhead = 256;

    /// <summary>A document that takes more than this part of all is not kept: it would cost many others their places.</summary>
    private const int LargestPart = 16;

    /// <summary>As many documents later, one that was read is forgotten again: reading everything once leaves nothing here.</summary>
    private const int ReadOnce = 1 << 14;

    private readonly Lock _changing = new();
    private readonly ConcurrentDictionary<(string Collection, string Id), StoredDocument> _documents = [];
    private readonly int[] _readOnce = maxBytes > 0 ? new int[ReadOnce] : [];
    private volatile State? _state;
    private long _bytes;

    /// <summary>What it holds now, to be asked for before the database is read; null: nothing, for that is being changed.</summary>
    public State? Current => _state;

    /// <summary>Null: it is not here, or what is here may be of a later state than that one.</summary>
    public StoredDocument? Find(State? state, string collection, string id) =>
        state is not null && _documents.TryGetValue((collection, id), out var document) && _state == state ? document : null;

    /// <param name="state">Of before the database was read. Where it is not the current one any more, nothing is kept.</param>
    /// <param name="applied">Position of the state that the document was read from.</param>
    public void Add(State? state, Position applied, string collection, StoredDocument document)
    {
        if (maxBytes == 0 || state?.Position != applied || !IsReadAgain((collection, document.Id).GetHashCode()))
        {
            return;
        }

        var cost = Cost(collection, document);
        lock (_changing)
        {
            if (_state != state || cost > maxBytes / LargestPart)
            {
                return;
            }

            if (_bytes + cost > maxBytes)
            {
                _documents.Clear();
                _bytes = 0;
            }

            _bytes += _documents.TryAdd((collection, document.Id), document) ? cost : 0;
        }
    }

    /// <summary>Before a transaction commits that changes these, or may. Until <see cref="Publish"/>, all is read from the database.</summary>
    public void Change(IEnumerable<(string Collection, string Id)> documents)
    {
        lock (_changing)
        {
            _state = null;
            foreach (var name in _bytes > 0 ? documents : [])
            {
                _bytes -= _documents.TryRemove(name, out var gone) ? Cost(name.Collection, gone) : 0;
            }
        }
    }

    /// <summary>That transaction is committed: what is here now is of the state at that position.</summary>
    public void Publish(Position applied) => _state = new(applied);

    /// <summary>Another database may count from now on.</summary>
    public void Clear()
    {
        lock (_changing)
        {
            _state = null;
            _documents.Clear();
            _bytes = 0;
        }
    }

    /// <summary>Two threads may take each other's note away, which costs a place here, and no more.</summary>
    private bool IsReadAgain(int name)
    {
        ref var read = ref _readOnce[name & (ReadOnce - 1)];
        var again = read == name;
        read = name;
        return again;
    }

    private static long Cost(string collection, StoredDocument document) =>
        Overhead + document.Body.Length + (2 * (collection.Length + document.Id.Length));

    /// <summary>One that was published: compared by reference, for a state that comes again is not known to be the same.</summary>
    public sealed class State(Position position)
    {
        public Position Position => position;
    }
}
