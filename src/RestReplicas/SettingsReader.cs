using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Reflection;

namespace RestReplicas;

/// <summary>
/// Fills options from configuration and keeps every fault: keys that nobody reads, values of the wrong kind, values out of
/// range. Values are not repeated in faults, because some are secrets.
/// </summary>
public sealed class SettingsReader(IConfiguration configuration)
{
    private readonly List<string> _faults = [];
    private readonly HashSet<string> _faulty = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _sections = [];

    public IReadOnlyList<string> Faults => _faults;

    /// <summary>Something has been said about this key already.</summary>
    public bool IsFaulty(string key) => _faulty.Contains(key);

    public T Section<T>(string name)
        where T : class, new()
    {
        _sections.Add(name);
        var options = new T();
        var section = configuration.GetSection(name);
        var properties = typeof(T).GetProperties().Where(p => p.SetMethod is not null).ToDictionary(p => p.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var child in section.GetChildren())
        {
            if (properties.TryGetValue(child.Key, out var property))
            {
                Bind(options, property, child, $"{name}:{property.Name}");
            }
            else
            {
                Refuse($"{name}:{child.Key}", $"is not a setting.{Spelling.Suggest(child.Key, properties.Keys, $" Did you mean {name}:{{0}}?")}");
            }
        }

        foreach (var property in properties.Values)
        {
            CheckRange(property.GetValue(options), property, $"{name}:{property.Name}");
        }

        CheckTogether(options, name);
        return options;
    }

    /// <summary>To be called when all sections are read: a whole section under a wrong name would be ignored in silence.</summary>
    public void LookForMisspeltSections()
    {
        foreach (var child in configuration.GetChildren().Where(c => c.GetChildren().Any()))
        {
            if (!_sections.Contains(child.Key, StringComparer.OrdinalIgnoreCase)
                && Spelling.Suggest(child.Key, _sections, " Did you mean {0}?") is { Length: > 0 } hint)
            {
                Refuse(child.Key, $"is not a section.{hint}");
            }
        }
    }

    private void Bind(object options, PropertyInfo property, IConfigurationSection value, string key)
    {
        var many = property.PropertyType != typeof(string) && property.PropertyType.IsAssignableTo(typeof(IEnumerable));
        var hasChildren = value.GetChildren().Any();
        if (many ? value.Value is { Length: > 0 } : hasChildren)
        {
            Refuse(key, many ? $"takes several values, each under a number or name of its own: {key}:0." : "takes one value.");
            return;
        }

        if (!hasChildren && value.Value is null)
        {
            return; // null, or an empty list: the default
        }

        try
        {
            property.SetValue(options, value.Get(property.PropertyType) ?? property.GetValue(options));
        }
        catch (InvalidOperationException)
        {
            Refuse(key, $"is not {Kind(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType)}.");
        }
    }

    private void CheckRange(object? value, PropertyInfo property, string key)
    {
        if (IsFaulty(key))
        {
            return;
        }

        foreach (var rule in property.GetCustomAttributes<ValidationAttribute>().OrderByDescending(rule => rule is RequiredAttribute))
        {
            if (!rule.IsValid(value))
            {
                Refuse(key, Sentence(rule, value));
                return;
            }
        }
    }

    private void CheckTogether(object options, string section)
    {
        if (options is not IValidatableObject whole)
        {
            return;
        }

        foreach (var result in whole.Validate(new(options)))
        {
            var keys = result.MemberNames.Select(member => $"{section}:{member}").ToList();
            if (!keys.Any(IsFaulty))
            {
                keys.ForEach(key => _faulty.Add(key));
                _faults.Add(result.ErrorMessage ?? $"{section} is not valid.");
            }
        }
    }

    private static string Sentence(ValidationAttribute rule, object? value) => rule switch
    {
        RequiredAttribute => "is required.",
        RangeAttribute range => $"must be from {range.Minimum} to {range.Maximum}.",
        MinLengthAttribute { Length: var least } when value is string => $"must have at least {least} characters.",
        MinLengthAttribute { Length: var least } => $"needs at least {least}.",
        MaxLengthAttribute { Length: var most } => $"takes at most {most}.",
        RegularExpressionAttribute { Pattern: var pattern } => $"must match {pattern}.",
        UrlAttribute => "must be a URL: http://127.0.0.1:8081.",
        EnumDataTypeAttribute { EnumType: var type } => $"is not {Kind(type)}.",
        _ => rule.FormatErrorMessage("It"),
    };

    private static string Kind(Type type) =>
        type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(type))}"
        : type == typeof(TimeSpan) ? "a duration (hh:mm:ss.fff)"
        : type == typeof(bool) ? "true or false"
        : "a whole number";

    private void Refuse(string key, string predicate)
    {
        _faulty.Add(key);
        _faults.Add($"{key} {predicate}");
    }
}
