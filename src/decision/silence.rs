//! Silences and maintenance windows: what they cover, and until when. Every one ends.
//! Leaves out storing them.

use serde::{Deserialize, Serialize};

use super::Record;
use crate::entry::Timestamp;

/// A silence; one that starts later is a maintenance window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Number in the ledger; 0 before it is stored.
    pub id: i64,
    /// What it covers: an incident's fingerprint (or its beginning, 8 digits or more), `service:NAME`,
    /// `category:NAME`, `pattern:ID`, or `all`.
    pub matches: String,
    /// From when on.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
    /// Who said it.
    pub by: String,
}

impl Silence {
    /// Returns whether it covers the incident at `now`.
    pub fn covers(&self, record: &Record, now: Timestamp) -> bool {
        now >= self.from && now < self.until && self.matches(record)
    }

    /// Returns whether the incident is what it is about, whenever that is.
    pub fn matches(&self, record: &Record) -> bool {
        match self.matches.split_once(':') {
            Some(("service", name)) => record.services.iter().any(|service| service == name),
            Some(("category", name)) => record.category == name,
            Some(("pattern", id)) => record.kin.pattern == id,
            Some(_) => false,
            None => self.matches == "all" || (self.matches.len() >= 8 && record.incident.starts_with(&self.matches)),
        }
    }
}
