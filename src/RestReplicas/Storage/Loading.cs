using Dapper;
using Microsoft.Data.Sqlite;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>Reads what a node starts from, and believes only what adds up.</summary>
internal static class Loading
{
    public static StoredState Read(SqliteConnection connection)
    {
        using var transaction = connection.BeginTransaction(deferred: true);
        var node = connection.QuerySingle<NodeRow>("SELECT disk, cluster, term, voted_for AS VotedFor, replacement FROM node");
        var log = ReadLog(connection);
        return new(
            new(new(node.Disk)),
            node.Cluster is null ? null : new(new(node.Cluster)),
            new(node.Term),
            node.VotedFor is null ? null : new(new(node.VotedFor)),
            log.Shape,
            log.Configurations,
            log.Applied,
            log.LastTimestamp)
        {
            Digest = log.Digest,
            Replacement = node.Replacement != 0,
        };
    }

    /// <summary>The part of it that a snapshot has as well.</summary>
    public static StoredLog ReadLog(SqliteConnection connection)
    {
        var (term, index, digest) = connection.QuerySingle<(long, long, byte[])>("SELECT term, idx, digest FROM applied");
        var applied = new Position(new(term), index);
        var start = connection.QuerySingle<BaseRow>(
            "SELECT idx, term, timestamp, configuration_idx AS ConfigurationIdx, configuration FROM base");
        var shape = ReadShape(connection, start);
        using var rows = new EntryRows(connection);
        var tail = CheckTail(rows, applied, shape);
        var timestamp = tail ?? LastTimestamp(rows, shape) ?? start.Timestamp;
        return new(
            shape, ReadConfigurations(connection, start, rows), applied, timestamp, new(RowHash.Version, StoredSum.Decode(digest)));
    }

    private static LogShape ReadShape(SqliteConnection connection, BaseRow start)
    {
        var last = connection.QuerySingle<long>("SELECT ifnull(max(idx), @Idx) FROM log", start);
        var terms = connection.Query<(long First, long Term)>("SELECT first, term FROM terms ORDER BY first").AsList();
        Sound(last == 0 ? terms.Count == 0 : terms.Count > 0 && terms[0].First == 1 && terms[^1].First <= last, "its terms are not those of its entries");
        for (var i = 1; i < terms.Count; i++)
        {
            Sound(terms[i].Term > terms[i - 1].Term, "its terms fall");
        }

        Sound(start.Idx <= last, "it ends before it begins");
        var shape = new LogShape(terms.Select(t => (t.First, new Term(t.Term))), last, start.Idx);
        Sound(shape.Contains(new(new(start.Term), start.Idx)), "it does not begin where its base says");
        return shape;
    }

    /// <summary>
    /// What is applied is in the documents; what is not is all that there is of its writes, so every byte of it is
    /// checked. Returns the last timestamp, or null if all is applied.
    /// </summary>
    private static long? CheckTail(EntryRows rows, Position applied, LogShape shape)
    {
        Sound(shape.Contains(applied) && applied.Index >= shape.Base, "what was applied is not in it");
        long? timestamp = null;
        var index = applied.Index;
        foreach (var entry in rows.Read(applied.Index + 1, shape.LastIndex))
        {
            index++;
            Sound(entry.Index == index && shape.Contains(entry.Position), $"the entry at index {index} is missing, or another's");
            timestamp = entry.Timestamp;
        }

        Sound(index == shape.LastIndex, $"the entry at index {index + 1} is missing");
        return timestamp;
    }

    /// <summary>Of the last entry that is intact: one that is applied and damaged keeps nobody from starting.</summary>
    private static long? LastTimestamp(EntryRows rows, LogShape shape)
    {
        for (var index = shape.LastIndex; index > shape.Base; index--)
        {
            if (rows.ReadIntact(index) is { } entry)
            {
                return entry.Timestamp;
            }
        }

        return null;
    }

    private static List<(long Index, Configuration Configuration)> ReadConfigurations(
        SqliteConnection connection, BaseRow start, EntryRows rows)
    {
        var found = new List<(long, Configuration)>();
        if (start.Configuration is { } atBase)
        {
            found.Add((start.ConfigurationIdx, Configuration.Decode(atBase)));
        }

        var indexes = connection.Query<long>("SELECT idx FROM log WHERE kind = 2 ORDER BY idx").AsList();
        foreach (var index in indexes)
        {
            // Only what is not applied, and so was checked, can be removed: none but the last may come into force.
            var entry = rows.ReadIntact(index);
            Sound(entry is not null || index != indexes[^1], $"the configuration at index {index} does not match its checksum");
            if (entry is not null)
            {
                found.Add((index, Configuration.Decode(entry.Payload.Span)));
            }
        }

        return found;
    }

    private static void Sound(bool holds, string damage)
    {
        if (!holds)
        {
            throw new InvalidDataException($"The log is damaged: {damage}.");
        }
    }

    public sealed record StoredLog(
        LogShape Shape, IReadOnlyList<(long Index, Configuration Configuration)> Configurations, Position Applied, long LastTimestamp, Digest Digest);

    private sealed class BaseRow
    {
        public long Idx { get; init; }

        public long Term { get; init; }

        public long Timestamp { get; init; }

        public long ConfigurationIdx { get; init; }

        public byte[]? Configuration { get; init; }
    }

    private sealed record NodeRow(byte[] Disk, byte[]? Cluster, long Term, byte[]? VotedFor, long Replacement);
}
