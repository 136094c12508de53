namespace RestReplicas;

/// <summary>This node cannot start as it is set up. The message is one sentence that tells its operator why.</summary>
public class StartupException(string sentence, Exception? cause = null) : Exception(sentence, cause);

/// <summary>The disk's content is not what was written: no node can start from it, but a new disk can take its place (protocol.md §9).</summary>
public sealed class DamagedDiskException(string sentence, Exception? cause = null) : StartupException(sentence, cause);
