using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace RestReplicas.Peers;

/// <summary>
/// The secret that nodes of one cluster show each other. Without one every node is on loopback. Its hash is what is
/// shown: a header can carry that whatever the secret is made of.
/// </summary>
internal sealed class PeerSecret(string? secret)
{
    public const string Header = "Replica-Secret";

    /// <summary>Who asks, for the log alone: the message names its sender itself.</summary>
    public const string FromHeader = "Replica-From";

    private readonly byte[] _shown = Encoding.ASCII.GetBytes(
        string.IsNullOrEmpty(secret) ? "none" : Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(secret))));

    /// <summary>In constant time: how much of a guess is right cannot be measured.</summary>
    public bool Matches(StringValues shown) =>
        shown.Count == 1 && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(shown[0] ?? ""), _shown);

    public void Show(HttpRequestMessage request) => request.Headers.Add(Header, Encoding.ASCII.GetString(_shown));
}
