//! Takes a record that was parsed apart into its layout, if the layout alone tells how far its values matter.
//! Leaves out everything that is rare: such records are parsed each time.
//!
//! What is asked here follows `entry::cloud`, `entry::payload` and `entry::origin`; `tests/skimming.rs` compares.

use super::field::{self, Field};
use super::layout::{Holds, Layout, Meaning, Part, Told};
use super::plain::{number_end, string_end};
use crate::entry::{LOG_REQUESTS, MESSAGE_KEYS, names_request};

/// Bytes, nesting and values beyond these are no log entry of the usual kind.
const LONGEST: usize = 32 << 10;
/// See [`LONGEST`].
const DEEPEST: usize = 16;
/// See [`LONGEST`].
const MOST_VALUES: usize = 160;

/// Keys that an entry may have; any other may mean something that only reading tells.
const KNOWN: [&str; 16] = [
    "insertId",
    "logName",
    "labels",
    "resource",
    "severity",
    "timestamp",
    "receiveTimestamp",
    "textPayload",
    "jsonPayload",
    "httpRequest",
    "trace",
    "spanId",
    "traceSampled",
    "operation",
    "sourceLocation",
    "errorGroups",
];
/// Keys of a payload that speak of a failure.
const FAILURES: [&str; 7] = ["error", "err", "exception", "exc_info", "stack_trace", "stack", "traceback"];

/// An object or a list that is open.
struct Level<'a> {
    is_object: bool,
    keys: Vec<&'a str>,
    /// Whether a value follows, not a key.
    at_value: bool,
}

/// What was seen on the way through a record.
#[derive(Default)]
struct Seen<'a> {
    parts: Vec<Part>,
    /// Keys of the payload, at its top and anywhere in it.
    payload: Vec<(&'a str, Kind)>,
    payload_keys: Vec<&'a str>,
    payloads: Vec<(&'a str, Kind)>,
    platform: bool,
    /// Values that belong to the layout.
    fixed: Vec<(Field, &'a str)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Word,
    Object,
    List,
}

/// Returns the layout of a record, which is a valid JSON object; `None` where values may mean too much. With `fixed` the
/// values that most records of one service share belong to the layout: there are more layouts, each quicker to compare.
pub(super) fn layout(record: &[u8], fixed: bool) -> Option<Layout> {
    if record.len() > LONGEST {
        return None;
    }
    let text = std::str::from_utf8(record).ok()?;
    let bytes = text.as_bytes();
    let mut levels: Vec<Level<'_>> = Vec::new();
    let mut seen = Seen::default();
    let (mut at, mut literal) = (0, 0);
    loop {
        let byte = *bytes.get(at)?;
        let in_key = levels.last().is_some_and(|level| level.is_object && !level.at_value);
        let mut kind = None;
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {}
            b'{' | b'[' => {
                let is_object = byte == b'{';
                if let Some((above, key)) = place(&levels) {
                    seen.note(&above, key, if is_object { Kind::Object } else { Kind::List })?;
                }
                levels.push(Level { is_object, keys: Vec::new(), at_value: !is_object });
                if levels.len() > DEEPEST {
                    return None;
                }
            }
            b'}' | b']' => {
                levels.pop()?;
                if levels.is_empty() {
                    let last = bytes[literal..=at].to_vec();
                    return seen.meaning().map(|meaning| Layout { parts: seen.parts, last, meaning });
                }
            }
            b',' => {
                let level = levels.last_mut()?;
                level.at_value = !level.is_object;
            }
            b':' => levels.last_mut()?.at_value = true,
            b'"' if in_key => {
                let end = string_end(bytes, at + 1).filter(|ended| !ended.escaped && !ended.wide)?.at;
                let (level, key) = (levels.last_mut()?, text.get(at + 1..end)?);
                // The last of several counts; that is more than a layout can tell.
                if level.keys.contains(&key) {
                    return None;
                }
                level.keys.push(key);
                at = end;
            }
            b'"' => {
                let end = string_end(bytes, at + 1)?;
                let (above, key) = place(&levels)?;
                let value = text.get(at + 1..end.at)?;
                let field = levels.last().filter(|level| level.is_object).and_then(|_| Field::at(&above, key));
                let plain = !end.escaped && !end.wide;
                if decides(&above, key) {
                    if !plain || key == "@type" && value.ends_with("AuditLog") {
                        return None;
                    }
                    seen.platform |= key == "type" && LOG_REQUESTS.contains(&value);
                } else if fixed && plain && is_shared(&above, key) {
                    seen.fixed.extend(field.map(|field| (field, value)));
                } else {
                    seen.parts.push(Part { before: bytes[literal..=at].to_vec(), holds: Holds::Text, field });
                    literal = end.at;
                }
                at = end.at;
                kind = Some(Kind::Text);
            }
            b'0'..=b'9' | b'-' => {
                let end = number_end(bytes, at)?;
                seen.parts.push(Part { before: bytes[literal..at].to_vec(), holds: Holds::Number, field: None });
                (literal, at) = (end, end - 1);
                kind = Some(Kind::Number);
            }
            b't' | b'f' | b'n' => {
                let word =
                    ["true", "false", "null"].into_iter().find(|word| bytes[at..].starts_with(word.as_bytes()))?;
                at += word.len() - 1;
                kind = Some(if byte == b'n' { Kind::Word } else { Kind::Number });
            }
            _ => return None,
        }
        if let Some(kind) = kind {
            let (above, key) = place(&levels)?;
            seen.note(&above, key, kind)?;
        }
        if seen.parts.len() > MOST_VALUES {
            return None;
        }
        at += 1;
    }
}

/// Returns the keys above the value that comes next, and its own key.
fn place<'a>(levels: &[Level<'a>]) -> Option<(String, &'a str)> {
    let keys: Vec<&str> = levels.iter().map(|level| level.keys.last().copied().unwrap_or("")).collect();
    let (key, above) = keys.split_last()?;
    Some((above.join("\u{1f}"), key))
}

