using System.Diagnostics.CodeAnalysis;

namespace RestReplicas.Protocol;

/// <summary>Assertions that stay on in production: a replica that finds itself wrong must stop, not go on.</summary>
public static class Ensure
{
    public static void That([DoesNotReturnIf(false)] bool condition, string rule)
    {
        if (!condition)
        {
            throw new InvariantBrokenException(rule);
        }
    }
}

/// <summary>A bug, or memory that lies. Ends the process.</summary>
public sealed class InvariantBrokenException(string rule) : Exception($"broken: {rule}");
