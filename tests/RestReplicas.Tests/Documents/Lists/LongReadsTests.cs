using Microsoft.Extensions.Options;
using RestReplicas.Documents;
using RestReplicas.Documents.Lists;
using Xunit;

namespace RestReplicas.Tests.Documents.Lists;

public class LongReadsTests
{
    [Fact]
    public async Task A_long_read_holds_no_thread_of_the_pool_and_tells_what_came_of_it()
    {
        using var reads = new LongReads(Options.Create(new ReadOptions()));

        Assert.False(await reads.Run(() => Thread.CurrentThread.IsThreadPoolThread));
        await Assert.ThrowsAsync<InvalidDataException>(async () => await reads.Run<int>(() => throw new InvalidDataException()));
    }

    [Fact]
    public void No_more_enter_than_may()
    {
        using var reads = new LongReads(Options.Create(new ReadOptions { ListQueue = 2 }));

        Assert.Equal([true, true, false, false], Enumerable.Range(0, 4).Select(_ => reads.TryEnter()));
        reads.Leave();
        Assert.Equal([true, false], Enumerable.Range(0, 2).Select(_ => reads.TryEnter()));
    }
}
