namespace RestReplicas;

/// <summary>Arguments that the framework's reader of the command line would drop in silence.</summary>
public static class Arguments
{
    private const string Form = "settings are given as --Section:Key value or --Section:Key=value, and 'recover' is the only command";

    /// <summary>Those of the host, which tools give.</summary>
    private static readonly string[] Host = ["environment", "contentRoot", "applicationName"];

    /// <summary>A sentence for each. What stands alone is not repeated: it may be a secret that lost its key.</summary>
    public static IEnumerable<string> FaultsOf(string[] arguments)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            var argument = arguments[i];
            var end = argument.IndexOf('=', StringComparison.Ordinal);
            var key = end < 0 ? argument : argument[..end];
            if (!key.StartsWith("--", StringComparison.Ordinal))
            {
                yield return $"Argument {i + 1} belongs to no key: {Form}.";
            }
            else if (!key.Contains(':', StringComparison.Ordinal) && !Host.Contains(key[2..], StringComparer.OrdinalIgnoreCase))
            {
                yield return $"{key} is not a setting: {Form}.";
                i += end < 0 && i + 1 < arguments.Length && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal) ? 1 : 0;
            }
            else if (end < 0 && (++i == arguments.Length || arguments[i].StartsWith("--", StringComparison.Ordinal)))
            {
                yield return $"{key} needs a value, after a blank or '='.";
                i--;
            }
        }
    }
}
