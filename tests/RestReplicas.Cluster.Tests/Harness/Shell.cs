using System.Diagnostics;

namespace RestReplicas.Cluster.Tests.Harness;

/// <summary>Short commands of the system: the network's, the disks'.</summary>
internal static class Shell
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static async Task Do(string program, string arguments, string input = "")
    {
        var (code, output) = await Try(program, arguments, input);
        if (code != 0)
        {
            throw new InvalidOperationException($"'{Path.GetFileName(program)} {arguments}' failed: {output}");
        }
    }

    /// <param name="arguments">With blanks between them.</param>
    public static async Task<(int Code, string Output)> Try(string program, string arguments, string input = "")
    {
        using var process = new Process
        {
            StartInfo = new(program, arguments.Split(' '))
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        process.Start();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Limit);
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, string.Concat(output).Trim());
    }

    /// <summary>Null: not on this machine.</summary>
    public static string? Find(string name) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':').Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
