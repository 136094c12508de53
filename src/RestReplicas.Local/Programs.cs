using System.Reflection;
using System.Runtime.InteropServices;

namespace RestReplicas.Local;

/// <summary>Where the programs are that we start.</summary>
internal static class Programs
{
    /// <summary>The dotnet host that runs us; not the one on the PATH, which need not exist.</summary>
    public static string DotNet { get; } =
        Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));

    public static string Self { get; } = typeof(Programs).Assembly.Location;

    /// <summary>The replica that was built with us, by the path the build left here; in a published folder, the one beside us.</summary>
    public static string Replica()
    {
        var built = typeof(Programs).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RestReplicas").Value!;
        var beside = Path.Combine(AppContext.BaseDirectory, "RestReplicas.dll");
        return File.Exists(beside) ? beside
            : File.Exists(built) ? built
            : throw new Refusal($"The replica is not at {built}; build it with 'dotnet build'.");
    }

    /// <summary>Null if it is not on the PATH.</summary>
    public static string? RedisServer() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, "redis-server"))
            .FirstOrDefault(File.Exists);
}
