using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace RestReplicas;

/// <summary>Why a node did not start, as its operator should read it.</summary>
public static class StartFaults
{
    /// <summary>Null: a bug, which deserves its stack trace.</summary>
    public static string? InWords(Exception fault) => fault switch
    {
        StartupException => fault.Message,
        IOException { InnerException: AddressInUseException } => $"{Sentence(fault.Message)} Stop what listens there, or set Node:PublicListen or Node:PeerListen.",
        SocketException => $"A listener could not be bound: {Sentence(fault.Message)} Node:PublicUrl, Node:PeerUrl or their Listen settings say where.",
        InvalidDataException or FormatException when fault.Message.Contains("configuration", StringComparison.OrdinalIgnoreCase) =>
            Sentence($"{fault.Message} {fault.InnerException?.Message}"),
        AggregateException { InnerExceptions: [var only] } => InWords(only),
        _ => null,
    };

    private static string Sentence(string text) => text.TrimEnd('.', ' ') + ".";
}
