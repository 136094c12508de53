using RestReplicas.Documents.Lists;
using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>An index as the cluster agreed on it: part of the replicated state.</summary>
/// <param name="Version">
/// The position of the entry that defined it. Its index numbers the index, so no content is ever taken for another's.
/// </param>
internal sealed record IndexDefinition(string Collection, string Name, MemberPath Path, Position Version, long UpdatedAt)
{
    /// <summary>As <see cref="Read"/> wants them.</summary>
    public const string Columns = "i.number, i.collection, i.name, i.path, i.term, i.updated_at, i.hash";

    public long Number => Version.Index;

    public UInt128 Hash => RowHash.OfIndex(Collection, Name, Path.Text, Version, UpdatedAt);

    /// <summary>Throws <see cref="DamagedStateException"/> where the row is not what was written.</summary>
    public static IndexDefinition Read(Statement row)
    {
        if (MemberPath.Parse(row.Text(3), out _) is { } path)
        {
            var read = new IndexDefinition(row.Text(1), row.Text(2), path, new(new(row.Long(4)), row.Long(0)), row.Long(5));
            if (read.Hash == row.Sum(6))
            {
                return read;
            }
        }

        throw new DamagedStateException($"The index {row.Text(1)}/{row.Text(2)} does not match its hash.");
    }
}
