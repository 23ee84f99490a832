//! Events: what failed, rejoined from the entries that tell it, with its exception and the pattern
//! that knows it. Leaves out which events are the same (`group`) and what caused what (`cascade`).

mod assemble;
mod recognise;
pub mod trace;

pub use assemble::Assembler;

use crate::pattern::Catalog;

/// Returns the event that one entry tells on its own.
pub fn read_event(entry: LogEntry, catalog: &Catalog) -> Event {
    recognise::event(entry, Vec::new(), catalog)
}

use std::collections::BTreeMap;

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
}

/// An entry that was joined to an event.
#[derive(Debug, Clone)]
pub struct Joined {
    /// Where it stands.
    pub at: crate::entry::Position,
    /// Its insertId.
    pub insert_id: Option<String>,
}

/// An exception as a stack trace or a structured field tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Exception {
    /// Type as written, with its module or package: `sqlalchemy.exc.OperationalError`.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// Message in full; may span lines.
    pub message: Option<String>,
    /// `python`, `java`, `javascript`, `go`, ...; the id of the trace grammar that read it.
    pub language: Option<String>,
    /// What led to it, nearest cause first.
    pub chain: Vec<ChainedException>,
    /// Frames of the exception that finally propagated, innermost first.
    pub frames: Vec<StackFrame>,
}

/// An exception that stands behind another one.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct ChainedException {
    /// Type as written.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// Message in full.
    pub message: Option<String>,
    /// How the text relates it: `caused by`, `during handling of`, `suppressed`, `grouped`.
    pub relation: String,
    /// Its own frames, innermost first.
    #[serde(skip)]
    pub frames: Vec<StackFrame>,
}

/// One line of a stack trace.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct StackFrame {
    /// File as written.
    pub file: Option<String>,
    /// Line, 1-based.
    pub line: Option<u32>,
    /// Function or method.
    pub function: Option<String>,
    /// Whether it is the application's own code and not a library, the runtime or generated code.
    pub in_app: bool,
}

/// The pattern that knows an error, with what it captured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Index of the pattern in the catalog.
    pub pattern: usize,
    /// Captures by name.
    pub captures: BTreeMap<String, String>,
}

impl Exception {
    /// Returns the innermost frame of the application's own code.
    pub fn innermost_in_app(&self) -> Option<&StackFrame> {
        self.frames.iter().find(|frame| frame.in_app)
    }
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
