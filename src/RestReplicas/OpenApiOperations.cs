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

    private static readonly HeaderNote[] ReplicaHeaderNotes =
    [
        new(ReplicaHeaders.NodeName, "Who answered.", "n2"),
        new(ReplicaHeaders.Role, "As what: leader or follower.", "follower"),
        new(ReplicaHeaders.Position, "Of the write, or of the state that was read.", "7.48213"),
        new(ReplicaHeaders.Staleness, "Seconds: every write acknowledged earlier than that is in the answer; or unknown.", "0.042"),
        new(ReplicaHeaders.Leader, "The leader's public URL, if one is known.", "http://127.0.0.1:8081"),
    ];

    public static RouteNotes? NotesOf(ApiDescription route) =>
        route.ActionDescriptor.EndpointMetadata.OfType<RouteNotes>().FirstOrDefault();

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (NotesOf(context.ApiDescription) is not { } notes)
        {
            return;
        }

        operation.Summary = notes.Summary;
        operation.Description = notes.Description;
        operation.Parameters = [.. notes.Parameters.Select(Parameter)];
        if (notes.Body is { } body)
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Description = "The document: a JSON object, stored byte by byte.",
                Content = new Dictionary<string, IOpenApiMediaType>
                {
                    [DocumentBody.MediaType] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.Object }, Example = JsonNode.Parse(body) },
                },
            };
        }

        var responses = new OpenApiResponses();
        foreach (var (status, answer) in notes.Answers.OrderBy(a => a.Key))
        {
            IOpenApiResponse? generated = null;
            IOpenApiMediaType? json = null;
            operation.Responses?.TryGetValue(Key(status), out generated);
            generated?.Content?.TryGetValue(DocumentBody.MediaType, out json);
            responses[Key(status)] = Response(notes, answer, json?.Schema);
        }

        var problem = context.SchemaGenerator.GenerateSchema(typeof(ProblemBody), context.SchemaRepository);
        foreach (var sameStatus in notes.Problems.GroupBy(p => p.Status).OrderBy(g => g.Key))
        {
            responses[Key(sameStatus.Key)] = Response(notes, [.. sameStatus], problem);
        }

        operation.Responses = responses;
    }

    private static string Key(int status) => status.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static OpenApiParameter Parameter(ParameterNote note) => note.IsOpen
        ? new()
        {
            Name = note.Name,
            In = ParameterLocation.Query,
            Style = ParameterStyle.Form,
            Explode = true,
            Description = note.Description,
            Example = new JsonObject(), // as below
            Schema = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = $"For example {note.Example}",
                AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.String },
            },
        }
        : new()
    {
        Name = note.Name,
        In = note.In switch { "path" => ParameterLocation.Path, "header" => ParameterLocation.Header, _ => ParameterLocation.Query },
        Required = note.In == "path",
        Description = note.Description,
        Example = note.In == "path" ? JsonValue.Create(note.Example) : null, // Swagger UI would send the example of an optional one
        Schema = new OpenApiSchema
        {
            Type = note.IsNumber ? JsonSchemaType.Integer : JsonSchemaType.String,
            Description = $"For example {note.Example}",
            Enum = note.Values.Length == 0 ? null : [.. note.Values.Select(value => (JsonNode)JsonValue.Create(value))],
        },
    };

    private static OpenApiResponse Response(RouteNotes notes, AnswerNote answer, IOpenApiSchema? schema) => new()
    {
        Description = answer.Description,
        Headers = Headers(notes, answer.Headers),
        Content = answer.Example is null ? null : Content(answer.Example, answer.Events, schema),
    };

    private static Dictionary<string, IOpenApiMediaType> Content(string json, string? events, IOpenApiSchema? schema)
    {
        var content = new Dictionary<string, IOpenApiMediaType>
        {
            [DocumentBody.MediaType] = new OpenApiMediaType { Schema = schema ?? new OpenApiSchema { Type = JsonSchemaType.Object }, Example = JsonNode.Parse(json) },
        };
        if (events is not null)
        {
            content[ServerSentEvents.MediaType] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String }, Example = JsonValue.Create(events) };
        }

        return content;
    }

    private static OpenApiResponse Response(RouteNotes notes, IReadOnlyList<Problem> problems, IOpenApiSchema schema) => new()
    {
        Description = string.Join(" ", problems.Select(p => $"`{p.Type}`: {p.Title}")),
        Headers = Headers(notes, problems.Any(p => p.RetryAfter is not null) ? [new("Retry-After", "Seconds.", "1")] : []),
        Content = new Dictionary<string, IOpenApiMediaType>
        {
            [ProblemType] = new OpenApiMediaType
            {
                Schema = schema,
                Examples = problems.ToDictionary(p => p.Type, IOpenApiExample (p) => new OpenApiExample
                {
                    Summary = p.Title,
                    Value = JsonNode.Parse(Encoding.UTF8.GetString(p.Render("http://127.0.0.1:8081").WrittenSpan)),
                }),
            },
        },
    };

    private static Dictionary<string, IOpenApiHeader> Headers(RouteNotes notes, IEnumerable<HeaderNote> own) =>
        own.Concat(notes.IsReplicated ? ReplicaHeaderNotes : []).ToDictionary(h => h.Name, IOpenApiHeader (h) => new OpenApiHeader
        {
            Description = h.Description,
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            Example = JsonValue.Create(h.Example),
        });
}
