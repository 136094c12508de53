using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using RestReplicas.Lease;
using Xunit;

namespace RestReplicas.Tests.Lease;

public sealed class LeaseSettings
{
    [Fact]
    public void The_defaults_are_valid_and_mean_no_lease()
    {
        Assert.Empty(Faults([]));
        Assert.Null(new LeaseOptions().Rules);
    }

    [Fact]
    public void Every_knob_is_read_from_configuration()
    {
        var options = Bind(new()
        {
            ["Redis:0"] = "127.0.0.1:6379",
            ["Redis:1"] = "127.0.0.1:6380,password=x",
            ["Ttl"] = "00:00:09",
            ["RenewEvery"] = "00:00:02.5",
            ["GiveUpAfter"] = "00:00:04",
            ["CallLimit"] = "00:00:00.250",
            ["OnLoss"] = "StepDown",
        });
        Assert.Equal(["127.0.0.1:6379", "127.0.0.1:6380,password=x"], options.Redis);
        Assert.Equal((9.0, 0.25), (options.Ttl.TotalSeconds, options.CallLimit.TotalSeconds));
        Assert.Equal(
            new() { RenewEvery = TimeSpan.FromSeconds(2.5), GiveUpAfter = TimeSpan.FromSeconds(4), StepDownOnLoss = true },
            options.Rules);
    }

    [Theory]
    [InlineData("Ttl", "00:00:00.5")]
    [InlineData("Ttl", "00:00:02")]
    [InlineData("RenewEvery", "00:00:02")]
    [InlineData("CallLimit", "00:00:01.1")]
    [InlineData("CallLimit", "00:00:00.001")]
    [InlineData("GiveUpAfter", "00:00:00.1")]
    [InlineData("OnLoss", "7")]
    [InlineData("Redis:0", "")]
    [InlineData("Redis:0", "password=hunter2")]
    [InlineData("Redis:0", "127.0.0.1:6379,password=a,hunter2=b")]
    [InlineData("Redis:0", "127.0.0.1:6379,ssl=hunter2")]
    public void What_cannot_work_is_refused_without_telling_a_password(string key, string value)
    {
        var fault = Assert.Single(Faults(new() { [key] = value }));
        Assert.Contains(key[..3], fault, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", fault, StringComparison.Ordinal);
    }

    private static LeaseOptions Bind(Dictionary<string, string?> settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings).Build().Get<LeaseOptions>() ?? new();

    private static string[] Faults(Dictionary<string, string?> settings)
    {
        var options = Bind(settings);
        var faults = new List<ValidationResult>();
        Validator.TryValidateObject(options, new(options), faults, validateAllProperties: true);
        return [.. faults.Select(f => f.ErrorMessage!)];
    }
}
