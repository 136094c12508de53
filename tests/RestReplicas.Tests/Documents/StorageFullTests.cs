using Xunit;

namespace RestReplicas.Tests.Documents;

/// <summary>What clients see of full disks: a bound of the database is one, as good as a disk's.</summary>
[Collection(WebClusters.Name)]
public class StorageFullTests
{
    private static readonly (string, string)[] Small =
    [
        ("Storage:MaxDatabaseBytes", "8388608"), ("Storage:Reserve", "2097152"), ("Storage:LogWindowBytes", "65536"), ("Storage:LogBytes", "1048576"),
    ];

    [Fact]
    public async Task A_full_cluster_takes_deletes_and_reads_until_there_is_room_again()
    {
        await using var cluster = await WebCluster.Start(3, Small);
        var body = $$"""{"x":"{{new string('x', 100_000)}}"}""";
        var written = 0;
        Answer last;
        while ((last = await (await cluster.Leader()).Put($"/v1/books/b{written}", body)).Status == 201)
        {
            written++;
        }

        last.IsProblem(507, "storage-full");
        Assert.InRange(written, 10, 100);
        var leader = await cluster.Leader();
        (await leader.Post("/v1/books", "{}")).IsProblem(507, "storage-full");
        (await leader.Get($"/v1/books/b{written}")).Is(404);
        (await leader.Get("/v1/books/b0?consistency=linearizable")).Is(200);
        var picture = (await leader.Get("/cluster")).Is(200).Json;
        Assert.Contains(picture.GetProperty("nodes").EnumerateArray(), n => n.GetProperty("storageLow").GetBoolean());
        Assert.Equal(0, picture.GetProperty("tolerates").GetInt32());

        for (var i = 0; i < written; i++)
        {
            (await (await cluster.Leader()).Send("DELETE", $"/v1/books/b{i}")).Is(204);
        }

        await Eventually.Holds(async () => (await (await cluster.Leader()).Put("/v1/books/again", body)).Status == 201, TestContext.Current.CancellationToken);
        Assert.All(cluster.Nodes, node => Assert.DoesNotContain("A save failed", node.Node.Status.LastError ?? "", StringComparison.Ordinal));
    }
}
