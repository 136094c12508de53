using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace RestReplicas.Protocol.Tests.Simulation.Planting;

/// <summary>
/// Compiles the protocol and the simulated world into one assembly, with a fault in it: the product carries no switch for
/// faults, and what is tested is its very source.
/// </summary>
internal static class Nursery
{
    private const string ImplicitUsings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Threading; global using System.Threading.Tasks;
        """;

    private static readonly string Root = Path.GetFullPath(Path.Combine(ThisFile(), "../../../../.."));

    private static readonly ImmutableArray<MetadataReference> References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    private static readonly IReadOnlyList<(string Name, SyntaxTree Tree)> Sources =
    [
        ("usings", CSharpSyntaxTree.ParseText(ImplicitUsings)),
        .. Directory.GetFiles(Path.Combine(Root, "src/RestReplicas.Protocol"), "*.cs")
            .Concat(Directory.GetFiles(Path.Combine(Root, "tests/RestReplicas.Protocol.Tests/Simulation"), "*.cs"))
            .Concat(Directory.GetFiles(Path.Combine(Root, "tests/RestReplicas.Protocol.Tests/Simulation/Checks"), "*.cs"))
            .Where(path => Path.GetFileName(path) != "SimulationTests.cs")
            .Select(path => (Path.GetFileName(path), CSharpSyntaxTree.ParseText(File.ReadAllText(path), path: path))),
    ];

    /// <summary>Runs a world of that assembly; returns what was violated, or null.</summary>
    public static Func<ulong, long, string?> Grow(PlantedFault fault)
    {
        var planted = 0;
        var trees = Sources.Select(source =>
        {
            if (source.Name != fault.File)
            {
                return source.Tree;
            }

            var text = source.Tree.ToString();
            Assert.True(text.Contains(fault.Find, StringComparison.Ordinal), $"{fault.File} has changed: {fault.Find}");
            planted++;
            return CSharpSyntaxTree.ParseText(text.Replace(fault.Find, fault.Replace, StringComparison.Ordinal), path: source.Tree.FilePath);
        }).ToList();
        Assert.Equal(1, planted);
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release);
        using var image = new MemoryStream();
        var result = CSharpCompilation.Create($"Planted-{fault.File}-{fault.Find.Length}", trees, References, options).Emit(image);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error)));
        image.Position = 0;
        var assembly = new AssemblyLoadContext(fault.Name, isCollectible: true).LoadFromStream(image);
        var run = assembly.GetType("RestReplicas.Protocol.Tests.Simulation.World")!.GetMethod("Judge", BindingFlags.Public | BindingFlags.Static)!;
        return run.CreateDelegate<Func<ulong, long, string?>>();
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
