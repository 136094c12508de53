using System.CommandLine;

namespace RestReplicas.Benchmarks;

/// <summary>A command that ends in order, however it ends.</summary>
internal sealed class BenchmarkCommand : Command
{
    public BenchmarkCommand(string name, string description, string examples, Func<ParseResult, CancellationToken, Task> run)
        : base(name, description)
    {
        Examples = examples;
        SetAction(async (parsed, cancelled) =>
        {
            try
            {
                await run(parsed, cancelled);
                return 0;
            }
            catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
            {
                Console.Error.WriteLine("Stopped. All processes are ended.");
                return 130;
            }
            catch (Exception error) when (error is Refusal or Xunit.Sdk.XunitException or TimeoutException)
            {
                Console.Error.WriteLine(error.Message);
                return 1;
            }
        });
    }

    public string Examples { get; }
}
