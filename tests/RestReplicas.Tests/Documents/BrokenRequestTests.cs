using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace RestReplicas.Tests.Documents;

/// <summary>What no HTTP client would send: requests by hand, over a connection of their own.</summary>
public class BrokenRequestTests(WebNodeFixture fixture) : IClassFixture<WebNodeFixture>
{
    private WebNode Node => fixture.Node;

    [Fact]
    public async Task A_body_shorter_than_its_length_is_refused()
    {
        var answer = await Raw("PUT /v1/bad/short HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"a\":1}", closes: true);

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"type\":\"invalid-request\"", answer, StringComparison.Ordinal);
        Assert.Contains("Replica-Node: n1", answer, StringComparison.Ordinal);
        (await Node.Get("/v1/bad/short")).Is(404);
    }

    [Fact]
    public async Task A_body_that_stops_coming_is_not_waited_for()
    {
        var answer = await Raw("PUT /v1/bad/stopped HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"a\":1}", closes: false);

        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"type\":\"invalid-request\"", answer, StringComparison.Ordinal);
        (await Node.Get("/v1/bad/stopped")).Is(404);
    }

    [Fact]
    public async Task A_client_that_has_sent_all_it_will_send_is_answered()
    {
        var answer = await Raw("PUT /v1/halves/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}", closes: true);

        Assert.StartsWith("HTTP/1.1 201 ", answer, StringComparison.Ordinal);
        Assert.Equal("{\"a\":1}", (await Node.Get("/v1/halves/x")).Text);
    }

    [Fact]
    public async Task A_body_that_is_said_to_be_too_large_is_not_waited_for()
    {
        var answer = await Raw("PUT /v1/bad/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 999999999999\r\n\r\n", closes: false);

        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"type\":\"too-large\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_of_unknown_length_is_not_read_beyond_the_limit()
    {
        var chunk = "10000\r\n" + new string(' ', 0x10000) + "\r\n";
        var answer = await Raw(
            "PUT /v1/bad/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            + string.Concat(Enumerable.Repeat(chunk, 40)) + "0\r\n\r\n",
            closes: false);

        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"type\":\"too-large\"", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PUT /v1/bad/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n")]
    [InlineData("PUT /v1/bad/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}")]
    public async Task A_broken_transfer_is_refused(string request)
    {
        var answer = await Raw(request, closes: true);

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
    }

    /// <summary>Kestrel refuses them before any of the program has seen them.</summary>
    public static TheoryData<int, string> Unreadable => new()
    {
        { 431, $"PUT /v1/bad/x HTTP/1.1\r\nHost: x\r\n{string.Concat(Enumerable.Range(0, 1000).Select(i => $"X-{i}: 1\r\n"))}\r\n" },
        { 431, $"GET /v1 HTTP/1.1\r\nHost: x\r\nX: {new string('x', 40_000)}\r\n\r\n" },
        { 414, $"GET /v1/bad?cursor={new string('x', 10_000)} HTTP/1.1\r\nHost: x\r\n\r\n" },
        { 414, $"DELETE /v1/bad/{new string('x', 100_000)} HTTP/1.1\r\nHost: x\r\n\r\n" },
        { 400, "GET /v1/%00 HTTP/1.1\r\nHost: x\r\n\r\n" },
        { 400, "GET /v1 HTTP/1.1\r\n\r\n" },
        { 400, "GET /v1 HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" },
        { 400, "PUT /v1/bad/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: two\r\n\r\n{}" },
        { 400, "GET /v1 HTTP/1.1\r\nHost: x\r\nNo colon\r\n\r\n" },
        { 400, "no HTTP at all\r\n\r\n" },
        { 505, "GET /v1 HTTP/3.7\r\nHost: x\r\n\r\n" },
    };

    [Theory]
    [MemberData(nameof(Unreadable))]
    public async Task What_cannot_be_read_as_a_request_is_a_problem_too(int status, string request)
    {
        var answer = await Raw(request, closes: false);

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains("Content-Type: application/problem+json", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close", answer, StringComparison.Ordinal);
        Assert.Contains("Replica-Node: n1", answer, StringComparison.Ordinal);
        var problem = JsonDocument.Parse(answer[answer.IndexOf("\r\n\r\n", StringComparison.Ordinal)..]).RootElement;
        Assert.Equal(
            ("invalid-request", status, "none"),
            (problem.GetProperty("type").GetString(), problem.GetProperty("status").GetInt32(), problem.GetProperty("outcome").GetString()));
    }

    /// <summary>What was asked before it is answered before it.</summary>
    [Fact]
    public async Task A_request_before_an_unreadable_one_has_its_own_answer()
    {
        var answer = await Raw("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nno HTTP at all\r\n\r\n", closes: false, answers: 2);

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json", answer, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(answer, "HTTP/1.1 "));
    }

    /// <summary>One answer, as a client receives it that builds its requests by hand.</summary>
    private async Task<string> Raw(string request, bool closes, int answers = 1)
    {
        var url = new Uri(Node.Url);
        using var client = new TcpClient();
        await client.ConnectAsync(url.Host, url.Port, TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), TestContext.Current.CancellationToken);
        if (closes)
        {
            client.Client.Shutdown(SocketShutdown.Send);
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        var answer = "";
        var buffer = new byte[4096];
        int read;
        while (!IsWhole(answer, answers) && (read = await stream.ReadAsync(buffer, patience.Token)) > 0)
        {
            answer += Encoding.ASCII.GetString(buffer, 0, read);
        }

        return answer;
    }

    private static bool IsWhole(string answer, int answers)
    {
        for (; answers > 0; answers--)
        {
            if (Regex.Match(answer, "Content-Length: ([0-9]+)\r\n(?:.+\r\n)*\r\n") is not { Success: true } head)
            {
                return false;
            }

            var end = head.Index + head.Length + int.Parse(head.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
            if (answer.Length < end)
            {
                return false;
            }

            answer = answer[end..];
        }

        return true;
    }
}
