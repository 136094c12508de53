namespace RestReplicas.Cluster;

/// <summary>What <c>Program</c> needs to know of a node.</summary>
public static class NodeRegistration
{
    /// <summary>Options, the node as a hosted service, and both listeners. Cross-field rules are checked by the caller.</summary>
    public static WebApplicationBuilder AddNode(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<NodeOptions>().BindConfiguration(NodeOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<ClusterOptions>().BindConfiguration(ClusterOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<ReplicationOptions>().BindConfiguration(ReplicationOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<Node>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Node>());
        return builder;
    }
}
