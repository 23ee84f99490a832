//! What the source code says of an incident, as part of the view.
//! Leaves out the search (`code`) and what follows from its result (`settled`).

use serde::Serialize;

use crate::entry::Timestamp;

pub use super::settled::{ASSUMED, Looked, MENDED, settle};

/// Digits by which a commit is named.
const DIGITS: usize = 12;

/// The checkout in which causes were looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckoutView {
    /// As the user named it.
    pub repo: String,
    /// The commit at HEAD when it was read.
    pub head: String,
    /// Rules from paths in the container to paths in the repository, as given.
    pub map: Vec<String>,
    /// The commit that logged, as given.
    pub deployed: Option<String>,
}

/// The finding from source code.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CauseView {
    /// What the search concluded.
    pub verdict: String,
    /// `proven`, `supported` or `unknown`.
    pub status: &'static str,
    /// The group whose error was looked up.
    pub group: String,
    /// The commit whose files were read.
    pub commit: String,
    /// How it is known that this commit logged: `--deployed`, a label with its value, or `HEAD, assumed`.
    pub commit_from: String,
    /// Places, best first.
    pub candidates: Vec<CandidateView>,
    /// Where the name lives now.
    pub suggested_target: Option<String>,
    /// The same with its place and its reason.
    pub target: Option<TargetView>,
    /// The commit at which the defect appears.
    pub culprit_commit: Option<String>,
    /// The same with what it did.
    pub culprit: Option<CulpritView>,
    /// The same in one line: `1a2b3c4d5e6f subject (date)`.
    pub suspect: Option<String>,
    /// A patch for `git apply`.
    pub diff: Option<String>,
    /// What a test of the fix calls or imports.
    pub probe: Option<String>,
    /// Owners of the first candidate's file by CODEOWNERS.
    pub owners: Vec<String>,
    /// What to mind beyond the fix.
    pub warnings: Vec<String>,
    /// What could not be looked at, or not to the end.
    pub limits: Vec<String>,
}

/// A place in the code that may have to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CandidateView {
    /// File below the repository's root.
    pub file: String,
    /// 1-based line.
    pub line: u32,
    /// `file:line@commit`, by which it can be looked up.
    pub reference: String,
    /// Function or class around it; `null` at the top of the file.
    pub scope: Option<String>,
    /// The line as it stands there, trimmed.
    pub text: String,
    /// Why it is a candidate.
    pub why: String,
}

/// What a name should be, or where it lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetView {
    /// Dotted name.
    pub name: String,
    /// File in which it is defined; `null` where that is outside of the repository.
    pub file: Option<String>,
    /// 1-based line.
    pub line: Option<u32>,
    /// `file:line@commit`.
    pub reference: Option<String>,
    /// The line as it stands there, trimmed.
    pub text: Option<String>,
    /// Why this one.
    pub why: String,
}

/// The commit at which a defect appears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CulpritView {
    /// Full id.
    pub id: String,
    /// First line of its message.
    pub subject: String,
    /// When it was committed.
    pub date: Timestamp,
    /// Whether it is a merge.
    pub merge: bool,
    /// What it did, by the files it changed.
    pub why: String,
}

impl CulpritView {
    /// Returns it in one line: `1a2b3c4d5e6f subject (date)`.
    pub fn line(&self) -> String {
        format!("{} {} ({})", short(&self.id), self.told(), self.day())
    }

    /// Returns the subject without the account whose branch a merge took in: no person is a cause.
    pub fn told(&self) -> &str {
        let request = self.subject.strip_prefix("Merge pull request #").and_then(|rest| rest.find(" from "));
        request.map_or(&self.subject, |at| &self.subject[.."Merge pull request #".len() + at])
    }

    /// Returns the day it was committed, in UTC.
    pub fn day(&self) -> String {
        self.date.to_utc().format("%Y-%m-%d").to_string()
    }
}

/// Returns a commit's id as people and documents name it.
pub fn short(commit: &str) -> &str {
    commit.get(..DIGITS).unwrap_or(commit)
}

/// Returns how evidence points at a line of a commit.
pub fn reference(file: &str, line: u32, commit: &str) -> String {
    format!("{file}:{line}@{}", short(commit))
}
