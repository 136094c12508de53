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
        var node = connection.QuerySingle<NodeRow>("SELECT disk, cluster, term, voted_for AS VotedFor FROM node");
        var (term, index) = connection.QuerySingle<(long, long)>("SELECT term, idx FROM applied");
        var applied = new Position(new(term), index);
        var shape = ReadShape(connection);
        using var rows = new EntryRows(connection);
        var tail = CheckTail(rows, applied, shape);
        var timestamp = tail ?? Last(rows, shape.LastIndex)?.Timestamp ?? 0;
        return new(
            new(new(node.Disk)),
            node.Cluster is null ? null : new(new(node.Cluster)),
            new(node.Term),
            node.VotedFor is null ? null : new(new(node.VotedFor)),
            shape,
            ReadConfigurations(connection, rows),
            applied,
            timestamp);
    }

    private static LogShape ReadShape(SqliteConnection connection)
    {
        var last = connection.QuerySingle<long>("SELECT ifnull(max(idx), 0) FROM log");
        var terms = connection.Query<(long First, long Term)>("SELECT first, term FROM terms ORDER BY first").AsList();
        Sound(last == 0 ? terms.Count == 0 : terms.Count > 0 && terms[0].First == 1 && terms[^1].First <= last, "its terms are not those of its entries");
        var shape = new LogShape();
        for (var i = 0; i < terms.Count; i++)
        {
            var end = i + 1 < terms.Count ? terms[i + 1].First - 1 : last;
            for (var index = terms[i].First; index <= end; index++)
            {
                shape.Append(new(new(terms[i].Term), index));
            }
        }

        return shape;
    }

    /// <summary>
    /// What is applied is in the documents; what is not is all that there is of its writes, so every byte of it is
    /// checked. Returns the last timestamp, or null if all is applied.
    /// </summary>
    private static long? CheckTail(EntryRows rows, Position applied, LogShape shape)
    {
        Sound(shape.Contains(applied), "what was applied is not in it");
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

    private static Entry? Last(EntryRows rows, long index) => rows.Read(index, index, 0).SingleOrDefault();

    private static List<(long Index, Configuration Configuration)> ReadConfigurations(SqliteConnection connection, EntryRows rows) =>
        [.. connection.Query<long>("SELECT idx FROM log WHERE kind = 2 ORDER BY idx").AsList()
            .Select(index => (index, Configuration.Decode(Last(rows, index)!.Payload.Span)))];

    private static void Sound(bool holds, string damage)
    {
        if (!holds)
        {
            throw new InvalidDataException($"The log is damaged: {damage}.");
        }
    }

    private sealed record NodeRow(byte[] Disk, byte[]? Cluster, long Term, byte[]? VotedFor);
}
