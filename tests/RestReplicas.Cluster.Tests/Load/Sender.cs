using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace RestReplicas.Cluster.Tests.Load;

/// <summary>
/// Sends a write, follows redirects like any client, and says what may be concluded. It never repeats one: a repeat would
/// blur what became of the first.
/// </summary>
internal sealed class Sender(TimeSpan patience) : IDisposable
{
    public const string NobodyListens = "nobody listens";

    private const int MostHops = 5;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
    {
        Timeout = patience,
    };

    public void Dispose() => _http.Dispose();

    /// <param name="body">Null: none.</param>
    /// <param name="expected">The status of success.</param>
    public async Task<(Verdict Verdict, string? Position, string? Node, string Detail)> Send(HttpMethod method, Uri uri, string? body, HttpStatusCode expected)
    {
        try
        {
            for (var hop = 0; hop < MostHops; hop++)
            {
                using var request = new HttpRequestMessage(method, uri) { Content = Content(body) };
                using var answer = await _http.SendAsync(request);
                if (answer.StatusCode == HttpStatusCode.TemporaryRedirect)
                {
                    uri = new Uri(uri, answer.Headers.Location!);
                    continue;
                }

                return await Judge(answer, expected);
            }

            return (Verdict.Refused, null, null, "sent around in circles");
        }
        catch (HttpRequestException error) when (error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
        {
            return (Verdict.Refused, null, null, NobodyListens);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            return (Verdict.Unknown, null, null, error.Message);
        }
    }

    /// <summary>Without a body too there is one, of no bytes: .NET repeats by itself what has none and got no answer.</summary>
    private static HttpContent Content(string? body) =>
        body is null ? new ByteArrayContent([]) : new StringContent(body, Encoding.UTF8, "application/json");

    private static async Task<(Verdict, string?, string?, string)> Judge(HttpResponseMessage answer, HttpStatusCode expected)
    {
        var position = Header(answer, "Replica-Position");
        var node = Header(answer, "Replica-Node");
        var text = await answer.Content.ReadAsStringAsync();
        var detail = $"{(int)answer.StatusCode} {text}";
        if (answer.StatusCode == expected && position is not null)
        {
            return (Verdict.Acknowledged, position, node, detail);
        }

        if (node is null)
        {
            return (Verdict.Unknown, null, null, detail); // Not ours: from something in between.
        }

        if (answer.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return (Verdict.Wrong, position, node, detail);
        }

        using var problem = JsonDocument.Parse(text);
        var outcome = problem.RootElement.TryGetProperty("outcome", out var said) ? said.GetString() : null;
        position = problem.RootElement.TryGetProperty("position", out var at) ? at.GetString() : null;
        return ((int)answer.StatusCode, outcome) switch
        {
            (503 or 429 or 507, "none") => (Verdict.Refused, position, node, detail),
            (409, "none") => (Verdict.Refused, position, node, detail), // write-lost
            (504, "unknown") => (Verdict.Unknown, position, node, detail),
            _ => (Verdict.Wrong, position, node, detail),
        };
    }

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? values.Single() : null;
}
