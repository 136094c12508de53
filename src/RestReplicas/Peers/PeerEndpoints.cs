namespace RestReplicas.Peers;

/// <summary>What other nodes ask of this one: on the peer listener only, and only with the cluster's secret.</summary>
public static class PeerEndpoints
{
    /// <summary>First in the pipeline: what comes in by the peer listener never meets the public routes, and the reverse.</summary>
    public static WebApplication UsePeers(this WebApplication app)
    {
        app.MapWhen(PeerListener.IsPeer, peers => peers.Run(app.Services.GetRequiredService<PeerDesk>().Serve));
        return app;
    }
}
