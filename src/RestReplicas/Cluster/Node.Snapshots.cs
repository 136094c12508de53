using RestReplicas.Protocol;

namespace RestReplicas.Cluster;

/// <summary>When another file takes the place of this node's: the replica ends, the file is closed, another replica starts.</summary>
public sealed partial class Node
{
    private void Install(InstallSnapshot install) =>
        ChangeFile($"the snapshot of {install.Snapshot.At} takes the place of its file", () =>
        {
            var rolledBack = _directory.Install(install.Snapshot, install.Hard, install.KeepsLog, _logs.CreateLogger<Node>());
            _log.Installed(install.Snapshot.At);
            if (rolledBack > 0)
            {
                _log.RolledBack(rolledBack);
            }

        });

    /// <summary>What fails leaves the file as it was, and the next replica starts from that.</summary>
    private void ChangeFile(string why, Action change)
    {
        _log.ChangingFile(why);
        Retire(why);
        CloseStore(() =>
        {
            try
            {
                change();
            }
            catch (Exception e) when (e is not (OutOfMemoryException or InvariantBrokenException))
            {
                _log.FileNotChanged(e);
                Remark($"Its file could not be replaced: {e.Message}");
            }
        });
        _restartAt = _now.Clock;
    }
}