/// Whether a value decides how others are read, so that it belongs to the layout.
fn decides(above: &str, key: &str) -> bool {
    (above == "resource" && key == "type") || (above == "jsonPayload" && key == "@type")
}

/// Whether most records of a service have the same value there.
fn is_shared(above: &str, key: &str) -> bool {
    match above {
        "" => matches!(key, "logName" | "severity"),
        "resource\u{1f}labels" => {
            !["pod", "instance", "node", "execution", "task"].iter().any(|word| key.contains(word))
        }
        "httpRequest" => matches!(key, "protocol" | "requestMethod" | "serverIp"),
        "labels" => key.starts_with("k8s-pod/"),
        "jsonPayload" => matches!(key, "level" | "severity" | "levelname" | "lvl"),
        _ => false,
    }
}

impl<'a> Seen<'a> {
    /// Notes a value; `None` where it is one that a layout does not tell of.
    fn note(&mut self, above: &str, key: &'a str, kind: Kind) -> Option<()> {
        if above.is_empty() {
            // Times may be written as numbers or objects too.
            let unusual = key == "receiveTimestamp" && !matches!(kind, Kind::Text | Kind::Word);
            if !KNOWN.contains(&key) || unusual {
                return None;
            }
            if matches!(key, "textPayload" | "jsonPayload" | "httpRequest") && kind != Kind::Word {
                self.payloads.push((key, kind));
            }
        } else if above == "jsonPayload" {
            // App Engine collects the application's lines in such a list.
            if key == "line" && kind == Kind::List {
                return None;
            }
            self.payload.push((key, kind));
        }
        if above.split('\u{1f}').next() == Some("jsonPayload") {
            self.payload_keys.push(key);
        }
        Some(())
    }

    /// Returns what the layout means, if all that decides it stands in the record.
    fn meaning(&self) -> Option<Meaning> {
        if [field::INSERT_ID, field::TIME].into_iter().any(|field| !matches!(self.told(field), Told::Value(_))) {
            return None;
        }
        let holds = |name: &str| self.payloads.iter().find(|(key, _)| *key == name).map(|(_, kind)| *kind);
        let (mut message, mut request) = (None, Told::Nothing);
        match (holds("textPayload"), holds("jsonPayload"), holds("httpRequest")) {
            (Some(Kind::Text), None, None | Some(Kind::Object)) => message = Some(field::TEXT),
            (None, Some(Kind::Object), None | Some(Kind::Object)) => {
                message = self.message()?;
                if !self.platform && names_request(&self.payload_keys) {
                    return None;
                }
            }
            (None, None, Some(Kind::Object)) => request = self.first(field::REQUEST),
            _ => return None,
        }
        let meaning = Meaning {
            log: self.told(field::LOG_NAME),
            severity: self.told(field::SEVERITY),
            service: self.first(field::SERVICE),
            revision: self.first(field::REVISION),
            received: self.told(field::RECEIVED) != Told::Nothing,
            platform: self.platform,
            http: holds("httpRequest").is_some(),
            message,
            request,
        };
        let known = meaning.severity != Told::Nothing && meaning.service != Told::Nothing;
        let says = !self.payloads.iter().all(|(key, _)| *key == "httpRequest") || meaning.request != Told::Nothing;
        (known && says).then_some(meaning)
    }

