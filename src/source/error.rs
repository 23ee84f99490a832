//! Why a source could not be read at all.
//! Leaves out damage inside a source: that is told in its summary.

use std::fmt;

/// A source that could not be read, said as `error / caused by / hint`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceError {
    /// What failed.
    pub message: String,
    /// Why, nearest cause first.
    pub causes: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl SourceError {
    pub(super) fn new(message: impl Into<String>) -> SourceError {
        SourceError { message: message.into(), causes: Vec::new(), hint: None }
    }

    pub(super) fn caused_by(mut self, cause: impl fmt::Display) -> SourceError {
        self.causes.push(cause.to_string());
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> SourceError {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for SourceError {
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

impl std::error::Error for SourceError {}
