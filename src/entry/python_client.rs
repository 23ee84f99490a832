//! Brings entries dumped by Python scripts into the API's spelling: `insert_id` becomes `insertId`.
//! Leaves out the dump's wrapper: see the source room.

use super::Object;
use super::json::Value;
use super::json_access::value;
use super::json_object::keys;

const SPELLINGS: [(&str, &str); 12] = [
    ("insert_id", "insertId"),
    ("log_name", "logName"),
    ("text_payload", "textPayload"),
    ("json_payload", "jsonPayload"),
    ("proto_payload", "protoPayload"),
    ("http_request", "httpRequest"),
    ("receive_timestamp", "receiveTimestamp"),
    ("received_timestamp", "receiveTimestamp"),
    ("span_id", "spanId"),
    ("source_location", "sourceLocation"),
    ("trace_sampled", "traceSampled"),
    ("monitored_resource", "resource"),
];

/// Renames the client library's keys; an entry that is spelled as the API does passes unchanged.
pub(crate) fn respell(entry: &mut Object<'_>) {
    for (from, to) in SPELLINGS {
        if let Some(value) = entry.take(from)
            && !value.is_null()
            && !entry.contains_key(to)
        {
            entry.insert(to.into(), value);
        }
    }
    // `payload` is the client library's own attribute; its type says which payload it was.
    if entry.contains_key("insertId") && !has_payload(entry) {
        match entry.take("payload") {
            Some(text @ Value::String(_)) => entry.insert("textPayload".into(), text),
            Some(payload @ Value::Object(_)) => entry.insert("jsonPayload".into(), payload),
            _ => {}
        }
    }
}

fn has_payload(entry: &Object) -> bool {
    value(entry, keys!["textPayload", "jsonPayload", "protoPayload"]).is_some()
}
