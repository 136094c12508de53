using RestReplicas.Cluster.Tests;
using RestReplicas.Cluster.Tests.Campaigns;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

// As the entry point that xunit would have generated, but for `campaign`.
return args switch
{
    [CampaignCommand.Name, .. var rest] => await CampaignCommand.Run(rest),
    _ when args.Any(a => a is "--server" or "--internal-msbuild-node") =>
        await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
    _ => await ConsoleRunner.Run(args),
};
