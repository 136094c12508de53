using RestReplicas.Describing;

namespace RestReplicas.Documents.Lists;

/// <summary>The routes of <see cref="IndexEndpoints"/> in words, for the OpenAPI document.</summary>
public static class IndexNotes
{
    private const string Index = """{"name":"by-author","path":"author.name","version":"7.48213","state":"building","progress":0.42}""";
    private const string Written = """{"id":"by-author","version":"7.48213"}""";

    private static readonly ParameterNote Name = new("name", "path", "A letter, then letters, digits, `_` or `-`; at most 64.", "by-author")
    {
        Pattern = SharedNotes.Collection.Pattern,
        Length = SharedNotes.Collection.Length,
    };

    private static readonly Problem Missing = Problems.NotFound("There is no index of that name on the collection.");

    public static readonly RouteNotes List = new(
        "listIndexes",
        "The indexes of a collection",
        "An index serves filters on its path but 'ne', and a sort by its path alone, once it is ready: each node fills its own, beside all else. It holds of a value what sorting sees of it, "
        + "of a string the first 255 bytes.")
    {
        Parameters = [SharedNotes.Collection, .. SharedNotes.ReadParameters],
        Answers = new Dictionary<int, AnswerNote> { [200] = new("The indexes, and how far they are on this node.", $$"""{"indexes":[{{Index}}]}"""), [307] = SharedNotes.Redirect },
        Problems = SharedNotes.ReadProblems,
        IsReplicated = true,
    };

    public static readonly RouteNotes Get = new("getIndex", "An index", "Its path, and how far it is on this node.")
    {
        Parameters = [SharedNotes.Collection, Name, .. SharedNotes.ReadParameters],
        Answers = new Dictionary<int, AnswerNote> { [200] = new("The index.", Index), [307] = SharedNotes.Redirect },
        Problems = [.. SharedNotes.ReadProblems, Missing],
        IsReplicated = true,
    };

    public static readonly RouteNotes Put = new(
        "putIndex",
        "Index a path",
        "Every node fills the index beside all else, without holding up writes. With another path it is filled anew; with the same one nothing changes. A collection has at most 16.")
    {
        Parameters = [SharedNotes.Collection, Name, .. SharedNotes.WriteParameters[..^1], SharedNotes.BodyCoding],
        Bodies = [new(DocumentBody.MediaType, "The path, and nothing else.", """{"path":"author.name"}""") { Schema = typeof(IndexPath) }],
        Answers = new Dictionary<int, AnswerNote>
        {
            [200] = new("There was an index of that name.", Written, SharedNotes.ETag),
            [201] = new("Defined. It is used as soon as it is filled.", Written, SharedNotes.Location with { Example = "/v1/books/_indexes/by-author" }, SharedNotes.ETag),
            [202] = new("acks=leader: accepted, not yet decided. Location tells what becomes of it.", Written, SharedNotes.Fate),
            [307] = SharedNotes.Redirect,
        },
        Problems = [.. SharedNotes.UnconditionalProblems, .. SharedNotes.BodyProblems, Problems.Refused("The collection has 16 indexes, as many as it may: delete one first.")],
        IsReplicated = true,
    };

    public static readonly RouteNotes Delete = new("deleteIndex", "Remove an index", "Lists work without it, but read more. 404 if there is none.")
    {
        Parameters = [SharedNotes.Collection, Name, .. SharedNotes.WriteParameters[..^1]],
        Answers = new Dictionary<int, AnswerNote>
        {
            [202] = new("acks=leader: accepted, not yet decided. Location tells what becomes of it.", Written, SharedNotes.Fate),
            [204] = new("Removed.", null),
            [307] = SharedNotes.Redirect,
        },
        Problems = [.. SharedNotes.UnconditionalProblems, Missing],
        IsReplicated = true,
    };
}
