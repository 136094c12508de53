using System.Globalization;
using System.Text;

namespace RestReplicas.Benchmarks.Driving;

/// <summary>A request as it goes over the wire, into which keys are written. For one loop at a time.</summary>
internal sealed class Template
{
    private readonly byte[] _request;
    private readonly List<Range> _keys = [];

    public Template(Exchange exchange, Uri member)
    {
        var parts = exchange.Wire(member).Split(Exchange.Key);
        var blank = new string('0', exchange.KeyDigits);
        _request = Encoding.ASCII.GetBytes(string.Join(blank, parts));
        var at = 0;
        foreach (var part in parts.SkipLast(1))
        {
            at += part.Length;
            _keys.Add(at..(at + blank.Length));
            at += blank.Length;
        }
    }

    public ReadOnlySpan<byte> For(long key)
    {
        foreach (var place in _keys)
        {
            var digits = _request.AsSpan(place);
            digits.Fill((byte)'0');
            key.TryFormat(digits, out _, "D" + digits.Length.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        }

        return _request;
    }
}
