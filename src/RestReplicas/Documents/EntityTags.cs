using Microsoft.Net.Http.Headers;
using RestReplicas.Protocol;

namespace RestReplicas.Documents;

/// <summary>
/// The preconditions of RFC 9110 §13.1. A document's entity tag is its version in quotes; one that is not a version is
/// none of ours, so it matches nothing.
/// </summary>
/// <remarks>
/// Compressed, the same document is other bytes, so its tag is another one (§8.8.3.3): <c>"7.48213-gzip"</c>. What a client
/// wants to change, or to be unchanged, is the document: there each of the tags names its version. Last-Modified only
/// informs: of two versions within a second it cannot tell which one a client has, so If-Modified-Since is always answered
/// with the document.
/// </remarks>
public static class EntityTags
{
    /// <summary>The header that makes a request conditional; null: it is not.</summary>
    public static string? HeaderOfCondition(HttpRequest request) =>
        request.Headers.IfMatch.Count > 0 ? HeaderNames.IfMatch
        : request.Headers.IfNoneMatch.Count > 0 ? HeaderNames.IfNoneMatch
        : null;

    /// <summary>The conditions that a write may carry; a fault instead where it carries one that cannot be kept.</summary>
    public static Problem? ReadCondition(HttpRequest request, out Condition? condition)
    {
        condition = null;
        var headers = request.Headers;
        if (headers.IfModifiedSince.Count > 0 || headers.IfUnmodifiedSince.Count > 0)
        {
            return Problems.InvalidRequest(
                headers.IfModifiedSince.Count > 0 ? HeaderNames.IfModifiedSince : HeaderNames.IfUnmodifiedSince,
                "A second is too coarse to tell versions apart. Send the ETag of the version in If-Match.");
        }

        if (headers.IfMatch.Count > 0 && headers.IfNoneMatch.Count > 0)
        {
            return Problems.InvalidRequest(HeaderNames.IfNoneMatch, "Send If-Match or If-None-Match, not both.");
        }

        if (headers.IfNoneMatch.Count > 0)
        {
            condition = new Condition.Absent();
            return TryRead(headers.IfNoneMatch, out var none) && none is null
                ? null
                : Problems.InvalidRequest(HeaderNames.IfNoneMatch, "On a write it is *: only if there is no document yet.");
        }

        if (headers.IfMatch.Count > 0)
        {
            if (!TryRead(headers.IfMatch, out var tags))
            {
                return NotTags(HeaderNames.IfMatch);
            }

            condition = tags is null ? new Condition.Present() : new Condition.AtVersion([.. Named(tags, weak: false).Select(tag => tag.Version)]);
        }

        return null;
    }

    /// <summary>What a read's preconditions say of the document that it found.</summary>
    /// <param name="coding">In which it would be sent; afterwards, with NotModified: in which the client has it.</param>
    public static ReadVerdict Judge(HttpRequest request, Position version, ref Coding coding, out Problem? problem)
    {
        problem = null;
        var headers = request.Headers;
        if (headers.IfMatch.Count > 0)
        {
            if (!TryRead(headers.IfMatch, out var tags))
            {
                problem = NotTags(HeaderNames.IfMatch);
            }
            else if (tags is not null && !Named(tags, weak: false).Any(tag => tag.Version == version))
            {
                problem = Problems.PreconditionFailed(version);
            }
        }

        if (problem is null && headers.IfNoneMatch.Count > 0)
        {
            if (!TryRead(headers.IfNoneMatch, out var tags))
            {
                problem = NotTags(HeaderNames.IfNoneMatch);
            }
            else if (tags is null)
            {
                return ReadVerdict.NotModified;
            }
            else if (Named(tags, weak: true).FirstOrDefault(tag => tag.Version == version && Codings.IsTaken(request, tag.Coding)) is { Version.Index: > 0 } known)
            {
                // A cache asks for many clients: what this one cannot read it must not be given (RFC 9111 §4.3.3).
                coding = known.Coding;
                return ReadVerdict.NotModified;
            }
        }

        return problem is null ? ReadVerdict.Send : ReadVerdict.Refuse;
    }

    public static string Of(Position version, Coding coding = Coding.Identity) =>
        coding == Coding.Identity ? $"\"{version}\"" : $"\"{version}-{Codings.NameOf(coding)}\"";

    /// <param name="tags">Null: <c>*</c>.</param>
    private static bool TryRead(IList<string?> values, out IList<EntityTagHeaderValue>? tags)
    {
        if (values is ["*"])
        {
            tags = null;
            return true;
        }

        return EntityTagHeaderValue.TryParseStrictList([.. values.OfType<string>()], out tags)
            && !tags.Contains(EntityTagHeaderValue.Any);
    }

    /// <param name="weak">If-None-Match compares weakly, If-Match strongly (RFC 9110 §8.8.3.2).</param>
    private static IEnumerable<(Position Version, Coding Coding)> Named(IEnumerable<EntityTagHeaderValue> tags, bool weak)
    {
        foreach (var tag in tags.Where(tag => weak || !tag.IsWeak))
        {
            var text = tag.Tag.AsSpan()[1..^1];
            var dash = text.IndexOf('-');
            if (Position.TryParse(dash < 0 ? text : text[..dash], out var version)
                && (dash < 0 ? Coding.Identity : Codings.Named(text[(dash + 1)..])) is { } coding)
            {
                yield return (version, coding);
            }
        }
    }

    private static Problem NotTags(string header) =>
        Problems.InvalidRequest(header, "It is * or a list of entity tags, in double quotes: \"7.48213\".");
}

public enum ReadVerdict
{
    Send,
    NotModified,
    Refuse,
}
