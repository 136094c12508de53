using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RestReplicas.Cluster;
using RestReplicas.Storage;
using RestReplicas.Tests.Cluster;
using Xunit;

namespace RestReplicas.Tests.Documents;

/// <summary>The whole program in this process, asked over real HTTP. The client follows no redirect.</summary>
internal sealed class WebNode : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _http;

    private WebNode(WebApplication app, string listens)
    {
        _app = app;
        Url = listens;
        _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false }) { BaseAddress = new(listens), Timeout = TimeSpan.FromSeconds(60) };
    }

    /// <summary>Where it listens for clients.</summary>
    public string Url { get; }

    public IServiceProvider Services => _app.Services;

    public Node Node => _app.Services.GetRequiredService<Node>();

    public DataDirectory Data => _app.Services.GetRequiredService<DataDirectory>();

    public string Name => Node.Status.Name.Value;

    public static async Task<WebNode> Start(
        string name, string directory, IReadOnlyDictionary<string, string> voters, params (string Key, string Value)[] settings)
    {
        var url = settings.FirstOrDefault(s => s.Key == "Node:PublicListen").Value ?? $"http://127.0.0.1:{Ports.Free()}";
        string[] args =
        [
            $"--Node:Name={name}", $"--Node:PublicUrl={url}", $"--Node:PeerUrl={voters[name]}", $"--Node:DataDirectory={Path.Combine(directory, name)}",
            "--Logging:LogLevel:Default=None",
            .. voters.Select(v => $"--Cluster:Voters:{v.Key}={v.Value}"),
            .. TestNode.Timing(voters).Select(t => $"--{t.Key}={t.Value}"),
            .. settings.Select(s => $"--{s.Key}={s.Value}"),
        ];
        var app = Program.Build(args);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new(app, url);
    }

    /// <summary>A node that is a cluster of its own, and leads.</summary>
    public static async Task<WebNode> StartAlone(string directory, params (string Key, string Value)[] settings)
    {
        var node = await Start("n1", directory, TestNode.Voters(1), settings);
        await node.Until(status => status.Leads);
        return node;
    }

    public async Task<NodeStatus> Until(Func<NodeStatus, bool> condition)
    {
        var status = await Node.WaitForStatus(condition, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.True(condition(status), $"60 s have passed: {status}");
        return status;
    }

    /// <summary>It has applied what the other one has at this moment; what that applies meanwhile is not waited for.</summary>
    public Task<NodeStatus> CatchesUpWith(WebNode other)
    {
        var applied = other.Node.Status.Applied;
        return Until(status => status.Applied >= applied);
    }

    public Task<Answer> Get(string path, params (string Name, string Value)[] headers) => Send("GET", path, headers);

    public Task<Answer> Put(string path, string json, params (string Name, string Value)[] headers) =>
        Send("PUT", path, Json(Encoding.UTF8.GetBytes(json)), headers);

    public Task<Answer> Post(string path, string json, params (string Name, string Value)[] headers) =>
        Send("POST", path, Json(Encoding.UTF8.GetBytes(json)), headers);

    public Task<Answer> Send(string method, string path, params (string Name, string Value)[] headers) =>
        Send(new HttpRequestMessage(new(method), path), headers);

    public Task<Answer> Send(string method, string path, HttpContent body, params (string Name, string Value)[] headers) =>
        Send(new HttpRequestMessage(new(method), path) { Content = body }, headers);

    /// <summary>The answer as soon as it begins: its body may have no end.</summary>
    public async Task<HttpResponseMessage> Open(string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    public static HttpContent Json(byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private async Task<Answer> Send(HttpRequestMessage request, (string Name, string Value)[] headers)
    {
        using (request)
        {
            foreach (var (name, value) in headers)
            {
                Assert.True(request.Headers.TryAddWithoutValidation(name, value));
            }

            using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
            return new(response, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        }
    }

    /// <summary>What it logs from now on, of the categories that its settings let through.</summary>
    public RecordingLogger Record()
    {
        var log = new RecordingLogger();
        _app.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        return log;
    }

    /// <summary>As an operator stops it: a leader first hands over.</summary>
    public async Task Stop()
    {
        await Shutdown();
        await DisposeAsync();
    }

    /// <summary>Clients of it may still read what came before the end.</summary>
    public Task Shutdown() => _app.StopAsync(CancellationToken.None);

    /// <summary>At once: nobody is handed what others, which end too, would not take.</summary>
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }
}
