using RestReplicas.Protocol;

namespace RestReplicas.Storage;

// Filling and clearing, a little at a time.
internal sealed partial class IndexContents
{
    /// <summary>Goes on with one of those that are to be filled or cleared. Throws <see cref="DamagedStateException"/>.</summary>
    public void Work(Func<bool> isOver)
    {
        Load();
        var content = _unfinished[0];
        if (content.State == IndexState.Clearing)
        {
            Clear(content, isOver);
        }
        else
        {
            Fill(content, isOver);
        }
    }

    private void Fill(Content content, Func<bool> isOver)
    {
        _rows.Bind(1, content.Collection!).Bind(2, content.Filled);
        try
        {
            var isThere = _rows.Step();
            while (isThere)
            {
                var id = _rows.Text(1);
                var body = _rows.Blob(6);
                var version = new Position(new(_rows.Long(2)), _rows.Long(3));
                if (_rows.Sum(5) != RowHash.OfDocument(content.Collection!, id, version, _rows.Long(4), body))
                {
                    throw Damage.Document(content.Collection!, id);
                }

                Add(content, KeyOf(body, content), id, _rows.Long(0));
                (content.Filled, content.Documents) = (id, content.Documents + 1);
                if (isOver())
                {
                    break;
                }

                isThere = _rows.Step();
            }

            if (!isThere)
            {
                content.State = IndexState.Complete;
                _unfinished.Remove(content);
            }
        }
        finally
        {
            _rows.Reset();
        }

        Keep(content);
    }

    private void Clear(Content content, Func<bool> isOver)
    {
        do
        {
            _clear.Bind(1, content.Number).Run();
        }
        while (_clear.Changed == ClearedAtOnce && !isOver());

        if (_clear.Changed == ClearedAtOnce)
        {
            return;
        }

        if (content.Collection is null)
        {
            _drop.Bind(1, content.Number).Run();
            _unfinished.Remove(content);
            return;
        }

        (content.State, content.Filled, content.Documents) = (IndexState.Filling, "", 0);
        Keep(content);
    }
}