    /// Returns how a field is told.
    fn told(&self, field: Field) -> Told {
        if let Some((_, value)) = self.fixed.iter().find(|(other, _)| *other == field) {
            // Whether it is blank, so that another field counts, is asked when records are judged.
            return Told::Fixed(value.as_bytes().into());
        }
        let is_value = self.parts.iter().any(|part| part.field == Some(field));
        if is_value { Told::Value(field) } else { Told::Nothing }
    }

    /// Returns how the first of several fields is told.
    fn first(&self, range: std::ops::Range<u8>) -> Told {
        Field::first(range, |field| self.told(field) != Told::Nothing).map_or(Told::Nothing, |field| self.told(field))
    }

    /// Returns the field that holds the payload's message, or none in a payload that is its own message.
    fn message(&self) -> Option<Option<Field>> {
        let is_message = |key: &str| MESSAGE_KEYS.iter().any(|name| name.text == key);
        let unusual =
            self.payload.iter().any(|(key, kind)| is_message(key) && !matches!(kind, Kind::Text | Kind::Word));
        let has = |field: Field| self.parts.iter().any(|part| part.field == Some(field));
        let message = Field::first(field::MESSAGE, has);
        let fails = self.payload.iter().any(|(key, kind)| match message {
            Some(_) => matches!(*key, "error" | "err") && *kind == Kind::Text,
            None => FAILURES.contains(key),
        });
        (!unusual && !fails && !self.payload.is_empty()).then_some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::{Layouts, Values};
    use super::*;

    const CALM: &str = r#"{"insertId":"a","jsonPayload":{"message":"m","n":1,"ok":true},"labels":{},"logName":"l","resource":{"labels":{"service_name":"s"},"type":"cloud_run_revision"},"severity":"INFO","timestamp":"t"}"#;

    #[test]
    fn records_of_one_layout_are_recognised() {
        let mut layouts = Layouts::default();
        let first = layout(CALM.as_bytes(), false).expect("a usual entry");
        assert!(layouts.add(&first.parts, &first.last));
        let mut values = Values::new();
        let mut check = |from: &str, to: &str, expect: bool| {
            let text = CALM.replace(from, to);
            assert_ne!(text == CALM, from != to, "{from} stands in the record");
            let found = layouts.recognise(text.as_bytes(), &mut values);
            assert_eq!(found.is_some_and(|found| found.length == text.len()), expect, "{to}");
        };
        check("\"m\"", "\"another, longer message\"", true);
        check("\"n\":1", "\"n\":-10.25", true);
        check("\"m\"", "\"with \\\"quotes\\\"\"", true);
        check("\"ok\":true", "\"ok\":false", false);
        check("\"n\":1", "\"n\":\"1\"", false);
        check("\"n\":1", "\"n\":1,\"more\":2", false);
        check("\"m\"", "\"m", false);
        check("cloud_run_revision", "k8s_container", false);
    }

    #[test]
    fn what_only_reading_tells_has_no_layout() {
        let check = |from: &str, to: &str| {
            let text = CALM.replace(from, to);
            assert_ne!(text, CALM, "{from} stands in the record");
            assert_eq!(layout(text.as_bytes(), true), None, "{to}");
        };
        check("\"labels\":{},", "\"protoPayload\":{},");
        check("\"labels\":{},", "\"split\":{},");
        check("\"labels\":{},", "\"severity\":\"ERROR\",");
        check("\"n\":1", "\"error\":\"boom\"");
        check("\"n\":1", "\"event\":7");
        check("\"message\"", "\"stack\"");
        check("\"service_name\"", "\"zone\"");
        check("\"insertId\"", "\"insert_id\"");
        check("\"n\":1", "\"n\":1e3");
    }
}
