using Microsoft.Extensions.Configuration;
using Xunit;

namespace RestReplicas.Tests;

public class SettingsTests
{
    private static readonly Dictionary<string, string?> Valid = new()
    {
        ["Node:Name"] = "n1",
        ["Node:PublicUrl"] = "http://127.0.0.1:8081",
        ["Node:PeerUrl"] = "http://127.0.0.1:9081",
        ["Node:DataDirectory"] = "data/n1",
        ["Cluster:Voters:n1"] = "http://127.0.0.1:9081",
    };

    [Fact]
    public void A_valid_configuration_has_no_faults()
    {
        var settings = Read();

        Assert.Equal(("n1", "http://127.0.0.1:9081"), (settings.Node.Name, settings.Cluster.Voters["n1"]));
        Assert.Empty(settings.Lease.Redis);
        Assert.Equal(1024 * 1024, settings.Documents.MaxBytes);
    }

    [Fact]
    public void Values_are_bound_to_their_kinds()
    {
        var settings = Read(
            ("Lease:Redis:0", "127.0.0.1:6379"), ("Lease:Redis:1", "127.0.0.1:6380"), ("Lease:OnLoss", "stepdown"),
            ("Replication:Heartbeat", "00:00:00.05"), ("writes:onfollower", "Forward"), ("Cluster:Secret", "0123456789abcdef"));

        Assert.Equal(["127.0.0.1:6379", "127.0.0.1:6380"], settings.Lease.Redis);
        Assert.Equal(RestReplicas.Lease.LeaseLoss.StepDown, settings.Lease.OnLoss);
        Assert.Equal(TimeSpan.FromMilliseconds(50), settings.Replication.Heartbeat);
        Assert.Equal(RestReplicas.Documents.OnFollower.Forward, settings.Writes.OnFollower);
    }

    [Theory]
    [InlineData("Node:Name", "", "Node:Name is required.")]
    [InlineData("Node:Name", "-x", "Node:Name must match")]
    [InlineData("Node:Nmae", "x", "Node:Nmae is not a setting. Did you mean Node:Name?")]
    [InlineData("Node:Color", "x", "Node:Color is not a setting.")]
    [InlineData("Node:Name:x", "x", "Node:Name takes one value.")]
    [InlineData("Replicaton:Heartbeat", "1", "Replicaton is not a section. Did you mean Replication?")]
    [InlineData("Replication:Heartbeat", "fast", "Replication:Heartbeat is not a duration (hh:mm:ss.fff).")]
    [InlineData("Replication:Heartbeat", "5", "Replication:Heartbeat must be from 00:00:00.010")]
    [InlineData("Replication:Heartbeat", "00:00:00.3", "Replication:QuorumTimeout must be longer than three times")]
    [InlineData("Replication:QuorumTimeout", "00:00:01", "Replication:ElectionSilence must be longer than Replication:QuorumTimeout")]
    [InlineData("Replication:ElectionSilence", "00:00:05", "Lease:Ttl must be longer than Replication:ElectionSilence")]
    [InlineData("Lease:Redis", "127.0.0.1:6379", "Lease:Redis takes several values")]
    [InlineData("Lease:RenewEvery", "00:00:04", "Lease:RenewEvery must be at most a third of Lease:Ttl.")]
    [InlineData("Writes:OnFollower", "Maybe", "Writes:OnFollower is not one of Redirect, Forward.")]
    [InlineData("Writes:OnFollower", "7", "Writes:OnFollower is not one of Redirect, Forward.")]
    [InlineData("Writes:TimeLimit", "00:02:00", "Writes:TimeLimit must not be longer")]
    [InlineData("Reads:TimeLimit", "00:02:00", "Reads:TimeLimit must not be longer")]
    [InlineData("Documents:MaxBytes", "much", "Documents:MaxBytes is not a whole number.")]
    [InlineData("Documents:MaxBytes", "1", "Documents:MaxBytes must be from 1024 to 16777216.")]
    [InlineData("Documents:PageSize", "1000", null)]
    [InlineData("Documents:MaxPageSize", "10", "Documents:PageSize must not be larger")]
    [InlineData("Writes:BodyBytes", "8388607", "Writes:BodyBytes must be at least twice Documents:MaxBatchBytes")]
    [InlineData("Documents:MaxBatchBytes", "1024", null)]
    [InlineData("Documents:MaxBatchOperations", "0", "Documents:MaxBatchOperations must be from 1 to 10000.")]
    [InlineData("Reads:CompressFrom", "-1", "Reads:CompressFrom must be from 0")]
    [InlineData("Replication:WriteQueueBytes", "1048576", "Replication:WriteQueueBytes must be larger than Documents:MaxBatchBytes")]
    [InlineData("Replication:MessageBytes", "1048576", "Replication:MessageBytes must be larger")]
    [InlineData("Storage:LogBytes", "1048576", "Storage:LogBytes must not be less than Storage:LogWindowBytes.")]
    [InlineData("Storage:LogWindowBytes", "1", "Storage:LogWindowBytes must be from 65536 to 1099511627776.")]
    [InlineData("Cluster:Secret", "short", "Cluster:Secret must have at least 16 characters.")]
    [InlineData("Cluster:Voters:n 2", "http://127.0.0.1:9082", "Cluster:Voters:n 2 is not a node's name")]
    [InlineData("Cluster:Voters:n2", "http://127.0.0.1:9082/peer", "Cluster:Voters:n2 must be the http URL")]
    [InlineData("Cluster:Voters:n2", "http://127.0.0.1:9081/", "Cluster:Voters names n1 and n2 at the same URL.")]
    [InlineData("Node:PublicUrl", "ftp://127.0.0.1", "Node:PublicUrl must be a URL without path")]
    [InlineData("Node:PublicUrl", "https://replica.example", "Node:PublicUrl must be an http address to listen on")]
    [InlineData("Node:PublicListen", "127.0.0.1:8081", "Node:PublicListen must be an http address to listen on")]
    [InlineData("Node:PublicListen", "http://*:9081", "Node:PeerUrl must not be where clients are listened for (Node:PublicListen).")]
    [InlineData("Node:PeerListen", "http://0.0.0.0:9081", "Cluster:Secret is required when the peer listener is not on loopback")]
    [InlineData("Node:PeerListen", "http://+:9081", "Cluster:Secret is required when the peer listener is not on loopback")]
    [InlineData("Node:PeerListen", "http://[::1]:9081", null)]
    [InlineData("Logging:LogLevel:Default", "Warning", null)]
    [InlineData("Unrelated:Thing", "x", null)]
    public void A_fault_is_one_line_that_begins_with_its_key(string key, string value, string? fault)
    {
        var lines = Faults((key, value));

        Assert.Equal(fault is null ? 0 : 1, lines.Length);
        Assert.All(lines, line => Assert.StartsWith(fault!, line, StringComparison.Ordinal));
        Assert.All(lines, line => Assert.EndsWith(".", line.TrimEnd('?') + ".", StringComparison.Ordinal));
    }

