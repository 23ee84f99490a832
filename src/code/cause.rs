//! What the source code says about an error. Data only.
//! Leaves out how it is found and how it is told.

/// A question to the source code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// Type of the exception as logged, with or without its module; from the message where no trace was logged.
    pub type_name: Option<String>,
    /// Message as logged; the type may stand in front of it, and words of the service around it.
    pub message: String,
    /// Frames, innermost first; empty where only a message was logged.
    pub frames: Vec<Frame>,
}

/// A line of a stack trace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// Path below the repository's top, or as logged where it is not in the repository.
    pub file: String,
    /// 1-based line.
    pub line: u32,
    /// Function as logged.
    pub function: Option<String>,
    /// Whether it is the service's own code.
    pub in_app: bool,
}

/// The finding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cause {
    /// What the search concluded, one sentence without a full stop.
    pub verdict: String,
    /// How sure it is: `proven` when read in the code at the commit, `supported` when the best of several, `unknown`.
    pub status: &'static str,
    /// The commit whose files were read.
    pub commit: String,
    /// Places to change, best first.
    pub candidates: Vec<Candidate>,
    /// What the name should be, or where it lives now.
    pub target: Option<Target>,
    /// The commit at which the defect appears.
    pub culprit: Option<Culprit>,
    /// A patch for `git apply` at `commit`.
    pub diff: Option<String>,
    /// What to mind beyond the fix: the next failure behind it, a contradiction, a fix that is there already.
    pub warnings: Vec<String>,
    /// What could not be looked at, or not to the end.
    pub limits: Vec<String>,
    /// Names that should appear in a test of the fix: the call or import that failed.
    pub probe: Option<String>,
}

/// A place that may have to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// File below the repository's top.
    pub file: String,
    /// 1-based line.
    pub line: u32,
    /// Function or class around it, dotted; empty at the top of the file.
    pub scope: String,
    /// The line as it stands there, trimmed.
    pub text: String,
    /// Why it is a candidate, one sentence without a full stop.
    pub why: String,
}

/// What a name should be, or where it lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Dotted name.
    pub name: String,
    /// Where it is defined, where that is in the repository.
    pub place: Option<(String, u32)>,
    /// Why this one, one sentence without a full stop.
    pub why: String,
}

/// The commit at which a defect appears: there it holds, at none of its parents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Culprit {
    /// Full id.
    pub commit: String,
    /// First line of its message.
    pub subject: String,
    /// Committer's time, seconds since 1970 in UTC.
    pub time: i64,
    /// Whether it is a merge.
    pub merge: bool,
    /// What it did, by the files it changed: one sentence without a full stop.
    pub why: String,
}
