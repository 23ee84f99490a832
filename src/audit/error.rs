//! Why a pass could not be finished.
//! Leaves out single orders that fail: they stay in the outbox, and the pass goes on.

use std::fmt;

use crate::entry::Timestamp;
use crate::ledger::LedgerError;
use crate::pattern::Problem;
use crate::publish::github::Fault;

/// Why a pass could not be finished.
#[derive(Debug)]
pub enum AuditError {
    /// Another run is deciding or writing.
    Held {
        /// Who.
        owner: String,
        /// Until when at most, unless it goes on.
        until: Timestamp,
    },
    /// The ledger failed; nothing of the pass was stored.
    Ledger(LedgerError),
    /// A template failed.
    Template(Box<Problem>),
    /// The tracker could not be asked what there is, so nothing was decided.
    Tracker(Fault),
}

impl fmt::Display for AuditError {
    /// Writes what happened in one line; causes and hints are the caller's to print.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AuditError::Held { owner, until } => write!(f, "another run is at work: {owner}, until {until} at most"),
            AuditError::Ledger(error) => error.fmt(f),
            AuditError::Template(problem) => problem.fmt(f),
            AuditError::Tracker(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for AuditError {}

impl From<LedgerError> for AuditError {
    fn from(error: LedgerError) -> AuditError {
        AuditError::Ledger(error)
    }
}

impl From<Problem> for AuditError {
    fn from(problem: Problem) -> AuditError {
        AuditError::Template(Box::new(problem))
    }
}
