using Spectre.Console;

namespace RestReplicas.Local;

/// <summary>What runs where, and commands to try. Commands are printed plain: a wrapped line cannot be pasted.</summary>
internal static class Advice
{
    public static void Print(Plan plan, Lease lease, Cluster cluster, Member leader)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("replica", "for clients", "for peers", "process", "");
        foreach (var replica in cluster.Replicas)
        {
            var member = replica.Member;
            table.AddRow(member.Name, member.Url, member.PeerUrl, $"{replica.Process.Id}", member == leader ? "leads" : "");
        }

        AnsiConsole.Write(table);
        var follower = plan.Members.FirstOrDefault(m => m != leader) ?? leader;
        var other = plan.Members.LastOrDefault(m => m != leader) ?? leader;
        var leading = cluster.Replicas.Single(r => r.Member == leader);
        Console.WriteLine($$"""
            Redis: {{lease.About}}.
            Data and logs: {{plan.Data}}

            {{leader.Name}} leads ({{leader.Url}}). Try, in another terminal:

              # a write sent to a follower goes on to the leader
              curl -L -X PUT {{follower.Url}}/v1/books/edda -H 'Content-Type: application/json' -d '{"title":"Edda"}'
              # read from another, with its staleness in the headers
              curl -i {{other.Url}}/v1/books/edda
              # never anything but the newest, from any of them
              curl -i '{{follower.Url}}/v1/books/edda?consistency=linearizable'
              # the state of the cluster
              curl {{leader.Url}}/cluster
              # what happens when the leader dies
              kill -9 {{leading.Process.Id}}

            All requests, to be tried in a browser: {{leader.Url}}/swagger
            Ctrl-C stops everything.

            """);
    }
}
