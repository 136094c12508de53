using System.Globalization;

namespace RestReplicas.Local.Verification;

/// <summary>A position as answers give it: <c>term.index</c>. In what is committed, the index alone says what comes first.</summary>
internal readonly record struct Spot(long Term, long Index)
{
    public static Spot Parse(string text)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        return new(long.Parse(text[..dot], CultureInfo.InvariantCulture), long.Parse(text[(dot + 1)..], CultureInfo.InvariantCulture));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Term}.{Index}");
}
