using System.Globalization;

namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>A small file system of its own for one replica, in an image on a loop device: it can be full, and it can hang.</summary>
internal sealed class Disk : IAsyncDisposable
{
    private const int Mebibytes = 256;
    private readonly string _mount;
    private readonly string _image;

    private Disk(string folder)
    {
        _mount = Path.Combine(folder, "mount");
        _image = Path.Combine(folder, "image");
    }

    /// <summary>For the replica.</summary>
    public string Data => Path.Combine(_mount, "data");

    private string Filler => Path.Combine(_mount, "filler");

    /// <returns>Null: this machine, or this user, cannot have one.</returns>
    public static async Task<Disk?> TryMake(string folder)
    {
        if (Environment.UserName != "root" || Shell.Find("mkfs.ext4") is null || Shell.Find("fsfreeze") is null)
        {
            return null;
        }

        var disk = new Disk(folder);
        try
        {
            Directory.CreateDirectory(disk._mount);
            await using (var image = File.Create(disk._image))
            {
                image.SetLength(Mebibytes * 1024L * 1024);
            }

            await Shell.Do("mkfs.ext4", $"-q -F {disk._image}");
            await Shell.Do("mount", $"-o loop {disk._image} {disk._mount}");
            return disk;
        }
        catch (InvalidOperationException)
        {
            return null; // no loop devices, say
        }
    }

    /// <summary>Whoever writes or syncs waits; whoever reads does not.</summary>
    public Task Hang() => Shell.Do("fsfreeze", $"--freeze {_mount}");

    public Task GoOn() => Shell.Do("fsfreeze", $"--unfreeze {_mount}");

    /// <summary>To the last block.</summary>
    public async Task Fill()
    {
        var free = new DriveInfo(_mount).TotalFreeSpace / 1024;
        await Shell.Try("fallocate", string.Create(CultureInfo.InvariantCulture, $"-l {free}KiB {Filler}"));
        await Shell.Try("dd", $"if=/dev/zero of={Filler} bs=4k oflag=append conv=notrunc status=none");
    }

    public void Empty() => File.Delete(Filler);

    public async ValueTask DisposeAsync()
    {
        await Shell.Try("fsfreeze", $"--unfreeze {_mount}");
        await Shell.Try("umount", $"--lazy {_mount}");
    }
}
