using Xunit;

namespace RestReplicas.Tests.Documents;

/// <summary>One node that is a cluster of its own, for all tests of a class: each uses collections of its own.</summary>
public sealed class WebNodeFixture : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("restreplicas-");

    internal WebNode Node { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Node = await WebNode.StartAlone(_directory.FullName);

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        _directory.Delete(recursive: true);
    }
}
