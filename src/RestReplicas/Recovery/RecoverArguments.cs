using RestReplicas.Cluster;
using RestReplicas.Protocol;

namespace RestReplicas.Recovery;

/// <summary>What <c>recover</c> was asked: its own options, and the settings that a node has anyway.</summary>
/// <param name="Data">The directory to recover, or to recover into.</param>
/// <param name="From">A backup; null: what is in the directory.</param>
/// <param name="Force">Also where another voter may be there.</param>
internal sealed record RecoverArguments(string Data, string? From, NodeName Name, bool Force, ClusterOptions Cluster)
{
    public const string Help = """
        recover: founds a new cluster on what one disk holds, for when no majority of the disks is left, or to restore a backup.

        The node becomes the only voter. What only the other disks had is lost. Stop all nodes first; afterwards start this one, then
        the others with empty data directories: they catch up as learners, and PUT /cluster/voters/{name} makes them voters again.

          --data DIR    the stopped node's data directory, or an empty one for --from; default: Node:DataDirectory
          --from FILE   a file that GET /cluster/backup has answered, instead of what is in the directory
          --name NAME   what the node is called; default: Node:Name
          --force       also where another voter answers, or nobody knows where it is
          --help        this

        Settings are read as a node reads them (appsettings.json, environment, --Section:Key=value), for Cluster:Name and Cluster:Voters.

          dotnet RestReplicas.dll recover --data /var/lib/restreplicas --name n1
          dotnet RestReplicas.dll recover --from backup.db --data /var/lib/restreplicas --name n1
        """;

    /// <summary>Throws <see cref="StartupException"/> at the first mistake.</summary>
    public static RecoverArguments Read(IReadOnlyList<string> arguments)
    {
        var (own, settings, force) = (new Dictionary<string, string>(), new List<string>(), false);
        for (var i = 0; i < arguments.Count; i++)
        {
            var parts = arguments[i].Split('=', 2);
            if (parts is ["--force"])
            {
                force = true;
            }
            else if (parts[0] is "--data" or "--from" or "--name")
            {
                own[parts[0]] = parts.Length == 2 ? parts[1]
                    : ++i < arguments.Count ? arguments[i]
                    : throw new StartupException($"{parts[0]} needs a value. recover --help shows the options.");
            }
            else if (parts[0].StartsWith("--", StringComparison.Ordinal) && parts[0].Contains(':', StringComparison.Ordinal) && parts.Length == 2)
            {
                settings.Add(arguments[i]);
            }
            else
            {
                throw new StartupException($"'{arguments[i]}' is not an option of recover. recover --help shows them.");
            }
        }

        return With(own, force, new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"))
            .AddEnvironmentVariables()
            .AddCommandLine([.. settings])
            .Build());
    }

    private static RecoverArguments With(Dictionary<string, string> own, bool force, IConfiguration settings)
    {
        var data = own.GetValueOrDefault("--data") ?? settings["Node:DataDirectory"];
        var name = own.GetValueOrDefault("--name") ?? settings["Node:Name"];
        return string.IsNullOrEmpty(data) ? throw new StartupException("--data is required: the data directory of the node.")
            : string.IsNullOrEmpty(name) ? throw new StartupException("--name is required: what the node is called.")
            : !NodeName.IsValid(name) ? throw new StartupException($"'{name}' is not a node's name: a letter or digit, then letters, digits, '_', '-' or '.'.")
            : new(data, own.GetValueOrDefault("--from"), new(name), force, settings.GetSection(ClusterOptions.Section).Get<ClusterOptions>() ?? new());
    }
}
