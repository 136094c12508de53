using System.ComponentModel.DataAnnotations;

namespace RestReplicas.Documents;

/// <summary>Section <c>Documents</c>: how large things may be. The same on every node, or a redirect may surprise.</summary>
public sealed record DocumentOptions
{
    public const string Section = "Documents";

    /// <summary>Bytes of one document. 1 KiB to 16 MiB; default 1 MiB.</summary>
    [Range(1024, 16 * 1024 * 1024)]
    public int MaxBytes { get; set; } = 1024 * 1024;

    /// <summary>Objects and arrays inside each other, the document itself included. 1 to 512; default 64.</summary>
    [Range(1, 512)]
    public int MaxDepth { get; set; } = 64;

    /// <summary>Operations of one batch. 1 to 10,000; default 1,000.</summary>
    [Range(1, 10_000)]
    public int MaxBatchOperations { get; set; } = 1000;

    /// <summary>Bytes of one batch, and of all documents that it stores, together. 1 KiB to 64 MiB; default 4 MiB.</summary>
    [Range(1024, 64 * 1024 * 1024)]
    public int MaxBatchBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Operations of one JSON Patch. 1 to 100,000; default 1,000.</summary>
    [Range(1, 100_000)]
    public int MaxPatchOperations { get; set; } = 1000;

    /// <summary>Documents on a page where the client names no <c>limit</c>. 1 to 1,000; default 100.</summary>
    [Range(1, 1000)]
    public int PageSize { get; set; } = 100;

    /// <summary>The largest <c>limit</c> that a client may name. 1 to 10,000; default 1,000.</summary>
    [Range(1, 10_000)]
    public int MaxPageSize { get; set; } = 1000;

    /// <summary>
    /// Documents that are read for one page, at most. Where a filter finds fewer than a page among so many, the page is
    /// what it found; a sort that would have to look at more, and that no index serves, is refused. 100 to 100,000,000;
    /// default 100,000.
    /// </summary>
    [Range(100, 100_000_000)]
    public int MaxScan { get; set; } = 100_000;

    /// <summary>Bytes of documents that are read for one page, in the same sense. 1 MiB to 64 GiB; default 256 MiB.</summary>
    [Range(1L << 20, 1L << 36)]
    public long MaxScanBytes { get; set; } = 256L << 20;
}
