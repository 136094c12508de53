using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using RestReplicas.Peers;
using RestReplicas.Protocol;
using Xunit;

namespace RestReplicas.Tests.Peers;

public sealed class PeerClientTests : IDisposable
{
    private static readonly NodeName Peer = new("n2");

    private readonly Wire _wire = new();
    private readonly BlockingCollection<Input> _inputs = [];
    private readonly ConcurrentQueue<string> _trouble = new();
    private PeerClient _client;
    private long _sequence;

    public PeerClientTests() => _client = Client(limit: TimeSpan.FromSeconds(60));

    public void Dispose()
    {
        _client.Dispose();
        _inputs.Dispose();
    }

    [Fact]
    public void A_message_goes_to_its_route_with_the_secret_and_ends_in_the_answer()
    {
        _wire.Answer = _ => Ok(Messages.Responses["matched"]);

        Assert.Equal(new Answered(Peer, 1, Messages.Responses["matched"]), Send(Heartbeat));

        var sent = Assert.Single(_wire.Sent);
        Assert.Equal("http://n2:2/peer/append", sent.RequestUri!.ToString());
        Assert.True(new PeerSecret("a secret of this cluster").Matches(sent.Headers.GetValues("Replica-Secret").ToArray()));
    }

    [Fact]
    public void A_batch_that_fails_is_sent_again()
    {
        _wire.Answer = attempt => attempt < 3 ? throw new HttpRequestException("cut") : Ok(Messages.Responses["matched"]);

        Assert.IsType<Answered>(SendBatch());

        Assert.Equal(3, _wire.Sent.Count);
    }

    [Fact]
    public void A_batch_is_not_tried_for_ever()
    {
        _wire.Answer = _ => throw new HttpRequestException("cut");

        Assert.Equal(new Unanswered(Peer, 1), SendBatch());

        Assert.Equal(3, _wire.Sent.Count);
    }

    [Fact]
    public void A_heartbeat_is_sent_once()
    {
        _wire.Answer = _ => throw new HttpRequestException("cut");

        Assert.Equal(new Unanswered(Peer, 1), Send(Heartbeat));

        Assert.Single(_wire.Sent);
    }

    [Fact]
    public void A_peer_that_hangs_ends_a_heartbeat_and_a_batch_at_their_limits()
    {
        _client.Dispose();
        _client = Client(limit: TimeSpan.FromMilliseconds(100));
        _wire.Answer = _ => null;

        Assert.Equal(new Unanswered(Peer, 1), Send(Heartbeat));
        Assert.Equal(new Unanswered(Peer, 2), SendBatch());
    }

    [Fact]
    public void Failing_batches_open_the_breaker_and_heartbeats_pass_it()
    {
        _wire.Answer = _ => throw new HttpRequestException("cut");
        SendBatch();
        SendBatch();
        var sent = _wire.Sent.Count;

        SendBatch();
        Assert.Equal(sent, _wire.Sent.Count);

        Send(Heartbeat);
        Assert.Equal(sent + 1, _wire.Sent.Count);
    }

