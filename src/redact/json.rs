//! Redaction inside JSON: strings are decoded, redacted and encoded again, everything else stays byte for byte.
//! Leaves out whether a line is JSON at all.

use std::borrow::Cow;

use crate::pattern::{KeyState, Redactions, Tally};

/// Fields whose values evidence is looked up by.
const IDS: [&str; 12] = [
    "insertId",
    "insert_id",
    "logName",
    "log_name",
    "spanId",
    "span_id",
    "trace",
    "trace_id",
    "timestamp",
    "receiveTimestamp",
    "logging.googleapis.com/trace",
    "logging.googleapis.com/spanId",
];

/// Fields that say how the value beside them is called: a header, a variable of an environment.
const NAMING: [&str; 5] = ["name", "key", "header", "k", "field"];
/// Fields that hold the value which another field or the object itself names.
const NAMED: [&str; 7] = ["value", "values", "v", "val", "plaintext", "raw", "text"];

/// A string or another scalar of a line, with the field that it stands in.
struct Scalar<'l> {
    start: usize,
    end: usize,
    text: Cow<'l, str>,
    field: Option<usize>,
    is_string: bool,
    is_key: bool,
    /// The object or list around it.
    around: usize,
    /// The string before it in the same list.
    before: Option<usize>,
}

/// An object or a list.
#[derive(Default)]
struct Around {
    is_list: bool,
    /// The key whose value it is, its own or that of the list around it.
    field: Option<usize>,
    /// The scalar that names the value in it.
    naming: Option<usize>,
    /// The last string of a list.
    last: Option<usize>,
}

/// Returns the line with its strings redacted; nothing if it is no part of a JSON document.
///
/// A value without a field stands in `outer`, the list that an earlier line began; `key` follows private keys over lines.
pub(super) fn line(
    line: &str,
    outer: Option<&str>,
    key: &mut KeyState,
    rules: &Redactions,
    tally: &mut Tally,
) -> Option<String> {
    let (scalars, around) = scalars(line)?;
    let outer = outer.unwrap_or("");
    let text = |at: usize| &*scalars[at].text;
    let name = |scalar: &Scalar<'_>| {
        let around = &around[scalar.around];
        match scalar.field.map(text) {
            Some(field) if NAMED.iter().any(|named| named.eq_ignore_ascii_case(field)) => {
                around.naming.or(around.field).map_or(field, text)
            }
            Some(field) => field,
            None if scalar.is_key => "",
            None if around.is_list => {
                let named = scalar.before.map(text).filter(|before| rules.names(before, &scalar.text, true));
                named.or(around.field.map(text)).unwrap_or(outer)
            }
            None => outer,
        }
    };
    let mut people = Vec::new();
    if !rules.fields().is_empty() {
        for scalar in scalars.iter().filter(|scalar| !scalar.is_key) {
            if rules.person(name(scalar), &scalar.text, &mut Tally::default()).is_some() {
                people.push((name(scalar).to_string(), scalar.text.to_string()));
            }
            rules.people(&scalar.text, &mut people);
        }
    }
    let quiet = key.quiet();
    let (mut out, mut done) = (String::with_capacity(line.len()), 0);
    for scalar in &scalars {
        let Some(redacted) = redacted(scalar, name(scalar), &people, key, rules, tally) else { continue };
        out.push_str(&line[done..scalar.start]);
        out.push_str(&serde_json::to_string(&redacted).unwrap_or_else(|_| "\"\"".to_string()));
        done = scalar.end;
    }
    key.line_ends(quiet);
    out.push_str(&line[done..]);
    Some(out)
}

fn redacted(
    scalar: &Scalar<'_>,
    name: &str,
    people: &[(String, String)],
    key: &mut KeyState,
    rules: &Redactions,
    tally: &mut Tally,
) -> Option<String> {
    let text = &*scalar.text;
    let is_id = IDS.contains(&name) && !text.contains(char::is_whitespace);
    if scalar.is_key || is_id {
        let redacted = if is_id { rules.redact_id(text, tally) } else { rules.redact(text, tally) };
        return matches!(redacted, Cow::Owned(_)).then(|| redacted.into_owned());
    }
    // A short number is no personal datum, but for the fields that the settings name.
    if !scalar.is_string
        && text.len() < 10
        && !rules.names(name, text, false)
        && !people.iter().any(|(_, value)| value == text)
    {
        return None;
    }
    if let Some(mark) = rules.person(name, text, tally) {
        return Some(mark);
    }
    let mut changed = match scalar.is_string {
        true => Some(rules.follow_key(text, None, key, tally)).filter(|text| matches!(text, Cow::Owned(_))),
        false => None,
    }
    .map(Cow::into_owned);
    for (field, value) in people {
        if let Some(replaced) = rules.replaced_person(changed.as_deref().unwrap_or(text), field, value, tally) {
            changed = Some(replaced);
        }
    }
    let last = rules.redact_value(name, changed.as_deref().unwrap_or(text), tally);
    match last {
        Cow::Owned(redacted) => Some(redacted),
        Cow::Borrowed(_) => changed,
    }
}

/// Returns the scalars of a line and what they stand in; nothing if a string in it has no end.
fn scalars(line: &str) -> Option<(Vec<Scalar<'_>>, Vec<Around>)> {
    let bytes = line.as_bytes();
    let mut scalars: Vec<Scalar<'_>> = Vec::new();
    let (mut all, mut open) = (vec![Around::default()], vec![0]);
    let (mut at, mut field) = (0, None);
    while at < bytes.len() {
        let around = open.last().copied().unwrap_or(0);
        let before = all[around].last;
        match bytes[at] {
            b'"' => {
                let end = string_end(bytes, at)?;
                let raw = &line[at + 1..end - 1];
                let text = match raw.contains('\\') {
                    true => Cow::Owned(serde_json::from_str::<String>(&line[at..end]).ok()?),
                    false => Cow::Borrowed(raw),
                };
                let next = bytes[end..].iter().find(|byte| !byte.is_ascii_whitespace());
                let is_key = next == Some(&b':');
                let names = field.is_some_and(|at: usize| {
                    NAMING.iter().any(|naming| naming.eq_ignore_ascii_case(&scalars[at].text))
                });
                scalars.push(Scalar { start: at, end, text, field, is_string: true, is_key, around, before });
                if names {
                    all[around].naming = Some(scalars.len() - 1);
                }
                if all[around].is_list {
                    all[around].last = Some(scalars.len() - 1);
                }
                field = is_key.then(|| scalars.len() - 1);
                at = end;
            }
            b'0'..=b'9' | b'-' => {
                let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-');
                let end = at + bytes[at..].iter().take_while(|byte| part(byte)).count();
                let text = Cow::Borrowed(&line[at..end]);
                scalars.push(Scalar { start: at, end, text, field, is_string: false, is_key: false, around, before });
                at = end;
            }
            opening @ (b'{' | b'[') => {
                let outer = all[around].is_list.then_some(all[around].field).flatten();
                let is_list = opening == b'[';
                all.push(Around { is_list, field: field.or(outer), ..Around::default() });
                open.push(all.len() - 1);
                field = None;
                at += 1;
            }
            b'}' | b']' => {
                open.pop();
                field = None;
                at += 1;
            }
            b',' => {
                field = None;
                at += 1;
            }
            _ => at += 1,
        }
    }
    Some((scalars, all))
}

/// Returns where the string that begins at `at` ends, its quote included.
pub(super) fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = at + 1;
    loop {
        match bytes.get(end)? {
            b'"' => return Some(end + 1),
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
}
