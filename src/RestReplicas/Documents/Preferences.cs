namespace RestReplicas.Documents;

/// <summary>What a write's answer is to contain (RFC 7240 §4.2). A wish: where it cannot be met, the answer does not claim it.</summary>
public enum ReturnPreference : byte
{
    Unstated,
    Minimal,
    Representation,
}

public static class Preferences
{
    /// <summary>The first one that is stated counts (RFC 7240 §2).</summary>
    public static ReturnPreference Read(HttpRequest request)
    {
        if (request.Headers["Prefer"].Count == 0)
        {
            return ReturnPreference.Unstated;
        }

        foreach (var preference in request.Headers.GetCommaSeparatedValues("Prefer"))
        {
            var parts = preference.Split(';')[0].Split('=', 2);
            if (parts.Length == 2 && parts[0].Trim().Equals("return", StringComparison.OrdinalIgnoreCase))
            {
                return parts[1].Trim().Trim('"').ToLowerInvariant() switch
                {
                    "representation" => ReturnPreference.Representation,
                    "minimal" => ReturnPreference.Minimal,
                    _ => ReturnPreference.Unstated,
                };
            }
        }

        return ReturnPreference.Unstated;
    }

    /// <param name="isWhole">The answer contains what was written.</param>
    public static void Applied(HttpResponse response, ReturnPreference preferred, bool isWhole)
    {
        if (preferred == ReturnPreference.Minimal || (preferred == ReturnPreference.Representation && isWhole))
        {
            response.Headers["Preference-Applied"] = preferred == ReturnPreference.Minimal ? "return=minimal" : "return=representation";
        }
    }
}
