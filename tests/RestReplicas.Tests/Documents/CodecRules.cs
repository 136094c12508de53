using System.Text;
using RestReplicas.Documents;
using RestReplicas.Documents.Patching;
using RestReplicas.Protocol;
using Xunit;

namespace RestReplicas.Tests.Documents;

/// <summary>Drawn from seeds; a failure names its seed.</summary>
public sealed class CodecRules
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 50)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_command_comes_back_as_it_was(int seed)
    {
        var command = DrawCommand(new(seed));
        var decoded = CommandCodec.Decode(CommandCodec.Encode(command));
        Assert.Equal(Describe(command), Describe(decoded));
        Assert.True(CommandCodec.Encode(decoded).Span.SequenceEqual(CommandCodec.Encode(command).Span));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void An_outcome_comes_back_as_it_was(int seed)
    {
        var outcome = DrawOutcome(new(seed), replay: true);
        Assert.Equal(Describe(outcome), Describe(OutcomeCodec.Decode(OutcomeCodec.Encode(outcome).Span)));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void What_is_cut_short_or_longer_is_refused(int seed)
    {
        var random = new Random(seed);
        var command = CommandCodec.Encode(DrawCommand(random));
        var outcome = OutcomeCodec.Encode(DrawOutcome(random, replay: true));
        for (var length = 0; length < command.Length; length++)
        {
            Assert.Throws<InvariantBrokenException>(() => CommandCodec.Decode(command[..length]));
        }

        for (var length = 0; length < outcome.Length; length++)
        {
            Assert.Throws<InvariantBrokenException>(() => OutcomeCodec.Decode(outcome.Span[..length]));
        }

        Assert.Throws<InvariantBrokenException>(() => CommandCodec.Decode((byte[])[.. command.Span, 0]));
        Assert.Throws<InvariantBrokenException>(() => OutcomeCodec.Decode([.. outcome.Span, 0]));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Damaged_bytes_are_refused_or_read_as_something_but_never_crash(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 500; round++)
        {
            var command = CommandCodec.Encode(DrawCommand(random)).ToArray();
            var outcome = OutcomeCodec.Encode(DrawOutcome(random, replay: true)).ToArray();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                command[random.Next(command.Length)] = (byte)random.Next(256);
                outcome[random.Next(outcome.Length)] = (byte)random.Next(256);
            }

            RefusesOrReads(() => CommandCodec.Decode(command));
            RefusesOrReads(() => OutcomeCodec.Decode(outcome));
        }
    }

    [Fact]
    public void Bytes_cannot_ask_for_more_memory_or_depth_than_they_bring()
    {
        // One change of 2^62 bytes; then replays within replays.
        Assert.Throws<InvariantBrokenException>(() => CommandCodec.Decode(
            (byte[])[1, 0, 1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x3F]));
        byte[] nested = [1, .. Enumerable.Repeat((byte[])[4, 1, 1], 100_000).SelectMany(b => b)];
        Assert.Throws<InvariantBrokenException>(() => OutcomeCodec.Decode(nested));
    }

    [Fact]
    public void Another_format_is_refused()
    {
        var command = CommandCodec.Encode(DrawCommand(new(1))).ToArray();
        var outcome = OutcomeCodec.Encode(new Outcome.KeyMismatch()).ToArray();
        command[0]++;
        outcome[0]++;
        Assert.Throws<InvariantBrokenException>(() => CommandCodec.Decode(command));
        Assert.Throws<InvariantBrokenException>(() => OutcomeCodec.Decode(outcome));
    }

    [Fact]
    public void A_command_that_no_node_could_judge_never_reaches_a_log()
    {
        Assert.Throws<InvariantBrokenException>(() => CommandCodec.Encode(new(null, [])));
        Assert.Throws<InvariantBrokenException>(() => CommandCodec.Encode(new(null, [
            new Change.Put("a", "b", null, default), new Change.Delete("a", "b", null)])));
        Assert.Throws<InvariantBrokenException>(() => CommandCodec.Encode(new(null, [
            new Change.Put("a", "b", null, default), new Change.PutIndex("a", "i", "c")])));
    }

    [Fact]
    public void Bodies_are_not_copied_out_of_the_payload()
    {
        var payload = CommandCodec.Encode(new(null, [new Change.Put("a", "b", null, "body"u8.ToArray())]));
        var body = Assert.IsType<Change.Put>(CommandCodec.Decode(payload).Changes[0]).Body;
        Assert.True(payload.Span[^4..].Overlaps(body.Span, out var offset) && offset == 0);
    }

    private static void RefusesOrReads(Action read)
    {
        try
        {
            read();
        }
        catch (InvariantBrokenException)
        {
            // Refused.
        }
    }

    private static Command DrawCommand(Random random) => new(
        random.Next(2) == 0 ? null : new(DrawText(random), DrawText(random), DrawBytes(random, 40)),
        random.Next(5) switch
        {
            0 => [new Change.PutIndex(DrawText(random), DrawText(random), DrawText(random))],
            1 => [new Change.DeleteIndex(DrawText(random), DrawText(random))],
            _ => [.. Enumerable.Range(0, random.Next(1, 5)).Select(i => DrawChange(random, i))],
        });

    private static Change DrawChange(Random random, int number) => random.Next(3) switch
    {
        0 => new Change.Put(DrawText(random), $"{number}{DrawText(random)}", DrawCondition(random), DrawBytes(random, 300)),
        1 => new Change.Delete(DrawText(random), $"{number}{DrawText(random)}", DrawCondition(random)),
        _ => new Change.Check(
            DrawText(random), $"{number}{DrawText(random)}", DrawCondition(random) ?? new Condition.Present(), DrawRefusal(random)),
    };

    private static Refusal? DrawRefusal(Random random) => random.Next(4) switch
    {
        0 => null,
        1 => new Refusal.NotFound(),
        2 => new Refusal.PreconditionFailed(),
        _ => new Refusal.PatchFailed(DrawFault(random)),
    };

    private static PatchFault DrawFault(Random random) => new((PatchFaultKind)random.Next(9), random.Next(), DrawText(random));

    private static Condition? DrawCondition(Random random) => random.Next(6) switch
    {
        0 => null,
        1 => new Condition.Absent(),
        2 => new Condition.Present(),
        3 => new Condition.AsSeen(null),
        4 => new Condition.AsSeen(DrawPosition(random)),
        _ => new Condition.AtVersion([.. Enumerable.Range(0, random.Next(4)).Select(_ => DrawPosition(random))]),
    };

    private static Outcome DrawOutcome(Random random, bool replay) => random.Next(replay ? 8 : 7) switch
    {
        0 => DrawDone(random),
        1 => new Outcome.PreconditionFailed(random.Next(), random.Next(2) == 0 ? null : DrawPosition(random)),
        2 => new Outcome.NotFound(random.Next()),
        3 => new Outcome.KeyMismatch(),
        4 => new Outcome.PatchFailed(random.Next(), DrawPosition(random), DrawFault(random)),
        5 => new Outcome.Stale(random.Next()),
        6 => new Outcome.TooManyIndexes(),
        _ => new Outcome.Replayed(DrawPosition(random), DrawOutcome(random, replay: false)),
    };

    private static Outcome.Done DrawDone(Random random)
    {
        var count = random.Next(1, 4);
        return new(
            [.. Enumerable.Range(0, count).Select(_ => (ChangeResult)random.Next(4))],
            [.. Enumerable.Range(0, count).Select(_ => DrawText(random))]);
    }

    private static Position DrawPosition(Random random) =>
        new(new(random.NextInt64(1L << random.Next(1, 63))), random.NextInt64(1L << random.Next(1, 63)));

    private static string DrawText(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => new Rune(random.Next(3) == 0 ? 0x1F600 : random.Next(0x20, 0x400)).ToString()));

    private static byte[] DrawBytes(Random random, int most)
    {
        var bytes = new byte[random.Next(most)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string Describe(Command command) =>
        $"{command.Key?.Owner}|{command.Key?.Value}|{Convert.ToHexString((command.Key?.Fingerprint ?? default).Span)}|{command.Key is null}|"
        + string.Join(';', command.Changes.Select(c =>
            $"{c.GetType().Name}|{c.Collection}|{c.Id}|{Describe(c.Condition)}|{(c is Change.Put put ? Convert.ToHexString(put.Body.Span) : (object?)(c as Change.Check)?.Refusal ?? (c as Change.PutIndex)?.Path)}"));

    private static string Describe(Condition? condition) =>
        condition is Condition.AtVersion at ? string.Join(',', at.Versions) : condition?.ToString() ?? "none";

    private static string Describe(Outcome outcome) => outcome switch
    {
        Outcome.Done done => $"{string.Join(',', done.Results)}|{string.Join(',', done.Ids)}",
        Outcome.Replayed replayed => $"{replayed.At}: {Describe(replayed.First)}",
        _ => outcome.ToString(),
    };
}
