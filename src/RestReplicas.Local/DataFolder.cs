using System.Globalization;
using System.Text.RegularExpressions;

namespace RestReplicas.Local;

/// <summary>
/// The folder with a directory and a log file per replica. Ours alone while we run, by a lock on a file that also says
/// how many replicas it was made for: the voters of a founded cluster are in its log, not in our options.
/// </summary>
internal sealed partial class DataFolder : IDisposable
{
    private readonly FileStream _lock;

    private DataFolder(FileStream @lock) => _lock = @lock;

    public static DataFolder Open(Plan plan)
    {
        try
        {
            Directory.CreateDirectory(plan.Data);
            var folder = new DataFolder(Lock(plan.Data));
            folder.Prepare(plan);
            return folder;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new Refusal($"Cannot use {plan.Data} for data: {error.Message.TrimEnd('.')}.");
        }
    }

    public void Dispose() => _lock.Dispose();

    private static FileStream Lock(string data)
    {
        var file = Path.Combine(data, "replicas");
        try
        {
            return new(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(file))
        {
            throw new Refusal($"{data} is in use by another RestReplicas.Local; choose another folder with --data, and other ports with --port.");
        }
    }

    private void Prepare(Plan plan)
    {
        if (plan.Fresh)
        {
            Clear(plan.Data);
        }

        using var reader = new StreamReader(_lock, leaveOpen: true);
        var known = int.TryParse(reader.ReadToEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && plan.Members.Any(m => Directory.Exists(m.Directory));
        if (known && count != plan.Replicas)
        {
            Dispose();
            throw new Refusal(
                $"{plan.Data} holds a cluster of {count}: use --replicas {count}, or --fresh to remove it, or another folder with --data.");
        }

        _lock.SetLength(0);
        _lock.Write(System.Text.Encoding.ASCII.GetBytes(plan.Replicas.ToString(CultureInfo.InvariantCulture)));
        _lock.Flush();
    }

    /// <summary>Removes what replicas keep (each directory has their lock file) and nothing else: the user may have named any folder.</summary>
    private static void Clear(string data)
    {
        foreach (var directory in Directory.EnumerateDirectories(data)
            .Where(d => ReplicaName().IsMatch(Path.GetFileName(d)) && File.Exists(Path.Combine(d, "lock"))))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [GeneratedRegex("^n[1-9]$")]
    private static partial Regex ReplicaName();
}
