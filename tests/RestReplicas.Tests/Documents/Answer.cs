using System.Text;
using System.Text.Json;
using Xunit;

namespace RestReplicas.Tests.Documents;

/// <summary>An HTTP answer, whole.</summary>
internal sealed class Answer
{
    private readonly Dictionary<string, string> _headers;

    public Answer(HttpResponseMessage response, byte[] body)
    {
        Status = (int)response.StatusCode;
        Bytes = body;
        _headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase);
    }

    public int Status { get; }

    public byte[] Bytes { get; }

    public string Text => Encoding.UTF8.GetString(Bytes);

    public JsonElement Json => JsonDocument.Parse(Bytes, new() { MaxDepth = 1000 }).RootElement;

    public IEnumerable<string> Headers => _headers.Keys;

    /// <summary>Null: it is not there.</summary>
    public string? this[string header] => _headers.GetValueOrDefault(header);

    public string? Member(string name) => Json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.ToString() : null;

    /// <summary>Fails the test unless this is that problem, whole and well formed.</summary>
    public Answer IsProblem(int status, string type, string outcome = "none")
    {
        Assert.True(Status == status && this["Content-Type"] == "application/problem+json", $"{Status} {this["Content-Type"]}: {Text}");
        Assert.Equal((type, outcome), (Member("type"), Member("outcome")));
        Assert.Equal(status, Json.GetProperty("status").GetInt32());
        Assert.EndsWith(".", Member("title"), StringComparison.Ordinal);
        Assert.Matches("\\.\\)?$", Member("detail")); // sentences, which say what to do
        Assert.True(outcome == "none" || status is 504 or 500, "only after these may something have happened");
        Assert.DoesNotContain("   at ", Text, StringComparison.Ordinal);
        Assert.Equal(status is 503 or 429, this["Retry-After"] is not null);
        return this;
    }

    public Answer Is(int status)
    {
        Assert.True(Status == status, $"{Status}: {Text}");
        return this;
    }
}
