using RestReplicas.Benchmarks;

return await CommandLine.Run(args);
