namespace RestReplicas;

/// <summary>This node cannot start as it is set up. The message is one sentence that tells its operator why.</summary>
public sealed class StartupException(string sentence, Exception? cause = null) : Exception(sentence, cause);
