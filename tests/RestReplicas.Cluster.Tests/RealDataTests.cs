using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace RestReplicas.Cluster.Tests;

/// <summary>Real records, written where they cannot be written, and read everywhere.</summary>
public sealed class RealDataTests : ClusterTest
{
    private const string File = "/usr/share/iso-codes/json/iso_3166-2.json";
    private const int Writers = 16;

    /// <summary>The leader stays, and followers wait until they have what is asked for.</summary>
    private static readonly ClusterShape Steady = new() { Patient = true, Settings = { ["Reads__CatchUp"] = "00:00:10" } };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_record_written_through_a_follower_reads_back_byte_by_byte_from_every_node()
    {
        var cluster = await StartCluster(Steady);
        var follower = (await cluster.Followers())[0];
        var records = Records();
        Assert.True(records.Count > 4000, $"{File} has only {records.Count} records");

        using var client = new HttpClient { BaseAddress = new Uri(follower.Url) }; // follows redirects, as most clients do
        var positions = new Dictionary<string, string>();
        await Parallel.ForEachAsync(records, new ParallelOptions { MaxDegreeOfParallelism = Writers, CancellationToken = Stop }, async (record, stop) =>
        {
            using var body = new ByteArrayContent(record.Value) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            using var answer = await client.PutAsync($"/v1/subdivisions/{record.Key}", body, stop);
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            Assert.NotEqual(follower.Name, answer.Headers.GetValues("Replica-Node").Single());
            lock (positions)
            {
                positions.Add(record.Key, answer.Headers.GetValues("Replica-Position").Single());
            }
        });

        foreach (var node in cluster.Nodes)
        {
            await Parallel.ForEachAsync(records, new ParallelOptions { MaxDegreeOfParallelism = Writers, CancellationToken = Stop }, async (record, stop) =>
            {
                using var answer = await node.Http.GetAsync($"/v1/subdivisions/{record.Key}?minPosition={positions[record.Key]}", stop);
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                Assert.Equal(node.Name, answer.Headers.GetValues("Replica-Node").Single());
                Assert.Equal($"\"{positions[record.Key]}\"", answer.Headers.ETag!.Tag);
                Assert.Equal(record.Value, await answer.Content.ReadAsByteArrayAsync(stop));
            });
        }
    }

    [Fact]
    public async Task Curl_with_L_writes_through_a_follower()
    {
        var cluster = await StartCluster(Steady);
        var follower = (await cluster.Followers())[0];
        var body = """{"name":"Snæfellsbær","n":1.10}""";
        string[] arguments =
        [
            "--silent", "--show-error", "--location", "--request", "PUT", "--header", "Content-Type: application/json",
            "--data-binary", body, "--write-out", " %{http_code}", $"{follower.Url}/v1/places/IS",
        ];
        await using var curl = new ChildProcess(Programs.Installed("curl", "curl"), arguments);
        Assert.Equal(0, await curl.WaitForExit(TimeSpan.FromSeconds(60)));
        Assert.EndsWith(" 201", string.Concat(curl.Output), StringComparison.Ordinal);

        using var answer = await follower.Http.GetAsync("/v1/places/IS?consistency=linearizable", Stop);
        Assert.Equal(body, await answer.Content.ReadAsStringAsync(Stop));
    }

    /// <summary>Code → the record exactly as it stands in the file, white space and all.</summary>
    private static Dictionary<string, byte[]> Records()
    {
        using var document = JsonDocument.Parse(System.IO.File.ReadAllBytes(File));
        return document.RootElement.GetProperty("3166-2").EnumerateArray()
            .ToDictionary(r => r.GetProperty("code").GetString()!, r => Encoding.UTF8.GetBytes(r.GetRawText()));
    }
}
