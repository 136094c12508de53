using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>The one writing connection to a node's file, and the thread that owns it.</summary>
public sealed class ReplicaStore : IDisposable
{
    private ReplicaStore()
    {
    }

    public static ReplicaStore Open(DataDirectory directory, StorageOptions options, TimeProvider time, ILogger<ReplicaStore> log) =>
        throw new NotImplementedException();

    /// <summary>What the file holds. To be called before <see cref="Start"/>.</summary>
    public StoredState Load() => throw new NotImplementedException();

    /// <summary>Starts the writer thread; the callbacks run on it. After <paramref name="failed"/> nothing more is written.</summary>
    public void Start(Action<long> saved, Action<IReadOnlyList<AppliedEntry>> applied, Action<Exception> failed) =>
        throw new NotImplementedException();

    /// <summary>Never waits. Everything queued goes into one transaction; the caller bounds what is queued.</summary>
    public void Enqueue(Save save) => throw new NotImplementedException();

    /// <summary>Never waits. Entries up to this index are committed, and saved or queued to be.</summary>
    public void Apply(long through) => throw new NotImplementedException();

    /// <summary>
    /// The entries from <paramref name="first"/> to <paramref name="last"/>, as many as fit into <paramref name="maxBytes"/>
    /// of payload but at least one; fewer where the file does not hold them. From any thread.
    /// </summary>
    public IReadOnlyList<Entry> ReadEntries(long first, long last, int maxBytes) => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}
