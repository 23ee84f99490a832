//! Finds the values of the fields that a user names as telling a person, wherever they stand in a record.
//! Leaves out what becomes of them.

use super::Object;
use super::json::Value;

/// More values tell nobody apart.
const MOST: usize = 16;
/// Fields deeper than this are not looked at.
const DEEPEST: usize = 8;

/// Returns the fields of `record` whose name is one of `names` (the last part counts), with their values.
pub(crate) fn read(record: &Object, names: &[String]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if !names.is_empty() {
        look(record, names, 0, &mut found);
    }
    found
}

fn look(object: &Object, names: &[String], depth: usize, found: &mut Vec<(String, String)>) {
    for (key, value) in object.iter() {
        if found.len() >= MOST {
            return;
        }
        let is_named = || names.iter().any(|name| name.rsplit('.').next().unwrap_or(name).eq_ignore_ascii_case(key));
        match value {
            Value::Object(inner) if depth < DEEPEST => look(inner, names, depth + 1, found),
            Value::String(text) if !text.is_empty() && is_named() => found.push((key.to_owned(), text.to_string())),
            Value::Number(number) if is_named() => found.push((key.to_owned(), number.to_string())),
            _ => {}
        }
    }
}
