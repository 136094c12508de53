using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using RestReplicas.Documents;

namespace RestReplicas.Describing;

/// <summary>The parameters of an operation, with the ranges that this node's settings give them.</summary>
public static class OpenApiParameters
{
    private static readonly ParameterNote Session = new(
        SessionCookie.Name, "cookie", "What earlier answers set: nothing older than what they told of.", "7.48213.5f0c2f4e9a7b4f0e8d1c6b5a49382716");

    public static List<IOpenApiParameter> Of(RouteNotes notes, bool isRead, OpenApiLimits limits) =>
    [
        .. notes.Parameters.Select(note => Of(note, limits)),
        .. limits.HasSessions && isRead && notes is { IsReplicated: true, IsOutOfSession: false } ? (OpenApiParameter[])[Of(Session, limits)] : [],
    ];

    /// <summary>An optional one shows its example in words, for Swagger UI would send it.</summary>
    private static OpenApiParameter Of(ParameterNote note, OpenApiLimits limits)
    {
        var isPath = note.In == "path";
        return new()
        {
            Name = note.Name,
            In = Enum.Parse<ParameterLocation>(note.In, ignoreCase: true),
            Required = isPath,
            Description = isPath || note.Values.Length > 0 ? note.Description : $"{note.Description} For example `{note.Example}`.",
            Style = note.IsOpen ? ParameterStyle.Form : null,
            Explode = note.IsOpen,
            Example = isPath ? JsonValue.Create(note.Example) : null,
            Schema = note.IsOpen ? Open : note.Range is { } range ? Number(range(limits)) : Text(note),
        };
    }

    private static OpenApiSchema Open => new()
    {
        Type = JsonSchemaType.Object,
        AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.String },
        Default = new JsonObject(),
    };

    private static OpenApiSchema Number((long Least, long Most) range) => new()
    {
        Type = JsonSchemaType.Integer,
        Format = "int64",
        Minimum = range.Least.ToString(CultureInfo.InvariantCulture),
        Maximum = range.Most.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Of a query, an empty value is refused whatever it is of.</summary>
    private static OpenApiSchema Text(ParameterNote note) => new()
    {
        Type = JsonSchemaType.String,
        Pattern = note.Pattern,
        MinLength = note.Length?.Least ?? (note.In == "query" && note.Values.Length == 0 ? 1 : null),
        MaxLength = note.Length?.Most,
        Enum = note.Values.Length == 0 ? null : [.. note.Values.Select(value => (JsonNode)JsonValue.Create(value))],
    };
}
