//! Events, redacted: what failed, rejoined from the entries that tell it, with its exception and the pattern
//! that knows it. Leaves out which events are the same (`group`) and what caused what (`cascade`).

mod assemble;
mod chaining;
mod crew;
mod keys;
mod recognise;
pub mod trace;

pub use crate::exception::{ChainedException, Exception, StackFrame};
pub use crate::pattern::Known;
pub use assemble::{Assembler, Unit};
pub use chaining::{Chaining, Read};
pub use crew::Crew;
pub use keys::Keys;

use crate::pattern::{Catalog, ClientKind, Tally};

/// Returns the event that one entry tells on its own.
pub fn read_event(entry: LogEntry, catalog: &Catalog) -> Event {
    recognise::event(entry, Vec::new(), None, catalog)
}

use crate::entry::{LogEntry, Severity, Timestamp};

/// An entry that says something failed: the entry (or several rejoined ones), the exception in it and
/// the pattern that knows it.
#[derive(Debug, Clone)]
pub struct Event {
    /// The entry that speaks for the event; `message` holds the rejoined text.
    pub entry: LogEntry,
    /// Further entries that belong to it (halves, connectors, trace lines), in reading order.
    pub joined: Vec<Joined>,
    /// The exception read from the text, the trace or a structured field.
    pub exception: Option<Exception>,
    /// The pattern that knows this error, with what it captured.
    pub known: Option<Known>,
    /// Who sent the request, where that is no person and no application of the user's.
    pub client: Option<ClientKind>,
    /// What was redacted in its texts.
    pub redacted: Tally,
}

/// An entry that was joined to an event.
#[derive(Debug, Clone)]
pub struct Joined {
    /// Where it stands.
    pub at: crate::entry::Position,
    /// Its insertId.
    pub insert_id: Option<String>,
}

impl Event {
    /// Returns the event's time: when its entry was stamped.
    pub fn time(&self) -> Option<Timestamp> {
        self.entry.timestamp
    }

    /// Returns the effective severity.
    pub fn severity(&self) -> Severity {
        self.entry.severity
    }
}
