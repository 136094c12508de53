using System.Text;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using RestReplicas.Documents;
using RestReplicas.Documents.Lists;
using RestReplicas.Protocol;
using RestReplicas.Storage;
using Xunit;

namespace RestReplicas.Tests.Storage;

/// <summary>A data directory of its own, and the store on it; what the store reports is kept in order.</summary>
internal sealed class StoreWorld : IDisposable
{
    private readonly Lock _gate = new();
    private readonly string _root;
    private readonly List<long> _asked = [];
    private readonly List<long> _saved = [];
    private readonly List<AppliedEntry> _applied = [];
    private readonly List<LogBounds> _bounds = [];
    private readonly List<StateDigest> _digests = [];
    private readonly List<string> _damage = [];
    private readonly List<bool> _space = [];
    private readonly StorageOptions _options;
    private readonly int _digestEvery;
    private readonly TimeProvider _time;
    private Exception? _failure;
    private long _ticket;
    private long _last;

    public StoreWorld(StorageOptions? options = null, TimeProvider? time = null, int digestEvery = 1024, string? root = null)
    {
        _root = root ?? Directory.CreateTempSubdirectory("store-").FullName;
        _digestEvery = digestEvery;
        _options = options ?? new StorageOptions();
        // However slow the machine is, what was asked for together is one transaction.
        _time = time ?? new StoppedClock();
        Open();
    }

    public string Path => System.IO.Path.Combine(_root, "data");

    public DataDirectory Data { get; private set; } = null!;

    public ReplicaStore Store { get; private set; } = null!;

    public DocumentReader Reader { get; private set; } = null!;

    public StoredState State { get; private set; } = null!;

    public IReadOnlyList<long> Saved => Locked(() => _saved.ToArray());

    public IReadOnlyList<AppliedEntry> Applied => Locked(() => _applied.ToArray());

    /// <summary>Since the store was opened.</summary>
    public IReadOnlyList<LogBounds> Bounds => Locked(() => _bounds.ToArray());

    public IReadOnlyList<StateDigest> Digests => Locked(() => _digests.ToArray());

    /// <summary>All that the store has said of damage.</summary>
    public IReadOnlyList<string> Damage => Locked(() => _damage.ToArray());

    /// <summary>All that the store has said of the disk's room: whether it is low.</summary>
    public IReadOnlyList<bool> Space => Locked(() => _space.ToArray());

    /// <summary>Whether the disk is low, as far as the store has said.</summary>
    public bool IsLow => Locked(() => _space.LastOrDefault());

    public Exception? Failure => Locked(() => _failure);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static Command Put(string id, string body = "{}", Condition? condition = null, IdempotencyKey? key = null) =>
        new(key, [new Change.Put("things", id, condition, Encoding.UTF8.GetBytes(body))]);

    public static Command Delete(string id, Condition? condition = null) => new(null, [new Change.Delete("things", id, condition)]);

    public static IdempotencyKey Key(string value, byte fingerprint = 1) => new("owner", value, new[] { fingerprint });

    public static Entry Written(long term, long index, Command command, long? timestamp = null) =>
        Entry.Create(new(new(term), index), EntryKind.Command, timestamp ?? index, CommandCodec.Encode(command));

    public static Entry Noop(long term, long index) => Entry.Create(new(new(term), index), EntryKind.Noop, index, default);

    public void Open(bool start = true)
    {
        Data = DataDirectory.Open(Path, "test", _options.CacheBytes);
        Reader = new(Data, _options) { IndexDamaged = number => Store.RefillIndex(number) };
        OpenStore(start);
    }

    public void OpenStore(bool start = true)
    {
        Store = ReplicaStore.Open(Data, _options, _time, NullLogger<ReplicaStore>.Instance);
        State = Store.Load();
        Locked(_asked.Clear);
        Locked(_bounds.Clear);
        _last = State.Log.LastIndex;
        if (start)
        {
            Start();
        }
    }

    public void Start() => Store.Start(new()
    {
        DigestEvery = _digestEvery,
        Saved = through => Locked(() =>
        {
            _saved.AddRange(_asked.TakeWhile(ticket => ticket <= through));
            _asked.RemoveAll(ticket => ticket <= through);
        }),
        Applied = (entries, digests) => Locked(() =>
        {
            _applied.AddRange(entries);
            _digests.AddRange(digests);
        }),
        Bounds = bounds => Locked(() => _bounds.Add(bounds)),
        Space = low => Locked(() => _space.Add(low)),
        Failed = failure => Locked(() => _failure = failure),
        Damaged = why => Locked(() => _damage.Add(why)),
    });

    public void Close()
    {
        Reader.Dispose();
        Store.Dispose();
        Data.Dispose();
    }

    public void Reopen()
    {
        Close();
        Open();
    }

    /// <summary>What the next start will find.</summary>
    public StoredState Reload()
    {
        Reopen();
        return State;
    }

    public long Enqueue(HardState? hard, long? removeFrom, params Entry[] entries)
    {
        Locked(() => _asked.Add(++_ticket));
        Store.Enqueue(new Save(_ticket, hard, removeFrom, entries));
        return _ticket;
    }

    public async Task Save(params Entry[] entries) => await Saves(Enqueue(null, null, entries));

    public Task Saves(long ticket) => Eventually.Holds(() => ThrowFailure() && Saved.Contains(ticket), Cancellation);

