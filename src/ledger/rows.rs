//! How values become columns and back.
//! Leaves out which columns there are: see `schema`.

use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::Fault;
use crate::decision::Record;
use crate::entry::Timestamp;

/// Returns a count as a column holds it; more than 2^63 is not counted.
pub(super) fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Returns a stored count; our own are never negative.
pub(super) fn counted(column: i64) -> u64 {
    u64::try_from(column).unwrap_or_default()
}

/// Returns a time as a column holds it.
pub(super) fn nanos(time: Option<Timestamp>) -> Option<i64> {
    time.map(|time| time.0)
}

/// Returns the JSON of a value.
pub(super) fn json(value: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|error| Fault::Value(error.to_string()))
}

/// Reads the JSON of a row; `what` names the row.
pub(super) fn from_json<T: DeserializeOwned>(json: &str, what: &str) -> Result<T, Fault> {
    serde_json::from_str(json).map_err(|error| Fault::Value(format!("{what}: {error}")))
}

/// Reads a word such as `ongoing` that one of our enums writes.
pub(super) fn from_word<T: DeserializeOwned>(word: String, what: &str) -> Result<T, Fault> {
    serde_json::from_value(serde_json::Value::String(word)).map_err(|error| Fault::Value(format!("{what}: {error}")))
}

/// Stores a record as it is now.
pub(super) fn put_record(db: &Connection, record: &Record) -> Result<(), Fault> {
    db.prepare_cached(
        "INSERT INTO incident (incident, state, priority, last_seen_ns, issue, json) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (incident) DO UPDATE SET state = excluded.state, priority = excluded.priority,
         last_seen_ns = excluded.last_seen_ns, issue = excluded.issue, json = excluded.json",
    )?
    .execute((
        &record.incident,
        record.state.name(),
        &record.priority,
        nanos(record.last_seen),
        record.issue.as_ref().map(|issue| stored(issue.number)),
        json(record)?,
    ))?;
    Ok(())
}
