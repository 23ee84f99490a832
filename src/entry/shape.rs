//! Tells which kind of record a JSON object is, or why it is none.
//! Leaves out reading it: each kind has its own room.

use super::json::Value;
use super::json_access::{object, text, value};
use super::json_object::{Name, keys, names};
use super::level::from_level_number;
use super::{NAMELESS, Object, Severity, http_fields, journal, pubsub};

/// What a JSON object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A LogEntry in the API's or the Python client's spelling.
    Cloud,
    /// A Pub/Sub envelope with these bytes inside.
    PubSub(Vec<u8>),
    /// One line of docker's json-file driver.
    Docker,
    /// An entry of systemd's journal.
    Journal,
    /// A structured line that an application wrote to its output.
    Stdout,
    /// Not a log record, and why.
    Other(&'static str),
}

/// Keys under which loggers write the level.
pub(crate) const LEVEL_KEYS: [Name; 9] =
    names(["severity", "level", "levelname", "lvl", "log.level", "loglevel", "log_level", "severity_text", "PRIORITY"]);
/// Keys under which loggers write the message.
pub(crate) const MESSAGE_KEYS: [Name; 8] =
    names(["message", "msg", "event", "textPayload", "log", "short_message", "@message", "MESSAGE"]);
/// Keys under which loggers write the time.
pub(crate) const TIME_KEYS: [Name; 16] = names([
    "time",
    "timestamp",
    "ts",
    "@timestamp",
    "asctime",
    "datetime",
    "eventTime",
    "timeMillis",
    "@t",
    "date",
    "created",
    "t",
    "__REALTIME_TIMESTAMP",
    "time_iso8601",
    "time_local",
    "msec",
]);

/// Tells which kind of record an object is.
pub(crate) fn shape_of(fields: &Object) -> Shape {
    let named = text(fields, keys!["insertId", "logName", "insert_id", "log_name"]).is_some();
    let resource = object(fields, keys!["resource"])
        .is_some_and(|resource| resource.contains_key("type") && resource.contains_key("labels"));
    if named || resource {
        return Shape::Cloud;
    }
    let payloads = keys!["textPayload", "jsonPayload", "protoPayload", "text_payload", "json_payload", "proto_payload"];
    if payloads.iter().any(|key| fields.named(key).is_some()) {
        return Shape::Other(NAMELESS);
    }
    if let Some(data) = pubsub::data(fields) {
        return Shape::PubSub(data);
    }
    if journal::is_record(fields) {
        return Shape::Journal;
    }
    let log = fields.get("log").and_then(Value::as_str);
    if log.is_some()
        && (fields.contains_key("stream") || text(fields, keys!["time"]).is_some() && fields.len() <= 4)
        && !fields.contains_key("kubernetes")
    {
        return Shape::Docker;
    }
    let message = value(fields, &MESSAGE_KEYS).is_some();
    let level = level(fields).is_some();
    let time = value(fields, &TIME_KEYS).is_some_and(|value| matches!(value, Value::String(_) | Value::Number(_)));
    let time = time || is_mongo(fields);
    let failure = keys!["error", "err", "exception", "exc_info", "stack_trace", "stack", "traceback"]
        .iter()
        .any(|key| fields.named(key).is_some_and(|value| !value.is_null()));
    let cloud_keys = fields.keys().any(|key| key.starts_with("logging.googleapis.com/"));
    let known = message && (level || time || cloud_keys || fields.contains_key("kubernetes"))
        || level && failure
        || !message && time && http_fields::is_access(fields);
    if known { Shape::Stdout } else { Shape::Other("not a log entry: no message with a level or a time") }
}

/// Whether an object is a line of MongoDB's log: its time is an object of extended JSON, its level a letter.
fn is_mongo(fields: &Object) -> bool {
    object(fields, keys!["t"]).is_some_and(|time| time.contains_key("$date")) && text(fields, keys!["s"]).is_some()
}

/// Returns what a line of MongoDB's log says went wrong, which stands beside its message.
pub(crate) fn mongo_error<'v>(fields: &'v Object<'_>) -> Option<&'v str> {
    let attributes = object(fields, keys!["attr"]).filter(|_| is_mongo(fields))?;
    let error = || object(attributes, keys!["error"]).and_then(|error| text(error, keys!["errmsg"]));
    text(attributes, keys!["error", "errmsg"]).or_else(error)
}

/// Returns the level that an object's own fields tell.
pub(crate) fn level(fields: &Object) -> Option<Severity> {
    let read = |value: &Value<'_>| match value {
        Value::String(text) => {
            Severity::from_word(text).or_else(|| text.trim().parse().ok().and_then(from_level_number))
        }
        Value::Number(number) => {
            number.as_i64().or_else(|| number.as_f64().map(|number| number as i64)).and_then(from_level_number)
        }
        _ => None,
    };
    if is_mongo(fields) {
        return text(fields, keys!["s"]).and_then(|letter| match letter {
            "D1" | "D2" | "D3" | "D4" | "D5" => Some(Severity::Debug),
            letter => Severity::from_word(letter),
        });
    }
    LEVEL_KEYS
        .iter()
        .filter_map(|key| fields.named(key))
        .find_map(read)
        .or_else(|| object(fields, keys!["log"]).and_then(|log| log.get("level")).and_then(read))
        .or_else(|| object(fields, keys!["level"]).and_then(|level| level.get("name")).and_then(read))
        .or_else(|| super::json_access::integer(fields, keys!["levelno"]).and_then(super::level::from_python_number))
}
