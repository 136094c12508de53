using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace RestReplicas.Storage;

/// <summary>
/// Reads all rows of the state slowly, over and over, and checks each against its hash and all of them against the
/// digest. It takes a short transaction at a time, so that the WAL can begin anew between them; what the writer changes
/// meanwhile in rows that were read already, it is told, and counts in.
/// </summary>
internal sealed partial class StateCheck : IDisposable
{
    /// <summary>To wake an idle processor costs as much as to check some dozens of rows.</summary>
    private static readonly TimeSpan TickEvery = TimeSpan.FromSeconds(1);

    /// <summary>Between passes: a small state is not read all the time.</summary>
    private static readonly TimeSpan PassEvery = TimeSpan.FromMinutes(1);

    /// <summary>12 MB. More can only come where the file is written much faster than it is read: then the pass begins anew.</summary>
    private const int MostDifferences = 1 << 18;

    private readonly string _file;
    private readonly long _bytesPerTick;
    private readonly Action<string> _damaged;
    private readonly Action<long> _indexDamaged;
    private readonly ILogger _log;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _stopping = new(initialState: false, spinCount: 0);
    private readonly Lock _gate = new();
    private readonly List<Difference> _differences = [];
    private readonly List<Difference> _taken = [];
    private long _lostThrough;
    private bool _isReading;
    private bool _started;

    /// <param name="damaged">Told once at most, from the thread that reads.</param>
    /// <param name="indexDamaged">Told the number of an index that misses documents, from the same thread.</param>
    public StateCheck(string file, long bytesPerSecond, Action<string> damaged, Action<long> indexDamaged, ILogger log)
    {
        (_file, _damaged, _indexDamaged, _log) = (file, damaged, indexDamaged, log);
        _bytesPerTick = Math.Max(1, (long)(bytesPerSecond * TickEvery.TotalSeconds));
        _thread = new(Run) { IsBackground = true, Name = "state check", Priority = ThreadPriority.BelowNormal };
    }

    /// <summary>One change of a row's hash, made by the entry at an index.</summary>
    internal readonly record struct Difference(long Index, DigestTable Table, long Row, UInt128 Hash);

    public void Start()
    {
        _started = true;
        _thread.Start();
    }

    /// <summary>On the writer's thread, before it commits: whoever sees the entry's effect finds the difference here.</summary>
    public void Changed(Difference difference)
    {
        lock (_gate)
        {
            if (!_isReading || _differences.Count == MostDifferences)
            {
                _differences.Clear();
                _lostThrough = difference.Index;
            }
            else if (difference.Index > _lostThrough)
            {
                _differences.Add(difference);
            }
        }
    }

    /// <summary>On the writer's thread: what came after this index was rolled back.</summary>
    public void Withdraw(long after)
    {
        lock (_gate)
        {
            _differences.RemoveAll(d => d.Index > after);
        }
    }

    public void Dispose()
    {
        _stopping.Set();
        if (_started)
        {
            _thread.Join();
        }

        _stopping.Dispose();
    }

    private void Run()
    {
        try
        {
            while (!_stopping.IsSet)
            {
                if (!CheckAll())
                {
                    return;
                }
            }
        }
        catch (Exception e) when (Damage.Evidence(e) is { } why)
        {
            _damaged(why);
        }
        catch (SqliteException e)
        {
            LogGivenUp(_log, e);
        }
    }

    /// <summary>One pass, and the rest of its minute. False: it was told to stop.</summary>
    private bool CheckAll()
    {
        using var connection = Database.OpenReader(_file);
        using var indexes = new IndexCheck(connection, _indexDamaged);
        using var pass = new StatePass(connection) { Indexes = indexes };
        lock (_gate)
        {
            _isReading = true;
        }

        long credit = 0;
        var elapsed = TimeSpan.Zero;
        for (; !pass.IsDone; elapsed += TickEvery)
        {
            // A large row takes the credit of several ticks.
            credit = Math.Min(credit + _bytesPerTick, _bytesPerTick);
            credit -= pass.Advance(credit, TakeDifferences);
            if (_stopping.Wait(TickEvery))
            {
                return false;
            }
        }

        lock (_gate)
        {
            _isReading = false;
        }

        return !_stopping.Wait(elapsed < PassEvery ? PassEvery - elapsed : TimeSpan.Zero);
    }

    /// <summary>
    /// Those of entries up to this index, until it is called again. Null: some of them were lost, or came before anybody wanted
    /// them, so that the pass has to begin in a state that has them.
    /// </summary>
    private List<Difference>? TakeDifferences(long through)
    {
        lock (_gate)
        {
            if (_lostThrough > 0)
            {
                _lostThrough = through >= _lostThrough ? 0 : _lostThrough;
                return null;
            }

            var count = _differences.FindLastIndex(d => d.Index <= through) + 1;
            _taken.Clear();
            _taken.AddRange(CollectionsMarshal.AsSpan(_differences)[..count]);
            _differences.RemoveRange(0, count);
            return _taken;
        }
    }

    [LoggerMessage(LogLevel.Error, "The state is not checked any more, for it cannot be read")]
    private static partial void LogGivenUp(ILogger log, SqliteException cause);
}
