using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using RestReplicas.Cluster;
using RestReplicas.Peers;
using RestReplicas.Protocol;
using RestReplicas.Tests.Cluster;
using Xunit;

namespace RestReplicas.Tests.Peers;

/// <summary>The peer listener of a real node, over real HTTP.</summary>
public sealed class PeerDeskTests : IAsyncLifetime
{
    private const string Secret = "a secret of this cluster";

    private readonly string _directory = Directory.CreateTempSubdirectory("peer-tests-").FullName;

    /// <summary>However long it takes, it sends no body that is not asked for.</summary>
    private readonly HttpClient _http = new(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromMinutes(1) });
    private TestNode _node = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _node = await TestNode.Start("n1", _directory, TestNode.Voters(3), Cancelled, ("Cluster:Secret", Secret));
        _http.BaseAddress = new(_node.Status.Address.PeerUrl);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _node.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_peer_with_the_secret_is_answered()
    {
        var answer = await Post("/peer/pre-vote", Messages.Requests["pre-vote"], Secret);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var response = WireFormat.DecodeResponse(await answer.Content.ReadAsByteArrayAsync(Cancelled));
        Assert.Equal(_node.Status.Disk, Assert.IsType<VoteResponse>(response).Header.Disk);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a secret of another cluster")]
    [InlineData(Secret + " ")]
    [InlineData("ein ähnliches Geheimnis")]
    public async Task Without_the_right_secret_nobody_is_answered(string? secret)
    {
        var answer = await Post("/peer/pre-vote", Messages.Requests["pre-vote"], secret);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);

        using var status = await Get("/peer/status", secret);
        Assert.Equal(HttpStatusCode.Unauthorized, status.StatusCode);

        await _node.Until(s => s.LastError == "n2 does not show this cluster's secret.", Cancelled);
    }

    [Fact]
    public async Task The_public_listener_knows_no_peers()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new(_node.Status.Address.PublicUrl), "/peer/status"));
        new PeerSecret(Secret).Show(request);
        request.Headers.Host = new Uri(_node.Status.Address.PeerUrl).Authority;

        using var answer = await _http.SendAsync(request, Cancelled);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task A_message_on_the_wrong_route_or_none_at_all_is_refused_with_a_reason()
    {
        using var wrong = await Post("/peer/vote", Messages.Requests["heartbeat"], Secret);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Equal("a AppendRequest on /peer/vote", await wrong.Content.ReadAsStringAsync(Cancelled));

        using var garbage = await Post("/peer/vote", new ByteArrayContent("hello world"u8.ToArray()), Secret);
        Assert.Equal(HttpStatusCode.BadRequest, garbage.StatusCode);
    }

    [Fact]
    public async Task A_message_that_is_too_large_is_refused_unread()
    {
        await using var small = await TestNode.Start(
            "n1",
            Path.Combine(_directory, "small"),
            TestNode.Voters(1),
            Cancelled,
            ("Replication:MessageBytes", "1048576"),
            ("Replication:BatchBytes", "65536"),
            ("Documents:MaxBytes", "65536"), ("Documents:MaxBatchBytes", "65536"));
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(new(small.Status.Address.PeerUrl), "/peer/append"));
        request.Content = new ByteArrayContent(new byte[1_048_577]);
        request.Headers.ExpectContinue = true;
        new PeerSecret(null).Show(request);

        using var answer = await _http.SendAsync(request, Cancelled);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task A_node_says_how_it_is()
    {
        using var answer = await Get("/peer/status", Secret);

        var status = await answer.Content.ReadFromJsonAsync<PeerStatus>(Cancelled);

        Assert.Equal("n1", status!.Name);
        Assert.Equal(_node.Status.Disk.ToString(), status.Disk);
        Assert.Equal(["n1", "n2", "n3"], status.ConfiguredVoters);
        Assert.Equal("not-configured", status.Lease);
    }

    [Theory]
    [InlineData("http://0.0.0.0:9081")]
    [InlineData("http://10.1.2.3:9081")]
    [InlineData("http://n1:9081")]
    public void Without_a_secret_peers_are_heard_on_loopback_only(string url)
    {
        var node = new NodeOptions { PublicUrl = "http://0.0.0.0:8081", PeerUrl = url };

        Assert.Throws<StartupException>(() => PeerListener.Bind(new KestrelServerOptions(), node, new ClusterOptions()));
    }

    [Fact]
    public async Task A_port_without_a_process_is_known_to_be_refused()
    {
        var refused = new TaskCompletionSource<Input>();

        await PeerProbe.Try(new("n2"), new($"http://127.0.0.1:{Ports.Free()}"), TimeSpan.FromSeconds(60), refused.SetResult);
        await PeerProbe.Try(new("n1"), _http.BaseAddress!, TimeSpan.FromSeconds(60), _ => Assert.Fail("n1 listens"));

        Assert.Equal(new ConnectionRefused(new("n2")), await refused.Task);
    }

    private Task<HttpResponseMessage> Get(string path, string? secret) => Ask(new(HttpMethod.Get, path), secret);

    private Task<HttpResponseMessage> Post(string path, Request message, string? secret) =>
        Post(path, new ReadOnlyMemoryContent(WireFormat.Encode(message)), secret);

    private Task<HttpResponseMessage> Post(string path, HttpContent content, string? secret) =>
        Ask(new(HttpMethod.Post, path) { Content = content }, secret);

    private async Task<HttpResponseMessage> Ask(HttpRequestMessage request, string? secret)
    {
        using (request)
        {
            request.Headers.Add("Replica-From", "n2");
            if (secret is not null)
            {
                new PeerSecret(secret).Show(request);
            }

            return await _http.SendAsync(request, Cancelled);
        }
    }
}
