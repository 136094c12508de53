using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace RestReplicas.Rehearsing;

/// <summary>
/// Says what is to be said, to nobody. The way to the log is rehearsed as well, for what a new leader says is compiled for
/// each sentence anew.
/// </summary>
internal sealed class Unheard(IServiceProvider services) : ConsoleFormatter(InConfiguration)
{
    public const string InConfiguration = "unheard";

    private readonly Lazy<ConsoleFormatter> _real = new(() => services.GetServices<ConsoleFormatter>().First(f => f.Name == ConsoleFormatterNames.Simple));

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter) =>
        _real.Value.Write(logEntry, scopeProvider, TextWriter.Null);
}
