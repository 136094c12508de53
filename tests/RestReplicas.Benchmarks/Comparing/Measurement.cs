namespace RestReplicas.Benchmarks.Comparing;

/// <param name="Throughput">Answers in a second.</param>
/// <param name="P50">Milliseconds.</param>
/// <param name="P99">Milliseconds.</param>
/// <param name="Cpu">Seconds of processor time for 10,000 operations, of all processes of the contestant together.</param>
/// <param name="Fault">Why it does not count; null: it does.</param>
internal sealed record Measurement(double Throughput, double P50, double P99, double Cpu, string? Fault);
