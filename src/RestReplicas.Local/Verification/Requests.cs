using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace RestReplicas.Local.Verification;

/// <summary>
/// Sends one request of a recording client to a node drawn anew each time, follows redirects, and says what was told. It
/// repeats nothing: what is asked once happens once or not at all.
/// </summary>
internal sealed class Requests(HttpClient http, IReadOnlyList<Uri> nodes, Random random, string collection, Func<TimeSpan> clock)
{
    private const int MostHops = 5;

    /// <param name="version">The document's, as a condition.</param>
    public async Task<Operation> Write(Operation write, string acks, Spot? version, string? idempotencyKey)
    {
        var uri = new Uri(Anyone(), $"/v1/{collection}/{write.Key}?acks={acks}&timeout={(random.Next(2) == 0 ? 500 : 2_000)}");
        try
        {
            using var answer = await Follow(uri, () => Request(write, version, idempotencyKey));
            return answer is null
                ? write with { Ending = Ending.Never, Ended = clock() }
                : (await Answers.OfWrite(write, answer)) with { Ended = clock() };
        }
        catch (HttpRequestException error) when (error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
        {
            return write with { Ending = Ending.Never, Ended = clock() };
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            return write with { Ending = Ending.Unknown, Ended = clock() };
        }
    }

    public Task<Operation> Read(Operation read, string query) =>
        Ask(read, $"/v1/{collection}/{read.Key}?timeout=1500&{query}".TrimEnd('&'), Answers.OfRead);

    public Task<Operation> LookUp(Operation lookUp) => Ask(lookUp, $"/v1/_positions/{lookUp.At}?timeout=1500", Answers.OfLookUp);

    private async Task<Operation> Ask(Operation question, string target, Func<Operation, HttpResponseMessage, Task<Operation>> judge)
    {
        var uri = new Uri(Anyone(), target);
        try
        {
            using var answer = await Follow(uri, () =>
            {
                question = question with { Sent = clock() };
                return new HttpRequestMessage { Method = HttpMethod.Get };
            });
            if (answer is not null)
            {
                return (await judge(question, answer)) with { Ended = clock() };
            }
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            // A question that was not answered tells nothing.
        }

        return question with { Ending = Ending.Never, Ended = clock() };
    }

    /// <returns>Null: sent around in circles, which does nothing.</returns>
    private async Task<HttpResponseMessage?> Follow(Uri uri, Func<HttpRequestMessage> make)
    {
        for (var hop = 0; hop < MostHops; hop++)
        {
            using var request = make();
            request.RequestUri = uri;
            var answer = await http.SendAsync(request);
            if (answer.StatusCode != HttpStatusCode.TemporaryRedirect)
            {
                return answer;
            }

            uri = new Uri(uri, answer.Headers.Location!);
            answer.Dispose();
        }

        return null;
    }

    private HttpRequestMessage Request(Operation write, Spot? version, string? idempotencyKey)
    {
        // A delete has content too, if empty: what has none HttpClient repeats by itself when a connection breaks, and then
        // nobody listens, although the first copy was done.
        var request = new HttpRequestMessage
        {
            Method = write.Asked == Asked.Put ? HttpMethod.Put : HttpMethod.Delete,
            Content = write.Asked == Asked.Put
                ? new StringContent(Answers.Document(write.Value), Encoding.UTF8, "application/json")
                : new ByteArrayContent([]),
        };
        if (version is { } expected)
        {
            request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{expected}\""));
        }

        if (write.IfAbsent)
        {
            request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
        }

        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", $"\"{collection}-{idempotencyKey}\"");
        }

        return request;
    }

    private Uri Anyone() => nodes[random.Next(nodes.Count)];
}
