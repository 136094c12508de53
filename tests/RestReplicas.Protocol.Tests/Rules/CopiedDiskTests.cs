namespace RestReplicas.Protocol.Tests.Rules;

/// <summary>One disk, one vote: a copied data directory never becomes another voter (§4, §9, §10).</summary>
public sealed class CopiedDiskTests
{
    [Fact]
    public void A_learner_on_a_copy_of_a_voters_disk_does_not_become_a_voter()
    {
        var configuration = new Configuration(new(Guid.NewGuid()), [new(new("n1"), new(Guid.NewGuid())), new(new("n2"), new(Guid.NewGuid()))]);

        Assert.Throws<InvariantBrokenException>(() => configuration.With(new(new("n3"), configuration.Voters[1].Disk)));
    }
}
