using System.Runtime.InteropServices;

namespace RestReplicas.Local;

/// <summary>The few calls to the C library that .NET has no word for. All return -1 and set errno on failure.</summary>
internal static partial class Posix
{
    public const int SigInt = 2;
    public const int SigKill = 9;
    public const int SigTerm = 15;

    /// <summary>Linux: the signal this process gets when the thread that started it ends. Survives <c>exec</c>.</summary>
    public const int SetParentDeathSignal = 1;

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    public static partial int ProcessControl(int operation, nuint argument, nuint unused3 = 0, nuint unused4 = 0, nuint unused5 = 0);

    [LibraryImport("libc", EntryPoint = "getppid")]
    public static partial int ParentId();

    [LibraryImport("libc", EntryPoint = "setpgid", SetLastError = true)]
    public static partial int SetProcessGroup(int process, int group);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Signal(int process, int signal);

    /// <param name="arguments">The program's name first, null last, as C has it.</param>
    [LibraryImport("libc", EntryPoint = "execvp", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Execute(string program, string?[] arguments);
}
