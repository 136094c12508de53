using RestReplicas.Local;

// A child starts as this very program, which then becomes it: see BoundToParent.
if (args is [BoundToParent.Verb, var parent, .. var command] && command.Length > 0)
{
    return BoundToParent.Become(parent, command);
}

return CommandLine.Run(args, Session.Run);
