namespace RestReplicas.Benchmarks.Profiling;

/// <summary>
/// To which part of the program a sample belongs: that of the innermost frame that says so. What the .NET libraries do
/// (lists, strings, JSON) counts for whoever called them.
/// </summary>
internal static class Parts
{
    private const string Rest = ".NET libraries, thread pool";

    private static readonly (string Image, string Part)[] Native =
    [
        ("libe_sqlite3", "SQLite, native"),
        ("libclrjit", "JIT compiler"),
        ("libclrgc", "garbage collector"),
    ];

    private static readonly (string Prefix, string Part)[] Libraries =
    [
        ("Microsoft.AspNetCore.Server.Kestrel", "Kestrel"),
        ("Microsoft.AspNetCore", "ASP.NET Core above Kestrel"),
        ("Microsoft.Data.Sqlite", "SQLite, managed"),
        ("SQLitePCL", "SQLite, managed"),
        ("System.Net.Http", "HttpClient"),
        ("Polly", "Polly"),
        ("StackExchange.Redis", "Lease"),
        ("System.Net.Sockets", "sockets, managed"),
        ("Microsoft.Extensions", "Microsoft.Extensions"),
    ];

    private static readonly (string Part, string[] Functions)[] Kernel =
    [
        ("kernel: network", ["tcp_", "sock_", "inet_", "unix_", "__sys_send", "__sys_recv", "net_rx", "ip_"]),
        ("kernel: files", ["ext4", "jbd2", "fsync", "vfs_write", "vfs_read", "blk_", "submit_bio", "virtio", "xfs_", "btrfs"]),
        ("kernel: epoll", ["epoll", "ep_"]),
        ("kernel: futex", ["futex"]),
        ("kernel: page faults", ["page_fault", "do_anonymous_page", "madvise", "mmap", "munmap"]),
        ("kernel: scheduling", ["schedule", "sched_", "try_to_wake_up", "finish_task_switch"]),
    ];

    public static string Of(Sample sample)
    {
        if (sample.Frames.Count > 0 && sample.Frames[0].InKernel)
        {
            return OfKernel(sample);
        }

        return sample.Frames.Select(f => Of(f, sample.Thread)).FirstOrDefault(p => p is not null) ?? Rest;
    }

    /// <summary>The folder of the source that the function is in; null: it is not ours.</summary>
    public static string? Folder(string function)
    {
        const string ours = "RestReplicas.";
        if (!function.StartsWith(ours, StringComparison.Ordinal))
        {
            return null;
        }

        var words = function.Split('.');
        return words.Length > 3 ? words[1] : "RestReplicas";
    }

    public static string? OfFunction(string function) =>
        Folder(function)
        ?? Libraries.Where(l => function.StartsWith(l.Prefix, StringComparison.Ordinal)).Select(l => l.Part).FirstOrDefault();

    private static string? Of(Frame frame, string thread)
    {
        var native = Native.Where(n => frame.Image.Contains(n.Image, StringComparison.Ordinal)).Select(n => n.Part).FirstOrDefault();
        if (native is not null)
        {
            return native;
        }

        if (frame.Image.Contains("libcoreclr", StringComparison.Ordinal))
        {
            return thread.Contains("GC", StringComparison.Ordinal) ? "garbage collector" : ".NET runtime, native";
        }

        // Code that was compiled ahead has no names, but lies in the file of its assembly.
        return OfFunction(frame.Function) ?? OfFunction(Path.GetFileName(frame.Image));
    }

    private static string OfKernel(Sample sample)
    {
        var functions = sample.Frames.TakeWhile(f => f.InKernel).Select(f => f.Function).ToList();
        return Kernel
            .Where(k => functions.Any(f => k.Functions.Any(part => f.Contains(part, StringComparison.Ordinal))))
            .Select(k => k.Part)
            .FirstOrDefault("kernel: other");
    }
}
