using RestReplicas.Documents;

namespace RestReplicas;

/// <summary>What the OpenAPI document says of a route beyond its signature. Beside the route, as its metadata.</summary>
public sealed record RouteNotes(string Id, string Summary, string Description)
{
    public IReadOnlyList<ParameterNote> Parameters { get; init; } = [];

    /// <summary>A body to send, as an example; null: the route takes none.</summary>
    public string? Body { get; init; }

    /// <summary>The example answers, by status.</summary>
    public IReadOnlyDictionary<int, AnswerNote> Answers { get; init; } = new Dictionary<int, AnswerNote>();

    /// <summary>One of each kind that the route may answer.</summary>
    public IReadOnlyList<Problem> Problems { get; init; } = [];

    /// <summary>It has the <c>Replica-*</c> headers.</summary>
    public bool IsReplicated { get; init; }
}

/// <param name="In"><c>query</c>, <c>header</c> or <c>path</c>.</param>
/// <param name="Values">The only ones; empty: any.</param>
public sealed record ParameterNote(string Name, string In, string Description, string Example, params string[] Values)
{
    public bool IsNumber { get; init; }

    /// <summary>It stands for any number of parameters of any names; the example is a JSON object of them.</summary>
    public bool IsOpen { get; init; }
}

/// <param name="Headers">Beside the ones that every answer of the route has.</param>
/// <param name="Example">JSON; null: no body.</param>
public sealed record AnswerNote(string Description, string? Example, params HeaderNote[] Headers)
{
    /// <summary>Server-sent events, which come instead where a client accepts them; null: they do not.</summary>
    public string? Events { get; init; }
}

public sealed record HeaderNote(string Name, string Description, string Example);
