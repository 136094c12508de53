namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>What a cluster stands on where the machine allows it: a network and a disk of its own for each replica.</summary>
/// <param name="Spaces">Null: all on the loopback interface.</param>
/// <param name="Disks">Null: all on one file system.</param>
internal sealed record Ground(Namespaces? Spaces, IReadOnlyList<Disk>? Disks, string Folder) : IAsyncDisposable
{
    public string About =>
        $"{(Spaces is null ? "links are TCP relays" : "each node in a network namespace of its own")}, {(Disks is null ? "one disk for all" : "each on a disk of its own")}";

    public static async Task<Ground> Lay(int members)
    {
        var folder = Directory.CreateTempSubdirectory("restreplicas-ground-").FullName;
        var disks = new List<Disk>();
        for (var member = 1; member <= members && await Disk.TryMake(Path.Combine(folder, $"disk{member}")) is { } disk; member++)
        {
            disks.Add(disk);
        }

        return new(await Namespaces.TryLay(members), disks.Count == members ? disks : null, folder);
    }

    public async ValueTask DisposeAsync()
    {
        if (Spaces is not null)
        {
            await Spaces.DisposeAsync();
        }

        foreach (var disk in Disks ?? [])
        {
            await disk.DisposeAsync();
        }

        Directory.Delete(Folder, recursive: true);
    }
}
