using Microsoft.Net.Http.Headers;
using RestReplicas.Protocol;

namespace RestReplicas.Documents;

/// <summary>
/// The preconditions of RFC 9110 §13.1. A document's entity tag is its version in quotes; one that is not a version is
/// none of ours, so it matches nothing.
/// </summary>
public static class EntityTags
{
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

            condition = tags is null ? new Condition.Present() : new Condition.AtVersion(Versions(tags, weak: false));
        }

        return null;
    }

    /// <summary>What a read's preconditions say of the document that it found.</summary>
    public static ReadVerdict Judge(HttpRequest request, Position version, out Problem? problem)
    {
        problem = null;
        var headers = request.Headers;
        if (headers.IfMatch.Count > 0)
        {
            if (!TryRead(headers.IfMatch, out var tags))
            {
                problem = NotTags(HeaderNames.IfMatch);
            }
            else if (tags is not null && !Versions(tags, weak: false).Contains(version))
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
            else if (tags is null || Versions(tags, weak: true).Contains(version))
            {
                return ReadVerdict.NotModified;
            }
        }

        return problem is null ? ReadVerdict.Send : ReadVerdict.Refuse;
    }

    public static string Of(Position version) => $"\"{version}\"";

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
    private static List<Position> Versions(IEnumerable<EntityTagHeaderValue> tags, bool weak)
    {
        var versions = new List<Position>();
        foreach (var tag in tags)
        {
            if ((weak || !tag.IsWeak) && Position.TryParse(tag.Tag.AsSpan()[1..^1], out var version))
            {
                versions.Add(version);
            }
        }

        return versions;
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
