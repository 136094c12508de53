using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using RestReplicas.Documents;
using RestReplicas.Documents.Feeds;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace RestReplicas.Describing;

/// <summary>The answers of an operation: the route's own, its problems, and those of requests that nobody could read.</summary>
public sealed class OpenApiAnswers(RouteNotes notes, OperationFilterContext context, OpenApiLimits limits)
{
    private const string ProblemType = "application/problem+json";

    /// <summary>Kestrel refuses these before it knows the route, so any route's client may meet them. Once in the document.</summary>
    private static readonly (int Status, string Name)[] Unread =
    [
        (StatusCodes.Status408RequestTimeout, "TooSlow"),
        (StatusCodes.Status414UriTooLong, "UrlTooLong"),
        (StatusCodes.Status431RequestHeaderFieldsTooLarge, "HeadersTooLarge"),
        (StatusCodes.Status505HttpVersionNotsupported, "OtherVersion"),
    ];

    private readonly bool _isHead = context.ApiDescription.HttpMethod == "HEAD";

    /// <summary>It cannot write: what fails has certainly not.</summary>
    private readonly bool _isRead = context.ApiDescription.HttpMethod is "GET" or "HEAD";

    /// <param name="signature">What the route's signature says of them.</param>
    public OpenApiResponses Of(OpenApiResponses? signature)
    {
        var answers = new SortedDictionary<int, IOpenApiResponse>();
        foreach (var (status, answer) in notes.Answers)
        {
            IOpenApiResponse? generated = null;
            signature?.TryGetValue(Key(status), out generated);
            answers[status] = new OpenApiResponse
            {
                Description = answer.Description,
                Headers = Headers(status, answer.Headers),
                Content = _isHead ? null : Content(answer, generated),
            };
        }

        foreach (var sameStatus in notes.Problems.Append(Problems.InternalError(mayHaveWritten: !_isRead)).GroupBy(p => p.Status))
        {
            answers[sameStatus.Key] = Problem([.. sameStatus]);
        }

        foreach (var (status, name) in Unread)
        {
            answers[status] = Unreadable(ProblemPages.Of(new BadHttpRequestException(name, status)), name);
        }

        var responses = new OpenApiResponses();
        foreach (var (status, answer) in answers)
        {
            responses[Key(status)] = answer;
        }

        return responses;
    }

    private static string Key(int status) => status.ToString(CultureInfo.InvariantCulture);

    /// <summary>A body that is too slow meets a route that reads it, and has the headers of one.</summary>
    private IOpenApiResponse Unreadable(Problem problem, string name)
    {
        var isRouted = problem.Status == StatusCodes.Status408RequestTimeout && notes.Bodies.Count > 0;
        var response = new OpenApiResponse
        {
            Description = $"`{problem.Type}`: {problem.Detail}",
            Headers = isRouted ? Headers(problem.Status, []) : OpenApiHeaders.Unread(context.Document),
            Content = _isHead ? null : Content([problem]),
        };
        if (isRouted || _isHead)
        {
            return response;
        }

        context.Document.AddComponent(name, response);
        return new OpenApiResponseReference(name, context.Document);
    }

    private OpenApiResponse Problem(IReadOnlyList<Problem> problems)
    {
        var retry = problems.Any(p => p.RetryAfter is not null) ? [new HeaderNote("Retry-After", "Seconds.", "1")] : Array.Empty<HeaderNote>();
        var own = problems.Select(p => p.Header).OfType<(string Name, string Value)>().Select(h => new HeaderNote(h.Name, "What would be taken.", h.Value));
        return new()
        {
            Description = string.Join(" ", problems.Select(p => $"`{p.Type}`: {p.Title}").Distinct()),
            Headers = Headers(problems[0].Status, [.. retry, .. own]),
            Content = _isHead ? null : Content(problems),
        };
    }

    private Dictionary<string, IOpenApiHeader> Headers(int status, IEnumerable<HeaderNote> own) => OpenApiHeaders.Of(
        new(notes, _isRead || context.ApiDescription.HttpMethod == "OPTIONS", status, limits.HasSessions), own, context.Document);

    private Dictionary<string, IOpenApiMediaType>? Content(AnswerNote answer, IOpenApiResponse? generated)
    {
        var content = new Dictionary<string, IOpenApiMediaType>();
        if (answer.Example is { } json)
        {
            IOpenApiMediaType? signature = null;
            generated?.Content?.TryGetValue(DocumentBody.MediaType, out signature);
            content[DocumentBody.MediaType] = new OpenApiMediaType
            {
                Schema = answer.Schema is null && signature?.Schema is { } known ? known : Schema(answer.Schema),
                Example = JsonNode.Parse(json),
            };
        }

        if (answer.Events is { } events)
        {
            content[ServerSentEvents.MediaType] = new OpenApiMediaType
            {
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                Example = JsonValue.Create(events),
            };
        }

        if (answer.File is { } file)
        {
            content[file] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } };
        }

        return content.Count == 0 ? null : content;
    }

    /// <summary>Its schema names the types that this answer may have, so that a typed client can tell them apart.</summary>
    private Dictionary<string, IOpenApiMediaType> Content(IReadOnlyList<Problem> problems) => new()
    {
        [ProblemType] = new OpenApiMediaType
        {
            Schema = new OpenApiSchema
            {
                AllOf =
                [
                    Schema(typeof(ProblemBody)),
                    new OpenApiSchema
                    {
                        Type = JsonSchemaType.Object,
                        Properties = new Dictionary<string, IOpenApiSchema>
                        {
                            ["type"] = new OpenApiSchema
                            {
                                Type = JsonSchemaType.String,
                                Enum = [.. problems.Select(p => p.Type).Distinct().Select(type => (JsonNode)JsonValue.Create(type))],
                            },
                        },
                    },
                ],
            },
            Examples = problems.DistinctBy(p => p.Type).ToDictionary(p => p.Type, IOpenApiExample (p) => new OpenApiExample
            {
                Summary = p.Title,
                Value = JsonNode.Parse(Encoding.UTF8.GetString(p.Render("http://127.0.0.1:8081").WrittenSpan)),
            }),
        },
    };

    private IOpenApiSchema Schema(Type? type) => context.SchemaGenerator.GenerateSchema(type ?? typeof(object), context.SchemaRepository);
}