    [Fact]
    public async Task A_heartbeat_that_gets_through_after_a_silence_closes_the_breaker()
    {
        _wire.Answer = _ => throw new HttpRequestException("cut");
        for (var i = 0; i < 4; i++)
        {
            Send(Heartbeat);
            SendBatch();
        }

        _wire.Answer = _ => Ok(Messages.Responses["matched"]);
        Send(Heartbeat);

        await Eventually.Holds(() => SendBatch() is Answered, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_batch_of_a_log_that_is_no_more_is_not_sent()
    {
        _client.Send(new(Peer, 1, Heartbeat, Through: 9), _ => null, _inputs.Add);

        Assert.Equal(new Unanswered(Peer, 1), Next());
        Assert.Empty(_wire.Sent);
    }

    [Fact]
    public void A_new_batch_ends_the_one_before()
    {
        _wire.Answer = attempt => attempt == 1 ? null : Ok(Messages.Responses["matched"]);
        _client.Send(new(Peer, 1, Heartbeat, Through: 9), append => append, _inputs.Add);
        Assert.True(SpinWait.SpinUntil(() => _wire.Sent.Count == 1, TimeSpan.FromSeconds(60)));

        _client.Send(new(Peer, 2, Heartbeat, Through: 9), append => append, _inputs.Add);

        Input[] inputs = [Next(), Next()];
        Assert.Contains(new Unanswered(Peer, 1), inputs);
        Assert.Contains(new Answered(Peer, 2, Messages.Responses["matched"]), inputs);
    }

    [Fact]
    public void An_answer_to_another_question_is_none()
    {
        _wire.Answer = _ => Ok(Messages.Responses["granted"]);

        Assert.IsType<Unanswered>(Send(Heartbeat));
    }

    [Fact]
    public void A_peer_that_answers_garbage_is_told_of_once()
    {
        _wire.Answer = _ => new(HttpStatusCode.OK) { Content = new StringContent("<html>hello</html>") };

        Assert.IsType<Unanswered>(Send(Heartbeat));
        Assert.IsType<Unanswered>(Send(Heartbeat));

        Assert.Equal("n2 does not speak this node's language: not a message between replicas.", Assert.Single(_trouble));
    }

    [Fact]
    public void A_peer_that_refuses_the_secret_is_told_of_once()
    {
        _wire.Answer = _ => new(HttpStatusCode.Unauthorized);

        Assert.IsType<Unanswered>(Send(Heartbeat));
        Assert.IsType<Unanswered>(SendBatch());

        Assert.Equal("n2 refuses this node's Cluster:Secret.", Assert.Single(_trouble));
        Assert.Equal(2, _wire.Sent.Count);
    }

    [Fact]
    public void A_peer_of_another_cluster_is_told_of_once_and_its_refusal_passed_on()
    {
        _wire.Answer = _ => Ok(Messages.Responses["refused"]);

        Assert.IsType<Answered>(Send(Heartbeat));
        Assert.IsType<Answered>(Send(Heartbeat));

        Assert.Equal("n2 belongs to another cluster.", Assert.Single(_trouble));
    }

    [Fact]
    public void Nobody_knows_where_a_stranger_is()
    {
        _client.Send(new(new("n9"), 1, Heartbeat), append => append, _inputs.Add);

        Assert.Equal(new Unanswered(new("n9"), 1), Next());
    }

    [Fact]
    public void A_peer_is_found_where_it_was_last_said_to_be()
    {
        _wire.Answer = _ => Ok(Messages.Responses["matched"]);
        _client.Learn(Peer, "http://elsewhere:5");

        Send(Heartbeat);

        Assert.Equal("http://elsewhere:5/peer/append", Assert.Single(_wire.Sent).RequestUri!.ToString());
    }

    private static Request Heartbeat => Messages.Requests["heartbeat"];

    private static HttpResponseMessage Ok(Response response) =>
        new(HttpStatusCode.OK) { Content = new ReadOnlyMemoryContent(WireFormat.Encode(response)) };

    private PeerClient Client(TimeSpan limit) => new(
        new() { Name = "n1" },
        new() { Voters = { ["n1"] = "http://n1:1", ["n2"] = "http://n2:2" }, Secret = "a secret of this cluster" },
        new() { QuorumTimeout = limit, BatchLimit = limit },
        new StoppedClock(), // a breaker that is open stays open until it is closed, however slow the machine is
        NullLogger<PeerClient>.Instance,
        () => new Channel(_wire))
    {
        Trouble = _trouble.Enqueue,
    };

    private Input Send(Request request)
    {
        _client.Send(new(Peer, ++_sequence, request), append => append, _inputs.Add);
        return Next();
    }

    private Input SendBatch()
    {
        _client.Send(
            new(Peer, ++_sequence, Heartbeat, Through: 9), append => append with { Entries = [Messages.Entry(8, [])] }, _inputs.Add);
        return Next();
    }

    private Input Next() => _inputs.TryTake(out var input, TimeSpan.FromSeconds(60)) ? input : throw new TimeoutException();

    /// <summary>What the network does.</summary>
    private sealed class Wire
    {
        /// <summary>By the number of the attempt; null: no answer, ever.</summary>
        public Func<int, HttpResponseMessage?> Answer { get; set; } = _ => null;

        public ConcurrentQueue<HttpRequestMessage> Sent { get; } = new();
    }

    private sealed class Channel(Wire wire) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            wire.Sent.Enqueue(request);
            if (wire.Answer(wire.Sent.Count) is { } response)
            {
                return response;
            }

            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException();
        }
    }
}
