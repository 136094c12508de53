using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace RestReplicas.Cluster.Tests.Clients;

/// <summary>
/// Swagger UI in a browser, asked of a follower. With <c>SCREENSHOTS=FOLDER</c> in the environment, pictures of what a user sees
/// are left there.
/// </summary>
[Collection(OutsideClients.Name)]
public sealed class SwaggerUiTests(ServedCluster cluster) : IAsyncLifetime
{
    private const float Limit = 60_000; // milliseconds
    private readonly List<string> _complaints = [];
    private readonly List<(int Status, string Url)> _answers = [];
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Programs.Installed("chromium", "chromium"),
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
            Timeout = Limit,
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.CloseAsync();
        }

        _playwright?.Dispose();
    }

    [Fact]
    public async Task A_document_posted_to_a_follower_is_stored_by_the_leader_and_the_page_shows_its_headers()
    {
        var (leader, follower) = await cluster.Roles();
        var page = await Open(follower.Url);
        var post = await TryOut(page, "createDocument");

        await post.Locator("tr[data-param-name=collection] input").FillAsync("shown");
        await post.Locator("textarea.body-param__text").FillAsync("""{"title": "Edda"}""");
        await post.Locator("button.execute").ClickAsync();

        var answer = post.Locator(".live-responses-table .response").First;
        await Expect(answer.Locator(".response-col_status")).ToContainTextAsync("201");
        string[] headers =
        [
            "etag: \"", "location: /v1/shown/", "replica-acks: ", "replica-position: ", $"replica-node: {leader.Name}", "replica-role: leader",
        ];
        foreach (var header in headers)
        {
            await Expect(answer).ToContainTextAsync(header);
        }

        await Picture(page, post, "posted");
        Assert.Contains((307, $"{follower.Url}/v1/shown"), _answers);
        Assert.Contains((201, $"{leader.Url}/v1/shown"), _answers);
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task An_error_shows_its_problem()
    {
        var (leader, _) = await cluster.Roles();
        var page = await Open(leader.Url);
        var put = await TryOut(page, "putDocument");

        await put.Locator("textarea.body-param__text").FillAsync("""{"title": "Edda", "title": "Heimskringla"}""");
        await put.Locator("button.execute").ClickAsync();

        var answer = put.Locator(".live-responses-table .response").First;
        await Expect(answer.Locator(".response-col_status")).ToContainTextAsync("400");
        foreach (var member in (string[])["\"type\": \"invalid-document\"", "\"outcome\": \"none\"", "\"path\": \"/title\""])
        {
            await Expect(answer).ToContainTextAsync(member);
        }

        await Picture(page, put, "problem");
        Assert.Contains((400, $"{leader.Url}/v1/books/edda"), _answers); // the path that the examples in the document make
        Assert.DoesNotContain(_complaints, complaint => !complaint.Contains("status of 400", StringComparison.Ordinal));
    }

    /// <summary>With every operation in view, and all nodes to choose from.</summary>
    private async Task<IPage> Open(string node)
    {
        var page = await _browser!.NewPageAsync(new() { ViewportSize = new() { Width = 1200, Height = 1000 } });
        page.SetDefaultTimeout(Limit);
        SetDefaultExpectTimeout(Limit);
        page.Console += (_, message) => Note(message.Type == "error", message.Text);
        page.PageError += (_, error) => Note(true, error);
        page.Response += (_, response) => _answers.Add((response.Status, response.Url));
        await page.GotoAsync($"{node}/swagger");
        await Expect(page.Locator(".servers option")).ToHaveCountAsync(1 + cluster.Urls.Count);
        await Picture(page, page.Locator("#swagger-ui"), "overview");
        return page;

        void Note(bool isError, string text)
        {
            if (isError)
            {
                _complaints.Add(text);
            }
        }
    }

    private static async Task<ILocator> TryOut(IPage page, string operation)
    {
        var block = page.Locator($"#operations-Documents-{operation}");
        await block.Locator(".opblock-summary-control").ClickAsync();
        await block.GetByRole(AriaRole.Button, new() { Name = "Try it out" }).ClickAsync();
        return block;
    }

    private static async Task Picture(IPage page, ILocator part, string name)
    {
        if (Environment.GetEnvironmentVariable("SCREENSHOTS") is { Length: > 0 } folder)
        {
            await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
            await part.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png") });
        }
    }
}
