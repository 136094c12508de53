namespace RestReplicas.Protocol.Tests.Scenarios;

/// <summary>
/// The text of a story. Lines that begin with # and blank lines are the narrator's. A command is one line; what comes of
/// it stands under <c>----</c> up to the next blank line, and is absent if nothing does.
/// </summary>
internal static class Script
{
    /// <summary>The same story with what really comes of every command.</summary>
    public static string Play(string text)
    {
        var stage = new Stage();
        List<string> told = [];
        var (inOutput, afterOutput) = (false, false);
        foreach (var line in text.TrimEnd().Split('\n'))
        {
            if (line.Length == 0)
            {
                (inOutput, afterOutput) = (false, false);
                told.Add(line);
            }
            else if (line == "----")
            {
                inOutput = true;
            }
            else if (!inOutput)
            {
                if (afterOutput)
                {
                    // Only a blank line ends an output, so that a command can never be taken for one.
                    told.Add("");
                }

                afterOutput = false;
                told.Add(line);
                if (!line.StartsWith('#') && stage.Play(line) is { Count: > 0 } output)
                {
                    told.Add("----");
                    told.AddRange(output);
                    afterOutput = true;
                }
            }
        }

        return string.Join('\n', told) + "\n";
    }

    /// <summary>The lines that differ, each with its number, by the longest common subsequence.</summary>
    public static string Difference(string expected, string actual)
    {
        var a = expected.Split('\n');
        var b = actual.Split('\n');
        var common = new int[a.Length + 1, b.Length + 1];
        for (var i = a.Length - 1; i >= 0; i--)
        {
            for (var j = b.Length - 1; j >= 0; j--)
            {
                common[i, j] = a[i] == b[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        List<string> lines = [];
        for (int i = 0, j = 0; i < a.Length || j < b.Length;)
        {
            if (i < a.Length && j < b.Length && a[i] == b[j])
            {
                i++;
                j++;
            }
            else if (j == b.Length || (i < a.Length && common[i + 1, j] >= common[i, j + 1]))
            {
                lines.Add($"{i + 1,5} - {a[i++]}");
            }
            else
            {
                lines.Add($"{i + 1,5} + {b[j++]}");
            }
        }

        return string.Join('\n', lines);
    }
}
