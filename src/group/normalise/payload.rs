//! Folds JSON objects (and the dictionaries that Python prints) echoed in a message.
//! Leaves out messages that are JSON themselves: `entry` reads those as fields.

use std::borrow::Cow;

use crate::pattern::Words;

/// Replaces each echoed object by `<json>`, with those of its fields that tell the fault.
pub(super) fn fold<'l>(line: &'l str, words: &Words) -> Cow<'l, str> {
    if !line.contains('{') {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(open) = rest.find('{') {
        // An object that is never closed was cut off: all of it is payload, if it is one at all.
        let length = closing(&rest[open..]).unwrap_or(rest.len() - open);
        let body = &rest[open..open + length];
        out.push_str(&rest[..open]);
        if is_object(body) {
            out.push_str("<json");
            let found = faults(body, words);
            if found.is_empty() && body == line.trim() {
                out.push_str(&described(body));
            }
            for (key, value) in found {
                out.push_str(&format!(" {key}={value}"));
            }
            out.push('>');
            rest = &rest[open + length..];
        } else {
            out.push('{');
            rest = &rest[open + 1..];
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Returns the length of the bracketed text that `text` begins with; quoted brackets do not count.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quote, mut escaped) = (0usize, None, false);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '{') => depth += 1,
            (None, '}') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Returns whether the text after the brace begins with a quoted key and a colon.
fn is_object(body: &str) -> bool {
    let inner = body[1..].trim_start();
    let Some(quote) = inner.chars().next().filter(|letter| matches!(letter, '"' | '\'')) else { return false };
    inner[1..].split_once(quote).is_some_and(|(_, after)| after.trim_start().starts_with(':'))
}

/// Says what an object that is all of a message holds: its sentences, else the names of its fields.
fn described(body: &str) -> String {
    const MOST: usize = 8;
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(body) else {
        // It was cut, or no JSON but what Python prints: its first name tells it from others.
        let name = body.split(['"', '\'']).nth(1).unwrap_or_default();
        return if name.is_empty() { String::new() } else { format!(" with {name}") };
    };
    let sentence = |value: &serde_json::Value| value.as_str().is_some_and(|text| text.trim().contains(' '));
    let said: Vec<_> = fields.iter().filter(|(_, value)| sentence(value)).take(MOST).collect();
    if said.is_empty() {
        let mut names: Vec<&str> = fields.keys().map(String::as_str).collect();
        names.sort_unstable();
        names.truncate(MOST);
        return format!(" with {}", names.join(", "));
    }
    let mut said: Vec<String> =
        said.into_iter().map(|(key, value)| format!(" {key}={}", value.as_str().unwrap_or_default().trim())).collect();
    said.sort_unstable();
    said.concat()
}

fn faults(body: &str, words: &Words) -> Vec<(String, String)> {
    let python = || {
        let json = body.replace('\'', "\"").replace("None", "null").replace("True", "true").replace("False", "false");
        serde_json::from_str(&json).ok()
    };
    let mut found = Vec::new();
    if let Some(value) = serde_json::from_str(body).ok().or_else(python) {
        collect(&value, words, &mut found);
    }
    found.sort();
    found
}

fn collect(value: &serde_json::Value, words: &Words, found: &mut Vec<(String, String)>) {
    let serde_json::Value::Object(fields) = value else { return };
    for (key, value) in fields {
        match value {
            serde_json::Value::String(text) if words.is_fault(key) => found.push((key.clone(), text.clone())),
            serde_json::Value::Number(number) if words.is_fault(key) => found.push((key.clone(), number.to_string())),
            _ => collect(value, words, found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::described;

    #[test]
    fn an_object_that_is_the_whole_message_is_told_by_what_it_holds() {
        let check = |body: &str, expect: &str| assert_eq!(described(body), expect, "{body}");
        check(r#"{"order":7,"what":"no mill turns","at":"dawn"}"#, " what=no mill turns");
        check(r#"{"order":7,"mill":"left"}"#, " with mill, order");
        check(r#"{"order":7,"mill":{"side":"#, " with order");
        check("{'order': 7}", " with order");
    }
}
