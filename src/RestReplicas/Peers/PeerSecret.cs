using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace RestReplicas.Peers;

/// <summary>The secret that nodes of one cluster show each other. Without one every node is on loopback.</summary>
internal sealed class PeerSecret(string? secret)
{
    public const string Header = "Replica-Secret";

    /// <summary>Who asks, for the log alone: the message names its sender itself.</summary>
    public const string FromHeader = "Replica-From";

    private readonly byte[] _hash = Hash(secret ?? "");

    /// <summary>Hashes are compared, in constant time, so that neither length nor content can be guessed by timing.</summary>
    public bool Matches(StringValues shown) =>
        shown.Count <= 1 && CryptographicOperations.FixedTimeEquals(Hash(shown.ToString()), _hash);

    public void Show(HttpRequestMessage request)
    {
        if (!string.IsNullOrEmpty(secret))
        {
            request.Headers.TryAddWithoutValidation(Header, secret);
        }
    }

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
