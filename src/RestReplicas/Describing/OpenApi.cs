using Microsoft.OpenApi;
using RestReplicas.Cluster;
using Swashbuckle.AspNetCore.Swagger;

namespace RestReplicas.Describing;

/// <summary>The OpenAPI document, made of the routes and their <see cref="RouteNotes"/>, and Swagger UI before it.</summary>
public static class OpenApi
{
    private const string Version = "v1";

    /// <summary>Of the document, whatever the cluster's settings name: a page that shows it has a menu of them.</summary>
    private const int MostServers = 32;

    private const string ApiKey = "ApiKey";
    private const string Bearer = "Bearer";
    private const string NotChecked =
        "Optional, and not checked: nobody is kept out. An `Idempotency-Key` belongs to whoever sends the same credentials again.";

    private static readonly (string Name, string Description)[] Tags =
    [
        ("Documents", "JSON objects in collections. A collection exists once it holds a document."),
        ("Cluster", "For operators: how every node is, who leads, who votes."),
        ("Health", "For load balancers: 200 or 503, from memory, several times a second."),
    ];

    private static OpenApiSchema AnyObject => new() { Type = JsonSchemaType.Object, AdditionalProperties = new OpenApiSchema() };

    public static WebApplicationBuilder AddOpenApi(this WebApplicationBuilder builder)
    {
        builder.Services.AddEndpointsApiExplorer();
        builder.Services.AddSingleton<OpenApiLimits>();
        builder.Services.AddSwaggerGen(swagger =>
        {
            swagger.SwaggerDoc(Version, new OpenApiInfo
            {
                Title = "RestReplicas",
                Version = "1.0.0",
                Description =
                    "JSON documents, replicated. Any node takes any request: what it cannot answer itself it redirects to the leader (307). "
                    + "Every error is a problem (RFC 9457), whose `outcome` says whether a write happened: "
                    + "503, 429 and 507 mean that it certainly did not; 504 that it may have. "
                    + "A method that a path does not take is answered 405 with `Allow`, which OPTIONS asks for (204). "
                    + "Pages of any origin may send all this, without cookies, and read every header (CORS).",
            });
            swagger.OperationFilter<OpenApiOperations>();
            swagger.SchemaFilter<OpenApiSchemas>();
            swagger.AddSecurityDefinition(ApiKey, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = "X-Api-Key",
                Description = $"{NotChecked} Clients keep it when they are redirected.",
            });
            swagger.AddSecurityDefinition(Bearer, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = $"{NotChecked} Clients drop it when they are redirected, so a follower relays a request that has it.",
            });
            swagger.CustomOperationIds(OpenApiOperations.IdOf);
            swagger.CustomSchemaIds(type => type.Name.EndsWith("Body", StringComparison.Ordinal) ? type.Name[..^"Body".Length] : type.Name);
            swagger.SupportNonNullableReferenceTypes();
            swagger.NonNullableReferenceTypesAsRequired();
            swagger.MapType<object>(() => AnyObject); // a document
            swagger.UseAllOfToExtendReferenceSchemas(); // a reference alone cannot be nullable
            swagger.IncludeXmlComments(typeof(OpenApi).Assembly);
        });
        return builder;
    }

    public static void MapOpenApi(this WebApplication app)
    {
        app.MapGet($"/swagger/{Version}/swagger.json", Send).ExcludeFromDescription();
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/swagger"), swagger => swagger.UseSwaggerUI(ui =>
        {
            ui.RoutePrefix = "swagger";
            ui.DocumentTitle = "RestReplicas";
            ui.SwaggerEndpoint($"{Version}/swagger.json", "RestReplicas");
            ui.DisplayRequestDuration();
            ui.DefaultModelsExpandDepth(0);
            ui.HeadContent =
                "<style>.swagger-ui .headers-wrapper{max-height:11em;overflow-y:auto} .swagger-ui .response-col_links{display:none}</style>";
        }));
    }

    /// <summary>With every node that is known as a server: a user may go straight to the leader.</summary>
    private static async Task Send(HttpContext context, IAsyncSwaggerProvider documents, ClusterPicture picture)
    {
        var document = await documents.GetSwaggerAsync(Version);
        var cluster = await picture.Take(context.RequestAborted);
        document.Servers =
        [
            new() { Url = "/", Description = $"this address: {cluster.Node}" },
            .. cluster.Nodes.Where(n => n.PublicUrl is not null).Take(MostServers).Select(n => new OpenApiServer
            {
                Url = n.PublicUrl,
                Description = n.Name == cluster.Leader ? $"{n.Name}, which leads" : n.Name,
            }),
        ];
        Complete(document);
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-cache";
        await using var text = new StringWriter();
        document.SerializeAsV3(new OpenApiJsonWriter(text));
        await context.Response.WriteAsync(text.ToString(), context.RequestAborted);
    }

    /// <summary>What is said once, for all routes.</summary>
    private static void Complete(OpenApiDocument document)
    {
        document.Tags = Tags.Select(tag => new OpenApiTag { Name = tag.Name, Description = tag.Description }).ToHashSet();
        document.Security = [new(), Requiring(ApiKey), Requiring(Bearer)];

        // Only what has a type can be nullable in OpenAPI 3.0; Swashbuckle leaves it out beside a reference, and where anything goes.
        var properties = document.Components?.Schemas?.Values.SelectMany(schema => schema.Properties?.Values ?? []) ?? [];
        foreach (var property in properties.OfType<OpenApiSchema>().Where(property => property.Type == JsonSchemaType.Null))
        {
            property.Type = property.AllOf is [_, ..] ? JsonSchemaType.Object | JsonSchemaType.Null : null;
        }

        OpenApiSecurityRequirement Requiring(string scheme) => new() { [new(scheme, document)] = [] };
    }
}
