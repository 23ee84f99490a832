//! Samples of a group: verbatim quotations, small while events still come in.
//! Leaves out which are kept.

use std::cmp::Ordering;

use crate::entry::{Position, Timestamp};
use crate::event::Event;

use super::quote::Quote;

/// A verbatim quotation of an entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    /// The entry's timestamp.
    pub timestamp: Option<Timestamp>,
    /// How evidence points at it.
    pub reference: String,
    /// `insertId`.
    pub insert_id: Option<String>,
    /// Source and 1-based line (0 unknown).
    pub source: std::sync::Arc<str>,
    /// See `source`.
    pub line: u64,
    /// The text in full.
    pub quote: String,
}

/// A sample while its group grows.
#[derive(Debug)]
pub(super) struct Kept {
    timestamp: Option<Timestamp>,
    insert_id: Option<Box<str>>,
    at: Position,
    /// What it says, written against the base of its group.
    pub(super) quote: Quote,
}

impl Kept {
    /// Keeps what `event` is told by.
    pub(super) fn of(event: &Event, quote: Quote) -> Kept {
        let entry = &event.entry;
        Kept {
            timestamp: entry.timestamp,
            insert_id: entry.insert_id.as_deref().map(Box::from),
            at: entry.at.clone(),
            quote,
        }
    }

    /// Returns whether it stands before `event`: by time, and where that is the same by reference and place, and at last
    /// by what both say, which `texts` compares.
    pub(super) fn order(&self, event: &Event, texts: impl FnOnce() -> Ordering) -> Ordering {
        let entry = &event.entry;
        self.timestamp.cmp(&entry.timestamp).then_with(|| {
            let one = (self.reference(), self.insert_id.as_deref(), self.at.source_name(), self.at.line);
            let other = (entry.reference(), entry.insert_id.as_deref(), entry.at.source_name(), entry.at.line);
            one.cmp(&other).then_with(texts)
        })
    }

    fn reference(&self) -> String {
        // As `LogEntry::reference` says it.
        match &self.insert_id {
            Some(id) => id.to_string(),
            None if self.at.line > 0 => format!("{}:{}", self.at.source_name(), self.at.line),
            None => format!("{}#{}", self.at.source_name(), self.at.index),
        }
    }

    /// Returns the sample in full.
    pub(super) fn sample(self, base: &str) -> Sample {
        Sample {
            timestamp: self.timestamp,
            reference: self.reference(),
            insert_id: self.insert_id.as_deref().map(str::to_string),
            source: self.at.source_name(),
            line: self.at.line,
            quote: self.quote.text(base),
        }
    }
}
