//! What one pass changes in the memory: stored as a whole or not at all.
//! Leaves out how it comes about (`decide`) and how it is stored (`ledger`).

use serde::{Deserialize, Serialize};

use super::{Decision, Minute, Order, Record, Traffic, Transition};
use crate::entry::Timestamp;

/// One look at one set of sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    /// The sources, as the user named them, joined by blanks: whose cursor moves.
    pub source: String,
    /// Start of what was read, inclusive; `None` when nothing was read.
    pub from: Option<Timestamp>,
    /// End of what was read, exclusive.
    pub to: Option<Timestamp>,
    /// When the pass was made.
    pub now: Timestamp,
    /// Whether everything asked for was read; only then does "not seen" mean anything.
    pub complete: bool,
    /// Entries read.
    pub entries: u64,
    /// Events among them.
    pub events: u64,
}

/// Everything that a pass changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The pass.
    pub pass: Pass,
    /// Records that are new or changed.
    pub records: Vec<Record>,
    /// Fingerprint -> incident, for fingerprints that are no incident's own.
    pub aliases: Vec<(String, String)>,
    /// Incident, minute since 1970, events; the larger of old and new is kept.
    pub minutes: Vec<(String, i64, Minute)>,
    /// Service, minute since 1970, traffic; the larger of old and new is kept.
    pub traffic: Vec<(String, i64, Traffic)>,
    /// Changes of state.
    pub transitions: Vec<Transition>,
    /// What was decided, for every incident seen or remembered as not yet over.
    pub decisions: Vec<Decision>,
    /// What is to be written to the tracker, in this order.
    pub orders: Vec<Order>,
}
