using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using RestReplicas.Cluster;
using RestReplicas.Peers;
using RestReplicas.Protocol;
using RestReplicas.Storage;
using RestReplicas.Tests.Cluster;
using RestReplicas.Tests.Storage;
using Xunit;

namespace RestReplicas.Tests.Peers;

/// <summary>Snapshots from the peer listener of a real node into a directory of another, over real HTTP that breaks.</summary>
public sealed class SnapshotTransferTests : IAsyncLifetime
{
    private const string Secret = "a secret of this cluster";

    private static readonly NodeName _peer = new("n1");

    private readonly string _root = Directory.CreateTempSubdirectory("snapshot-tests-").FullName;
    private readonly Line _line = new();
    private readonly List<IDisposable> _open = [];
    private TestNode _node = null!;
    private Snapshot _snapshot = null!;
    private DataDirectory _directory = null!;
    private SnapshotFetcher _fetcher = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _node = await TestNode.Start("n1", _root, TestNode.Voters(1), Cancelled, ("Cluster:Secret", Secret));
        await _node.Until(s => s.Leads, Cancelled);
        var body = $$"""{"text":"{{new string('x', 900_000)}}"}""";
        Assert.IsType<WriteResult.Applied>(await _node.Node.Write(TestNode.Put("large", body), Acks.Majority, TimeSpan.FromSeconds(60), Cancelled));
        _snapshot = (await StoreWorld.Take(_node.Snapshots))!;
        Start();
    }

    public async ValueTask DisposeAsync()
    {
        Stop();
        await _node.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task A_snapshot_comes_whole_and_can_be_installed()
    {
        Assert.Equal(new SnapshotFetched(_snapshot), await Fetch());

        _directory.Install(_snapshot, new(new(9), null), keepsLog: false, NullLogger.Instance);
        using var reader = new DocumentReader(_directory, new());
        Assert.Equal(_node.Reader.Get("things", "large").Document!.Body, reader.Get("things", "large").Document!.Body);
    }

    [Fact]
    public async Task A_broken_connection_costs_no_byte_twice()
    {
        _line.Cut = read => read >= 400_000;

        Assert.Equal(new SnapshotFetched(_snapshot), await Fetch());

        Assert.True(_line.Asked.Count >= 2, "the line was not cut");
        Assert.Equal(_snapshot.Bytes, _line.Read);
        Assert.Equal(_line.Asked.Order(), _line.Asked);
    }

    [Fact]
    public async Task A_line_that_brings_nothing_is_given_up_and_another_one_tried()
    {
        _line.Hang = read => read >= 100_000 && _line.Asked.Count == 1;

        Assert.Equal(new SnapshotFetched(_snapshot), await Fetch());
        Assert.True(_line.Asked.Count >= 2);
    }

    [Fact]
    public async Task A_restart_goes_on_where_the_process_before_ended()
    {
        _line.Hang = read => read >= 300_000;
        _ = Fetch();
        await Eventually.Holds(() => _line.Read >= 300_000, Cancelled);
        Stop();
        var present = new FileInfo(_directory.IncomingFile(_snapshot.Id)).Length;
        Assert.InRange(present, 1, _snapshot.Bytes - 1);

        _line.Hang = _ => false;
        _line.Asked.Clear();
        Start();
        Assert.Equal(new SnapshotFetched(_snapshot), await Fetch());
        Assert.Equal([present], _line.Asked);
    }

    [Fact]
    public async Task What_is_not_what_was_offered_is_thrown_away()
    {
        var file = _directory.IncomingFile(_snapshot.Id);
        await File.WriteAllBytesAsync(file, new byte[1000], Cancelled);
        Assert.Equal(new SnapshotNotFetched(_snapshot.Id), await Fetch());
        Assert.False(File.Exists(file));

        Assert.Equal(new SnapshotNotFetched(_snapshot.Id), await Fetch(_snapshot with { Digest = default }));
        Assert.Equal(new SnapshotNotFetched(_snapshot.Id), await Fetch(_snapshot with { Bytes = _snapshot.Bytes - 1 }));
        Assert.False(File.Exists(file));

        Assert.Equal(new SnapshotFetched(_snapshot), await Fetch());
    }

    [Fact]
    public async Task A_snapshot_that_is_gone_is_asked_for_once()
    {
        await StoreWorld.Take(_node.Snapshots);
        Assert.Equal(new SnapshotNotFetched(_snapshot.Id), await Fetch());
        Assert.Single(_line.Asked);
    }

    [Fact]
    public async Task A_peer_that_is_not_there_is_not_asked_for_ever()
    {
        _line.Cut = _ => true;
        Assert.Equal(new SnapshotNotFetched(_snapshot.Id), await Fetch());
        Assert.InRange(_line.Asked.Count, 2, 20);
    }

    [Fact]
    public async Task Without_room_nothing_is_fetched_and_what_came_of_others_makes_room_first()
    {
        var other = _directory.IncomingFile(Guid.NewGuid());
        await File.WriteAllTextAsync(other, "?", Cancelled);
        _directory.FreeBytes = () => File.Exists(other) ? 0 : new StorageOptions().Reserve + _snapshot.Bytes - 1;
        Assert.Equal(new SnapshotNotFetched(_snapshot.Id), await Fetch());
        Assert.Empty(_line.Asked);

        _directory.FreeBytes = () => File.Exists(other) ? 0 : new StorageOptions().Reserve + _snapshot.Bytes;
        Assert.Equal(new SnapshotFetched(_snapshot), await Fetch());
    }

    [Fact]
    public async Task A_newer_order_ends_the_one_under_way()
    {
        _line.Hang = read => read >= 100_000;
        var first = Fetch();
        await Eventually.Holds(() => _line.Read >= 100_000, Cancelled);
        _line.Hang = _ => false;
        var newer = (await StoreWorld.Take(_node.Snapshots))!;

        Assert.Equal(new SnapshotFetched(newer), await Fetch(newer));
        Assert.Equal(new SnapshotNotFetched(_snapshot.Id), await first);
        Assert.Equal([_directory.IncomingFile(newer.Id)], Directory.EnumerateFiles(_directory.Incoming));
    }

    [Fact]
    public async Task A_part_can_be_asked_for_but_only_with_the_secret()
    {
        using var http = new HttpClient { BaseAddress = new(_node.Status.Address.PeerUrl) };
        using var part = await Get(http, _snapshot.Id, Secret, new(10, 19));
        Assert.Equal((HttpStatusCode.PartialContent, 10L), (part.StatusCode, part.Content.Headers.ContentLength));
        using var beyond = await Get(http, _snapshot.Id, Secret, new(_snapshot.Bytes, null));
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, beyond.StatusCode);
        using var unknown = await Get(http, Guid.NewGuid(), Secret, null);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        using var stranger = await Get(http, _snapshot.Id, "a secret of another cluster", null);
        Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);
    }

    private static async Task<HttpResponseMessage> Get(HttpClient http, Guid id, string secret, System.Net.Http.Headers.RangeHeaderValue? range)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, PeerRoutes.Snapshot(id));
        new PeerSecret(secret).Show(request);
        request.Headers.Range = range;
        return await http.SendAsync(request, Cancelled);
    }

    private async Task<Input> Fetch(Snapshot? snapshot = null)
    {
        var answer = new TaskCompletionSource<Input>(TaskCreationOptions.RunContinuationsAsynchronously);
        _fetcher.Fetch(new(_peer, snapshot ?? _snapshot), answer.SetResult);
        return await answer.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancelled);
    }

    private void Start()
    {
        _directory = DataDirectory.Open(Path.Combine(_root, "n2"), "test");
        var peers = new PeerClient(
            new() { Name = "n2" },
            new() { Voters = { ["n1"] = _node.Status.Address.PeerUrl }, Secret = Secret },
            new() { BatchLimit = TimeSpan.FromSeconds(2), ElectionSilence = TimeSpan.FromMilliseconds(100) },
            TimeProvider.System,
            NullLogger<PeerClient>.Instance,
            () => new Channel(_line));
        _fetcher = new(peers, _directory, new(), TimeProvider.System, NullLogger<SnapshotFetcher>.Instance);
        _open.AddRange([_fetcher, peers, _directory]);
    }

    private void Stop()
    {
        _open.ForEach(o => o.Dispose());
        _open.Clear();
    }

    /// <summary>What happens to what comes, by how much of the answer has come.</summary>
    private sealed class Line
    {
        private long _read;

        public Func<long, bool> Cut { get; set; } = _ => false;

        public Func<long, bool> Hang { get; set; } = _ => false;

        /// <summary>From which byte on, every time.</summary>
        public ConcurrentQueue<long> Asked { get; } = new();

        public long Read => Interlocked.Read(ref _read);

        public void Came(int bytes) => Interlocked.Add(ref _read, bytes);
    }

    private sealed class Channel(Line line) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            line.Asked.Enqueue(request.Headers.Range?.Ranges.Single().From ?? 0);
            var response = await base.SendAsync(request, cancellationToken);
            var content = new StreamContent(new Body(line, await response.Content.ReadAsStreamAsync(cancellationToken)));
            foreach (var (name, values) in response.Content.Headers)
            {
                content.Headers.TryAddWithoutValidation(name, values);
            }

            response.Content = content;
            return response;
        }
    }

    private sealed class Body(Line line, Stream inner) : Stream
    {
        private long _read;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (line.Cut(_read))
            {
                throw new IOException("cut");
            }

            if (line.Hang(_read))
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            var read = await inner.ReadAsync(buffer, cancellationToken);
            line.Came(read);
            _read += read;
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
