//! Why the ledger could not be opened, read or written.
//! Leaves out what the caller does about it: `Trouble` says which kind it is.

use std::fmt;
use std::path::Path;

use rusqlite::ErrorCode;

/// The kinds of trouble that a caller may want to tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// There is no ledger yet.
    Missing,
    /// The file is no ledger, damaged, of a newer version, or not accessible; it was left as it is.
    Unusable,
    /// Another process is writing, and went on for longer than we wait.
    Busy,
    /// The disk is full; what was there is intact.
    Full,
    /// The lease expired or another run took it; nothing was written.
    TakenOver,
    /// Everything else; nothing was written.
    Failed,
}

/// A failure of the ledger, said as `error / caused by / hint`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerError {
    /// Which kind it is.
    pub trouble: Trouble,
    /// What failed.
    pub message: String,
    /// Why, nearest cause first.
    pub causes: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl LedgerError {
    pub(super) fn new(trouble: Trouble, message: impl Into<String>) -> LedgerError {
        LedgerError { trouble, message: message.into(), causes: Vec::new(), hint: None }
    }

    pub(super) fn caused_by(mut self, cause: impl fmt::Display) -> LedgerError {
        self.causes.push(cause.to_string());
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> LedgerError {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        for cause in &self.causes {
            write!(f, "\ncaused by: {cause}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for LedgerError {}

/// What stops a piece of work inside a transaction, before it is known what the work was for.
pub(super) enum Fault {
    /// SQLite refused.
    Sqlite(rusqlite::Error),
    /// A stored value is not what this version writes; which one, and why.
    Value(String),
    /// Already said in full.
    Said(LedgerError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        Fault::Sqlite(error)
    }
}

impl From<LedgerError> for Fault {
    fn from(error: LedgerError) -> Fault {
        Fault::Said(error)
    }
}

impl Fault {
    /// Says it for the user: `work` completes "cannot ...".
    pub(super) fn say(self, work: &str, path: &Path) -> LedgerError {
        let message = format!("cannot {work}");
        let path = path.display();
        let error = match self {
            Fault::Said(error) => return error,
            Fault::Value(what) => {
                return LedgerError::new(Trouble::Failed, message)
                    .caused_by(what)
                    .hint(format!("{path} was changed by something else; restore it from a backup"));
            }
            Fault::Sqlite(error) => error,
        };
        let (trouble, hint) = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => {
                (Trouble::Full, format!("make room on the disk of {path}; what was stored before is intact"))
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                (Trouble::Busy, format!("another process is writing to {path}; try again"))
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => (
                Trouble::Unusable,
                format!("{path} is damaged: restore it from a backup, or move it away to begin a new ledger"),
            ),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => (
                Trouble::Unusable,
                format!("{path} and its folder must be writable for this user; choose another place with --ledger"),
            ),
            Some(ErrorCode::SystemIoFailure | ErrorCode::FileLockingProtocolFailed) => (
                Trouble::Failed,
                format!("{path} needs a working local disk with some room; network folders do not lock files reliably"),
            ),
            Some(ErrorCode::ConstraintViolation) => (
                Trouble::Failed,
                "this is a mistake in log-gardener; please report it with the lines above".to_string(),
            ),
            _ => (Trouble::Failed, format!("check {path} with `sqlite3 {path} 'PRAGMA integrity_check'`")),
        };
        LedgerError::new(trouble, message).caused_by(error).hint(hint)
    }
}
