using System.Text.Json;
using RestReplicas.Protocol;

namespace RestReplicas.Cluster;

/// <summary>Of a node's status, what operators want to be told as soon as it changes.</summary>
internal readonly record struct Scene(
    string Role,
    Term Term,
    NodeName? Leader,
    string? LeaderUrl,
    bool Serving,
    Configuration? Configuration,
    LeaseState Lease,
    string? Damage,
    long? Disputed,
    bool StorageLow,
    bool StorageFull,
    bool Draining,
    string? LastError)
{
    /// <summary>Cheap: the node's loop makes one per turn for every reader.</summary>
    public static Scene Of(NodeStatus status)
    {
        var view = status.View;
        return new(
            status.RoleName(), view.Term, view.LeaderHeard ? view.Leader : null, status.LeaderUrl(), view.Serving, view.Configuration, view.Lease.State,
            status.Damage, view.Disputed, view.Low, view.StorageFull, status.Draining, status.LastError);
    }

    /// <summary>The members of the event that tells it.</summary>
    /// <param name="before">Null: it is the first.</param>
    public void Write(Utf8JsonWriter json, Scene? before)
    {
        var members = Members();
        json.WriteStartArray("changed");
        foreach (var (name, value) in before?.Members().Zip(members).Where(pair => pair.First != pair.Second).Select(pair => pair.Second) ?? [])
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        foreach (var (name, value) in members)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value);
        }
    }

    private (string Name, string Json)[] Members() =>
    [
        ("role", Json(Role)),
        ("term", Json(Term.Value)),
        ("leader", Json(Leader?.Value)),
        ("leaderUrl", Json(LeaderUrl)),
        ("serving", Json(Serving)),
        ("voters", Json(Configuration?.Voters.Select(voter => voter.Name.Value))),
        ("lease", Json(Lease.Word())),
        ("damage", Json(Damage)),
        ("disputed", Json(Disputed)),
        ("storageLow", Json(StorageLow)),
        ("storageFull", Json(StorageFull)),
        ("draining", Json(Draining)),
        ("lastError", Json(LastError)),
    ];

    private static string Json<T>(T value) => JsonSerializer.Serialize(value);
}
