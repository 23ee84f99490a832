//! What was decided about an incident, and why.
//! Leaves out how it is decided (`decide`) and what is written for it (`Order`).

use serde::{Deserialize, Serialize};

/// What to do about an incident in this pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Open an issue.
    Open,
    /// Open the closed issue again: a regression.
    Reopen,
    /// Write what changed into the issue and tell it in a comment.
    Tell,
    /// Write what changed into the issue, silently.
    Update,
    /// Name it in the roll-up issue, because this run opens no more issues.
    RollUp,
    /// Not yet: too few passes or events.
    Wait,
    /// Nothing to do.
    Leave,
    /// A silence or a maintenance window covers it.
    Silenced,
    /// A person decided otherwise; that stands.
    Yield,
}

impl Action {
    /// Returns the word for it, as the plan prints it.
    pub fn name(self) -> &'static str {
        match self {
            Action::Open => "open",
            Action::Reopen => "reopen",
            Action::Tell => "tell",
            Action::Update => "update",
            Action::RollUp => "roll-up",
            Action::Wait => "wait",
            Action::Leave => "leave",
            Action::Silenced => "silenced",
            Action::Yield => "yield",
        }
    }
}

/// An action with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The incident.
    pub incident: String,
    /// What to do.
    pub action: Action,
    /// Why, in one sentence with its numbers.
    pub reason: String,
}

/// A change of state with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// The incident.
    pub incident: String,
    /// Before; `None` when it was not known.
    pub from: Option<super::State>,
    /// After.
    pub to: super::State,
    /// Why, in one sentence.
    pub reason: String,
}
