//! Who takes what was read: entries, and calm entries as counts where they are wanted as no more.
//! Leaves out what becomes of them.

use crate::entry::{Calm, LogEntry, Severity};

/// Services with their revisions, by the number that [`Calm::origin`] names; an empty revision is none.
pub type OriginList = [(Box<str>, Box<str>)];

/// Takes entries in the order in which they stand in a source.
pub trait Sink {
    /// Takes an entry.
    fn entry(&mut self, entry: LogEntry);

    /// Returns the severity below which an entry that states its severity is wanted only as a count; `None` where every
    /// entry is wanted whole.
    fn least(&self) -> Option<Severity> {
        None
    }

    /// Takes calm entries that follow each other, and what their origins stand for: the same list, which may grow,
    /// until [`Sink::settle`].
    fn calm(&mut self, calm: &[Calm], origins: &OriginList) {
        let _ = (calm, origins);
    }

    /// Hears that the list of origins changes.
    fn settle(&mut self, origins: &OriginList) {
        let _ = origins;
    }
}

impl<F: FnMut(LogEntry)> Sink for F {
    fn entry(&mut self, entry: LogEntry) {
        self(entry);
    }
}
