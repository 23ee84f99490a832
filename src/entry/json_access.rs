//! Short ways to ask a JSON object for what logs usually hold.
//! Leaves out meaning: which key says what is decided by the rooms that ask.

use std::borrow::Cow;

use super::json::Value;
use super::json_object::{Name, Object};

/// Returns the first of `keys` that holds a string with something in it.
#[inline]
pub(crate) fn text<'v>(object: &'v Object<'_>, keys: &[Name]) -> Option<&'v str> {
    keys.iter().find_map(|key| object.named(key).and_then(stated))
}

/// Returns the first of `keys` that holds an object.
#[inline]
pub(crate) fn object<'v, 'a>(object: &'v Object<'a>, keys: &[Name]) -> Option<&'v Object<'a>> {
    keys.iter().find_map(|key| object.named(key).and_then(Value::as_object))
}

/// Returns the first of `keys` that holds anything but null.
#[inline]
pub(crate) fn value<'v, 'a>(object: &'v Object<'a>, keys: &[Name]) -> Option<&'v Value<'a>> {
    keys.iter().find_map(|key| object.named(key).filter(|value| !value.is_null()))
}

/// Returns a scalar as text: strings as they are, numbers and booleans as JSON writes them.
pub(crate) fn scalar<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    match value {
        Value::String(text) if is_stated(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
        _ => None,
    }
}

/// Returns the first of `keys` that holds a string or a number, as text.
#[inline]
pub(crate) fn scalar_of<'v>(object: &'v Object<'_>, keys: &[Name]) -> Option<Cow<'v, str>> {
    keys.iter().find_map(|key| object.named(key).and_then(scalar))
}

/// Returns the first of `keys` that holds a whole number, also one written as a string or as `85.0`.
#[inline]
pub(crate) fn integer(object: &Object<'_>, keys: &[Name]) -> Option<i64> {
    keys.iter().find_map(|key| object.named(key).and_then(as_integer))
}

/// Returns an owned copy of the first of `keys` that holds a string with something in it.
#[inline]
pub(crate) fn owned(object: &Object<'_>, keys: &[Name]) -> Option<String> {
    text(object, keys).map(str::to_owned)
}

fn as_integer(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn stated<'v>(value: &'v Value<'_>) -> Option<&'v str> {
    value.as_str().filter(|text| is_stated(text))
}

/// Whether a text says anything; most begin with a letter or a digit.
fn is_stated(text: &str) -> bool {
    text.as_bytes().first().is_some_and(u8::is_ascii_graphic) || !text.trim().is_empty()
}

fn whole(number: f64) -> Option<i64> {
    // Beyond 2^53 a float names no whole number exactly.
    (number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0).then_some(number as i64)
}
