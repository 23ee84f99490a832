//! Short ways to ask a JSON object for what logs usually hold.
//! Leaves out meaning: which key says what is decided by the rooms that ask.

use serde_json::{Map, Value};

/// A JSON object as serde_json holds it.
pub(crate) type Object = Map<String, Value>;

/// Returns the first of `keys` that holds a string with something in it.
pub(crate) fn text<'a>(object: &'a Object, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| object.get(*key).and_then(Value::as_str).filter(|text| !text.trim().is_empty()))
}

/// Returns the first of `keys` that holds an object.
pub(crate) fn object<'a>(object: &'a Object, keys: &[&str]) -> Option<&'a Object> {
    keys.iter().find_map(|key| object.get(*key).and_then(Value::as_object))
}

/// Returns the first of `keys` that holds anything but null.
pub(crate) fn value<'a>(object: &'a Object, keys: &[&str]) -> Option<&'a Value> {
    keys.iter().find_map(|key| object.get(*key).filter(|value| !value.is_null()))
}

/// Returns a scalar as text: strings as they are, numbers and booleans as JSON writes them.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// Returns the first of `keys` that holds a string or a number, as text.
pub(crate) fn scalar_of(object: &Object, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| object.get(*key).and_then(scalar))
}

/// Returns the first of `keys` that holds a whole number, also one written as a string or as `85.0`.
pub(crate) fn integer(object: &Object, keys: &[&str]) -> Option<i64> {
    keys.iter().find_map(|key| match object.get(*key)? {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    })
}

/// Returns an owned copy of the first of `keys` that holds a string with something in it.
pub(crate) fn owned(object: &Object, keys: &[&str]) -> Option<String> {
    text(object, keys).map(str::to_owned)
}

fn whole(number: f64) -> Option<i64> {
    // Beyond 2^53 a float names no whole number exactly.
    (number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0).then_some(number as i64)
}
