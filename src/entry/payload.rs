//! Reads what JSON payloads of all shapes share: message, times, trace, exception, ids, place.
//! Leaves out the envelope around the payload: see `cloud` and `stdout_json`.

use super::json::Value;
use super::json_access::{object, owned, scalar, text};
use super::json_object::keys;
use super::shape::{self, MESSAGE_KEYS, TIME_KEYS};
use super::text_entry::clean;
use super::{
    CodeLocation, LogEntry, Object, ReadOptions, clock, correlation, error_field, http_fields, journal, origin,
};

/// Fills an entry from its payload; returns the time the payload states.
pub(crate) fn read(entry: &mut LogEntry, payload: &Object, options: &ReadOptions) -> Option<clock::Written> {
    entry.stack_trace = error_field::stack_trace(payload);
    entry.error_field = error_field::read(payload);
    entry.correlation = correlation::read(payload);
    entry.message = message(payload);
    if entry.logged_at.is_none() {
        entry.logged_at = CodeLocation::from_payload(payload);
    }
    if entry.trace.is_none() {
        entry.trace = owned(payload, keys!["trace_id", "traceId", "dd.trace_id", "trace.id", "otelTraceID"])
            .filter(|id| !id.trim_matches('0').is_empty());
    }
    if entry.span.is_none() {
        entry.span = owned(payload, keys!["span_id", "spanId", "dd.span_id", "span.id", "otelSpanID"])
            .filter(|id| !id.trim_matches('0').is_empty());
    }
    if entry.operation.is_none() {
        entry.operation = owned(payload, keys!["operation_id", "operationId"]);
    }
    origin::complete(&mut entry.origin, payload);
    TIME_KEYS.iter().filter_map(|key| payload.named(key)).find_map(|value| clock::read_value(value, options))
}

/// Returns the message of a payload: its message field, its error, or the payload as compact JSON.
fn message(payload: &Object) -> String {
    let stated = MESSAGE_KEYS.iter().find_map(|key| match payload.named(key)? {
        Value::Object(inner) => text(inner, keys!["message", "msg", "text"]).map(clean),
        other if key.text == "MESSAGE" && other.as_array().is_some() => journal::bytes(other).map(|text| clean(&text)),
        other => scalar(other).map(|text| clean(&text)),
    });
    if let Some(stated) = stated {
        return with_error(stated, error_field::plain(payload).or_else(|| shape::mongo_error(payload)));
    }
    let failure = object(payload, keys!["error", "err", "exception"])
        .and_then(|field| text(field, keys!["message", "value", "msg"]));
    if let Some(failure) = failure
        .or_else(|| error_field::plain(payload))
        .or_else(|| text(payload, keys!["exception", "exc_info", "stack_trace", "stack", "traceback"]))
    {
        return clean(failure);
    }
    // An access line is told by its request; the rest of it are values.
    if let Some(line) = http_fields::request_line(payload) {
        return line.to_owned();
    }
    if payload.is_empty() {
        return String::new();
    }
    serde_json::to_string(payload).unwrap_or_default()
}

/// Adds the text of a separate `error` field (zap, logrus, slog): without it the cause would be lost.
pub(crate) fn with_error(message: String, error: Option<&str>) -> String {
    match error {
        Some(error) if message.is_empty() => clean(error),
        Some(error) if !message.contains(error) => format!("{message}: {}", clean(error)),
        _ => message,
    }
}
