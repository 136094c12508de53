using System.Globalization;
using System.Runtime.InteropServices;

namespace RestReplicas.Local;

/// <summary>
/// Children that cannot outlive us, even if we are killed with -9: each starts as a copy of this program, which asks the
/// kernel for SIGKILL at its parent's end and then becomes the real program by <c>exec</c> (same process id). Nothing
/// in the child has to cooperate, so it holds for redis-server too, and for a child that is frozen.
/// </summary>
internal static class BoundToParent
{
    public const string Verb = "--child-of";

    /// <summary>Returns only if it failed.</summary>
    public static int Become(string parent, string[] command)
    {
        // Its own process group: Ctrl-C in a terminal reaches the whole group, but it is for us to stop them in order.
        _ = Posix.SetProcessGroup(0, 0);
        if (OperatingSystem.IsLinux())
        {
            _ = Posix.ProcessControl(Posix.SetParentDeathSignal, Posix.SigKill);
            if (Posix.ParentId() != int.Parse(parent, CultureInfo.InvariantCulture))
            {
                return 1; // It ended before the kernel knew that we care.
            }
        }

        _ = Posix.Execute(command[0], [.. command, null]);
        Console.Error.WriteLine($"Cannot start {command[0]}: {Marshal.GetLastPInvokeErrorMessage()}.");
        return 127;
    }
}
