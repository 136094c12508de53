using RestReplicas.Benchmarks.Contestants;

namespace RestReplicas.Benchmarks.Ycsb;

/// <summary>A contestant, and which documents it has: the keys from 0 on.</summary>
internal sealed class Target(string name, Contestant contestant, long documents, int loops)
{
    private readonly long[] _beingInserted = [.. Enumerable.Repeat(long.MaxValue, loops)];
    private long _next = documents;

    public string Name => name;

    public Contestant Contestant => contestant;

    /// <summary>All keys below it are acknowledged.</summary>
    public long Documents
    {
        get
        {
            var all = Volatile.Read(ref _next);
            for (var loop = 0; loop < _beingInserted.Length; loop++)
            {
                all = Math.Min(all, Volatile.Read(ref _beingInserted[loop]));
            }

            return all;
        }
    }

    /// <returns>The key of one more document.</returns>
    public long BeginInsert(int loop)
    {
        // Seen by readers before the key is given away; perhaps too low a key, which only hides more.
        Interlocked.Exchange(ref _beingInserted[loop], Volatile.Read(ref _next));
        var key = Interlocked.Increment(ref _next) - 1;
        Volatile.Write(ref _beingInserted[loop], key);
        return key;
    }

    public void EndInsert(int loop) => Volatile.Write(ref _beingInserted[loop], long.MaxValue);
}
