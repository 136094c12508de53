using System.Globalization;
using System.Text.Json;

namespace RestReplicas.Local.Verification;

/// <summary>What an answer says, by the specification of the HTTP surface and nothing else.</summary>
internal static class Answers
{
    private const string Prefix = """{"value":""";

    public static string Document(string? value) => $$"""{{Prefix}}"{{value}}"}""";

    public static async Task<Operation> OfWrite(Operation write, HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        write = write with { Node = Header(answer, "Replica-Node") };
        if (write.Node is null)
        {
            return write with { Ending = Ending.Unknown }; // Not ours.
        }

        var at = Header(answer, "Replica-Position") is { } position ? Spot.Parse(position) : default(Spot?);
        switch ((int)answer.StatusCode)
        {
            case 200 or 201 when write.Asked == Asked.Put && answer.Headers.ETag is { } tag:
                return Done(write) with { Existed = (int)answer.StatusCode == 200, At = Spot.Parse(tag.Tag.Trim('"')) };
            case 204 when write.Asked == Asked.Delete && at is not null:
                return Done(write) with { Existed = true, At = at };
            case 202 when at is not null:
                return write with { Ending = Ending.Unknown, Accepted = true, At = at };
        }

        using var problem = Problem(answer, text);
        at = Member(problem, "position") is { } said ? Spot.Parse(said) : null;
        switch ((int)answer.StatusCode, Member(problem, "outcome"))
        {
            case (412, "none"):
                var current = Member(problem, "current");
                return write with { Ending = Ending.Declined, Existed = current is not null, Current = current is null ? null : Spot.Parse(current), At = at };
            case (404, "none") when write.Asked == Asked.Delete && Member(problem, "type") == "not-found":
                return write with { Ending = Ending.Declined, Existed = false, At = at };
            case (504, "committed") when at is not null:
                return Done(write) with { At = at };
            case (504, "unknown"):
                return write with { Ending = Ending.Unknown, At = at };
            case (503 or 429 or 507, "none"):
                return write with { Ending = Ending.Never, At = at };
            default:
                return Wrong(write, answer, text);
        }
    }

    public static async Task<Operation> OfRead(Operation read, HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        read = read with { Node = Header(answer, "Replica-Node") };
        if (read.Node is null)
        {
            return read with { Ending = Ending.Never };
        }

        using var problem = Problem(answer, text);
        var found = (int)answer.StatusCode == 200;
        if (found || ((int)answer.StatusCode == 404 && Member(problem, "type") == "not-found"))
        {
            if (Header(answer, "Replica-Position") is not { } position
                || Header(answer, "Replica-Staleness") is not { } staleness
                || (found && (answer.Headers.ETag is null || Value(text) is null)))
            {
                return Wrong(read, answer, text);
            }

            return read with
            {
                At = Spot.Parse(position),
                Staleness = double.TryParse(staleness, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : null,
                Version = found ? Spot.Parse(answer.Headers.ETag!.Tag.Trim('"')) : null,
                Value = found ? Value(text) : null,
            };
        }

        return (int)answer.StatusCode switch
        {
            503 or 504 => read with { Ending = Ending.Never },
            409 when read.MinPosition is not null && Member(problem, "type") == "write-lost" => read with { Ending = Ending.Never, ToldLost = true },
            _ => Wrong(read, answer, text),
        };
    }

    public static async Task<Operation> OfLookUp(Operation lookUp, HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        lookUp = lookUp with { Node = Header(answer, "Replica-Node") };
        if (lookUp.Node is null || (int)answer.StatusCode is 503 or 504)
        {
            return lookUp with { Ending = Ending.Never };
        }

        if ((int)answer.StatusCode != 200)
        {
            return Wrong(lookUp, answer, text);
        }

        using var body = JsonDocument.Parse(text);
        return Enum.TryParse<Fate>(Member(body, "state"), ignoreCase: true, out var fate) ? lookUp with { Fate = fate } : Wrong(lookUp, answer, text);
    }

    /// <summary>Of a document that a client here wrote; null: it is none of ours.</summary>
    public static string? Value(string document) =>
        document.StartsWith(Prefix, StringComparison.Ordinal) && document.EndsWith('}') ? document[Prefix.Length..^1].Trim('"') : null;

    private static Operation Done(Operation write) => write with { Ending = Ending.Done, Acknowledged = true };

    private static Operation Wrong(Operation operation, HttpResponseMessage answer, string text) =>
        operation with { Ending = operation.Writes ? Ending.Unknown : Ending.Never, Wrong = $"{(int)answer.StatusCode} {text}" };

    private static JsonDocument? Problem(HttpResponseMessage answer, string text) =>
        answer.Content.Headers.ContentType?.MediaType == "application/problem+json" ? JsonDocument.Parse(text) : null;

    private static string? Member(JsonDocument? json, string name) =>
        json is not null && json.RootElement.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? values.Single() : null;
}
