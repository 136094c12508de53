using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using RestReplicas.Documents;
using RestReplicas.Storage;

namespace RestReplicas.Cluster;

/// <summary>
/// Committed state as a file without this node's identity, from any node: what <c>recover --from</c> takes (protocol.md §9).
/// One at a time, for each is a second database on this disk until it is answered.
/// </summary>
public sealed class Backups(Node node, DataDirectory directory, IOptions<StorageOptions> storage)
{
    public const string MediaType = "application/vnd.sqlite3";

    private int _underWay;

    public async Task<Results<FileStreamHttpResult, Problem>> Answer(HttpContext context)
    {
        if (new QueryReader(context.Request).Finish() is { } fault)
        {
            return fault;
        }

        if (node.Status.Damage is not null)
        {
            return Problems.DamagedState();
        }

        if (Interlocked.Exchange(ref _underWay, 1) != 0)
        {
            return Problems.Busy("Another backup is being made or sent.");
        }

        context.Response.OnCompleted(() =>
        {
            Volatile.Write(ref _underWay, 0);
            return Task.CompletedTask;
        });
        if (directory.FreeBytes() < new FileInfo(directory.Database).Length + storage.Value.Reserve)
        {
            return Problems.StorageFull() with { Detail = "This node's disk has no room for a copy. Ask another node." };
        }

        return await Task.Run<Results<FileStreamHttpResult, Problem>>(() => Make(context), context.RequestAborted);
    }

    private Results<FileStreamHttpResult, Problem> Make(HttpContext context)
    {
        var file = Path.Combine(directory.Snapshots, $"backup-{Guid.NewGuid():N}.db");
        try
        {
            using (var connection = directory.OpenOn(Database.OpenCopier))
            {
                SnapshotFile.Copy(connection, file, context.RequestAborted.ThrowIfCancellationRequested);
            }

            SnapshotFile.Strip(file);
            var at = SnapshotFile.Check(file).At;

            // The file goes when the answer is over, however that ends.
            var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
            context.Response.Headers.CacheControl = "no-store";
            return TypedResults.File(stream, MediaType, $"{node.Status.Name}-{at}.db");
        }
        catch (Exception e)
        {
            File.Delete(file);
            if (Damage.Evidence(e is InvalidDataException { InnerException: { } cause } ? cause : e) is not { } why)
            {
                throw;
            }

            node.ReportDamage(why);
            return Problems.DamagedState();
        }
    }
}
