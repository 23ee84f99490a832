//! What goes into a verification and what comes out of it, as plain data.
//! Leaves out how it is found.

use serde::Serialize;

use super::claim::Kind;
use super::{Code, Remembered, Sought, compare};
use crate::report::view::TriageView;

/// A document that the input yields.
#[derive(Debug, Clone)]
pub struct Page {
    /// `report`, `issue`, `audit`, `summary`, `worklog`, ...
    pub name: &'static str,
    /// Fingerprint of the incident it is about; `None` when it is about the run.
    pub incident: Option<String>,
    /// Its text.
    pub text: String,
}

/// What a document is verified against.
#[derive(Debug)]
pub struct Against<'a> {
    /// The run over the input.
    pub view: &'a TriageView,
    /// What is rendered of it.
    pub pages: &'a [Page],
    /// What was found in the entries.
    pub sought: &'a Sought,
    /// The repository; `None` when there is none at hand.
    pub code: Option<&'a dyn Code>,
    /// What the ledger remembers; `None` when there is none at hand.
    pub memory: Option<&'a [Remembered]>,
}

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// 1-based line of the document.
    pub line: usize,
    /// As it stands there.
    pub claim: String,
    /// What is claimed.
    pub kind: Kind,
    /// What the input says instead; `null` where it says nothing of the kind.
    pub expected: Option<String>,
    /// Why it does not hold.
    pub why: String,
}

/// Something that this input cannot settle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Open {
    /// 1-based line of the document.
    pub line: usize,
    /// As it stands there.
    pub claim: String,
    /// Why it was not checked.
    pub why: String,
}

/// How many claims were looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Claims {
    /// Checked.
    pub checked: usize,
    /// Of these, those that hold.
    pub held: usize,
    /// Of these, those that do not.
    pub failed: usize,
    /// Not checked.
    pub not_checked: usize,
}

/// What came of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Which of our documents it is, if it is one.
    pub document: Option<&'static str>,
    /// Fingerprint of the incident it is about.
    pub incident: Option<String>,
    /// Whether something was checked, and all of it holds.
    pub holds: bool,
    /// Whether the document speaks of the input at hand; otherwise nothing can be said for sure.
    pub same_input: bool,
    /// How many claims were looked at.
    pub claims: Claims,
    /// What does not hold, by line.
    pub findings: Vec<Finding>,
    /// What could not be checked, by line.
    pub not_checked: Vec<Open>,
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Tally {
    claims: Claims,
    pub(super) findings: Vec<Finding>,
    open: Vec<Open>,
}

impl Tally {
    pub(super) fn holds(&mut self, claims: usize) {
        self.claims.checked += claims;
    }

    pub(super) fn add(&mut self, claims: usize, findings: Vec<Finding>) {
        // A turned word is no claim by itself, and yet what it turns is false.
        self.claims.checked += claims.max(findings.len());
        self.findings.extend(findings);
    }

    pub(super) fn open(&mut self, line: usize, claim: &str, why: &str) {
        self.open.push(Open { line, claim: compare::cut(claim), why: why.to_string() });
    }

    pub(super) fn finish(
        mut self,
        document: Option<&'static str>,
        incident: Option<String>,
        other: Vec<Finding>,
    ) -> Verification {
        let same_input = other.is_empty();
        self.claims.checked += other.len();
        self.findings.extend(other);
        self.findings.sort();
        self.findings.dedup();
        self.open.sort();
        self.claims.failed = self.findings.len();
        self.claims.held = self.claims.checked.saturating_sub(self.claims.failed);
        self.claims.not_checked = self.open.len();
        // A document without a claim is no document that was found right.
        let holds = self.findings.is_empty() && self.claims.checked > 0;
        let (claims, findings, not_checked) = (self.claims, self.findings, self.open);
        Verification { document, incident, holds, same_input, claims, findings, not_checked }
    }
}
