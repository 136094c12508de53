using RestReplicas.Protocol;

namespace RestReplicas.Storage;

/// <summary>The tables that the digest covers, in the order in which they are checked.</summary>
internal enum DigestTable
{
    Documents = 0,
    Keys = 1,
    Indexes = 2,
}

/// <summary>The digest as the writer keeps it up: the hash of every row that comes is added, of every row that goes subtracted.</summary>
internal sealed class RunningDigest
{
    /// <summary>Is told of every change as well.</summary>
    public StateCheck? Check { get; set; }

    public UInt128 Sum { get; private set; }

    public Digest Value => new(RowHash.Version, Sum);

    /// <summary>The entry that the next changes belong to.</summary>
    public long Index { get; set; }

    /// <summary>What the file says; later changes were rolled back, if there were any.</summary>
    public void Load(long index, UInt128 stored)
    {
        (Index, Sum) = (index, stored);
        Check?.Withdraw(index);
    }

    /// <param name="row">The row's number in its table.</param>
    public void Add(DigestTable table, long row, UInt128 hash)
    {
        Sum += hash;
        Check?.Changed(new(Index, table, row, hash));
    }

    public void Remove(DigestTable table, long row, UInt128 hash) => Add(table, row, UInt128.Zero - hash);
}
