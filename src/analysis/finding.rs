//! What analysis states: sentences with evidence, answers with a status, things to do.
//! Leaves out how they are found and how they are worded in reports.

use serde::Serialize;

use crate::entry::Timestamp;

/// A sentence with what proves it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Statement {
    /// The sentence; `unknown: ...` where nothing proves more.
    pub text: String,
    /// `proven`, `supported`, `hypothesis` or `unknown`.
    pub status: &'static str,
    /// What proves it; empty only when the status is `unknown`.
    pub evidence: Vec<Evidence>,
}

/// A verbatim quotation, a place in code, or a computed number with its formula.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// `entry`, `count`, `code`, `commit` or `pattern`.
    pub kind: &'static str,
    /// insertId or `source:line`; the formula of a number; `file:line@commit`; a commit; the id of a pattern.
    pub reference: String,
    /// The quotation or the number.
    pub quote: String,
    /// When the quoted entry was stamped.
    pub timestamp: Option<Timestamp>,
}

/// One step of the five whys.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Why {
    /// The question.
    pub question: String,
    /// The answer; `unknown: ...` where evidence ends.
    pub answer: String,
    /// `proven`, `supported`, `hypothesis` or `unknown`.
    pub status: &'static str,
    /// What proves it.
    pub evidence: Vec<Evidence>,
    /// `main`, `not-caught` or `not-contained`.
    pub branch: &'static str,
    /// For a hypothesis or an unknown: the observation that would settle it.
    pub settle: Option<String>,
}

/// One item of the timeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimelineItem {
    /// When.
    pub time: Timestamp,
    /// `change`, `first`, `last` or `window`.
    pub kind: &'static str,
    /// What happened.
    pub text: String,
    /// insertId or `source:line`.
    pub reference: String,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Action {
    /// `mitigate`, `repair`, `prevent`, `detect` or `investigate`.
    pub kind: String,
    /// Begins with a verb; narrow; one can tell when it is done.
    pub text: String,
    /// Where it comes from: a pattern id, or the evidence it follows from.
    pub source: String,
}

/// A test that would fail before the fix and pass after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Test {
    /// `unit`, `integration` or `end-to-end`.
    pub level: String,
    /// What it does.
    pub text: String,
    /// Why it fails now.
    pub fails_now: String,
    /// What is seen when it passes.
    pub passes_when: String,
}
