//! The messages of TailLogEntries with their public field numbers, and JSON entries turned into them.
//! Leaves out the fields that no test needs.

use std::collections::HashMap;

use prost::{Message, Oneof};
use serde_json::Value as Json;

#[derive(Clone, PartialEq, Message)]
pub struct TailLogEntriesRequest {
    #[prost(string, repeated, tag = "1")]
    pub resource_names: Vec<String>,
    #[prost(string, tag = "2")]
    pub filter: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct TailLogEntriesResponse {
    #[prost(message, repeated, tag = "1")]
    pub entries: Vec<LogEntry>,
    #[prost(message, repeated, tag = "2")]
    pub suppression_info: Vec<SuppressionInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub struct SuppressionInfo {
    #[prost(int32, tag = "1")]
    pub reason: i32,
    #[prost(int32, tag = "2")]
    pub suppressed_count: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct LogEntry {
    #[prost(string, tag = "4")]
    pub insert_id: String,
    #[prost(message, optional, tag = "8")]
    pub resource: Option<MonitoredResource>,
    #[prost(message, optional, tag = "9")]
    pub timestamp: Option<Timestamp>,
    #[prost(int32, tag = "10")]
    pub severity: i32,
    #[prost(string, tag = "12")]
    pub log_name: String,
    #[prost(message, optional, tag = "24")]
    pub receive_timestamp: Option<Timestamp>,
    #[prost(oneof = "Payload", tags = "2, 3, 6")]
    pub payload: Option<Payload>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum Payload {
    #[prost(message, tag = "2")]
    Proto(Any),
    #[prost(string, tag = "3")]
    Text(String),
    #[prost(message, tag = "6")]
    Json(Struct),
}

#[derive(Clone, PartialEq, Message)]
pub struct Any {
    #[prost(string, tag = "1")]
    pub type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub struct MonitoredResource {
    #[prost(string, tag = "1")]
    pub kind: String,
    #[prost(map = "string, string", tag = "2")]
    pub labels: HashMap<String, String>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub struct Timestamp {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct Struct {
    #[prost(map = "string, message", tag = "1")]
    pub fields: HashMap<String, Value>,
}

#[derive(Clone, PartialEq, Message)]
pub struct List {
    #[prost(message, repeated, tag = "1")]
    pub values: Vec<Value>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Value {
    #[prost(oneof = "Kind", tags = "1, 2, 3, 4, 5, 6")]
    pub kind: Option<Kind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum Kind {
    #[prost(int32, tag = "1")]
    Null(i32),
    #[prost(double, tag = "2")]
    Number(f64),
    #[prost(string, tag = "3")]
    Text(String),
    #[prost(bool, tag = "4")]
    Bool(bool),
    #[prost(message, tag = "5")]
    Struct(Struct),
    #[prost(message, tag = "6")]
    List(List),
}

/// Turns an entry as the list holds it into one of the stream.
pub fn entry(json: &Json) -> LogEntry {
    let text = |name: &str| json[name].as_str().unwrap_or("").to_string();
    let labels = json["resource"]["labels"].as_object().into_iter().flatten();
    let payload = match (json.get("textPayload"), json.get("jsonPayload"), json.get("protoPayload")) {
        (Some(text), ..) => Some(Payload::Text(text.as_str().unwrap_or("").to_string())),
        (_, Some(fields), _) => Some(Payload::Json(fields_of(fields))),
        (_, _, Some(proto)) => {
            Some(Payload::Proto(Any { type_url: proto["@type"].as_str().unwrap_or("").to_string(), value: vec![8, 1] }))
        }
        _ => None,
    };
    LogEntry {
        insert_id: text("insertId"),
        resource: Some(MonitoredResource {
            kind: json["resource"]["type"].as_str().unwrap_or("").to_string(),
            labels: labels.map(|(name, value)| (name.clone(), value.as_str().unwrap_or("").to_string())).collect(),
        }),
        timestamp: time(&text("timestamp")),
        // The enum counts in hundreds: 400 is WARNING, 500 is ERROR.
        severity: i32::try_from(super::rank(&text("severity")) * 100).expect("small"),
        log_name: text("logName"),
        receive_timestamp: time(&text("receiveTimestamp")),
        payload,
    }
}

fn time(text: &str) -> Option<Timestamp> {
    let time = chrono::DateTime::parse_from_rfc3339(text).ok()?;
    Some(Timestamp { seconds: time.timestamp(), nanos: i32::try_from(time.timestamp_subsec_nanos()).ok()? })
}

fn fields_of(json: &Json) -> Struct {
    let fields = json.as_object().into_iter().flatten();
    Struct { fields: fields.map(|(name, value)| (name.clone(), value_of(value))).collect() }
}

fn value_of(json: &Json) -> Value {
    let kind = match json {
        Json::Null => Kind::Null(0),
        Json::Bool(value) => Kind::Bool(*value),
        Json::Number(number) => Kind::Number(number.as_f64().unwrap_or(0.0)),
        Json::String(text) => Kind::Text(text.clone()),
        Json::Array(values) => Kind::List(List { values: values.iter().map(value_of).collect() }),
        Json::Object(_) => Kind::Struct(fields_of(json)),
    };
    Value { kind: Some(kind) }
}
