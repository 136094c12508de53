using System.Text.RegularExpressions;

namespace RestReplicas.Benchmarks.Profiling;

/// <summary>What the runtime calls a function, as a person would.</summary>
internal static partial class Names
{
    private const int Longest = 110;

    /// <summary>
    /// "instance void [RestReplicas] RestReplicas.Cluster.Node+&lt;Turn&gt;d__5::MoveNext()[OptimizedTier1]" becomes
    /// "RestReplicas.Cluster.Node.Turn"; names that are not managed stay as they are.
    /// </summary>
    public static string Short(string name) =>
        Managed().Match(name) is { Success: true } parts
            ? Clean($"{parts.Groups[1].Value}.{parts.Groups[2].Value}")
            : name;

    /// <summary>For a table: of an asynchronous method's box only which method's it is, and of what is too long the beginning.</summary>
    public static string Cell(string name)
    {
        var cell = Box().Replace(name, "async $1").Replace('|', '¦');
        return cell.Length <= Longest ? cell : $"{cell[..Longest]}…";
    }

    public static string Clean(string name) => Lambda().Replace(StateMachine().Replace(Arity().Replace(name, ""), ".$1"), ".$1 (lambda)");

    /// <summary>The type after its assembly in brackets, then the method up to its signature.</summary>
    [GeneratedRegex(@"\[[^\]]+\] ([^\[\(]+?)(?:\[.*?\])?::(\S+?)(?:\[.*\])?\(")]
    private static partial Regex Managed();

    [GeneratedRegex(@"AsyncStateMachineBox\[.*,([^,]+)\]")]
    private static partial Regex Box();

    [GeneratedRegex(@"`\d+")]
    private static partial Regex Arity();

    [GeneratedRegex(@"[+/.]<>c(?:__DisplayClass\d+_\d+)?\.<(\w+)>b__[\d_]+")]
    private static partial Regex Lambda();

    [GeneratedRegex(@"[+/.]<(\w+)>d__\d+\.MoveNext")]
    private static partial Regex StateMachine();
}
