namespace RestReplicas.Documents;

/// <summary>
/// Makes a <see cref="Problem"/> of every error that no route worded: unknown routes and methods, requests that Kestrel
/// refuses while they are read, and bugs.
/// </summary>
public static partial class ProblemPages
{
    public static IApplicationBuilder UseProblems(this IApplicationBuilder app)
    {
        Unreadable.AreAnswered(app.ApplicationServices);
        var log = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ProblemPages).FullName!);
        return app.Use((context, next) => Guard(context, next, log));
    }

    private static async Task Guard(HttpContext context, RequestDelegate next, ILogger log)
    {
        try
        {
            await next(context);
            if (IsBare(context.Response))
            {
                await Answer(context);
            }
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            // What is left of the body, if anything, is not worth waiting for.
            context.Response.Headers.Connection = "close";
            await Of(e).ExecuteAsync(context);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // Nobody is there to be answered.
            context.Abort();
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            LogBug(log, e, context.Request.Method, context.Request.Path);
            context.Response.Clear();
            await Problems.InternalError(mayHaveWritten: !Relay.IsRead(context.Request)).ExecuteAsync(context);
        }
    }

    /// <summary>A request that Kestrel refuses; nothing of it was done.</summary>
    public static Problem Of(BadHttpRequestException e) => e.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => Problems.InvalidRequest(e.StatusCode, "The body is larger than anything that is taken here.")
            with
        {
            Type = "too-large",
        },
        StatusCodes.Status408RequestTimeout => Problems.InvalidRequest(e.StatusCode, "The body came too slowly, or stopped coming."),
        StatusCodes.Status414UriTooLong => Problems.InvalidRequest(e.StatusCode, "The URL is too long: method, URL and version have at most 8,192 bytes together."),
        StatusCodes.Status431RequestHeaderFieldsTooLarge => Problems.InvalidRequest(e.StatusCode, "There are more than 64 headers, or more than 32,768 bytes of them."),
        StatusCodes.Status505HttpVersionNotsupported => Problems.InvalidRequest(e.StatusCode, "HTTP/1.1 and HTTP/1.0 are spoken here."),
        var status => Problems.InvalidRequest(status, $"The request breaks HTTP: {e.Message}"),
    };

    /// <summary>An error without a body: nobody has worded it.</summary>
    private static bool IsBare(HttpResponse response) =>
        response is { StatusCode: >= 400, HasStarted: false, ContentLength: null, ContentType: null };

    private static Task Answer(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (HttpMethods.IsOptions(request.Method) && response.StatusCode == StatusCodes.Status405MethodNotAllowed)
        {
            // What a route takes is what OPTIONS asks for (RFC 9110 §9.3.7).
            response.StatusCode = StatusCodes.Status204NoContent;
            response.Headers.Allow = $"{response.Headers.Allow}, {HttpMethods.Options}";
            return Task.CompletedTask;
        }

        return Of(request, response).ExecuteAsync(context);
    }

    private static Problem Of(HttpRequest request, HttpResponse response) => response.StatusCode switch
    {
        StatusCodes.Status404NotFound => Problems.NotFound("There is no such route. /swagger lists them all."),
        StatusCodes.Status405MethodNotAllowed => Problems.MethodNotAllowed(
            $"{request.Method} is not taken here{(response.Headers.Allow is [{ } allowed] ? $", but {allowed}" : "")}. /swagger lists all routes."),
        var status => Problems.InvalidRequest(status, "The request cannot be answered as it is."),
    };

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed: a bug")]
    private static partial void LogBug(ILogger log, Exception e, string method, string path);
}
