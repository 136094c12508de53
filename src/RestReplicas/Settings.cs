using Microsoft.Extensions.Options;
using RestReplicas.Cluster;
using RestReplicas.Documents;
using RestReplicas.Documents.Feeds;
using RestReplicas.Lease;
using RestReplicas.Storage;

namespace RestReplicas;

/// <summary>
/// All sections of the configuration, each described beside its user. They are read and checked together, before
/// anything starts, so that an operator is told everything that is wrong at once.
/// </summary>
public sealed record Settings(
    NodeOptions Node,
    ClusterOptions Cluster,
    ReplicationOptions Replication,
    LeaseOptions Lease,
    StorageOptions Storage,
    DocumentOptions Documents,
    ReadOptions Reads,
    WriteOptions Writes,
    SessionCookieOptions Sessions,
    ChangeOptions Changes)
{
    /// <summary>Throws <see cref="StartupException"/>: one line for each fault, which begins with the key at fault.</summary>
    /// <param name="arguments">Of the command line, which are in the configuration as far as they can be understood.</param>
    public static Settings Read(IConfiguration configuration, params string[] arguments)
    {
        var reader = new SettingsReader(configuration);
        var settings = new Settings(
            reader.Section<NodeOptions>(NodeOptions.Section),
            reader.Section<ClusterOptions>(ClusterOptions.Section),
            reader.Section<ReplicationOptions>(ReplicationOptions.Section),
            reader.Section<LeaseOptions>("Lease"),
            reader.Section<StorageOptions>(StorageOptions.Section),
            reader.Section<DocumentOptions>(DocumentOptions.Section),
            reader.Section<ReadOptions>(ReadOptions.Section),
            reader.Section<WriteOptions>(WriteOptions.Section),
            reader.Section<SessionCookieOptions>(SessionCookieOptions.Section),
            reader.Section<ChangeOptions>(ChangeOptions.Section));
        reader.LookForMisspeltSections();

        // A rule between settings that are wrong by themselves would only repeat that.
        var rules = SettingsRules.Check(settings).Where(rule => !rule.Keys.Any(reader.IsFaulty)).DistinctBy(rule => rule.Sentence.Split(' ')[0]);
        List<string> faults = [.. Arguments.FaultsOf(arguments), .. reader.Faults, .. rules.Select(rule => rule.Sentence)];
        return faults.Count == 0 ? settings : throw new StartupException(string.Join(Environment.NewLine, faults));
    }
}

public static class SettingsRegistration
{
    /// <summary>Reads all settings, and gives every section to whoever asks for its options.</summary>
    public static WebApplicationBuilder AddSettings(this WebApplicationBuilder builder, params string[] arguments)
    {
        var settings = Settings.Read(builder.Configuration, arguments);
        Add(settings.Node);
        Add(settings.Cluster);
        Add(settings.Replication);
        Add(settings.Lease);
        Add(settings.Storage);
        Add(settings.Documents);
        Add(settings.Reads);
        Add(settings.Writes);
        Add(settings.Sessions);
        Add(settings.Changes);
        return builder;

        void Add<T>(T options)
            where T : class
        {
            builder.Services.AddSingleton(options);
            builder.Services.AddSingleton(Options.Create(options));
        }
    }
}
