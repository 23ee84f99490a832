//! Brings the fields of a logfmt message into one order.
//! Leaves out their meaning: `entry` reads level and time from them.

use std::borrow::Cow;

/// Sorts the message by key if all of it is `key=value`; returns it unchanged otherwise.
pub(super) fn sort(line: &str) -> Cow<'_, str> {
    // Most messages begin with a word.
    let first = line.split(' ').next().unwrap_or(line);
    if !first.contains('=') {
        return Cow::Borrowed(line);
    }
    let mut fields = Vec::new();
    let (mut from, mut quoted) = (0, false);
    for (at, letter) in line.char_indices() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => {
                fields.push(&line[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    fields.push(&line[from..]);
    if fields.len() < 2 || !fields.iter().all(|field| is_field(field)) {
        return Cow::Borrowed(line);
    }
    fields.sort_unstable();
    Cow::Owned(fields.join(" "))
}

fn is_field(text: &str) -> bool {
    text.split_once('=').is_some_and(|(key, _)| {
        !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-@".contains(&byte))
    })
}
