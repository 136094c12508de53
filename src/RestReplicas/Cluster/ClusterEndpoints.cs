using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using RestReplicas.Documents;
using RestReplicas.Storage;

namespace RestReplicas.Cluster;

/// <summary>What operators ask, of any node.</summary>
public static class ClusterEndpoints
{
    private static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];

    public static WebApplicationBuilder AddCluster(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ClusterPicture>();
        builder.Services.AddSingleton<ClusterEvents>();
        builder.Services.AddSingleton<Members>();
        builder.Services.AddSingleton<Backups>();
        return builder;
    }

    public static void MapCluster(this IEndpointRouteBuilder routes)
    {
        var cluster = routes.MapGroup("/cluster").WithTags("Cluster");

        cluster.MapMethods("/", Read, GetCluster).WithMetadata(ClusterNotes.Cluster);
        cluster.MapMethods("/events", Read, (HttpContext context, ClusterEvents events) => events.Get(context)).WithMetadata(ClusterNotes.Events);
        cluster.MapPost("/transfer", (HttpContext context, Members members) => members.Transfer(context)).WithMetadata(ClusterNotes.Transfer);
        cluster.MapPut("/voters/{name}", (string name, HttpContext context, Members members) => members.Change(name, votes: true, context))
            .WithMetadata(ClusterNotes.AddVoter);
        cluster.MapDelete("/voters/{name}", (string name, HttpContext context, Members members) => members.Change(name, votes: false, context))
            .WithMetadata(ClusterNotes.RemoveVoter);
        cluster.MapGet("/backup", (HttpContext context, Backups backups) => backups.Answer(context)).WithMetadata(ClusterNotes.Backup);
        cluster.MapMethods("/rolled-back", Read, GetRolledBack).WithMetadata(ClusterNotes.RolledBack);
    }

    private static async Task<Results<Ok<ClusterBody>, Problem>> GetCluster(
        HttpContext context, ClusterPicture picture)
    {
        if (new QueryReader(context.Request).Finish() is { } fault)
        {
            return fault;
        }

        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(await picture.Take(context.RequestAborted));
    }

    private static Results<RolledBackAnswer, Problem> GetRolledBack(
        HttpContext context, DataDirectory directory, IOptions<DocumentOptions> limits)
    {
        var query = new QueryReader(context.Request);
        var limit = (int?)query.Number("limit", 1, limits.Value.MaxPageSize, "writes") ?? limits.Value.PageSize;
        return query.Finish() is { } fault ? fault : new RolledBackAnswer(directory.RolledBack, limit);
    }
}
