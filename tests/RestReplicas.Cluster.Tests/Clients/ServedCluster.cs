namespace RestReplicas.Cluster.Tests.Clients;

/// <summary>One cluster for all that use the service from outside, as its users do, and break nothing.</summary>
public sealed class ServedCluster : IAsyncLifetime
{
    private readonly TestCluster _cluster = new(new() { Patient = true });

    /// <summary>For files that the tools read and write.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("restreplicas-clients-").FullName;

    public IReadOnlyList<Uri> Urls => [.. _cluster.Nodes.Select(n => new Uri(n.Url))];

    /// <summary>The OpenAPI document as a node serves it now, in a file.</summary>
    public async Task<string> Description()
    {
        var file = Path.Combine(Folder, "openapi.json");
        var stop = TestContext.Current.CancellationToken;
        await File.WriteAllTextAsync(file, await _cluster.Nodes[0].Http.GetStringAsync("/swagger/v1/swagger.json", stop), stop);
        return file;
    }

    /// <summary>Which of the nodes leads is not for long: leadership may move between tests.</summary>
    internal async Task<(ReplicaProcess Leader, ReplicaProcess Follower)> Roles()
    {
        var leader = await _cluster.Leader();
        return (leader, _cluster.Nodes.First(n => n != leader));
    }

    public async ValueTask InitializeAsync() => await _cluster.Start();

    public async ValueTask DisposeAsync()
    {
        await _cluster.End(showLogs: false);
        Directory.Delete(Folder, recursive: true);
    }
}

[CollectionDefinition(Name)]
public sealed class OutsideClients : ICollectionFixture<ServedCluster>
{
    public const string Name = "Outside clients";
}
