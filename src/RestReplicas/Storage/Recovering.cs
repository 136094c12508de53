using System.Security.Cryptography;
using Dapper;
using Microsoft.Data.Sqlite;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>What was recovered, and so what may be missing.</summary>
/// <param name="Term">The first of the new cluster.</param>
/// <param name="Last">Of the log, as it was found.</param>
/// <param name="Voters">Of the configuration that was in force.</param>
internal sealed record Recovered(
    ClusterId Cluster, Term Term, Position Last, Position Applied, long LastTimestamp, IReadOnlyList<Voter> Voters);

/// <summary>Makes a database of another one's content that belongs to a cluster of its own (protocol.md §9).</summary>
internal static class Recovering
{
    /// <summary>
    /// So many terms that no position of the old cluster is one of the new one's, whatever its other disks still did; and by
    /// chance, so that two recoveries of one backup do not give the same versions to different content.
    /// </summary>
    private static long TermsApart => 1_000_000L + RandomNumberGenerator.GetInt32(int.MaxValue);

    /// <param name="source">A node's database, closed, or a backup.</param>
    /// <param name="database">To be made. Synced when this returns.</param>
    /// <param name="clusterName">Where the source is a backup, which has none.</param>
    /// <param name="approve">Shown the voters in force; what it throws ends the recovery.</param>
    /// <param name="force">Although some of the state may be damaged.</param>
    public static Recovered Found(string source, string database, string clusterName, NodeName name, Action<IReadOnlyList<Voter>> approve, bool force)
    {
        using (var connection = Database.OpenCopier(source))
        {
            Schema.CheckFormat(connection, source);
            SnapshotFile.Copy(connection, database, () => { });
        }

        Recovered recovered;
        using (var connection = Database.OpenWriter(database, create: false))
        {
            SnapshotFile.CheckPages(connection);
            CheckState(connection, source, force);
            var log = Loading.ReadLog(connection);
            var voters = log.Configurations.Count == 0 ? [] : log.Configurations[^1].Configuration.Voters;
            approve(voters);
            using (var transaction = connection.BeginTransaction())
            {
                var (cluster, term) = Refound(connection, clusterName, name, log);
                recovered = new(cluster, term, log.Shape.Last, log.Applied, log.LastTimestamp, voters);
                transaction.Commit();
            }

            Loading.Read(connection);
            Installing.Settle(connection);
        }

        SnapshotFile.Sync(database);
        return recovered;
    }

    private static void CheckState(SqliteConnection connection, string source, bool force)
    {
        try
        {
            SnapshotFile.CheckRows(connection);
        }
        catch (DamagedStateException e) when (!force)
        {
            throw new StartupException(
                $"'{source}' is damaged: {e.Message} Recover from another node's directory or from a backup. Nothing was changed. (--force takes it as it is.)", e);
        }
        catch (DamagedStateException)
        {
            Rehashing.Accept(connection);
        }
    }

    /// <summary>
    /// The configurations stay what they were but for the cluster's id, for a disk that is fed this log belongs to one
    /// cluster; and the last one, of a term of its own, is committed as it is saved: this disk is a majority.
    /// </summary>
    private static (ClusterId Cluster, Term Term) Refound(SqliteConnection connection, string clusterName, NodeName name, Loading.StoredLog log)
    {
        var (cluster, disk) = (new ClusterId(Guid.NewGuid()), new DiskId(Guid.NewGuid()));
        var promised = connection.QuerySingleOrDefault<long>("SELECT term FROM node");
        var term = new Term(Math.Max(promised, log.Shape.Last.Term.Value) + TermsApart);
        connection.Execute("INSERT INTO node VALUES (1, @clusterName, @none, NULL, 0, NULL, 0, 0) ON CONFLICT DO NOTHING", new { clusterName, none = Array.Empty<byte>() });
        connection.Execute(
            "UPDATE node SET disk = @Disk, cluster = @Cluster, term = @Term, voted_for = NULL, replacement = 0",
            new { Disk = disk.Value.ToByteArray(), Cluster = cluster.Value.ToByteArray(), Term = term.Value });
        Rename(connection, cluster);
        using var table = new LogTable(connection);
        var timestamp = Math.Max(log.LastTimestamp, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        var configuration = new Configuration(cluster, [new(name, disk)]);
        table.Append(Entry.Create(new(term, log.Shape.LastIndex + 1), EntryKind.Configuration, timestamp, configuration.Encode()));
        return (cluster, term);
    }

    private static void Rename(SqliteConnection connection, ClusterId cluster)
    {
        foreach (var (index, term, timestamp, payload) in connection
            .Query<(long, long, long, byte[])>("SELECT idx, term, timestamp, payload FROM log WHERE kind = 2").AsList())
        {
            var renamed = Entry.Create(new(new(term), index), EntryKind.Configuration, timestamp, Renamed(payload));
            connection.Execute(
                "UPDATE log SET payload = @payload, checksum = @checksum WHERE idx = @index",
                new { payload = renamed.Payload.ToArray(), checksum = (long)renamed.Checksum, index });
        }

        if (connection.QuerySingle<byte[]?>("SELECT configuration FROM base") is { } atBase)
        {
            connection.Execute("UPDATE base SET configuration = @payload", new { payload = Renamed(atBase) });
        }

        byte[] Renamed(byte[] payload) => (Configuration.Decode(payload) with { Cluster = cluster }).Encode().ToArray();
    }
}
