namespace RestReplicas.Local;

/// <summary>
/// Under <c>dotnet run</c> we are its child: if it is killed, nobody would ever press our Ctrl-C. Started by anything else,
/// a shell say, we may well outlive it (nohup).
/// </summary>
internal sealed class Starter
{
    private readonly int _parent = Posix.ParentId();
    private readonly bool _isDotNetRun;

    public Starter()
    {
        try
        {
            _isDotNetRun = File.ReadAllText($"/proc/{_parent}/cmdline").Split('\0') is [var program, ..] && Path.GetFileName(program) == "dotnet";
        }
        catch (IOException)
        {
            // No such folder outside Linux.
        }
    }

    public bool Ended => _isDotNetRun && Posix.ParentId() != _parent;
}
