using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>
/// Committed state, read from any thread beside the writing. Every method reads one state: what it returns was applied
/// at the position that it returns, whole.
/// </summary>
public sealed class DocumentReader(DataDirectory directory, StorageOptions options) : IDisposable
{
    private readonly DataDirectory _directory = directory;
    private readonly StorageOptions _options = options;

    public (Position Applied, StoredDocument? Document) Get(string collection, string id) => throw new NotImplementedException();

    /// <summary>In the order of ids, by bytes.</summary>
    /// <param name="afterId">Null: from the first.</param>
    public (Position Applied, IReadOnlyList<StoredDocument> Items, bool More) List(string collection, string? afterId, int limit) =>
        throw new NotImplementedException();

    public (Position Applied, IReadOnlyList<(string Collection, long Count)> Collections) Collections() =>
        throw new NotImplementedException();

    public (Position Applied, PositionFate Fate) Fate(Position position) => throw new NotImplementedException();

    public void Dispose()
    {
        _ = _directory;
        _ = _options;
    }
}
