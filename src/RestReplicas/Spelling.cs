using System.Globalization;

namespace RestReplicas;

/// <summary>Guesses what somebody meant to write.</summary>
public static class Spelling
{
    private const int MostSlips = 2;

    /// <summary>Empty where nothing known is near.</summary>
    /// <param name="hint">With <c>{0}</c> for the guess.</param>
    public static string Suggest(string written, IEnumerable<string> known, string hint)
    {
        var nearest = known.Select(name => (Name: name, Slips: Slips(written, name))).MinBy(guess => guess.Slips);
        return nearest.Name is not null && nearest.Slips <= Math.Min(MostSlips, written.Length / 2)
            ? string.Format(CultureInfo.InvariantCulture, hint, nearest.Name)
            : "";
    }

    /// <summary>Levenshtein's distance, without regard to case: letters added, missing or wrong.</summary>
    private static int Slips(string a, string b)
    {
        var above = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var row = new int[b.Length + 1];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var wrong = char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1;
                row[j] = Math.Min(Math.Min(row[j - 1], above[j]) + 1, above[j - 1] + wrong);
            }

            above = row;
        }

        return above[^1];
    }
}
