//! Reads a LogEntry as Cloud Logging writes it.
//! Leaves out deciding whether an object is one: see `shape`.

use super::json::Value;
use super::json_access::{integer, object, owned, text, value};
use super::json_object::{Name, keys};
use super::text_entry::{clean, read_access, settle_severity, take_header};
use super::{
    CodeLocation, LogEntry, Object, Position, ReadOptions, Severity, Split, TraceHints, audit, clock, http,
    http_fields, origin, payload, python_client, shape, structured,
};

/// Resources whose platform logs each request itself.
pub(crate) const LOG_REQUESTS: [&str; 3] = ["cloud_run_revision", "gae_app", "cloud_function"];

/// Decodes a LogEntry; returns it and whether its time named no zone. `bucket` is the severity under
/// which a dump listed an entry that has none of its own.
pub(crate) fn decode(
    mut fields: Object,
    at: Position,
    bucket: Option<Severity>,
    options: &ReadOptions,
    hints: &dyn TraceHints,
) -> (LogEntry, bool) {
    python_client::respell(&mut fields);
    let mut entry = LogEntry::empty(at);
    entry.insert_id = owned(&fields, keys!["insertId"]);
    entry.log_name = owned(&fields, keys!["logName"]);
    let time = |key: &str| fields.get(key).and_then(|value| clock::read_value(value, options));
    let (stamped, received) = (time("timestamp"), time("receiveTimestamp"));
    entry.receive_timestamp = received.and_then(|written| written.at);
    entry.timestamp = stamped.and_then(|written| written.at).or(entry.receive_timestamp);
    let zoneless = stamped.or(received).is_some_and(|written| written.zoneless);
    entry.origin = origin::from_entry(&fields);
    entry.trace = text(&fields, keys!["trace"]).map(trace_id);
    entry.span = owned(&fields, keys!["spanId"]);
    entry.operation = object(&fields, keys!["operation"]).and_then(|operation| owned(operation, keys!["id"]));
    entry.http = object(&fields, keys!["httpRequest"]).and_then(http::read);
    entry.split = object(&fields, keys!["split"]).and_then(split);
    entry.logged_at = object(&fields, keys!["sourceLocation"]).and_then(source_location);
    let level = read_payload(&mut entry, &fields, options);
    entry.has_payload = !entry.message.is_empty() || entry.stack_trace.is_some() || entry.http.is_some();
    let field = severity(&fields).or(bucket);
    // A bare level word is part of the message where the entry has a severity; a time never is.
    let header = take_header(&mut entry, |header| header.has_time || field.is_none(), options);
    if let Some(header) = &header
        && entry.payload_timestamp.is_none()
    {
        entry.payload_timestamp = header.time;
    }
    // Where the platform logs each request itself, the application's own line would count it twice.
    let requests = !entry.origin.resource_type.as_deref().is_some_and(|resource| LOG_REQUESTS.contains(&resource));
    let inside = structured::unwrap(&mut entry, requests, options);
    if entry.payload_timestamp.is_none() {
        entry.payload_timestamp = inside.and_then(|inside| inside.time).and_then(|written| written.at);
    }
    if requests {
        read_access(&mut entry);
        if entry.http.is_none() {
            entry.http = object(&fields, keys!["jsonPayload"]).and_then(http_fields::read);
        }
    }
    let is_text = fields.get("jsonPayload").is_none_or(Value::is_null);
    let stated = field.is_some();
    let field = if is_text { structured::over_transport(field, inside) } else { field };
    let level = header.and_then(|header| header.level).or(level).or(inside.and_then(|inside| inside.level));
    settle_severity(&mut entry, field, level, hints);
    entry.severity_stated |= stated;
    (entry, zoneless)
}

/// Reads the payload; returns the level it states.
fn read_payload(entry: &mut LogEntry, fields: &Object, options: &ReadOptions) -> Option<Severity> {
    if let Some(text) = text(fields, keys!["textPayload"]) {
        entry.message = clean(text);
        return None;
    }
    match value(fields, keys!["jsonPayload", "protoPayload"])? {
        Value::Object(payload) if audit::is_audit(payload) => {
            let audit = audit::read(payload);
            entry.message = audit.message;
            let stays_event = audit.failed && severity(fields) >= Some(Severity::Error);
            entry.change = audit.change.filter(|_| !stays_event);
            None
        }
        Value::Object(payload) => {
            let time = payload::read(entry, payload, options);
            entry.payload_timestamp = time.and_then(|written| written.at);
            if let Some(lines) = payload.get("line").and_then(Value::as_array) {
                // App Engine collects the application's lines inside its request entry.
                let lines: Vec<&str> =
                    lines.iter().filter_map(|line| text(line.as_object()?, keys!["logMessage"])).collect();
                if !lines.is_empty() {
                    entry.message = clean(&lines.join("\n"));
                }
            }
            shape::level(payload)
        }
        Value::String(text) => {
            entry.message = clean(text);
            None
        }
        Value::Array(parts) if parts.is_empty() => None,
        other => {
            entry.message = other.to_string();
            None
        }
    }
}

fn severity(fields: &Object) -> Option<Severity> {
    let severity = match fields.get("severity")? {
        Value::String(text) => Severity::from_word(text).or_else(|| Severity::from_number(text.trim().parse().ok()?)),
        _ => integer(fields, keys!["severity"]).and_then(Severity::from_number),
    };
    severity.filter(|severity| *severity != Severity::Default)
}

/// Returns the trace id without its `projects/.../traces/` prefix.
pub(crate) fn trace_id(trace: &str) -> String {
    let id = match trace.rsplit_once('/') {
        None => trace,
        Some((before, id)) if before.ends_with("/traces") => id,
        _ => trace.rsplit_once("/traces/").map_or(trace, |(_, id)| id),
    };
    id.to_owned()
}

/// Reads `sourceLocation`.
pub(crate) fn source_location(location: &Object) -> Option<CodeLocation> {
    let place = CodeLocation {
        module: owned(location, keys!["file"]),
        function: owned(location, keys!["function"]),
        line: integer(location, keys!["line"]).and_then(|line| u32::try_from(line).ok()).filter(|line| *line > 0),
    };
    (place != CodeLocation::default()).then_some(place).and_then(CodeLocation::outside_logging)
}

fn split(fields: &Object) -> Option<Split> {
    let number = |keys: &[Name]| integer(fields, keys).and_then(|number| u32::try_from(number).ok());
    Some(Split {
        uid: owned(fields, keys!["uid"])?,
        index: number(keys!["index"]).unwrap_or(0),
        total: number(keys!["totalSplits", "total_splits"]).unwrap_or(0),
    })
}
