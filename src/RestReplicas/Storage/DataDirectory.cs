namespace RestReplicas.Storage;

/// <summary>A node's directory, held exclusively for the life of the process (protocol.md §2).</summary>
public sealed class DataDirectory : IDisposable
{
    private DataDirectory(string generation, string rolledBack)
    {
        Generation = generation;
        RolledBack = rolledBack;
    }

    /// <summary>The directory of the database file that counts.</summary>
    public string Generation { get; }

    /// <summary>Where commands go that were removed from the log.</summary>
    public string RolledBack { get; }

    public string Database => Path.Combine(Generation, "replica.db");

    public static DataDirectory Open(string path, string clusterName) => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}
