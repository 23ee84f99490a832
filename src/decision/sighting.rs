//! What one pass saw of one incident, in plain data that can be remembered.
//! Leaves out quotations and links: they stand in the report of the pass.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::entry::Timestamp;

/// What stays the same when a template, a mask or a line of the message changes; see `kinship`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kin {
    /// Service of the root group.
    pub service: String,
    /// Id of the pattern that knows it, or empty.
    pub pattern: String,
    /// What the pattern says the error is about (captures), `name=value`, sorted.
    pub about: Vec<String>,
    /// Type of the exception, or empty.
    pub type_name: String,
    /// Innermost application frame as `file function`, else where it was logged; no line numbers.
    pub place: String,
    /// Status and route of a request, or empty.
    pub request: String,
    /// Normalised message.
    pub template: String,
}

/// Events of one minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minute {
    /// Events of all groups of the incident.
    pub events: u64,
    /// Events of its root group.
    pub root: u64,
}

/// What one pass saw of one incident.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sighting {
    /// 32 hex digits, made from the root group.
    pub fingerprint: String,
    /// See `Kin`.
    pub kin: Kin,
    /// One line that says what is broken.
    pub title: String,
    /// The pattern's category.
    pub category: String,
    /// `P0` to `P3`.
    pub priority: String,
    /// Why it is kept apart as noise.
    pub noise: Option<String>,
    /// The deepest state that the evidence reaches.
    pub cause: String,
    /// Services, sorted.
    pub services: Vec<String>,
    /// Revisions, sorted.
    pub revisions: Vec<String>,
    /// Fingerprints that incidents rooted in its consequences would have.
    pub consequences: Vec<String>,
    /// Events of all groups.
    pub events: u64,
    /// First event.
    pub first_seen: Option<Timestamp>,
    /// Last event.
    pub last_seen: Option<Timestamp>,
    /// Minute since 1970 -> events; events without a time are in none.
    pub minutes: BTreeMap<i64, Minute>,
}

/// Traffic of one service in one minute, whatever its severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// Entries.
    pub entries: u64,
    /// Entries that are requests.
    pub requests: u64,
}
