namespace RestReplicas.Local.Verification;

internal enum Ruling
{
    Linearizable,
    NotLinearizable,

    /// <summary>The bound of the search was reached first.</summary>
    Undecided,
}

/// <summary>
/// The search of Wing and Gong with Lowe's memory: takes any operation that nothing unfinished precedes, as the next to
/// take effect, goes back where that leads nowhere, and never twice into the same set of done operations with the same value.
/// </summary>
internal static class Linearizability
{
    private const int MostVisited = 1_000_000;

    /// <summary>One key's history, from an absent document on.</summary>
    public static Ruling Judge(IEnumerable<Operation> history)
    {
        var operations = history.ToList();
        var versions = new Dictionary<Spot, string>();
        var seen = new Dictionary<string, TimeSpan>();
        foreach (var operation in operations.Where(o => o is { Ending: Ending.Done, Value: not null }))
        {
            if ((operation.Writes ? operation.At : operation.Version) is { } version)
            {
                versions[version] = operation.Value!;
            }

            if (!operation.Writes && !(seen.TryGetValue(operation.Value!, out var first) && first <= operation.Ended))
            {
                seen[operation.Value!] = operation.Ended;
            }
        }

        var transitions = operations
            .Select(o => Transition.Of(o, at => versions.GetValueOrDefault(at), value => seen.TryGetValue(value, out var at) ? at : null))
            .OfType<Transition>()
            .ToList();

        // Writes that may never have happened only make the search long; mostly it succeeds without them.
        var ruling = Search(transitions.Where(t => t.Required));
        return ruling == Ruling.Linearizable || transitions.TrueForAll(t => t.Required) ? ruling : Search(transitions);
    }

    public static Ruling Search(IEnumerable<Transition> history)
    {
        var all = history.OrderBy(t => t.Sent).ToArray();
        var head = Events(all);
        var left = all.Count(t => t.Required);
        var done = new char[(all.Length + 15) / 16];
        var visited = new HashSet<string>();
        var path = new Stack<(Event Call, string? Before)>();
        string? value = null;
        for (var at = head.Next; left > 0;)
        {
            if (at is { IsCall: true })
            {
                var taken = all[at.Operation];
                if (taken.Allows(value))
                {
                    var after = taken.Changes ? taken.Leaves : value;
                    Flip(done, at.Operation);
                    if (visited.Add($"{new string(done)}{(after is null ? "-" : "+")}{after}"))
                    {
                        if (visited.Count > MostVisited)
                        {
                            return Ruling.Undecided;
                        }

                        path.Push((at, value));
                        value = after;
                        left -= taken.Required ? 1 : 0;
                        at.Lift();
                        at = head.Next;
                        continue;
                    }

                    Flip(done, at.Operation);
                }

                at = at.Next;
                continue;
            }

            // Something has ended that could not take effect in time: the last choice was wrong.
            if (!path.TryPop(out var last))
            {
                return Ruling.NotLinearizable;
            }

            Flip(done, last.Call.Operation);
            left += all[last.Call.Operation].Required ? 1 : 0;
            value = last.Before;
            last.Call.Unlift();
            at = last.Call.Next;
        }

        return Ruling.Linearizable;
    }

    private static void Flip(char[] bits, int index) => bits[index / 16] ^= (char)(1 << (index % 16));

    /// <summary>Calls and returns by time; at the same time calls first, which rules nothing out wrongly.</summary>
    private static Event Events(Transition[] all)
    {
        var events = new List<(TimeSpan Time, Event Event)>();
        for (var i = 0; i < all.Length; i++)
        {
            var ended = new Event(i, null);
            events.Add((all[i].Sent, new Event(i, ended)));
            events.Add((all[i].Ended, ended));
        }

        var head = new Event(-1, null);
        var last = head;
        foreach (var (_, next) in events.OrderBy(e => e.Time).ThenBy(e => e.Event.IsCall ? 0 : 1))
        {
            last.Next = next;
            next.Previous = last;
            last = next;
        }

        return head;
    }

    /// <param name="end">Of a call; null: it is a return itself.</param>
    private sealed class Event(int operation, Event? end)
    {
        public int Operation => operation;

        public bool IsCall => end is not null;

        public Event? Previous { get; set; }

        public Event? Next { get; set; }

        /// <summary>Call and return leave the list.</summary>
        public void Lift()
        {
            Unlink();
            end!.Unlink();
        }

        /// <summary>In the opposite order of lifting.</summary>
        public void Unlift()
        {
            end!.Link();
            Link();
        }

        private void Unlink()
        {
            Previous!.Next = Next;
            Next?.Previous = Previous;
        }

        private void Link()
        {
            Previous!.Next = this;
            Next?.Previous = this;
        }
    }
}
