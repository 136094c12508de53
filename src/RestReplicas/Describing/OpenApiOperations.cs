using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace RestReplicas.Describing;

/// <summary>Puts a route's <see cref="RouteNotes"/> into its operation: every parameter, header, problem, and an example of each.</summary>
public sealed class OpenApiOperations(OpenApiLimits limits) : IOperationFilter
{
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

        var method = context.ApiDescription.HttpMethod;
        operation.Summary = method == "HEAD" ? $"{notes.Summary}: only the headers" : notes.Summary;
        operation.Description = notes.Description;
        operation.Parameters = OpenApiParameters.Of(notes, isRead: method is "GET" or "HEAD", limits);
        operation.Security = notes.IsReplicated ? null : [];
        if (notes.Bodies is [var first, ..])
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Description = first.Description,
                Content = notes.Bodies.ToDictionary(
                    b => b.MediaType,
                    IOpenApiMediaType (b) => new OpenApiMediaType { Schema = Schema(b, context), Example = JsonNode.Parse(b.Example) }),
            };
        }

        operation.Responses = new OpenApiAnswers(notes, context, limits).Of(operation.Responses);
    }

    private IOpenApiSchema Schema(BodyNote body, OperationFilterContext context)
    {
        var schema = context.SchemaGenerator.GenerateSchema(body.Schema ?? typeof(object), context.SchemaRepository);
        if (body.MostItems is { } most && schema is OpenApiSchema array)
        {
            array.MaxItems = most(limits);
        }

        return schema;
    }
}
