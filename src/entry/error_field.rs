//! Reads an exception that a payload names in a field, and the stack trace beside it.
//! Leaves out healthy entries with a field of that name: a value type such as `str` is no exception.

use serde_json::Value;

use super::json_access::{object, scalar_of, text, value};
use super::{ErrorField, Object, line_end};

/// Types of values, not of exceptions; loggers that wrap any value write them into the same field.
const VALUE_TYPES: [&str; 12] = [
    "None",
    "NoneType",
    "String",
    "Object",
    "Number",
    "Boolean",
    "Array",
    "Dict",
    "List",
    "Integer",
    "Unknown",
    "Undefined",
];

/// Reads `error: {type, value}` in its usual spellings.
pub(crate) fn read(payload: &Object) -> Option<ErrorField> {
    ["error", "exception", "err"].iter().find_map(|key| {
        let field = object(payload, &[key])?;
        let type_name = text(field, &["type", "name", "class"])?.trim();
        let message = scalar_of(field, &["value", "message", "msg"])?;
        is_exception_type(type_name).then(|| ErrorField { type_name: type_name.to_owned(), message })
    })
}

/// Reads the stack trace of a payload: a text of several lines in a field of its own.
pub(crate) fn stack_trace(payload: &Object) -> Option<String> {
    const KEYS: [&str; 9] = [
        "stack_trace",
        "stackTrace",
        "stack",
        "traceback",
        "exc_info",
        "exc_text",
        "exception",
        "error.stack_trace",
        "error.stack",
    ];
    const INNER: [&str; 5] = ["stack", "stack_trace", "stackTrace", "traceback", "stacktrace"];
    KEYS.iter()
        .chain(&["stacktrace", "stackdriver.stack", "exception.stacktrace"])
        .find_map(|key| text(payload, &[key]).and_then(lines))
        .or_else(|| {
            ["error", "err", "exception", "exc_info", "thrown"].iter().find_map(|key| {
                object(payload, &[key]).and_then(|field| INNER.iter().find_map(|key| inner(field, key)))
            })
        })
}

/// Returns the message of an `error` field that is a plain text.
pub(crate) fn plain(payload: &Object) -> Option<&str> {
    text(payload, &["error", "err"])
        .map(str::trim)
        .filter(|text| !matches!(*text, "" | "null" | "None" | "<nil>" | "nil" | "false"))
}

fn inner(field: &Object, key: &str) -> Option<String> {
    match value(field, &[key])? {
        Value::String(text) => lines(text),
        // Some loggers write one string a line.
        Value::Array(parts) => {
            let parts: Vec<&str> =
                parts.iter().filter_map(Value::as_str).map(|line| line.trim_end_matches('\n')).collect();
            (parts.len() > 1).then(|| parts.join("\n"))
        }
        _ => None,
    }
}

fn lines(text: &str) -> Option<String> {
    let clean = super::ansi::strip(text);
    let restored = line_end::restore(&clean);
    restored.trim_end().contains('\n').then(|| restored.trim_end().to_owned())
}

fn is_exception_type(name: &str) -> bool {
    let last = name.rsplit(['.', ':', '$', '\\']).next().unwrap_or(name);
    let named = name.chars().all(|c| c.is_alphanumeric() || "._:$\\".contains(c));
    let camel = last.starts_with(|c: char| c.is_uppercase()) && last.chars().any(char::is_lowercase);
    named && camel && !VALUE_TYPES.contains(&last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(payload: Value, expect: Option<(&str, &str)>) {
        let object = payload.as_object().cloned().unwrap_or_default();
        let found = read(&object).map(|field| (field.type_name, field.message));
        assert_eq!(found, expect.map(|(a, b)| (a.to_owned(), b.to_owned())), "{payload}");
    }

    #[test]
    fn exceptions_and_values() {
        check(
            json!({"error": {"type": "ModuleNotFoundError", "value": "No module", "traceback": null}}),
            Some(("ModuleNotFoundError", "No module")),
        );
        check(json!({"err": {"name": "TypeError", "msg": "x"}}), Some(("TypeError", "x")));
        check(
            json!({"exception": {"class": "java.lang.IllegalStateException", "message": "x"}}),
            Some(("java.lang.IllegalStateException", "x")),
        );
        check(
            json!({"error": {"type": "str", "message": "Missing field", "severity": "ERROR", "traceback": ""}}),
            None,
        );
        check(json!({"error": {"type": "builtins.dict", "message": "x"}}), None);
        check(json!({"error": {"type": "NoneType", "message": "x"}}), None);
        check(json!({"error": {"type": "ValueError", "value": null}}), None);
        check(json!({"error": "text"}), None);
    }
}
