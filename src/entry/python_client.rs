//! Brings entries dumped by Python scripts into the API's spelling: `insert_id` becomes `insertId`.
//! Leaves out the dump's wrapper: see the source room.

use super::Object;
use super::json::Value;
use super::json_access::value;
use super::json_object::{Name, keys, names};

/// Keys of the client library.
const FROM: [Name; 12] = names([
    "insert_id",
    "log_name",
    "text_payload",
    "json_payload",
    "proto_payload",
    "http_request",
    "receive_timestamp",
    "received_timestamp",
    "span_id",
    "source_location",
    "trace_sampled",
    "monitored_resource",
]);
/// The API's keys for them.
const TO: [&str; 12] = [
    "insertId",
    "logName",
    "textPayload",
    "jsonPayload",
    "protoPayload",
    "httpRequest",
    "receiveTimestamp",
    "receiveTimestamp",
    "spanId",
    "sourceLocation",
    "traceSampled",
    "resource",
];

/// Renames the client library's keys; an entry that is spelled as the API does passes unchanged.
pub(crate) fn respell(entry: &mut Object<'_>) {
    for (from, to) in FROM.iter().zip(TO) {
        if let Some(value) = entry.take(from)
            && !value.is_null()
            && !entry.contains_key(to)
        {
            entry.insert(to.into(), value);
        }
    }
    // `payload` is the client library's own attribute; its type says which payload it was.
    if entry.contains_key("insertId") && !has_payload(entry) {
        match keys!["payload"].iter().find_map(|name| entry.take(name)) {
            Some(text @ Value::String(_)) => entry.insert("textPayload".into(), text),
            Some(payload @ Value::Object(_)) => entry.insert("jsonPayload".into(), payload),
            _ => {}
        }
    }
}

fn has_payload(entry: &Object) -> bool {
    value(entry, keys!["textPayload", "jsonPayload", "protoPayload"]).is_some()
}
