//! Reads logfmt lines: `time=... level=error msg="..." key=value`.
//! Leaves out lines in which pairs are only part of a sentence.

use super::text_header::Header;
use super::{CodeLocation, ReadOptions, Severity, clock};

/// Reads a whole line of pairs, or `None` when it is not one.
pub(crate) fn read(line: &str, options: &ReadOptions) -> Option<Header> {
    let pairs = pairs(line)?;
    let get = |names: &[&str]| {
        names.iter().find_map(|name| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()))
    };
    let level = get(&["level", "lvl", "severity", "loglevel"]).and_then(Severity::from_word);
    let time = get(&["time", "ts", "timestamp", "t"]).and_then(|time| clock::read_text(time, options));
    let message = get(&["msg", "message", "event"]);
    if [level.is_some(), time.is_some(), message.is_some()].iter().filter(|found| **found).count() < 2 {
        return None;
    }
    let error = get(&["err", "error"]).filter(|error| !error.is_empty() && *error != "null" && *error != "<nil>");
    let message = super::payload::with_error(message.unwrap_or("").to_owned(), error);
    let place = get(&["caller", "source"]).and_then(CodeLocation::from_caller);
    let (has_time, zoneless) = (time.is_some(), time.is_some_and(|time| time.zoneless));
    let time = time.and_then(|time| time.at);
    Some(Header { has_time, time, zoneless, level, place, message, fields: pairs, ..Header::default() })
}

/// Splits a line into pairs; words without `=` are kept as keys of their own in logfmt, so a line
/// with more such words than pairs is a sentence.
fn pairs(line: &str) -> Option<Vec<(String, String)>> {
    let first = line.find(['=', ' '])?;
    if line.as_bytes()[first] != b'=' {
        return None;
    }
    let (mut pairs, mut bare, mut rest) = (Vec::new(), 0, line);
    while !rest.is_empty() && pairs.len() < 256 {
        rest = rest.trim_start();
        let end = rest.find(['=', ' ', '\t']).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        let Some(after) = after.strip_prefix('=') else {
            bare += 1;
            rest = after;
            continue;
        };
        if key.is_empty() || key.contains('"') {
            return None;
        }
        let (value, after) = value(after);
        pairs.push((key.to_owned(), value));
        rest = after;
    }
    (pairs.len() >= 2 && bare <= pairs.len()).then_some(pairs)
}

fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let (mut value, mut characters) = (String::new(), quoted.char_indices());
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, other @ ('"' | '\\'))) => value.push(other),
                Some((_, other)) => value.extend(['\\', other]),
                None => value.push('\\'),
            },
            other => value.push(other),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_and_sentences() {
        let check = |line: &str, expect: Option<(Option<Severity>, &str)>| {
            let header = read(line, &ReadOptions::default());
            assert_eq!(header.as_ref().map(|header| (header.level, header.message.as_str())), expect, "{line}");
        };
        check(
            r#"time=2026-01-01T10:00:00Z level=error msg="can\"t \n x" err="dial tcp""#,
            Some((Some(Severity::Error), "can\"t \n x: dial tcp")),
        );
        check("level=warn msg=slow", Some((Some(Severity::Warning), "slow")));
        check("a=b is what level=error says", None);
        check("level=error", None);
        check("msg=\"unclosed level=error", None);
        check("=", None);
    }
}
