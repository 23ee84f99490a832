//! Reads structured lines that applications write to their output, in the spellings of the usual loggers.
//! Leaves out deciding whether an object is one: see `shape`.

use super::cloud::{source_location, trace_id};
use super::json_access::{object, owned, text};
use super::json_object::keys;
use super::text_entry::{read_access, settle_severity, take_header};
use super::{
    LogEntry, Object, Outer, Position, ReadOptions, TraceHints, http, http_fields, journal, payload, shape, structured,
};

/// Decodes a structured line; returns the entry and whether its time named no zone.
pub(crate) fn decode(
    fields: &Object,
    at: Position,
    outer: &Outer,
    options: &ReadOptions,
    hints: &dyn TraceHints,
) -> (LogEntry, bool) {
    let mut entry = LogEntry::empty(at);
    entry.insert_id = owned(fields, keys!["logging.googleapis.com/insertId"]);
    entry.trace = text(fields, keys!["logging.googleapis.com/trace"]).map(trace_id);
    entry.span = owned(fields, keys!["logging.googleapis.com/spanId"]);
    entry.operation =
        object(fields, keys!["logging.googleapis.com/operation"]).and_then(|operation| owned(operation, keys!["id"]));
    entry.logged_at = object(fields, keys!["logging.googleapis.com/sourceLocation"]).and_then(source_location);
    entry.http =
        object(fields, keys!["httpRequest", "http_request"]).and_then(http::read).or_else(|| http_fields::read(fields));
    entry.origin.instance = outer.instance.clone();
    if let Some(labels) = object(fields, keys!["logging.googleapis.com/labels"]) {
        entry.origin.instance =
            entry.origin.instance.or_else(|| owned(labels, keys!["instanceId", "instance_id", "pod_name", "host"]));
        entry.origin.service = owned(labels, keys!["service", "app"]);
        entry.correlation = super::correlation::read(labels);
    }
    let labelled = std::mem::take(&mut entry.correlation);
    let time = payload::read(&mut entry, fields, options);
    entry.correlation.extend(labelled);
    entry.correlation.sort();
    entry.correlation.dedup();
    if entry.origin.service.is_none() {
        entry.origin.service = outer.service.clone();
    }
    entry.timestamp = time.and_then(|written| written.at);
    let mut zoneless = time.is_some_and(|written| written.zoneless);
    if let Some(outer) = &outer.time
        && outer.at.is_some()
    {
        entry.payload_timestamp = entry.timestamp;
        (entry.timestamp, zoneless) = (outer.at, outer.zoneless);
    }
    entry.has_payload = !entry.message.is_empty() || entry.stack_trace.is_some() || entry.http.is_some();
    let field = shape::level(fields);
    let header = take_header(&mut entry, |header| header.has_time || field.is_none(), options);
    let inside = structured::unwrap(&mut entry, true, options);
    if entry.timestamp.is_none()
        && let Some(written) = inside.and_then(|inside| inside.time)
    {
        (entry.timestamp, zoneless) = (written.at, written.zoneless);
    }
    read_access(&mut entry);
    let text = header.and_then(|header| header.level).or(inside.and_then(|inside| inside.level));
    let field = if journal::is_record(fields) { structured::over_transport(field, inside) } else { field };
    settle_severity(&mut entry, field, text, hints);
    (entry, zoneless)
}
