namespace RestReplicas.Protocol;

internal enum CampaignStage
{
    PreVote,

    /// <summary>A usurper with a majority of pre-votes takes the lease by compare-and-set.</summary>
    Replace,

    SaveVote,
    Vote,
}

/// <summary>
/// One attempt to lead. Ballots count under the disk ids of the configuration; founding (no configuration yet) takes
/// every voter, each saying that its disk is empty.
/// </summary>
internal sealed class Campaign(Configuration? configuration, IReadOnlyList<NodeName> voters)
{
    private readonly Dictionary<NodeName, Ballot> _granted = [];
    private readonly Dictionary<NodeName, (VoteRefusal? Refusal, TimeSpan Silence)> _refused = [];
    private readonly HashSet<long> _awaited = [];

    public Configuration? Configuration => configuration;

    public IReadOnlyList<NodeName> Voters => voters;

    /// <summary>The token of the lease that somebody else holds, and that this campaign means to replace.</summary>
    public string? Usurped { get; init; }

    /// <summary>The leader ordered it, so voters need not wait until they hear that leader no more.</summary>
    public bool Ordered { get; init; }

    public required TimeSpan Until { get; init; }

    public CampaignStage Stage { get; set; }

    public IReadOnlyDictionary<NodeName, Ballot> Granted => _granted;

    public bool IsWon => _granted.Count >= Needed;

    public bool IsLost => voters.Count - _refused.Count < Needed;

    public TimeSpan LongestSilence => _refused.Values.Select(r => r.Silence).DefaultIfEmpty().Max();

    private int Needed => configuration?.Majority ?? voters.Count;

    public void Open(CampaignStage stage)
    {
        Stage = stage;
        _granted.Clear();
        _refused.Clear();
        _awaited.Clear();
    }

    public void Asked(long sequence) => _awaited.Add(sequence);

    /// <summary>False for an answer to an earlier stage or campaign, and for a second answer.</summary>
    public bool Awaits(long sequence) => _awaited.Remove(sequence);

    public bool Refused(VoteRefusal refusal) => _refused.Values.Any(r => r.Refusal == refusal);

    /// <summary>A vote from a disk that counts for nothing is as good as none.</summary>
    public void Grant(NodeName voter, DiskId disk, long wall, bool emptyDisk)
    {
        // Founders with the same disk id are copies of one data directory: as good as one voter, and no cluster.
        if (configuration?.Names(voter, disk) ?? (emptyDisk && _granted.All(g => g.Key == voter || g.Value.Disk != disk)))
        {
            _granted[voter] = new(disk, wall);
        }
        else
        {
            Refuse(voter, refusal: null, silence: default);
        }
    }

    /// <param name="refusal">Null: no answer, or one that does not count.</param>
    public void Refuse(NodeName voter, VoteRefusal? refusal, TimeSpan silence) => _refused[voter] = (refusal, silence);

    public override string ToString()
    {
        if (Stage == CampaignStage.Replace)
        {
            return "another took the lease first, or Redis did not answer";
        }

        var refusals = _refused.Select(r => $"{r.Key}: {Reason(r.Value.Refusal)}");
        return $"{(configuration is null ? "founding" : Stage == CampaignStage.Vote ? "vote" : "pre-vote")} got "
            + $"{_granted.Count} of {Needed}; {string.Join(", ", refusals.DefaultIfEmpty("no answer in time"))}";
    }

    private static string Reason(VoteRefusal? refusal) => refusal switch
    {
        VoteRefusal.HeardLeader => "hears a leader",
        VoteRefusal.LogBehind => "has a newer log",
        VoteRefusal.AlreadyVoted => "voted for another",
        VoteRefusal.NotEmpty => "has data of a cluster",
        VoteRefusal.OtherVoters => "was configured with other voters (Cluster:Voters)",
        _ => "no answer that counts",
    };
}

internal readonly record struct Ballot(DiskId Disk, long Wall);
