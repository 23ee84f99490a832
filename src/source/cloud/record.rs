//! An entry as the API returned it: its JSON as the REST API writes it, and the key that tells duplicates.
//! Leaves out what the entry means: `entry` decodes.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use google_cloud_logging_v2::model::LogEntry;
use serde_json::Value;

use super::page::Unreadable;
use super::window::MINUTE;
use crate::entry::{Severity, Timestamp};

/// An entry and what reading in order needs to know of it.
#[derive(Debug, Clone)]
pub struct Record {
    /// The entry in the JSON form of the API, severity by name.
    pub json: Value,
    /// When it happened.
    pub timestamp: Option<Timestamp>,
    /// When the API received it.
    pub received: Option<Timestamp>,
    /// Severity field; `Default` where it has none.
    pub severity: Severity,
    pub(super) key: Option<u128>,
}

impl Record {
    /// Turns an entry of the client into JSON.
    pub(super) fn of(entry: &LogEntry) -> Result<Record, Unreadable> {
        let mut json = serde_json::to_value(entry).map_err(|error| {
            let known = serde_json::json!({"logName": entry.log_name, "insertId": entry.insert_id});
            Unreadable::new(&known, None, &error.to_string())
        })?;
        let number = json.get("severity").and_then(Value::as_i64);
        let severity = number.and_then(Severity::from_number).unwrap_or_default();
        if let (Some(fields), Some(_)) = (json.as_object_mut(), number) {
            fields.insert("severity".to_owned(), Value::from(severity.name()));
        }
        let timestamp = time_of(entry.timestamp.as_ref().map(|at| (at.seconds(), at.nanos())));
        let received = time_of(entry.receive_timestamp.as_ref().map(|at| (at.seconds(), at.nanos())));
        let key = key(&entry.log_name, timestamp, &entry.insert_id);
        Ok(Record { json, timestamp, received, severity, key })
    }

    /// Turns an entry of the stream into the JSON that the list returns for it: in a stream every number
    /// of a payload is a fraction, in the list those without one are whole.
    pub(super) fn of_streamed(entry: &LogEntry) -> Result<Record, Unreadable> {
        let mut record = Record::of(entry)?;
        if let Some(payload) = record.json.get_mut("jsonPayload") {
            make_whole(payload);
        }
        Ok(record)
    }

    /// Reads a record that was written before.
    pub fn of_json(json: Value) -> Record {
        let text = |name: &str| json.get(name).and_then(Value::as_str).unwrap_or("");
        let time = |name: &str| {
            chrono::DateTime::parse_from_rfc3339(text(name)).ok().as_ref().and_then(Timestamp::from_chrono)
        };
        let (timestamp, received) = (time("timestamp"), time("receiveTimestamp"));
        let severity = Severity::from_word(text("severity")).unwrap_or_default();
        let key = key(text("logName"), timestamp, text("insertId"));
        Record { timestamp, received, severity, key, json }
    }
}

/// Returns the time of these seconds and nanoseconds since 1970.
pub(super) fn time_of(time: Option<(i64, i32)>) -> Option<Timestamp> {
    let (seconds, nanos) = time?;
    Some(Timestamp(seconds.checked_mul(1_000_000_000)?.checked_add(i64::from(nanos))?))
}

fn make_whole(value: &mut Value) {
    // Beyond 2^53 a fraction no longer holds every whole number; there the digits are kept as they came.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Array(values) => values.iter_mut().for_each(make_whole),
        Value::Object(fields) => fields.values_mut().for_each(make_whole),
        Value::Number(number) => {
            let fraction = number.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < EXACT);
            if let (true, Some(fraction)) = (number.is_f64(), fraction) {
                *value = Value::from(fraction as i64);
            }
        }
        _ => {}
    }
}

/// Cloud Logging's own rule: same log name, timestamp and insertId are one entry.
fn key(log_name: &str, timestamp: Option<Timestamp>, insert_id: &str) -> Option<u128> {
    let sum = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        (seed, log_name, timestamp, insert_id).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    // Two sums: a chance meeting of two keys would lose an entry.
    (!insert_id.is_empty()).then(|| (sum(0) << 64) | sum(1))
}

/// The keys of the last minute read. Entries come in the order of their times, so that a page asked for
/// again can only repeat recent ones; older keys are forgotten and memory stays small.
#[derive(Debug, Default)]
pub(super) struct Recent {
    keys: BTreeSet<(i64, u128)>,
    forget_at: usize,
}

impl Recent {
    /// Returns whether the record is new.
    pub(super) fn is_new(&mut self, record: &Record) -> bool {
        let Some(key) = record.key else { return true };
        let time = record.timestamp.map_or(0, |time| time.0);
        if !self.keys.insert((time, key)) {
            return false;
        }
        if self.keys.len() > self.forget_at.max(4096) {
            let newest = self.keys.last().map_or(0, |(time, _)| *time);
            self.keys = self.keys.split_off(&(newest.saturating_sub(MINUTE), 0));
            self.forget_at = self.keys.len() * 2;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_of_a_stream_become_those_of_the_list() {
        let mut payload = json!({"level": 50.0, "of": {"ratio": 2.5, "list": [7.0, -1.0]}, "far": 1e300, "n": 3});
        make_whole(&mut payload);
        let expected = json!({"level": 50, "of": {"ratio": 2.5, "list": [7, -1]}, "far": 1e300, "n": 3});
        assert_eq!(payload, expected);
    }
}
