using RestReplicas.Documents;
using RestReplicas.Documents.Patching;
using Xunit;

namespace RestReplicas.Tests.Documents.Patching;

public class PatchTurnsRules
{
    private static readonly DocumentName A = new("things", "a");
    private static readonly DocumentName B = new("things", "b");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Patches_of_one_document_take_turns_in_the_order_in_which_they_came()
    {
        var turns = new PatchTurns(10);
        var first = await Take(turns, A);
        var (second, third) = (Take(turns, A), Take(turns, A));
        Assert.NotNull(await Take(turns, B)); // another document waits for nobody
        Assert.False(second.IsCompleted || third.IsCompleted);

        first!.Dispose();
        var next = await second;
        Assert.False(third.IsCompleted);
        next!.Dispose();
        (await third)!.Dispose();
        Assert.NotNull(await Take(turns, A));
    }

    [Fact]
    public async Task More_than_so_many_do_not_wait()
    {
        var turns = new PatchTurns(1);
        var first = await Take(turns, A);
        var second = Take(turns, A);
        Assert.Null(await Take(turns, A));
        first!.Dispose();
        Assert.NotNull(await second);
    }

    [Fact]
    public async Task Who_gives_up_waiting_is_passed_over_and_takes_nothing_along()
    {
        var turns = new PatchTurns(10);
        var first = await Take(turns, B);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var gone = turns.Take([A, B], Deadline.After(TimeSpan.FromMinutes(1)), leaving.Token).AsTask();
        var (impatient, patient) = (turns.Take([B], Deadline.After(TimeSpan.FromMilliseconds(1)), Cancelled).AsTask(), Take(turns, B));

        Assert.Null(await impatient);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        Assert.NotNull(await Take(turns, A)); // which the one that is gone had
        first!.Dispose();
        Assert.NotNull(await patient);
    }

    private static Task<PatchTurn?> Take(PatchTurns turns, DocumentName name) =>
        turns.Take([name], Deadline.After(TimeSpan.FromMinutes(1)), Cancelled).AsTask();
}
