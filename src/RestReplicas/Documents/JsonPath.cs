using System.Globalization;
using System.Text;
using RestReplicas.Documents.Patching;

namespace RestReplicas.Documents;

/// <summary>Where a reader stands in a JSON text, and which keys each open object has had.</summary>
internal sealed class JsonPath
{
    /// <summary>Clearing a set costs its capacity: one that was large once is not kept for a million small objects.</summary>
    private const int LargestSetKept = 64;

    private readonly List<Level> _levels = [];

    /// <summary>Open objects and arrays.</summary>
    public int Depth { get; private set; }

    public void EnterObject() => Enter(index: null);

    public void EnterArray() => Enter(index: -1);

    public void Leave()
    {
        var level = _levels[--Depth];
        if (level.Names.Count > LargestSetKept)
        {
            level.Names = [];
        }
        else
        {
            level.Names.Clear();
        }
    }

    /// <summary>False: the innermost object has had this key.</summary>
    public bool NextName(string name)
    {
        var level = _levels[Depth - 1];
        level.Name = name;
        return level.Names.Add(name);
    }

    /// <summary>A value begins: in an array, the next element.</summary>
    public void NextValue()
    {
        if (Depth > 0 && _levels[Depth - 1] is { Index: { } index } level)
        {
            level.Index = index + 1;
        }
    }

    /// <summary>As a JSON Pointer (RFC 6901), cut where it grows long: <c>/lines/3/price</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var level in _levels[..Depth])
        {
            var step = level.Index is { } index
                ? (index < 0 ? null : index.ToString(CultureInfo.InvariantCulture))
                : level.Name is { } name ? JsonPointer.Escape(name) : null;
            if (step is null)
            {
                break; // nothing in it has begun
            }

            text.Append('/').Append(step);
            if (text.Length > JsonPointer.LongestShown)
            {
                break;
            }
        }

        return JsonPointer.Shorten(text.ToString());
    }

    private void Enter(int? index)
    {
        if (_levels.Count == Depth)
        {
            _levels.Add(new());
        }

        var level = _levels[Depth++];
        level.Name = null;
        level.Index = index;
    }

    private sealed class Level
    {
        public HashSet<string> Names = [];

        /// <summary>Of an object: its last key.</summary>
        public string? Name;

        /// <summary>Of an array: its last element; -1 before the first. Null: an object.</summary>
        public int? Index;
    }
}
