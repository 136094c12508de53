using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.OpenApi;
using RestReplicas.Documents;
using RestReplicas.Documents.Feeds;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace RestReplicas;

/// <summary>Puts a route's <see cref="RouteNotes"/> into its operation: every parameter, header, problem, and an example of each.</summary>
public sealed class OpenApiOperations : IOperationFilter
{
    private const string ProblemType = "application/problem+json";

    /// <summary>Once in the document, and referred to from every answer.</summary>
    private static readonly HeaderNote[] ReplicaHeaderNotes =
    [
        new(ReplicaHeaders.NodeName, "Who answered.", "n2"),
        new(ReplicaHeaders.Role, "As what: leader, follower or learner.", "follower"),
        new(ReplicaHeaders.Position, "Of the write, or of the state that was read.", "7.48213"),
        new(ReplicaHeaders.Staleness, "Seconds: every write acknowledged earlier than that is in the answer; or unknown.", "0.042"),
        new(ReplicaHeaders.Leader, "The leader's public URL, if one is known.", "http://127.0.0.1:8081"),
        new("Cache-Control", "no-cache for what was read, no-store for everything else.", "no-cache"),
        new("Via", "The node that relayed the request to the leader, whose answer this is.", "1.1 n2"),
    ];

    private static readonly HeaderNote[] WriteHeaderNotes =
    [
        new(ReplicaHeaders.Acks, "Voters known to have the write on disk, of all.", "2/3"),
        new("Idempotency-Replayed", "true: the first request with this key did it, and this was its outcome.", "true"),
    ];

    public static RouteNotes? NotesOf(ApiDescription route) =>
        route.ActionDescriptor.EndpointMetadata.OfType<RouteNotes>().FirstOrDefault();

    /// <summary>A good name for a method. One route may serve several methods: getDocument is also headDocument.</summary>
    public static string? IdOf(ApiDescription route) => (NotesOf(route)?.Id, route.HttpMethod) switch
    {
        ({ } id, "HEAD" or "OPTIONS") => route.HttpMethod.ToLowerInvariant() + id[id.AsSpan().IndexOfAnyInRange('A', 'Z')..],
        var (id, _) => id,
    };

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (NotesOf(context.ApiDescription) is not { } notes)
        {
            return;
        }

        var isHead = context.ApiDescription.HttpMethod == "HEAD";
        operation.Summary = isHead ? $"{notes.Summary}: only the headers" : notes.Summary;
        operation.Description = notes.Description;
        operation.Parameters = [.. notes.Parameters.Select(Parameter)];
        operation.Security = notes.IsReplicated ? null : [];
        if (notes.Bodies is [var first, ..])
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Description = first.Description,
                Content = notes.Bodies.ToDictionary(
                    b => b.MediaType,
                    IOpenApiMediaType (b) => new OpenApiMediaType { Schema = Schema(b.Schema, context), Example = JsonNode.Parse(b.Example) }),
            };
        }

        operation.Responses = Responses(notes, operation.Responses, isHead, context);
    }

    private static OpenApiResponses Responses(RouteNotes notes, OpenApiResponses? signature, bool isHead, OperationFilterContext context)
    {
        var responses = new OpenApiResponses();
        foreach (var (status, answer) in notes.Answers.OrderBy(a => a.Key))
        {
            IOpenApiResponse? generated = null;
            signature?.TryGetValue(Key(status), out generated);
            responses[Key(status)] = new OpenApiResponse
            {
                Description = answer.Description,
                Headers = Headers(notes, answer.Headers, context),
                Content = isHead ? null : Content(answer, generated, context),
            };
        }

        var bug = Problems.InternalError(mayHaveWritten: context.ApiDescription.HttpMethod is not ("GET" or "HEAD"));
        foreach (var sameStatus in notes.Problems.Append(bug).GroupBy(p => p.Status).OrderBy(g => g.Key))
        {
            responses[Key(sameStatus.Key)] = Response(notes, [.. sameStatus], isHead, context);
        }

        return responses;
    }

    private static string Key(int status) => status.ToString(CultureInfo.InvariantCulture);

    /// <summary>An optional one shows its example in words, for Swagger UI would send it.</summary>
    private static OpenApiParameter Parameter(ParameterNote note)
    {
        var isPath = note.In == "path";
        return new()
        {
            Name = note.Name,
            In = note.In switch { "path" => ParameterLocation.Path, "header" => ParameterLocation.Header, _ => ParameterLocation.Query },
            Required = isPath,
            Description = isPath || note.Values.Length > 0 ? note.Description : $"{note.Description} For example `{note.Example}`.",
            Style = note.IsOpen ? ParameterStyle.Form : null,
            Explode = note.IsOpen,
            Example = isPath ? JsonValue.Create(note.Example) : null,
            Schema = note.IsOpen
                ? new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.String },
                    Default = new JsonObject(),
                }
                : new OpenApiSchema
                {
                    Type = note.IsNumber ? JsonSchemaType.Integer : JsonSchemaType.String,
                    Format = note.IsNumber ? "int64" : null,
                    Pattern = note.Pattern,
                    Enum = note.Values.Length == 0 ? null : [.. note.Values.Select(value => (JsonNode)JsonValue.Create(value))],
                },
        };
    }

    private static Dictionary<string, IOpenApiMediaType>? Content(
        AnswerNote answer, IOpenApiResponse? generated, OperationFilterContext context)
    {
        var content = new Dictionary<string, IOpenApiMediaType>();
        if (answer.Example is { } json)
        {
            IOpenApiMediaType? signature = null;
            generated?.Content?.TryGetValue(DocumentBody.MediaType, out signature);
            content[DocumentBody.MediaType] = new OpenApiMediaType
            {
                Schema = answer.Schema is null && signature?.Schema is { } known ? known : Schema(answer.Schema, context),
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

    private static IOpenApiSchema Schema(Type? type, OperationFilterContext context) =>
        context.SchemaGenerator.GenerateSchema(type ?? typeof(object), context.SchemaRepository);

    /// <summary>Its schema names the types that this answer may have, so that a typed client can tell them apart.</summary>
    private static OpenApiResponse Response(
        RouteNotes notes, IReadOnlyList<Problem> problems, bool isHead, OperationFilterContext context) => new()
    {
        Description = string.Join(" ", problems.Select(p => $"`{p.Type}`: {p.Title}").Distinct()),
        Headers = Headers(notes, problems.Any(p => p.RetryAfter is not null) ? [new("Retry-After", "Seconds.", "1")] : [], context),
        Content = isHead ? null : new Dictionary<string, IOpenApiMediaType>
        {
            [ProblemType] = new OpenApiMediaType
            {
                Schema = new OpenApiSchema
                {
                    AllOf =
                    [
                        Schema(typeof(ProblemBody), context),
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
        },
    };

    private static Dictionary<string, IOpenApiHeader> Headers(RouteNotes notes, IEnumerable<HeaderNote> own, OperationFilterContext context)
    {
        var headers = own.ToDictionary(h => h.Name, IOpenApiHeader (h) => Header(h));
        var isRead = context.ApiDescription.HttpMethod is "GET" or "HEAD";
        foreach (var note in !notes.IsReplicated ? [] : isRead ? ReplicaHeaderNotes : ReplicaHeaderNotes.Concat(WriteHeaderNotes))
        {
            context.Document.AddComponent(note.Name, Header(note));
            headers[note.Name] = new OpenApiHeaderReference(note.Name, context.Document);
        }

        return headers;
    }

    private static OpenApiHeader Header(HeaderNote note) => new()
    {
        Description = note.Description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        Example = JsonValue.Create(note.Example),
    };
}
