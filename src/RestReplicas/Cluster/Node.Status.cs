using RestReplicas.Protocol;

namespace RestReplicas.Cluster;

/// <summary>What the loop shows to everybody else, and what it says in the log when that changes.</summary>
public sealed partial class Node
{
    private static readonly TimeSpan CampaignsToldEvery = TimeSpan.FromSeconds(5);

    private ReplicaView? _published;
    private TimeSpan _campaignToldAt;
    private Configuration? _compared;

    private void Publish()
    {
        var view = View;
        var before = _published;
        _published = view;
        if (!ReferenceEquals(before, view))
        {
            Learn(view);
            CompareVoters(view);
            Tell(before, view);
        }

        _status = new(NodeClock.Elapsed, _name, _disk, _address, view, _applied, _lastError, _draining, _configuredVoters)
        {
            Digest = _digest,
        };
        _waiters.Look(_status);
    }

    /// <summary>Where a node is that announces itself, and where the leader is that it is referred to: before either is sent anything.</summary>
    private void Learn(Input input)
    {
        if (input is Asked { Request: AnnounceRequest announce }
            && (announce.Header.Cluster is not { } theirs || theirs == View.Configuration?.Cluster)
            && !View.Followers.Any(f => f.Name == announce.Header.From && f.Disk != announce.Header.Disk && f.LastAnswerAgo < _options.QuorumTimeout))
        {
            _peers.Learn(announce.Header.From, announce.Address.PeerUrl);
        }
        else if (input is Answered { Response: AnnounceResponse { Leader: { } leader, Address: { } address } })
        {
            _peers.Learn(leader, address.PeerUrl);
        }
    }

    private void Learn(ReplicaView view)
    {
        if (view is { Leader: { } leader, LeaderAddress: { } address })
        {
            _peers.Learn(leader, address.PeerUrl);
        }

        foreach (var follower in view.Followers)
        {
            if (follower.Address is { } told)
            {
                _peers.Learn(follower.Name, told.PeerUrl);
            }
        }
    }

    /// <summary>The setting is read by an empty node only; where it differs from what is in force, somebody should know.</summary>
    private void CompareVoters(ReplicaView view)
    {
        if (view.Configuration is { } configuration && configuration != _compared)
        {
            _compared = configuration;
            var inForce = configuration.Voters.Select(v => v.Name).OrderBy(n => n.Value, StringComparer.Ordinal).ToList();
            if (!inForce.SequenceEqual(_configuredVoters))
            {
                var (set, real) = (string.Join(", ", _configuredVoters), string.Join(", ", inForce));
                _log.VotersDiffer(set, real);
                _lastError = $"Cluster:Voters names {set}; the configuration in force names {real}.";
            }
        }
    }

    private void Tell(ReplicaView? before, ReplicaView view)
    {
        if (before is null)
        {
            return;
        }

        _audienceChanged |= before.Role != view.Role || before.Term != view.Term || before.Leader != view.Leader
            || before.Serving != view.Serving || before.LeaderHeard != view.LeaderHeard;
        if (before.Role != Role.Leader && view.Role == Role.Leader)
        {
            _log.Elected(_name, view.Term, view.Last);
        }
        else if (before.Role == Role.Leader && view.Role != Role.Leader)
        {
            _peers.DropBatches();
            _log.SteppedDown(_name, before.Term, view.Refusal);
        }
        else if (_replica is not null && view.Refusal is { } refusal && refusal != before.Refusal && _now.Clock >= _campaignToldAt)
        {
            // A node that cannot win tries for as long as it takes; the status has its latest reason.
            _campaignToldAt = _now.Clock + CampaignsToldEvery;
            _log.CampaignFailed(_name, refusal);
        }

        if (before.Disputed is null && view.Disputed is { } index)
        {
            _log.StatesDiffer(index);
            _lastError = $"The states of the voters differ at index {index}, and no majority says which is right.";
        }

        if (!before.Serving && view.Serving)
        {
            _log.Serves(_name, view.Term);
        }

        if (view.Role == Role.Follower && view.Leader is { } leader && (leader != before.Leader || view.Term != before.Term))
        {
            _log.Follows(_name, leader, view.Term);
        }
        else if (before.LeaderHeard && !view.LeaderHeard && before.Role != Role.Leader)
        {
            _log.LeaderUnheard(_name, before.Leader);
        }

        if (before.Lease.State != view.Lease.State)
        {
            _log.LeaseChanged(before.Lease.State, view.Lease.State);
        }
    }
}
