using RestReplicas.Protocol;
using RestReplicas.Recovery;
using Xunit;

namespace RestReplicas.Tests.Documents;

/// <summary>A browser that knows nothing of positions, and sends its cookies back.</summary>
[Collection(WebClusters.Name)]
public sealed class SessionCookieTests : IDisposable
{
    private static readonly (string, string) On = ("Sessions:Cookie", "true");

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("restreplicas-");

    [Fact]
    public async Task Without_the_setting_nobody_is_given_a_cookie()
    {
        await using var node = await WebNode.StartAlone(_directory.FullName);

        Assert.Null((await node.Put("/v1/books/x", "{}")).Is(201)["Set-Cookie"]);
        Assert.Null((await node.Get("/v1/books/x", ("Cookie", "replica-position=9.9.9"))).Is(200)["Set-Cookie"]);
    }

    [Fact]
    public async Task The_cookie_moves_with_what_its_client_writes_and_reads()
    {
        await using var node = await WebNode.StartAlone(_directory.FullName, On);

        var put = (await node.Put("/v1/books/x", "{}")).Is(201);
        var attributes = put["Set-Cookie"]!.Split("; ");
        Assert.StartsWith($"replica-position={put["Replica-Position"]}.", attributes[0], StringComparison.Ordinal);
        Assert.Equal(["httponly", "path=/v1", "samesite=lax"], attributes[1..].Select(a => a.ToLowerInvariant()).Order(StringComparer.Ordinal));
        Assert.Contains("secure", (await node.Put("/v1/books/x", "{}", ("X-Forwarded-Proto", "https, http")))["Set-Cookie"]!, StringComparison.Ordinal);

        // What another client wrote is seen by a read, also by one that finds no document; a bad request sees nothing.
        var other = (await node.Put("/v1/books/y", "{}"))["Replica-Position"];
        foreach (var url in new[] { "/v1/books/x", "/v1/books/none", "/v1/books", "/v1" })
        {
            var read = await node.Get(url, ("Cookie", attributes[0]));
            Assert.StartsWith($"replica-position={other}.", read["Set-Cookie"], StringComparison.Ordinal);
            Assert.Equal(read.Status == 404 ? "no-store" : "no-cache, private", read["Cache-Control"]);
            Assert.Null((await node.Get(url, ("Cookie", Cookie(read))))["Set-Cookie"]);
        }

        Assert.Null((await node.Get("/v1/books?limit=0", ("Cookie", attributes[0]))).Is(400)["Set-Cookie"]);
        Assert.Null((await node.Put("/v1/books/x", "[")).Is(400)["Set-Cookie"]);
    }

    [Fact]
    public async Task A_cookie_that_is_none_of_this_clusters_is_replaced()
    {
        await using var node = await WebNode.StartAlone(_directory.FullName, On);
        var own = Cookie(await node.Put("/v1/books/x", "{}"));
        var (position, cluster) = (own[(own.IndexOf('=', StringComparison.Ordinal) + 1)..own.LastIndexOf('.')], own[(own.LastIndexOf('.') + 1)..]);
        foreach (var value in new[]
        {
            "", ".", "x", "7.48213", $"7.{cluster}", $"x.1.{cluster}", $"-1.1.{cluster}", $"{position}.{Guid.NewGuid():N}", $"99.999999.{Guid.NewGuid():N}",
            $"99999999999999999999.1.{cluster}", $"{position}.{cluster}x", $"{position}.{cluster}%00", new string('9', 4000), $"9.1.{cluster}",
            $"1.{long.MaxValue}.{cluster}", // of this term, but this leader never gave it to anybody
        })
        {
            var answer = (await node.Get("/v1/books/x?timeout=300", ("Cookie", $"replica-position={value}"))).Is(200);
            Assert.Equal(own, Cookie(answer));
        }
    }

    [Fact]
    public async Task After_a_restore_old_positions_are_lost_and_old_cookies_count_for_nothing()
    {
        var backup = Path.Combine(_directory.FullName, "backup.db");
        string cookie, position;
        await using (var node = await WebNode.StartAlone(_directory.FullName, On))
        {
            await node.Put("/v1/books/x", "{\"n\":1}");
            await File.WriteAllBytesAsync(backup, (await node.Get("/cluster/backup")).Is(200).Bytes, TestContext.Current.CancellationToken);
            for (var i = 0; i < 20; i++)
            {
                await node.Put("/v1/books/x", "{\"n\":2}");
            }

            var last = await node.Put("/v1/books/x", "{\"n\":3}");
            (cookie, position) = (Cookie(last), last["Replica-Position"]!);
        }

        var restored = Path.Combine(_directory.FullName, "restored");
        await RecoverCommand.Run(["--from", backup, "--data", Path.Combine(restored, "n1"), "--name", "n1", "--force"]);
        await using var again = await WebNode.StartAlone(restored, On);
        Assert.True(Position.TryParse(position, out var old) && old.Index > again.Node.Status.Applied.Index);

        (await again.Get($"/v1/books/x?minPosition={position}")).IsProblem(409, "write-lost");
        Assert.Equal("lost", (await again.Get($"/v1/_positions/{position}")).Member("state"));
        var read = (await again.Get("/v1/books/x", ("Cookie", cookie))).Is(200);
        Assert.Equal("{\"n\":1}", read.Text);
        Assert.StartsWith($"replica-position={again.Node.Status.Applied}.", read["Set-Cookie"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_browser_reads_its_own_writes_from_whichever_node()
    {
        await using var cluster = await WebCluster.Start(3, On, ("Writes:OnFollower", "Forward"));
        var follower = await cluster.Follower();
        var cookie = "";
        for (var i = 0; i < 20; i++)
        {
            var put = await follower.Put("/v1/books/x", $$"""{"n":{{i}}}""", ("Cookie", cookie));
            Assert.True(put.Status is 200 or 201, put.Text);
            cookie = Cookie(put);
            foreach (var node in cluster.Nodes)
            {
                // It waits here, or asks the leader.
                Assert.Equal($$"""{"n":{{i}}}""", (await node.Get("/v1/books/x", ("Cookie", cookie))).Is(200).Text);
            }
        }
    }

    [Fact]
    public async Task Who_has_seen_more_than_a_follower_is_sent_on()
    {
        await using var cluster = await WebCluster.Start(3, On);
        var (leader, follower) = (await cluster.Leader(), await cluster.Follower());
        var own = Cookie(await leader.Put("/v1/books/x", "{}"));
        var ahead = ("Cookie", $"replica-position={leader.Node.Status.View.Term}.1000000{own[own.LastIndexOf('.')..]}");

        Assert.Null((await follower.Get("/v1/books/x", ahead)).Is(307)["Set-Cookie"]);
        (await follower.Get("/v1/books/x", ahead, ("Cache-Control", "only-if-cached"))).IsProblem(504, "too-stale");
        Assert.Equal(own, Cookie(await leader.Get("/v1/books/x?timeout=300", ahead)));
    }

    public void Dispose() => _directory.Delete(recursive: true);

    internal static string Cookie(Answer answer) => answer["Set-Cookie"]!.Split(';')[0];
}
