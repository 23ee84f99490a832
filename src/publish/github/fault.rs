//! What a failed call to the tracker means, in the five ways that call for different actions.
//! Leaves out waiting and repeating: see `patience`.

use crate::entry::Timestamp;

/// What is to be done about a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// It was not carried out; asking again before this time does not help.
    RetryLater(Timestamp),
    /// The tracker does not accept what was sent; sending the same again does not help.
    Refused,
    /// The issue does not exist (any more), or was moved to another repository.
    Gone,
    /// The token may not do this, or the settings are wrong; a person has to act.
    NotAllowed,
    /// The answer was lost: it may have been carried out. Look before sending it again.
    OutcomeUnknown,
}

/// A failed call, as the user sees it: a cause and, if there is one, a hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is to be done.
    pub kind: FaultKind,
    /// What happened, in one line.
    pub cause: String,
    /// What the user can do.
    pub hint: Option<String>,
}

impl Fault {
    /// Returns a fault without a hint.
    pub fn new(kind: FaultKind, cause: impl Into<String>) -> Fault {
        Fault { kind, cause: one_line(&cause.into()), hint: None }
    }

    /// Adds what the user can do.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Fault {
        Fault { hint: Some(hint.into()), ..self }
    }

    /// Returns whether the issue is not there.
    pub fn is_gone(&self) -> bool {
        self.kind == FaultKind::Gone
    }

    /// Returns whether the call may have been carried out although it failed.
    pub fn is_unknown(&self) -> bool {
        self.kind == FaultKind::OutcomeUnknown
    }
}

impl std::fmt::Display for Fault {
    /// Writes the cause and, after a semicolon, the hint.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.hint {
            Some(hint) => write!(f, "{}; {hint}", self.cause),
            None => f.write_str(&self.cause),
        }
    }
}

impl std::error::Error for Fault {}

/// Messages of servers may hold anything; one line of moderate length is shown.
fn one_line(text: &str) -> String {
    const MOST: usize = 400;
    let plain = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let mut line: String = plain.collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(MOST) {
        line.truncate(end);
        line.push_str(" ...");
    }
    line
}
