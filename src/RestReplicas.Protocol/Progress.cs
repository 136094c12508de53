namespace RestReplicas.Protocol;

/// <summary>One follower as its leader sees it. Bounded: at most <see cref="MostOutstanding"/> messages are remembered.</summary>
internal sealed class Progress(NodeName name, long next, TimeSpan since, long digestEvery)
{
    /// <summary>Messages under way to one follower. Heartbeats end within their time limit, so this is never reached in health.</summary>
    public const int MostOutstanding = 32;

    private readonly Dictionary<long, Outstanding> _outstanding = [];
    private readonly DigestHistory _digests = new(digestEvery);

    public NodeName Name => name;

    /// <summary>The disk that answered last; votes of this term included.</summary>
    public DiskId? Disk { get; private set; }

    /// <summary>Since when that disk answers.</summary>
    public TimeSpan DiskSince { get; private set; }

    public NodeAddress? Address { get; private set; }

    /// <summary>Last index that this disk acknowledged in this term.</summary>
    public long Match { get; private set; }

    /// <summary>First index of the next batch.</summary>
    public long Next { get; private set; } = next;

    /// <summary>It no longer has what it acknowledged in this term (§6): it is fed, but counts for nothing.</summary>
    public bool Forgot { get; private set; }

    public bool BatchUnderWay { get; private set; }

    /// <summary>After a batch that failed: wait for the next heartbeat before the next one.</summary>
    public bool Resting { get; set; }

    /// <summary>The highest commit index that a message to it could make it learn.</summary>
    public long CommitTold { get; set; }

    /// <summary>When the newest message that it answered was sent, and that message's number.</summary>
    public Moment? AnsweredSentAt { get; private set; }

    public long AnsweredSequence { get; private set; }

    public TimeSpan? AnsweredAt { get; private set; }

    /// <summary>Last sign of life, its announcement included.</summary>
    public TimeSpan HeardAt => AnsweredAt ?? since;

    public Stamp? Stamp { get; private set; }

    public (long Wall, TimeSpan At)? Wall { get; set; }

    /// <summary>The position of the snapshot that it was offered, until it is in step again: the log after that is kept.</summary>
    public long? FetchesAt { get; set; }

    public bool Damaged { get; private set; }

    public bool Low { get; private set; }

    /// <summary>What its state had applied when it answered last.</summary>
    public long Applied { get; private set; }

    /// <summary>The digests in its last answer.</summary>
    public IReadOnlyList<StateDigest> Reported { get; private set; } = [];

    /// <summary>A digest of its state that is not the majority's.</summary>
    public StateDigest? Accused { get; private set; }

    public int OutstandingCount => _outstanding.Count;

    public bool MaySend => _outstanding.Count < MostOutstanding;

    public void Sent(long sequence, Moment now, bool batch)
    {
        _outstanding.Add(sequence, new(now, batch, Disk));
        BatchUnderWay |= batch;
    }

    /// <summary>False: not one of this term's messages.</summary>
    public bool Failed(long sequence)
    {
        if (!_outstanding.Remove(sequence, out var sent))
        {
            return false;
        }

        if (sent.Batch)
        {
            BatchUnderWay = false;
            Resting = true;
        }

        return true;
    }

    /// <summary>An answer in the leader's term, a mismatch too. False: not one of this term's messages.</summary>
    public bool Answer(long sequence, AppendResponse response, LogShape log, Moment now)
    {
        if (!_outstanding.Remove(sequence, out var sent))
        {
            return false;
        }

        if (sent.Batch)
        {
            BatchUnderWay = false;
        }

        if (Disk != response.Header.Disk)
        {
            Replaced(response.Header.Disk, now.Clock, log);
        }

        AnsweredSequence = Math.Max(AnsweredSequence, sequence);
        AnsweredAt = now.Clock;
        if (AnsweredSentAt is not { } newest || newest.Clock < sent.At.Clock)
        {
            AnsweredSentAt = sent.At;
        }

        if (Stamp is not { } stamp || stamp.Nonce != response.Stamp.Nonce || stamp.At.Clock < response.Stamp.At.Clock)
        {
            Stamp = response.Stamp;
        }

        Wall = (response.Wall, now.Clock);
        Address = response.Address;
        Learn(response.State);
        if (response.Matched)
        {
            Ensure.That(response.Acknowledged.Index <= log.LastIndex, "a follower acknowledges only what its leader has");
            Match = Math.Max(Match, response.Acknowledged.Index);
            if (sent.Batch)
            {
                Next = Match + 1;
            }
        }
        else if (sent.Batch)
        {
            Next = Math.Max(Match, log.LastAtOrBelow(response.Acknowledged).Index) + 1;
        }
        else if (sent.Disk == Disk)
        {
            // A heartbeat names what this disk acknowledged in this term.
            Forgot = true;
            Match = 0;
            Next = log.LastAtOrBelow(response.Acknowledged).Index + 1;
        }

        // What it has applied is committed, so it is in its log and in ours: after a snapshot there is no other sign.
        Next = Math.Max(Next, Math.Min(Applied, log.LastIndex) + 1);
        return true;
    }

    /// <summary>From here on another disk answers under this name; what the old one acknowledged was the old one's.</summary>
    public void IsNow(DiskId disk, TimeSpan since)
    {
        (Disk, DiskSince) = (disk, since);
        Match = 0;
        Forgot = false;
        AnsweredSentAt = null;
        AnsweredSequence = 0;
        CommitTold = 0;
        Learn(StateReport.Nothing);
        _digests.Clear();
    }

    public Digest? DigestAt(long index) => Damaged ? null : _digests.At(index);

    /// <param name="right">What a majority of voters has at that index.</param>
    public void Compare(long index, Digest right)
    {
        if (DigestAt(index) is { } digest && digest.Version == right.Version)
        {
            Accused = digest == right ? null : new(index, digest);
        }
    }

    private void Learn(StateReport report)
    {
        (Applied, Damaged, Low) = (report.Applied, report.Damaged, report.Low);
        Reported = (report.Mark, report.Latest) switch
        {
            ({ } mark, { } latest) when mark != latest => [mark, latest],
            (_, { } latest) => [latest],
            _ => [],
        };
        Accused = Damaged ? null : Accused;
        foreach (var digest in Reported)
        {
            _digests.Add(digest);
        }
    }

    /// <summary>A disk in another's place: at least the last entry is sent, to compare logs by, even if no new ones come.</summary>
    public void Replaced(DiskId disk, TimeSpan since, LogShape log)
    {
        IsNow(disk, since);
        Next = Math.Min(Next, log.LastIndex);
    }

    private readonly record struct Outstanding(Moment At, bool Batch, DiskId? Disk);
}
