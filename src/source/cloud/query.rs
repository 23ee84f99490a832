//! The question to Cloud Logging, and how its answer came: records, gaps, notes.
//! Leaves out asking.

use super::page::Unreadable;
use super::record::Record;
use super::window::Window;
use super::{CloudAddress, Selection};
use crate::entry::Timestamp;

/// What is asked of Cloud Logging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudQuery {
    /// Where.
    pub address: CloudAddress,
    /// Which entries.
    pub selection: Selection,
    /// When.
    pub window: Window,
    /// Most entries, oldest first.
    pub limit: Option<u64>,
    /// Whether the window follows errors that touch its edges.
    pub widen: bool,
    /// The time at which the run speaks.
    pub now: Timestamp,
}

/// A part of the window that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Which part.
    pub window: Window,
    /// Why.
    pub cause: String,
}

/// What a reading brings, in the order in which it comes; whoever takes it returns whether to go on.
#[derive(Debug)]
pub enum Arrived {
    /// An entry inside the window.
    Record(Box<Record>),
    /// An entry that is none.
    Unreadable(Unreadable),
    /// This slice is read to its end, and so is every one before it.
    SliceRead(SliceDone),
}

/// A slice that was read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SliceDone {
    /// Which part of the window.
    pub window: Window,
    /// Whether it holds the start of the window and errors lie there, so that the window may be widened.
    pub errors_at_start: bool,
    /// The same for the end of the window.
    pub errors_at_end: bool,
}

/// How the reading of a window went.
#[derive(Debug, Clone)]
pub struct WindowRead {
    /// The window as it was read, widenings included.
    pub window: Window,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// What a reader of the result should know.
    pub notes: Vec<String>,
    /// Whether `limit` ended the reading.
    pub limited: bool,
    /// Entries handed on.
    pub entries: u64,
}

impl Gap {
    /// Says the gap as the coverage states it.
    pub fn note(&self) -> String {
        format!("GAP: from {} to {} could not be read: {}", self.window.from, self.window.to, self.cause)
    }
}

/// Joins gaps that touch: the first cause stands for what followed from it.
pub(super) fn joined(mut gaps: Vec<Gap>) -> Vec<Gap> {
    gaps.sort_by_key(|gap| gap.window);
    let mut joined: Vec<Gap> = Vec::new();
    for gap in gaps {
        match joined.last_mut() {
            Some(last) if last.window.to >= gap.window.from => last.window.to = last.window.to.max(gap.window.to),
            _ => joined.push(gap),
        }
    }
    joined
}
