namespace RestReplicas.Benchmarks;

/// <summary>Programs that this machine must have.</summary>
internal static class Needed
{
    public static string Redis => Find("redis-server", "redis-server", "");

    public static string Etcd => Find("etcd", "etcd-server", " Or leave it out: --without-etcd.");

    private static string Find(string program, string package, string otherwise)
    {
        try
        {
            return Programs.Installed(program, package);
        }
        catch (InvalidOperationException)
        {
            throw new Refusal($"{program} is not installed. On Debian: apt-get install {package}; its own service need not run.{otherwise}");
        }
    }
}