    [Fact]
    public void All_faults_are_told_at_once()
    {
        var lines = Faults(("Node:Name", ""), ("Replication:Heartbeat", "x"), ("Reads:CatchUp", "1.00:00:00"), ("Lease:Tll", "1"), ("Storage:PooledReaders", "0"));

        Assert.Equal(
            ["Node:Name", "Replication:Heartbeat", "Lease:Tll", "Storage:PooledReaders", "Reads:CatchUp"],
            lines.Select(line => line.Split(' ')[0]));
    }

    [Fact]
    public void No_secret_is_in_a_fault()
    {
        var text = string.Join('\n', Faults(("Cluster:Secret", "hunter2"), ("Lease:Redis:0", "password=hunter2"), ("Lease:Redis", "password=hunter2")));

        Assert.NotEmpty(text);
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_file_shows_every_setting_with_its_default()
    {
        var file = new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json")).Build();
        var byCode = Read();
        var byFile = Settings.Read(new ConfigurationBuilder().AddConfiguration(file).AddInMemoryCollection(Valid).Build());

        foreach (var section in typeof(Settings).GetProperties())
        {
            var name = section.Name;
            foreach (var setting in section.PropertyType.GetProperties().Where(p => p.SetMethod is not null))
            {
                Assert.True(
                    file.GetSection(name).GetChildren().Any(child => child.Key == setting.Name), $"{name}:{setting.Name} is not in appsettings.json");
                Assert.Equal(setting.GetValue(section.GetValue(byCode)), setting.GetValue(section.GetValue(byFile)));
            }
        }
    }

    private static string[] Faults(params (string Key, string Value)[] settings)
    {
        try
        {
            Read(settings);
            return [];
        }
        catch (StartupException e)
        {
            return e.Message.Split(Environment.NewLine);
        }
    }

    private static Settings Read(params (string Key, string Value)[] settings) => Settings.Read(new ConfigurationBuilder()
        .AddInMemoryCollection(Valid)
        .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value)))
        .Build());
}