    public async Task ApplyThrough(long index)
    {
        Store.Apply(index);
        await Eventually.Holds(() => ThrowFailure() && Applied.Any(a => a.Position.Index == index), Cancellation);
    }

    /// <summary>Saves and applies a command as the next entry; says what became of it.</summary>
    public async Task<Outcome> Run(Command command, long? timestamp = null)
    {
        var entry = Written(1, ++_last, command, timestamp);
        await Save(entry);
        await ApplyThrough(entry.Index);
        return Applied.Single(a => a.Position == entry.Position).Outcome!;
    }

    /// <summary>Saves and applies commands as the next entries.</summary>
    public async Task RunAll(params IReadOnlyList<Command> commands)
    {
        if (commands.Count > 0)
        {
            await Save([.. commands.Select(command => Written(1, ++_last, command))]);
            await ApplyThrough(_last);
        }
    }

    /// <summary>Null: it could not be taken.</summary>
    public static async Task<Snapshot?> Take(SnapshotFiles files)
    {
        var answer = new TaskCompletionSource<Input>(TaskCreationOptions.RunContinuationsAsynchronously);
        files.Take(answer.SetResult);
        return (await answer.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation) as SnapshotTaken)?.Snapshot;
    }

    public SnapshotFiles Files() => new(Data, _options, NullLogger<SnapshotFiles>.Instance);

    /// <summary>A snapshot of this world, as if fetched by another.</summary>
    public async Task<Snapshot> SendSnapshot(StoreWorld to)
    {
        using var files = Files();
        var snapshot = await Take(files);
        Assert.NotNull(snapshot);
        File.Copy(System.IO.Path.Combine(Data.Snapshots, $"{snapshot.Id:N}.db"), to.Data.IncomingFile(snapshot.Id));
        return snapshot;
    }

    /// <summary>As a node does it: the store is closed meanwhile, the reader is not.</summary>
    public long Install(Snapshot snapshot, HardState hard, bool keepsLog = false)
    {
        Store.Dispose();
        try
        {
            return Data.Install(snapshot, hard, keepsLog, NullLogger.Instance);
        }
        finally
        {
            OpenStore();
        }
    }

    /// <summary>In the order of ids.</summary>
    /// <param name="after">Null: from the first.</param>
    public static (Position Applied, IReadOnlyList<StoredDocument> Items, bool More) List(
        DocumentReader reader, string collection, string? after, int limit)
    {
        var (applied, result) = reader.List(
            new(collection, [], new([]), after is null ? null : new([], after)) { Limits = new(limit, int.MaxValue, long.MaxValue) }, Cancellation);
        var page = Assert.IsType<ListResult.Page>(result);
        return (applied, page.Items, page.Next is not null);
    }

    public (Position Applied, IReadOnlyList<StoredDocument> Items, bool More) List(string collection, string? after, int limit) =>
        List(Reader, collection, after, limit);

    public string? Body(string id) => Reader.Get("things", id).Document is { } document ? Encoding.UTF8.GetString(document.Body) : null;

    /// <summary>A look into the file past the store. In another process, this would have to wait for the store's end.</summary>
    public List<long> Query(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Data.Database};Pooling=False");
        return [.. connection.Query<long>(sql)];
    }

    /// <summary>How SQLite would carry a statement out, step by step.</summary>
    public List<string> Explain(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Data.Database};Pooling=False");
        return [.. connection.Query("EXPLAIN QUERY PLAN " + sql).Select(step => (string)step.detail)];
    }

    /// <summary>A disk that lies: whatever the statement does, no hash or digest knows of it.</summary>
    public void Tamper(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Data.Database};Pooling=False");
        Assert.NotEqual(0, connection.Execute(sql));
    }

    /// <summary>What a crash of the process at this moment leaves, anywhere in the directory.</summary>
    public string CopyOfAll(string name)
    {
        var copy = System.IO.Path.Combine(_root, name);
        foreach (var directory in Directory.EnumerateDirectories(Path, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(System.IO.Path.Combine(copy, System.IO.Path.GetRelativePath(Path, directory)));
        }

        // The lock is held by this very process.
        foreach (var file in Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories).Where(f => System.IO.Path.GetFileName(f) != "lock"))
        {
            File.Copy(file, System.IO.Path.Combine(copy, System.IO.Path.GetRelativePath(Path, file)));
        }

        return copy;
    }

    /// <summary>What a crash of the machine's process at this moment leaves: the files as they are, under another path.</summary>
    public string CopyOfFiles()
    {
        var copy = System.IO.Path.Combine(_root, "copy");
        Directory.CreateDirectory(System.IO.Path.Combine(copy, "gen-1"));
        File.Copy(System.IO.Path.Combine(Path, "current"), System.IO.Path.Combine(copy, "current"));
        foreach (var file in (string[])["replica.db", "replica.db-wal"])
        {
            File.Copy(System.IO.Path.Combine(Path, "gen-1", file), System.IO.Path.Combine(copy, "gen-1", file));
        }

        return copy;
    }

    public void Dispose()
    {
        Close();
        Directory.Delete(_root, recursive: true);
    }

    private bool ThrowFailure() => Failure is null ? true : throw new InvalidOperationException("the store failed", Failure);

    private T Locked<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }

    private void Locked(Action write)
    {
        lock (_gate)
        {
            write();
        }
    }
}
