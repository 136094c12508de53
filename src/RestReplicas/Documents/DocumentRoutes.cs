using Microsoft.AspNetCore.Connections;
using RestReplicas.Documents.Feeds;
using RestReplicas.Documents.Lists;
using RestReplicas.Documents.Batches;
using RestReplicas.Documents.Patching;

namespace RestReplicas.Documents;

/// <summary>What is under <c>/v1</c>.</summary>
public static class DocumentRoutes
{
    private static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>The service's own, where a document or collection could stand too, and the methods that they take.</summary>
    private static readonly (string Route, string Allowed)[] Own =
    [
        ("/_batch", "POST"),
        ("/_changes", "GET, HEAD"),
        ("/{collection}/_changes", "GET, HEAD"),
        ("/_positions/{position}", "GET, HEAD"),
        ("/{collection}/_indexes", "GET, HEAD"),
    ];

    public static WebApplicationBuilder AddDocuments(this WebApplicationBuilder builder)
    {
        builder.Services
            .AddSingleton<Relay>()
            .AddSingleton<ToLeader>()
            .AddSingleton<SessionCookie>()
            .AddSingleton<ReadGate>()
            .AddSingleton<DocumentReads>()
            .AddSingleton<PositionReads>()
            .AddSingleton<RequestBodies>()
            .AddSingleton<WriteGate>()
            .AddSingleton<DocumentWrites>()
            .AddSingleton<ChangeTail>()
            .AddSingleton<ChangeFeed>()
            .AddSingleton<PatchAttempts>()
            .AddSingleton<DocumentPatches>()
            .AddSingleton<LongReads>()
            .AddSingleton<IndexEndpoints>()
            .AddSingleton<DocumentBatches>()
            .AddSingleton<Farewell>()
            .AddSingleton<IConnectionListenerFactory>(provider => provider.GetRequiredService<Farewell>());
        return builder;
    }

    public static void MapDocuments(this IEndpointRouteBuilder routes)
    {
        var v1 = routes.MapGroup("/v1").WithTags("Documents");

        v1.MapMethods("/", Read, (HttpContext context, DocumentReads reads) => reads.Collections(context))
            .WithMetadata(DocumentNotes.Collections);
        v1.MapMethods("/_positions/{position}", Read, (string position, HttpContext context, PositionReads reads) => reads.Get(position, context))
            .WithMetadata(DocumentNotes.Position);
        v1.MapPost("/_batch", (HttpContext context, DocumentBatches batches) => batches.Post(context)).WithMetadata(BatchNotes.Post);
        v1.MapMethods("/_changes", Read, (HttpContext context, ChangeFeed feed) => feed.Get(null, context))
            .WithMetadata(ChangeNotes.All);
        v1.MapMethods("/{collection}/_changes", Read, (string collection, HttpContext context, ChangeFeed feed) => feed.Get(collection, context))
            .WithMetadata(ChangeNotes.OfCollection);
        v1.MapMethods("/{collection}", Read, (string collection, HttpContext context, DocumentReads reads) => reads.List(collection, context))
            .WithMetadata(DocumentNotes.List);
        v1.MapPost("/{collection}", (string collection, HttpContext context, DocumentWrites writes) => writes.Post(collection, context))
            .WithMetadata(DocumentNotes.Post);
        v1.MapMethods("/{collection}/_indexes", Read, (string collection, HttpContext context, IndexEndpoints indexes) => indexes.List(collection, context))
            .WithMetadata(IndexNotes.List);
        v1.MapMethods("/{collection}/_indexes/{name}", Read, (string collection, string name, HttpContext context, IndexEndpoints indexes) => indexes.Get(collection, name, context))
            .WithMetadata(IndexNotes.Get);
        v1.MapPut("/{collection}/_indexes/{name}", (string collection, string name, HttpContext context, IndexEndpoints indexes) => indexes.Put(collection, name, context))
            .WithMetadata(IndexNotes.Put);
        v1.MapDelete("/{collection}/_indexes/{name}", (string collection, string name, HttpContext context, IndexEndpoints indexes) => indexes.Delete(collection, name, context))
            .WithMetadata(IndexNotes.Delete);
        v1.MapMethods("/{collection}/{id}", Read, (string collection, string id, HttpContext context, DocumentReads reads) => reads.Get(collection, id, context))
            .WithMetadata(DocumentNotes.Get);
        v1.MapPut("/{collection}/{id}", (string collection, string id, HttpContext context, DocumentWrites writes) => writes.Put(collection, id, context))
            .WithMetadata(DocumentNotes.Put);
        v1.MapPatch("/{collection}/{id}", (string collection, string id, HttpContext context, DocumentPatches patches) => patches.Patch(collection, id, context))
            .WithMetadata(DocumentNotes.Patch);
        v1.MapDelete("/{collection}/{id}", (string collection, string id, HttpContext context, DocumentWrites writes) => writes.Delete(collection, id, context))
            .WithMetadata(DocumentNotes.Delete);

        // Or the routes of documents would take these words for names, and speak of methods that are taken there.
        foreach (var (route, allowed) in Own)
        {
            v1.Map(route, (HttpContext context) =>
            {
                context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
                context.Response.Headers.Allow = allowed;
            }).ExcludeFromDescription();
        }
    }

    /// <summary>Every answer under <c>/v1</c> says who gave it and from what, errors and unknown routes included.</summary>
    public static IApplicationBuilder UseReplicaHeaders(this IApplicationBuilder app)
    {
        var node = app.ApplicationServices.GetRequiredService<Cluster.Node>();
        var session = app.ApplicationServices.GetRequiredService<SessionCookie>();
        session = session.IsOn ? session : null;
        app.Use(app.ApplicationServices.GetRequiredService<Farewell>().Say);
        return app.Use((context, next) =>
        {
            if (context.Request.Path.StartsWithSegments("/v1"))
            {
                ReplicaHeaders.Attach(context, node, session);
            }

            return next(context);
        });
    }
}
