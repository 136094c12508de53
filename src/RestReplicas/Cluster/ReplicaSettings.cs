using System.Security.Cryptography;
using RestReplicas.Lease;
using RestReplicas.Protocol;
using RestReplicas.Storage;

namespace RestReplicas.Cluster;

/// <summary>What a replica starts with: settings and the file's promises, in its own words, and fresh random numbers.</summary>
internal static class ReplicaSettings
{
    public static ReplicaOptions Options(
        NodeName name, NodeAddress address, ClusterOptions cluster, ReplicationOptions replication, LeaseOptions lease) => new()
        {
            Name = name,
            Address = address,
            Voters = cluster.VoterNames,
            Heartbeat = replication.Heartbeat,
            ElectionSilence = replication.ElectionSilence,
            QuorumTimeout = replication.QuorumTimeout,
            CampaignLimit = replication.CampaignLimit,
            SaveLimit = replication.SaveLimit,
            DigestEvery = replication.DigestEvery,
            SnapshotPin = replication.SnapshotPin,
            ReplaceAfter = cluster.ReplaceDisks == DiskReplacement.Automatic ? replication.ReplaceAfter : null,
            Lease = lease.Rules,
        };

    public static Boot Boot(StoredState state, bool saveFailed) => new()
    {
        Disk = state.Disk,
        Cluster = state.Cluster,
        Term = state.Term,
        VotedFor = state.VotedFor,
        Log = state.Log,
        Configurations = state.Configurations,
        Applied = state.Applied.Index,
        LastTimestamp = state.LastTimestamp,
        Nonce = Random(),
        Seed = Random(),
        Fresh = new(Guid.NewGuid()),
        SaveFailed = saveFailed,
        Replacement = state.Replacement,
        Damaged = state.Damaged,
        Digest = state.Digest,
    };

    private static ulong Random() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
}
