using System.Net;
using RestReplicas.Lease;
using RestReplicas.Rehearsing;
using StackExchange.Redis;
using Xunit;

namespace RestReplicas.Tests.Rehearsing;

public sealed class RehearsalTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("restreplicas-");

    private string Stage => Path.Combine(_directory.FullName, "rehearsal");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task A_rehearsal_leaves_nothing_behind_on_disk_or_in_Redis()
    {
        await using var redis = await RedisProcess.Start(TestContext.Current.CancellationToken);
        await Rehearsal.Play(Stage, new LeaseOptions { Redis = [redis.Address] }, TestContext.Current.CancellationToken);
        Assert.False(Directory.Exists(Stage));
        using var connection = await ConnectionMultiplexer.ConnectAsync(redis.Address);
        Assert.Equal(0, await connection.GetServer(redis.Address).DatabaseSizeAsync());
    }

    [Fact]
    public async Task A_rehearsal_needs_no_Redis_and_clears_what_one_that_was_cut_short_left()
    {
        Directory.CreateDirectory(Path.Combine(Stage, "r0"));
        await File.WriteAllTextAsync(Path.Combine(Stage, "r0", "current"), "half a pointer", TestContext.Current.CancellationToken);
        await Rehearsal.Play(Stage, new LeaseOptions(), TestContext.Current.CancellationToken);
        Assert.False(Directory.Exists(Stage));
    }

    [Fact]
    public async Task A_write_that_is_sent_to_a_leader_that_has_ended_is_tried_again()
    {
        using var refuses = new RefusesOnce();
        using var http = new HttpClient(refuses);
        await Rehearsal.Write(http, new("http://127.0.0.1:1"), TestContext.Current.CancellationToken);
        Assert.Equal(2, refuses.Asked);
    }

    private sealed class RefusesOnce : HttpMessageHandler
    {
        public int Asked { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => ++Asked == 1
            ? throw new HttpRequestException(HttpRequestError.ConnectionError, "nobody listens")
            : Task.FromResult(new HttpResponseMessage(HttpStatusCode.Created));
    }
}
