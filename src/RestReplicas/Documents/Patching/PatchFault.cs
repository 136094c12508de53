namespace RestReplicas.Documents.Patching;

/// <summary>Why a patch that is well formed cannot be applied to the document that is there.</summary>
/// <param name="Operation">Number of the operation of a JSON Patch, from 0; of a merge patch, 0.</param>
/// <param name="Target">Where in the document, as the operation says it.</param>
public sealed record PatchFault(PatchFaultKind Kind, int Operation, string Target);

/// <summary>What is wrong. The numbers stand in logs.</summary>
public enum PatchFaultKind : byte
{
    /// <summary>A <c>test</c> found something else.</summary>
    TestFailed = 0,

    /// <summary>The object has no such member.</summary>
    NoSuchMember = 1,

    /// <summary>An array's elements have numbers, without zeros before them.</summary>
    NotAnIndex = 2,

    /// <summary>The array has no such element.</summary>
    OutOfBounds = 3,

    /// <summary>There is something on the way that is neither an object nor an array.</summary>
    NotAContainer = 4,

    /// <summary>The document itself cannot be removed by a patch.</summary>
    WholeDocument = 5,

    /// <summary>What results is no JSON object.</summary>
    NotAnObject = 6,

    /// <summary>What results has more bytes than a document may have.</summary>
    TooLarge = 7,

    /// <summary>What results has more levels than a document may have.</summary>
    TooDeep = 8,
}
