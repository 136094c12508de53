using System.Reflection;
using System.Runtime.InteropServices;

namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>Where the programs are that the tests start.</summary>
internal static class Programs
{
    public static string DotNet { get; } =
        Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));

    public static string Replica { get; } = Built("RestReplicas");

    public static string Local => Built("RestReplicas.Local"); // not where the file is linked, but only used here

    public static string Repository { get; } = Path.GetFullPath(Built("Repository"));

    /// <summary>A Debian program; /usr/sbin need not be on the PATH.</summary>
    public static string Installed(string name, string package) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':')
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException($"{name} is not installed; tests/run installs it, or: apt-get install {package}");

    private static string Built(string key) =>
        typeof(Programs).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
