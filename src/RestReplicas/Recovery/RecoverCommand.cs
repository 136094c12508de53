using System.Globalization;
using System.Net.Sockets;
using RestReplicas.Protocol;
using RestReplicas.Storage;

namespace RestReplicas.Recovery;

/// <summary>
/// <c>RestReplicas recover</c> (protocol.md §9): one disk, or a backup, becomes a cluster of its own. Asks nothing; changes
/// nothing unless all goes well.
/// </summary>
internal static class RecoverCommand
{
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(2);

    /// <summary>Throws <see cref="StartupException"/> with a sentence where it is refused.</summary>
    public static async Task Run(IReadOnlyList<string> arguments)
    {
        if (arguments.Contains("--help"))
        {
            Console.WriteLine(RecoverArguments.Help);
            return;
        }

        var asked = RecoverArguments.Read(arguments);
        var answering = asked.Force ? [] : await Answering(asked);
        if (answering.Count > 0)
        {
            throw new StartupException(
                $"{string.Join(" and ", answering)} still {(answering.Count == 1 ? "answers" : "answer")}: stop all nodes first. Nothing was changed. (--force recovers all the same.)");
        }

        var recovered = DataDirectory.Recover(asked.Data, asked.From, asked.Cluster.Name, asked.Name, voters => RefuseUnknown(asked, voters), asked.Force);
        foreach (var line in Told(asked, recovered))
        {
            Console.WriteLine(line);
        }
    }

    /// <summary>Whatever takes a connection at a voter's address may be that voter.</summary>
    private static async Task<IReadOnlyList<string>> Answering(RecoverArguments asked)
    {
        var others = asked.Cluster.Voters.Where(v => v.Key != asked.Name.Value).ToList();
        var answers = await Task.WhenAll(others.Select(async voter =>
        {
            if (!Uri.TryCreate(voter.Value, UriKind.Absolute, out var url))
            {
                throw new StartupException($"Cluster:Voters:{voter.Key} must be the http URL of that node's peer listener.");
            }

            using var patience = new CancellationTokenSource(ProbeLimit);
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(url.DnsSafeHost, url.Port, patience.Token);
                return true;
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                return false;
            }
        }));
        return [.. others.Zip(answers).Where(o => o.Second).Select(o => $"{o.First.Key} ({o.First.Value})")];
    }

    /// <summary>A voter that nobody can ask might be alive.</summary>
    private static void RefuseUnknown(RecoverArguments asked, IReadOnlyList<Voter> voters)
    {
        var unknown = voters.Select(v => v.Name.Value).Where(name => name != asked.Name.Value && !asked.Cluster.Voters.ContainsKey(name)).ToList();
        if (unknown.Count > 0 && !asked.Force)
        {
            throw new StartupException(
                $"The voters in force include {string.Join(" and ", unknown)}, and Cluster:Voters does not say where: add --Cluster:Voters:{unknown[0]}=URL, or --force if it is gone. Nothing was changed.");
        }
    }

    private static IEnumerable<string> Told(RecoverArguments asked, Recovered recovered)
    {
        var time = DateTimeOffset.FromUnixTimeMilliseconds(recovered.LastTimestamp);
        var age = DateTimeOffset.UtcNow - time;
        var unapplied = recovered.Last.Index - recovered.Applied.Index;
        yield return $"Recovered into '{asked.Data}': {asked.Name} is the only voter of a new cluster ({recovered.Cluster}), at term {recovered.Term}.";
        yield return $"Its log goes through {recovered.Last}; applied is {recovered.Applied}."
            + (unapplied == 0 ? "" : $" The {unapplied} entries between were not known here to be committed; they are kept, and will be.");
        yield return recovered.Last.Index == 0 ? "It holds nothing."
            : string.Create(CultureInfo.InvariantCulture, $"Its last entry is of {time:yyyy-MM-dd HH:mm:ss} UTC, {age.TotalHours:F1} hours ago. Whatever was acknowledged after it, by other disks, is lost.");
        if (recovered.Voters.Where(v => v.Name != asked.Name).Select(v => v.Name.Value).ToList() is { Count: > 0 } others)
        {
            yield return $"Start it; then start {string.Join(" and ", others)} with empty data directories, and make them voters: PUT /cluster/voters/{others[0]}.";
        }
    }
}
