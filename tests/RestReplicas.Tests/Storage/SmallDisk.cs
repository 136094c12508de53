using System.Diagnostics;
using Xunit;

namespace RestReplicas.Tests.Storage;

/// <summary>A real file system of a few megabytes, and a file that fills it. Only root can mount one.</summary>
internal sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    private string Filler => System.IO.Path.Combine(Path, "filler");

    /// <summary>Null: this user, or this machine, mounts nothing.</summary>
    public static SmallDisk? TryMount(int megabytes)
    {
        var path = Directory.CreateTempSubdirectory("disk-").FullName;
        if (Environment.UserName == "root" && Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "restreplicas-test", path))
        {
            return new(path);
        }

        Directory.Delete(path);
        return null;
    }

    /// <summary>To the last byte.</summary>
    public void Fill()
    {
        using var file = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (var chunk = new byte[1 << 20]; chunk.Length >= 512;)
        {
            try
            {
                file.Write(chunk);
            }
            catch (IOException)
            {
                chunk = new byte[chunk.Length / 2];
            }
        }
    }

    public void MakeRoom() => File.Delete(Filler);

    public void Dispose()
    {
        Assert.True(Run("umount", "--lazy", Path));
        Directory.Delete(Path);
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
