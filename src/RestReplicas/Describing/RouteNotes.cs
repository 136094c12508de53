using RestReplicas.Documents;

namespace RestReplicas.Describing;

/// <summary>What the OpenAPI document says of a route beyond its signature. Beside the route, as its metadata.</summary>
/// <param name="Id">A verb and what it is done to, as a good name for a method: getDocument.</param>
public sealed record RouteNotes(string Id, string Summary, string Description)
{
    public IReadOnlyList<ParameterNote> Parameters { get; init; } = [];

    /// <summary>What it takes, one note for each media type; empty: no body.</summary>
    public IReadOnlyList<BodyNote> Bodies { get; init; } = [];

    /// <summary>The example answers, by status.</summary>
    public IReadOnlyDictionary<int, AnswerNote> Answers { get; init; } = new Dictionary<int, AnswerNote>();

    /// <summary>One of each kind that the route may answer.</summary>
    public IReadOnlyList<Problem> Problems { get; init; } = [];

    /// <summary>Headers of its own that several answers may have, problems included.</summary>
    public IReadOnlyList<HeaderNote> Headers { get; init; } = [];

    /// <summary>It has the <c>Replica-*</c> headers.</summary>
    public bool IsReplicated { get; init; }

    /// <summary>It may look here first, and send on what is not here: its redirects too tell how fresh that was.</summary>
    public bool LooksFirst { get; init; }

    /// <summary>What its client has seen before is nothing to it: the session cookie neither counts nor moves.</summary>
    public bool IsOutOfSession { get; init; }
}

/// <param name="In"><c>query</c>, <c>header</c>, <c>path</c> or <c>cookie</c>.</param>
/// <param name="Values">The only ones; empty: any.</param>
public sealed record ParameterNote(string Name, string In, string Description, string Example, params string[] Values)
{
    /// <summary>It is a whole number between these; null: a text.</summary>
    public Func<OpenApiLimits, (long Least, long Most)>? Range { get; init; }

    /// <summary>How many characters a text has; null: that is not said.</summary>
    public (int Least, int Most)? Length { get; init; }

    /// <summary>It stands for any number of parameters of any names; the example is a JSON object of them.</summary>
    public bool IsOpen { get; init; }

    /// <summary>A regular expression that all values match.</summary>
    public string? Pattern { get; init; }
}

/// <param name="Example">JSON, as Swagger UI proposes it to be sent.</param>
public sealed record BodyNote(string MediaType, string Description, string Example)
{
    /// <summary>Null: a document, which is any JSON object.</summary>
    public Type? Schema { get; init; }

    /// <summary>It is an array of no more than these; null: that is not said.</summary>
    public Func<OpenApiLimits, int>? MostItems { get; init; }
}

/// <param name="Headers">Beside the ones that every answer of the route has.</param>
/// <param name="Example">JSON; null: there is none to show.</param>
public sealed record AnswerNote(string Description, string? Example, params HeaderNote[] Headers)
{
    /// <summary>Of the JSON. Null: what the route's signature says, or else a document.</summary>
    public Type? Schema { get; init; }

    /// <summary>Server-sent events, which come instead where a client accepts them; null: they do not.</summary>
    public string? Events { get; init; }

    /// <summary>The media type of a body that is a file; null: it is none.</summary>
    public string? File { get; init; }
}

/// <param name="On">The statuses of a route that it comes with; empty: all that the route itself answers.</param>
public sealed record HeaderNote(string Name, string Description, string Example, params int[] On);
