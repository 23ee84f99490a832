//! What a pattern knows beyond the log: answers to deeper questions, actions, tests.
//! Leaves out the evidence of the log, which `analysis` puts before any of this.

use serde::Deserialize;

use crate::pattern::Text;

/// A deeper question with the answer that the pattern's knowledge offers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The question.
    pub question: Text,
    /// An honest answer.
    pub answer: Text,
    /// How far the answer may be trusted; knowledge alone never proves.
    pub status: ReasonStatus,
    /// The observation that would settle it.
    pub settle: Option<Text>,
}

/// How far a pattern's answer may be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonStatus {
    /// Follows from what the message states and how the software is documented to behave.
    Supported,
    /// One possible explanation; `settle` says how to find out.
    Hypothesis,
}

/// Something that can be done, with an end that can be told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// What it is good for.
    pub kind: ActionKind,
    /// The action; begins with a verb.
    pub text: Text,
}

/// What an action is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActionKind {
    /// Makes it hurt less now.
    Mitigate,
    /// Mends it.
    Repair,
    /// Keeps it from coming back.
    Prevent,
    /// Makes it be seen sooner.
    Detect,
    /// Finds out what is not known yet.
    Investigate,
}

/// A test that would fail now and pass once the error is mended.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestIdea {
    /// How much of the system it runs.
    pub level: TestLevel,
    /// What it does.
    pub text: Text,
    /// Why it fails now.
    pub fails_now: Text,
    /// When it passes.
    pub passes_when: Text,
}

/// How much of the system a test runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TestLevel {
    /// One function or module.
    Unit,
    /// Several parts together.
    Integration,
    /// The deployed system.
    EndToEnd,
}
