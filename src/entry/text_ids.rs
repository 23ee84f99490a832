//! Reads what pairs in a text tell of its trace, its request and its writer: logfmt, `[trace=abc]`.
//! Leaves out JSON payloads: `payload`, `origin` and `correlation` read those.

use super::{LogEntry, correlation};

const TRACE: [&str; 8] =
    ["trace_id", "traceId", "traceID", "traceid", "trace.id", "dd.trace_id", "otelTraceID", "trace"];
const SPAN: [&str; 8] = ["span_id", "spanId", "spanID", "spanid", "span.id", "dd.span_id", "otelSpanID", "span"];
const SERVICE: [&str; 7] = ["service", "svc", "service_name", "service.name", "app", "application", "container_name"];
const INSTANCE: [&str; 8] =
    ["instance", "instance_id", "instanceId", "pod", "pod_name", "host", "hostname", "host.name"];
/// How far into a line pairs are looked for; what stands further right is data.
const MOST_BYTES: usize = 2048;

/// Fills what is still unknown from the pairs of a logfmt line.
pub(crate) fn from_fields(entry: &mut LogEntry, fields: &[(String, String)]) {
    let get = |names: &[&str]| {
        let value = |name: &&str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        names.iter().find_map(value).filter(|value| is_stated(value)).map(str::to_owned)
    };
    fill(&mut entry.trace, || get(&TRACE));
    fill(&mut entry.span, || get(&SPAN));
    fill(&mut entry.origin.service, || get(&SERVICE));
    fill(&mut entry.origin.instance, || get(&INSTANCE));
    if entry.correlation.is_empty() {
        entry.correlation = correlation::from_fields(fields);
    }
}

/// Fills trace, span and request from pairs inside a line: `[trace=abc]`, `traceId=abc`, `request_id=7f3a`.
///
/// Only ids of one request count here; in a sentence `user_id=5` is what it speaks of.
pub(crate) fn from_line(entry: &mut LogEntry, line: &str) {
    let line = &line[..line.floor_char_boundary(MOST_BYTES)];
    if !line.contains('=') {
        return;
    }
    let mut requests = Vec::new();
    for (key, value) in pairs(line) {
        if TRACE.contains(&key) {
            fill(&mut entry.trace, || Some(value.to_owned()));
        } else if SPAN.contains(&key) {
            fill(&mut entry.span, || Some(value.to_owned()));
        } else {
            requests.push((key.to_owned(), value.to_owned()));
        }
    }
    if entry.correlation.is_empty() {
        let mut found = correlation::from_fields(&requests);
        found.retain(|(key, _)| matches!(key.as_str(), "request_id" | "correlation_id"));
        entry.correlation = found;
    }
}

/// Returns the `key=value` pairs whose key ends like that of an id.
fn pairs(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.match_indices('=').filter_map(|(at, _)| {
        let before = &line[..at];
        let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        let start = before
            .rfind(|c: char| !named(c))
            .map_or(0, |end| end + before[end..].chars().next().map_or(1, char::len_utf8));
        let key = &before[start..];
        // `?trace=1` and `&request_id=` are parts of a URL that the line only quotes.
        if key.len() < 4 || key.len() > 40 || before[..start].ends_with(['?', '&', '/', '%']) {
            return None;
        }
        let after = line[at + 1..].trim_start_matches(['"', '\'']);
        let end = after.find(|c: char| !(named(c) || matches!(c, ':' | '/'))).unwrap_or(after.len());
        let value = after[..end].trim_end_matches(['.', ':', '/']);
        is_stated(value).then_some((key, value))
    })
}

fn fill(place: &mut Option<String>, found: impl FnOnce() -> Option<String>) {
    if place.is_none() {
        *place = found();
    }
}

/// Loggers write a placeholder where they have no value.
fn is_stated(value: &str) -> bool {
    let nothing = ["null", "none", "nil", "undefined", "unknown", "n/a", "true", "false", "<nil>"];
    (3..=128).contains(&value.len())
        && !value.trim_matches(['0', '-']).is_empty()
        && !nothing.iter().any(|word| value.eq_ignore_ascii_case(word))
}
