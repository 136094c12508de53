using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RestReplicas.Benchmarks.Driving;

namespace RestReplicas.Benchmarks.Contestants;

/// <summary>
/// The least that an ASP.NET Core process can do: it gives every request the same answer. This program itself, as a child.
/// </summary>
internal sealed class BareKestrel : IAsyncDisposable
{
    public const string Command = "bare-kestrel";
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(30);
    private readonly ChildProcess _process;

    private BareKestrel(ChildProcess process, Uri url) => (_process, Url) = (process, url);

    public Uri Url { get; }

    public int Process => _process.Id;

    public static Exchange Get => new("GET", $"/v1/bench/{Exchange.Key}", null, KeyDigits: 9, Documents.Name);

    /// <summary>With the garbage collector that web applications have by default, as our replicas do.</summary>
    public static async Task<BareKestrel> Begin(CancellationToken cancelled)
    {
        var url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Ports.Free()}");
        var process = new ChildProcess(
            Programs.DotNet,
            [typeof(BareKestrel).Assembly.Location, Command, url],
            new Dictionary<string, string?> { ["DOTNET_gcServer"] = "1" });
        await process.WaitForLine("ready", ReadyLimit).WaitAsync(cancelled);
        return new(process, new(url));
    }

    /// <summary>In the child.</summary>
    public static async Task Serve(string url)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        await using var app = builder.Build();
        var answer = Encoding.UTF8.GetBytes(Documents.OfLength(Documents.Bytes));
        app.Run(context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = answer.Length;
            return context.Response.Body.WriteAsync(answer, 0, answer.Length);
        });
        await app.StartAsync();
        Console.WriteLine("ready");
        await app.WaitForShutdownAsync();
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
