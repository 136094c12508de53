global using RestReplicas.Cluster.Tests.Harness;
global using RestReplicas.Cluster.Tests.Load;
