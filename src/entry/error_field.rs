//! Reads an exception that a payload names in a field, and the stack trace beside it.
//! Leaves out healthy entries with a field of that name: a value type such as `str` is no exception.

use super::json::Value;
use super::json_access::{scalar_of, text};
use super::json_object::{Name, keys, names};
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
    keys!["error", "exception", "err"].iter().find_map(|key| {
        let field = payload.named(key)?.as_object()?;
        let type_name = text(field, keys!["type", "name", "class"])?.trim();
        let message = scalar_of(field, keys!["value", "message", "msg"])?;
        is_exception_type(type_name)
            .then(|| ErrorField { type_name: type_name.to_owned(), message: message.into_owned() })
    })
}

/// Reads the stack trace of a payload: a text of several lines in a field of its own.
pub(crate) fn stack_trace(payload: &Object) -> Option<String> {
    const KEYS: [Name; 12] = names([
        "stack_trace",
        "stackTrace",
        "stack",
        "traceback",
        "exc_info",
        "exc_text",
        "exception",
        "error.stack_trace",
        "error.stack",
        "stacktrace",
        "stackdriver.stack",
        "exception.stacktrace",
    ]);
    const INNER: [Name; 5] = names(["stack", "stack_trace", "stackTrace", "traceback", "stacktrace"]);
    KEYS.iter().find_map(|key| payload.named(key)?.as_str().and_then(lines)).or_else(|| {
        keys!["error", "err", "exception", "exc_info", "thrown"].iter().find_map(|key| {
            let field = payload.named(key)?.as_object()?;
            INNER.iter().find_map(|key| inner(field.named(key)?))
        })
    })
}

/// Returns the message of an `error` field that is a plain text.
pub(crate) fn plain<'v>(payload: &'v Object<'_>) -> Option<&'v str> {
    text(payload, keys!["error", "err"])
        .map(str::trim)
        .filter(|text| !matches!(*text, "" | "null" | "None" | "<nil>" | "nil" | "false"))
}

fn inner(trace: &Value<'_>) -> Option<String> {
    match trace {
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

    fn check(payload: serde_json::Value, expect: Option<(&str, &str)>) {
        let object = Value::from(&payload);
        let found = object.as_object().and_then(read).map(|field| (field.type_name, field.message));
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
