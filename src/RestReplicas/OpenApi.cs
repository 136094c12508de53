using Microsoft.OpenApi;
using RestReplicas.Cluster;
using Swashbuckle.AspNetCore.Swagger;

namespace RestReplicas;

/// <summary>The OpenAPI document, made of the routes and their <see cref="RouteNotes"/>, and Swagger UI before it.</summary>
public static class OpenApi
{
    private const string Version = "v1";

    public static WebApplicationBuilder AddOpenApi(this WebApplicationBuilder builder)
    {
        builder.Services.AddEndpointsApiExplorer();
        builder.Services.AddSwaggerGen(swagger =>
        {
            swagger.SwaggerDoc(Version, new OpenApiInfo
            {
                Title = "RestReplicas",
                Version = Version,
                Description =
                    "JSON documents, replicated. Any node takes any request: what it cannot answer itself it redirects to the leader (307). "
                    + "503, 429 and 507 mean that a write certainly did not happen; 504 that it may have.",
            });
            swagger.OperationFilter<OpenApiOperations>();
            swagger.CustomOperationIds(route => OpenApiOperations.NotesOf(route) is { } notes
                ? (route.HttpMethod is "GET" or null || notes.Id.StartsWith(route.HttpMethod, StringComparison.OrdinalIgnoreCase) ? "" : Prefix(route.HttpMethod)) + notes.Id
                : null);
            swagger.SupportNonNullableReferenceTypes();
            swagger.NonNullableReferenceTypesAsRequired();
            swagger.IncludeXmlComments(typeof(OpenApi).Assembly);
        });
        return builder;
    }

    public static void MapOpenApi(this WebApplication app)
    {
        app.MapGet($"/swagger/{Version}/swagger.json", Send).ExcludeFromDescription();
        app.UseSwaggerUI(ui =>
        {
            ui.RoutePrefix = "swagger";
            ui.DocumentTitle = "RestReplicas";
            ui.SwaggerEndpoint($"{Version}/swagger.json", "RestReplicas");
            ui.DisplayRequestDuration();
        });
    }

    /// <summary>With every node that is known as a server: a user may go straight to the leader.</summary>
    private static async Task Send(HttpContext context, IAsyncSwaggerProvider documents, ClusterPicture picture)
    {
        var document = await documents.GetSwaggerAsync(Version);
        var cluster = await picture.Take(context.RequestAborted);
        document.Servers =
        [
            new() { Url = "/", Description = $"This address ({cluster.Node})" },
            .. cluster.Nodes.Where(n => n.PublicUrl is not null).Select(n => new OpenApiServer
            {
                Url = n.PublicUrl,
                Description = n.Name == cluster.Leader ? $"{n.Name}, which leads" : n.Name,
            }),
        ];
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-cache";
        await using var text = new StringWriter();
        document.SerializeAsV3(new OpenApiJsonWriter(text));
        await context.Response.WriteAsync(text.ToString(), context.RequestAborted);
    }

    /// <summary>One route may serve several methods, and operation ids are unique.</summary>
    private static string Prefix(string method) => method.ToLowerInvariant() switch
    {
        "head" => "head_",
        "options" => "options_",
        _ => "",
    };
}
