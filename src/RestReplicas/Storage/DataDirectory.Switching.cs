using System.Text;
using Microsoft.Data.Sqlite;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

// Another database takes the place of the one that counts. The store is closed meanwhile; readers go on.
public sealed partial class DataDirectory
{
    private (Snapshot Snapshot, SnapshotContent Content)? _verified;

    /// <summary>Another database counts now: what is open on the one before, and idle, only takes room.</summary>
    internal event Action? Switched;

    /// <summary>For tests: told after every step, in which a crash may happen.</summary>
    internal Action<string>? Passed { get; set; }

    /// <summary>The file of a snapshot that is being fetched, or was.</summary>
    internal string IncomingFile(Guid snapshot) => Path.Combine(Incoming, $"{snapshot:N}.part");

    /// <summary>
    /// Reads all of a fetched file. Throws <see cref="InvalidDataException"/> if it is not the snapshot that it should be.
    /// What has passed here is not read again at <see cref="Install"/>, for a node does nothing else meanwhile.
    /// </summary>
    public void Verify(Snapshot snapshot, CancellationToken cancellation)
    {
        var file = IncomingFile(snapshot.Id);
        if (SnapshotFile.Checksum(file, cancellation) != snapshot.Checksum)
        {
            throw new InvalidDataException("Its checksum is another.");
        }

        _verified = (snapshot, SnapshotFile.Check(file, snapshot));
    }

    /// <summary>
    /// Puts a fetched snapshot in place of log and state; disk id and cluster stay. Returns how many commands of the log
    /// it went to <c>rolled-back/</c>. Throws <see cref="InvalidDataException"/> if the file is not that snapshot, another
    /// exception if something else is in the way, and then nothing is changed; except for
    /// <see cref="InvariantBrokenException"/>, after which this process must not go on (see <see cref="Switch"/>).
    /// </summary>
    /// <param name="hard">Term and vote of this moment.</param>
    /// <param name="keepsLog">The log here holds the snapshot's position: what follows it stays.</param>
    public long Install(Snapshot snapshot, HardState hard, bool keepsLog, ILogger log)
    {
        var fetched = IncomingFile(snapshot.Id);
        var content = _verified is { } known && known.Snapshot == snapshot ? known.Content : SnapshotFile.Check(fetched, snapshot);
        _verified = null;
        var rolledBack = keepsLog ? 0 : Installing.KeepRolledBack(Database, RolledBack, content, log);
        Replace(generation =>
        {
            var database = Path.Combine(generation, DatabaseName);
            File.Move(fetched, database);
            Passed?.Invoke("moved");
            Installing.Complete(database, Database, content, hard, keepsLog);
        });
        return rolledBack;
    }

    /// <summary>
    /// Writes all that the database holds to a new one, checked and synced, and lets that count: after a failed sync
    /// nothing else is known to be on the disk (protocol.md §5). Throws <see cref="StartupException"/> if that cannot be
    /// done: the disk is damaged. Rows that are wrong are no promise, and only mark the state as damaged.
    /// </summary>
    public void Rebuild()
    {
        try
        {
            Replace(generation =>
            {
                var database = Path.Combine(generation, DatabaseName);
                using (var connection = Storage.Database.OpenCopier(Database))
                {
                    SnapshotFile.Copy(connection, database, () => { });
                }

                Passed?.Invoke("copied");
                if ((Installing.CheckRebuilt(database, _clusterName) ?? Damage) is { } why)
                {
                    Directories.Replace(Path.Combine(generation, DamagedMark), Encoding.UTF8.GetBytes(why));
                }
            });
        }
        catch (Exception e) when (e is SqliteException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new StartupException(
                $"'{Database}' failed to sync, and its content cannot be written anew: the disk is damaged. {e.Message}", e);
        }
    }

    /// <summary>Each step leaves what a start can make sense of: the old generation counts until the pointer moves, then the new one.</summary>
    private void Replace(Action<string> fill)
    {
        var name = Next(_generation.Name);
        var (generation, pointer) = (Path.Combine(Root, name), "");
        try
        {
            Begin(Root, name);
            Passed?.Invoke("begun");
            fill(generation);
            Passed?.Invoke("filled");
            Directories.Sync(generation);
            pointer = PreparePointer(Root, name);
            Directories.Sync(Root);
        }
        catch
        {
            Abandon(generation);
            throw;
        }

        Switch(name, pointer);
        Switched?.Invoke();
        Passed?.Invoke("switched");
        RemoveOthers();
        Passed?.Invoke("removed");
    }

    private static void Abandon(string generation)
    {
        try
        {
            Directory.Delete(generation, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It bears the mark: the next start removes it.
        }
    }
}
