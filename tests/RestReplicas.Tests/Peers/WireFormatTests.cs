using System.Buffers.Binary;
using System.Text;
using RestReplicas.Peers;
using RestReplicas.Protocol;
using Xunit;

namespace RestReplicas.Tests.Peers;

public sealed class WireFormatTests
{
    public static TheoryData<string> Requests => [.. Messages.Requests.Keys];

    public static TheoryData<string> Responses => [.. Messages.Responses.Keys];

    [Theory]
    [MemberData(nameof(Requests))]
    public void A_request_survives_the_wire(string name)
    {
        var request = Messages.Requests[name];

        var received = WireFormat.DecodeRequest(WireFormat.Encode(request));

        Assert.Equal(WithoutLists(request), WithoutLists(received));
        Assert.Equal(Lists(request), Lists(received));
    }

    [Theory]
    [MemberData(nameof(Responses))]
    public void A_response_survives_the_wire(string name)
    {
        var response = Messages.Responses[name];

        Assert.Equal(response, WireFormat.DecodeResponse(WireFormat.Encode(response)));
    }

    [Fact]
    public void A_payload_travels_verbatim_and_is_not_copied_on_arrival()
    {
        var payload = Encoding.UTF8.GetBytes("""{"n": 1.0,  "ü":"\u0000"}""");
        var message = WireFormat.Encode(Messages.Append(Messages.Entry(8, payload)));

        var entry = Assert.IsType<AppendRequest>(WireFormat.DecodeRequest(message)).Entries[0];

        Assert.Equal(payload, entry.Payload.ToArray());
        Assert.True(message.Span.Overlaps(entry.Payload.Span));
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public void No_bit_of_a_request_can_be_changed_unnoticed(string name)
    {
        var message = WireFormat.Encode(Messages.Requests[name]).ToArray();
        for (var i = 0; i < message.Length * 8; i++)
        {
            message[i / 8] ^= (byte)(1 << (i % 8));
            Assert.Throws<WireException>(() => WireFormat.DecodeRequest(message));
            message[i / 8] ^= (byte)(1 << (i % 8));
        }
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public void A_request_that_is_cut_short_is_refused(string name)
    {
        var message = WireFormat.Encode(Messages.Requests[name]);
        for (var length = 0; length < message.Length; length++)
        {
            Assert.Throws<WireException>(() => WireFormat.DecodeRequest(message[..length]));
        }
    }

    [Fact]
    public void Garbage_with_a_good_checksum_is_refused_and_costs_no_memory()
    {
        var random = new Random(7);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 20_000; i++)
        {
            var message = Garbage(random);
            foreach (var decode in new Action[] { () => WireFormat.DecodeRequest(message), () => WireFormat.DecodeResponse(message) })
            {
                try
                {
                    decode();
                }
                catch (WireException)
                {
                    // The only way to fail.
                }
            }
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 400L * 1024 * 1024);
    }

    [Fact]
    public void A_message_of_another_version_is_refused_with_both_versions()
    {
        var message = WireFormat.Encode(Messages.Requests["heartbeat"]).ToArray();
        message[1] = 9;

        var refusal = Assert.Throws<WireException>(() => WireFormat.DecodeRequest(message));

        Assert.Equal("a message of version 9; this node speaks version 2", refusal.Message);
    }

    [Fact]
    public void An_entry_whose_own_checksum_is_wrong_is_refused_although_the_message_is_intact()
    {
        var entry = Messages.Entry(8, "{}"u8.ToArray());
        var message = WireFormat.Encode(Messages.Append(entry with { Checksum = entry.Checksum + 1 }));

        Assert.Throws<WireException>(() => WireFormat.DecodeRequest(message));
    }

    [Theory]
    [InlineData(9, 5)] // A gap after 7.
    [InlineData(8, 3)] // An older term than that of 7.
    [InlineData(8, 6)] // A newer term than the message's.
    public void Entries_that_cannot_follow_what_is_before_them_are_refused(long index, long term)
    {
        var entry = Entry.Create(new(new(term), index), EntryKind.Command, 1, default);

        Assert.Throws<WireException>(() => WireFormat.DecodeRequest(WireFormat.Encode(Messages.Append(entry))));
    }

    /// <summary>Records compare their lists by reference; so the lists are compared apart.</summary>
    private static Request WithoutLists(Request request) => request switch
    {
        AppendRequest append => append with { Entries = Messages.NoEntries },
        VoteRequest vote => vote with { Founding = null },
        _ => request,
    };

    private static IEnumerable<string> Lists(Request request) => request switch
    {
        AppendRequest append => append.Entries.Select(entry => $"{entry with { Payload = default }} {Convert.ToHexString(entry.Payload.Span)}"),
        VoteRequest vote => vote.Founding?.Select(name => name.Value) ?? ["null"],
        _ => [],
    };

    /// <summary>Looks like a message up to the kind, and is sealed like one.</summary>
    private static byte[] Garbage(Random random)
    {
        var message = new byte[random.Next(7, 200)];
        random.NextBytes(message);
        (message[0], message[1]) = (WireFormat.Magic, WireFormat.Version);
        byte[] kinds = [1, 2, 3, 128, 129, 130, 131];
        message[2] = kinds[random.Next(kinds.Length)];
        if (message.Length > 40)
        {
            // A header that is accepted, so that what comes after it is looked at too.
            new byte[] { 2, 0, 0, 0, (byte)'n', (byte)'1' }.CopyTo(message, 3);
            message[25] = 0;
            message[33] = 0;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(message.Length - 4), WireFormat.Checksum(message.AsSpan(0, message.Length - 4)));
        return message;
    }
}
