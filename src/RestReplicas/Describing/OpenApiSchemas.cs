using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using RestReplicas.Documents;
using RestReplicas.Documents.Batches;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace RestReplicas.Describing;

/// <summary>What a batch's types do not say of its members: how many, how long, and which.</summary>
public sealed class OpenApiSchemas(OpenApiLimits limits) : ISchemaFilter
{
    public void Apply(IOpenApiSchema schema, SchemaFilterContext context)
    {
        if (schema is not OpenApiSchema { Properties: { } members })
        {
            return; // a reference, or no object
        }

        if (context.Type == typeof(BatchToRun))
        {
            (Member("operations").MinItems, Member("operations").MaxItems) = (1, limits.BatchOperations);
        }
        else if (context.Type == typeof(BatchToRunOperation))
        {
            Member("op").Enum = [.. BatchNotes.Operations.Select(op => (JsonNode)JsonValue.Create(op))];
            Is(Member("collection"), SharedNotes.Collection);
            Is(Member("id"), SharedNotes.Id);
        }

        OpenApiSchema Member(string name) => (OpenApiSchema)members[name];
    }

    private static void Is(OpenApiSchema schema, ParameterNote note) =>
        (schema.Pattern, schema.MinLength, schema.MaxLength) = (note.Pattern, note.Length?.Least, note.Length?.Most);
}
