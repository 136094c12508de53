namespace RestReplicas.Benchmarks;

/// <summary>What keeps a benchmark from running, in a sentence that says what to do about it.</summary>
internal sealed class Refusal(string message) : Exception(message);
