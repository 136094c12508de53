using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace RestReplicas.Tests.Documents;

/// <summary>Nothing is missing in the OpenAPI document, of any operation.</summary>
public class OpenApiWholeTests(WebNodeFixture fixture) : IClassFixture<WebNodeFixture>
{
    /// <summary>What any request may be answered: it breaks HTTP, is too slow, too long, too large, of another version, or meets a bug.</summary>
    private static readonly string[] Common = ["400", "408", "414", "431", "500", "505"];

    private readonly List<string> _missing = [];

    [Fact]
    public async Task Every_operation_says_all_of_its_parameters_bodies_answers_and_headers()
    {
        var description = await Description.Of(fixture.Node);
        foreach (var (route, operation) in description.Operations)
        {
            Has(operation, route, "operationId", "summary", "description", "tags");
            foreach (var parameter in Description.Parameters(operation))
            {
                Has(parameter, $"{route} {parameter.GetProperty("name")}", "description", "schema");
                HasRange(parameter, $"{route} {parameter.GetProperty("name")}");
            }

            if (operation.TryGetProperty("requestBody", out var body))
            {
                Has(body, $"{route} body", "description", "content");
                Assert.All(Description.Contents(body), content => Has(content.Value, $"{route} {content.Name}", "schema", "example"));
            }

            var answers = description.Answers(operation).ToList();
            Assert.Empty(Common.Except(answers.Select(a => a.Status)).Select(status => $"{route} {status}"));
            foreach (var (status, answer) in answers)
            {
                Has(answer, $"{route} {status}", "description");
                Assert.All(description.Headers(answer), h => Has(h.Value, $"{route} {status} {h.Key}", "description", "schema", "example"));
                foreach (var content in Description.Contents(answer).Where(c => !IsBinary(c.Value)))
                {
                    Has(content.Value, $"{route} {status} {content.Name}", "schema", content.Name == "application/problem+json" ? "examples" : "example");
                }
            }
        }

        Assert.Empty(_missing);
    }

    [Fact]
    public async Task What_is_routed_is_described_and_what_is_described_is_routed()
    {
        var routes = fixture.Node.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToList();
        var shown = routes.Where(route => route.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null).ToList();

        // What has no method of its own only answers 405 to all that others do not take.
        var hidden = routes.Except(shown).Where(route => route.Metadata.GetMetadata<IHttpMethodMetadata>() is not null);
        Assert.Equal(["/swagger/v1/swagger.json"], hidden.Select(route => route.RoutePattern.RawText));
        Assert.Equal(
            shown.SelectMany(Names).Order(StringComparer.Ordinal),
            (await Description.Of(fixture.Node)).Operations.Keys.Order(StringComparer.Ordinal));
    }

    /// <summary>A handler's signature is its contract: one that may answer with the way to the leader says so to clients too.</summary>
    [Fact]
    public async Task Every_route_that_may_redirect_says_so_and_no_other()
    {
        var redirecting = fixture.Node.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.Metadata.OfType<IProducesResponseTypeMetadata>().Any(answer => answer.StatusCode == 307))
            .SelectMany(Names);
        var described = (await Description.Of(fixture.Node)).Operations.Where(o => o.Value.GetProperty("responses").TryGetProperty("307", out _));

        Assert.Equal(redirecting.Order(StringComparer.Ordinal), described.Select(o => o.Key).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Names(RouteEndpoint route) =>
        route.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods.Select(method => $"{method} /{route.RoutePattern.RawText!.Trim('/')}");

    private static bool IsBinary(JsonElement content) => content.GetProperty("schema").TryGetProperty("format", out var format) && format.GetString() == "binary";

    private void Has(JsonElement owner, string name, params string[] members) => _missing.AddRange(
        from member in members
        where !owner.TryGetProperty(member, out var value) || value.ToString().Length == 0
        select $"{name}: {member}");

    /// <summary>A number has its ends, and a name what it is made of; a key or a cursor how long it may be.</summary>
    private void HasRange(JsonElement parameter, string name)
    {
        var schema = parameter.GetProperty("schema");
        switch (schema.GetProperty("type").GetString(), parameter.GetProperty("in").GetString(), parameter.GetProperty("name").GetString())
        {
            case ("integer", _, _):
                Has(schema, name, "minimum", "maximum");
                break;
            case (_, "path", _) or (_, _, "Idempotency-Key"):
                Has(schema, name, "pattern", "minLength", "maxLength");
                break;
            case (_, _, "minPosition" or "since" or "Last-Event-ID"):
                Has(schema, name, "pattern");
                break;
            case (_, _, "cursor"):
                Has(schema, name, "minLength", "maxLength");
                break;
        }
    }
}
