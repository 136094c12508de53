namespace RestReplicas.Local.Verification;

/// <summary>What the user asked for, checked.</summary>
/// <param name="Keys">Documents in use at a time.</param>
internal sealed record VerifyPlan(IReadOnlyList<Uri> Nodes, TimeSpan Length, int Seed, int Concurrency, int Keys)
{
    /// <summary>Sent with every request, if set. From the environment: unlike arguments, other users of the machine cannot read it.</summary>
    public static readonly IReadOnlyDictionary<string, string> Credentials = new Dictionary<string, string>
    {
        ["RESTREPLICAS_API_KEY"] = "X-Api-Key",
        ["RESTREPLICAS_AUTHORIZATION"] = "Authorization",
    };

    /// <summary>A client that knows the credentials, and takes redirects for answers.</summary>
    public static HttpClient Client(TimeSpan patience, Uri? node = null)
    {
        var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
        {
            Timeout = patience,
            BaseAddress = node,
        };
        foreach (var (variable, header) in Credentials)
        {
            if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value)
            {
                http.DefaultRequestHeaders.TryAddWithoutValidation(header, value);
            }
        }

        return http;
    }
}
