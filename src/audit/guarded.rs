//! A tracker that writes only as long as the lease of the run is its own, asked before each single write.
//! Leaves out what is written.
//!
//! A run may be suspended between two calls for longer than its lease lasts, and wake after another run has
//! gone on with its orders. What it would still write then was written already.

use crate::ledger::LedgerError;
use crate::publish::github::{Change, Comment, Fault, FaultKind, History, Listing, NewIssue, RemoteIssue, Tracker};

/// See the module.
pub(super) struct Guarded<'a> {
    inner: &'a mut dyn Tracker,
    /// Prolongs the lease; `false` when another run has taken it.
    ours: &'a mut dyn FnMut() -> Result<bool, LedgerError>,
    lost: Result<bool, LedgerError>,
}

impl<'a> Guarded<'a> {
    /// Returns the tracker for one order.
    pub(super) fn new(
        inner: &'a mut dyn Tracker,
        ours: &'a mut dyn FnMut() -> Result<bool, LedgerError>,
    ) -> Guarded<'a> {
        Guarded { inner, ours, lost: Ok(false) }
    }

    /// Returns whether a write was refused because another run took over.
    pub(super) fn lost(self) -> Result<bool, LedgerError> {
        self.lost
    }

    fn write<T>(&mut self, write: impl FnOnce(&mut dyn Tracker) -> Result<T, Fault>) -> Result<T, Fault> {
        match (self.ours)() {
            Ok(true) => return write(self.inner),
            Ok(false) => self.lost = Ok(true),
            Err(error) => self.lost = Err(error),
        }
        Err(Fault::new(FaultKind::NotAllowed, "the lease of this run is not its own any more"))
    }
}

impl Tracker for Guarded<'_> {
    fn issues(&mut self, listing: &Listing) -> Result<Vec<RemoteIssue>, Fault> {
        self.inner.issues(listing)
    }

    fn issue(&mut self, number: u64) -> Result<RemoteIssue, Fault> {
        self.inner.issue(number)
    }

    fn create(&mut self, new: &NewIssue) -> Result<RemoteIssue, Fault> {
        self.write(|inner| inner.create(new))
    }

    fn edit(&mut self, number: u64, change: &Change) -> Result<RemoteIssue, Fault> {
        self.write(|inner| inner.edit(number, change))
    }

    fn add_labels(&mut self, number: u64, labels: &[String]) -> Result<(), Fault> {
        self.write(|inner| inner.add_labels(number, labels))
    }

    fn remove_label(&mut self, number: u64, label: &str) -> Result<(), Fault> {
        self.write(|inner| inner.remove_label(number, label))
    }

    fn ensure_label(&mut self, label: &str, create: bool) -> Result<bool, Fault> {
        self.inner.ensure_label(label, create)
    }

    fn can_be_assigned(&mut self, login: &str) -> Result<bool, Fault> {
        self.inner.can_be_assigned(login)
    }

    fn comments(&mut self, number: u64) -> Result<Vec<Comment>, Fault> {
        self.inner.comments(number)
    }

    fn comment(&mut self, number: u64, text: &str) -> Result<Comment, Fault> {
        self.write(|inner| inner.comment(number, text))
    }

    fn history(&mut self, number: u64) -> Result<History, Fault> {
        self.inner.history(number)
    }
}
