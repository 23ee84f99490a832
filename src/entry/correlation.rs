//! Reads the ids by which an application ties its lines together.
//! Leaves out trace, span and operation, which have fields of their own, and ids inside messages.

use super::Object;
use super::json::Value;
use super::json_object::keys;

/// More than this many ids on one entry tie nothing together; they only cost memory.
const MOST: usize = 16;

const NAMES: [&str; 26] = [
    "request_id",
    "req_id",
    "correlation_id",
    "session_id",
    "connection_id",
    "conn_id",
    "user_id",
    "job_id",
    "task_id",
    "message_id",
    "thread_id",
    "run_id",
    "order_id",
    "transaction_id",
    "txn_id",
    "execution_id",
    "event_id",
    "client_id",
    "tenant_id",
    "account_id",
    "workflow_id",
    "batch_id",
    "invocation_id",
    "process_id",
    "conversation_id",
    "customer_id",
];

/// Returns the ids of a payload, keys in one spelling, sorted, each pair once.
pub(crate) fn read(payload: &Object) -> Vec<(String, String)> {
    let nested = keys!["context", "extra", "labels", "fields", "metadata", "ctx", "record"];
    let inner = nested.iter().filter_map(|key| payload.named(key).and_then(Value::as_object));
    let mut found: Vec<_> = std::iter::once(payload).chain(inner).flat_map(pairs).collect();
    found.sort();
    found.dedup();
    found.truncate(MOST);
    found
}

/// Returns the pairs among text fields (logfmt) that are ids.
pub(crate) fn from_fields(fields: &[(String, String)]) -> Vec<(String, String)> {
    let mut found: Vec<_> = fields
        .iter()
        .filter_map(|(key, value)| Some((name(key)?, value.clone())))
        .filter(|(_, value)| fits(value))
        .collect();
    found.sort();
    found.dedup();
    found.truncate(MOST);
    found
}

fn pairs(object: &Object) -> impl Iterator<Item = (String, String)> {
    object.iter().filter_map(|(key, value)| {
        let name = name(key)?;
        let text = match value {
            Value::String(text) if fits(text) => text.clone().into_owned(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        Some((name, text)).filter(|(_, text)| fits(text))
    })
}

fn fits(value: &str) -> bool {
    (4..=128).contains(&value.len())
}

/// Returns the key as this house spells it: `requestId`, `x-request-id` and `req_id` are `request_id`.
fn name(key: &str) -> Option<String> {
    let [.., b'i' | b'I', b'd' | b'D'] = key.as_bytes() else { return None };
    if key.len() > 40 {
        return None;
    }
    let mut snake = String::with_capacity(key.len() + 4);
    let mut before = '_';
    for character in key.chars() {
        if character.is_ascii_uppercase() && before.is_ascii_lowercase() {
            snake.push('_');
        }
        snake.push(if matches!(character, '-' | '.') { '_' } else { character.to_ascii_lowercase() });
        before = character;
    }
    let snake = snake.strip_prefix("x_").unwrap_or(&snake);
    let spelled = match snake {
        "req_id" | "requestid" => "request_id",
        "conn_id" => "connection_id",
        "txn_id" => "transaction_id",
        other => NAMES.iter().find(|name| **name == other)?,
    };
    Some(spelled.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_spelling_sorted() {
        let check = |payload: serde_json::Value, expect: &[(&str, &str)]| {
            let found = read(Value::from(&payload).as_object().unwrap_or(&Object::new()));
            let found: Vec<_> = found.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            assert_eq!(found, expect, "{payload}");
        };
        check(
            json!({"user_id": "u-12", "requestId": "r-123", "context": {"X-Request-ID": "r-123", "job_id": 12345}}),
            &[("job_id", "12345"), ("request_id", "r-123"), ("user_id", "u-12")],
        );
        check(json!({"request_id": "abc", "user_id": true, "other": "long enough"}), &[]);
    }
}
