using System.Globalization;

namespace RestReplicas.Benchmarks.Driving;

/// <summary>What one run of the generator saw.</summary>
/// <param name="P50">Milliseconds.</param>
/// <param name="P99">Milliseconds.</param>
/// <param name="Errors">Requests that were refused, broke off or took too long.</param>
/// <param name="Refusal">The first answer that was not a success; looked for only in a checked run.</param>
internal sealed record Driven(long Answers, double Seconds, double P50, double P99, long Errors, string Refusal)
{
    public double Throughput => Answers / Seconds;
}

/// <summary>
/// Debian's wrk: closed loops over so many connections, with random keys. All requests of a thread are written out before
/// it begins, so that the generator does the same little work whoever answers.
/// </summary>
internal static class Wrk
{
    private const string Mark = "measured:";
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(60);

    /// <param name="check">Looks at every answer, which costs the generator much, so not where anything is measured.</param>
    public static async Task<Driven> Drive(
        Uri member, Mix mix, int connections, TimeSpan time, CancellationToken cancelled, bool check = false)
    {
        var script = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(script, Script(member, mix, check), cancelled);
            var threads = Math.Min(connections, 2);
            await using var wrk = new ChildProcess(Needed.Wrk, [
                "--threads", Text(threads), "--connections", Text(connections),
                "--duration", $"{Text((int)Math.Ceiling(time.TotalSeconds))}s", "--timeout", "10s",
                "--script", script, member.GetLeftPart(UriPartial.Authority)]);
            var code = await wrk.WaitForExit(time + EndLimit).WaitAsync(cancelled);
            return code == 0 && wrk.Output.FirstOrDefault(l => l.StartsWith(Mark, StringComparison.Ordinal)) is { } line
                ? Read(line[Mark.Length..])
                : throw new Refusal($"wrk ended with {code}:\n{string.Join('\n', wrk.Output)}");
        }
        finally
        {
            File.Delete(script);
        }
    }

    private static Driven Read(string line)
    {
        var parts = line.Split(' ', 6);
        var numbers = parts[..5].Select(p => double.Parse(p, CultureInfo.InvariantCulture)).ToList();
        return new((long)numbers[0], numbers[1] / 1e6, numbers[2] / 1000, numbers[3] / 1000, (long)numbers[4], parts[5]);
    }

    private static string Script(Uri member, Mix mix, bool check) => $$"""
        local threads = {}
        function setup(thread)
          threads[#threads + 1] = thread
          thread:set("seed", #threads)
        end

        local function written(text, digits)
          local all = {}
          for n = 1, {{Text(Documents.Keys)}} do
            all[n] = text:gsub("{{Exchange.Key}}", string.format("%0" .. digits .. "d", n - 1))
          end
          return all
        end

        local random, share = math.random, {{mix.RareShare.ToString(CultureInfo.InvariantCulture)}}
        local usual, rare
        refused, first = 0, ""
        function init()
          math.randomseed(seed)
          usual = written({{Wire(member, mix.Usual)}})
          {{(mix.Rare is { } other ? $"rare = written({Wire(member, other)})" : "")}}
        end

        function request()
          if rare and random() < share then return rare[random({{Text(Documents.Keys)}})] end
          return usual[random({{Text(Documents.Keys)}})]
        end

        {{(check ? Check(mix) : "")}}
        function done(summary, latency)
          local e, all, one = summary.errors, 0, ""
          for _, thread in ipairs(threads) do
            all = all + thread:get("refused")
            if one == "" then one = thread:get("first") end
          end
          io.write(string.format("{{Mark}}%d %d %d %d %d %s\n",
            summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
            math.max(all, e.status) + e.connect + e.read + e.write + e.timeout, one))
        end
        """;

    /// <summary>An answer is that to one of the two, and wrk does not say to which.</summary>
    private static string Check(Mix mix) => $$"""
        function response(status, headers, body)
          local known = body:find("{{mix.Usual.Answered}}", 1, true) or body:find("{{(mix.Rare ?? mix.Usual).Answered}}", 1, true)
          if status < 200 or status > 299 or not known then
            refused = refused + 1
            if first == "" then first = status .. " " .. body:gsub("%s+", " ") end
          end
        end
        """;

    /// <summary>As a text in Lua, and how many digits its key has.</summary>
    private static string Wire(Uri member, Exchange exchange)
    {
        var text = exchange.Wire(member)
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\r\n", "\\r\\n", StringComparison.Ordinal);
        return $"\"{text}\", {Text(exchange.KeyDigits)}";
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
