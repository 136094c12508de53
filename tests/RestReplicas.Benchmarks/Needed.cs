namespace RestReplicas.Benchmarks;

/// <summary>Programs that this machine must have.</summary>
internal static class Needed
{
    public static string Redis => Find("redis-server", "redis-server");

    public static string Etcd => Find("etcd", "etcd-server", " Its own service need not run. Or leave it out: --without-etcd.");

    public static string Wrk => Find("wrk", "wrk");

    public static string Perf => Find("perf", "linux-perf");

    private static string Find(string program, string package, string advice = "")
    {
        try
        {
            return Programs.Installed(program, package);
        }
        catch (InvalidOperationException)
        {
            throw new Refusal($"{program} is not installed. On Debian: apt-get install {package}.{advice}");
        }
    }
}
