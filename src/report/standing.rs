//! What memory adds to a view: how an incident stands, what is proven about its end, what stands in a roll-up.
//! Leaves out remembering (`ledger`) and deciding (`decision`): these are their results in plain data.

use serde::Serialize;

use crate::entry::Timestamp;

/// How an incident stands after this pass.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StandingView {
    /// 32 hex digits: the incident's own, which may differ from the fingerprint it was seen under this time.
    pub incident: String,
    /// One line that says what is broken.
    pub title: String,
    /// `P0` to `P3`.
    pub priority: String,
    /// `new`, `ongoing`, `quiet`, `resolved` or `regressed`.
    pub state: String,
    /// Since when.
    pub since: Timestamp,
    /// First event ever.
    pub first_seen: Option<Timestamp>,
    /// Last event ever.
    pub last_seen: Option<Timestamp>,
    /// Seconds from its last event ever to the newest entry that this pass read; `null` where it was not seen in this
    /// pass, or the times do not tell.
    pub silent_seconds: Option<i64>,
    /// How old the newest entry was when this pass read it, in seconds; `null` like the above.
    pub age_seconds: Option<i64>,
    /// Events ever, each counted once.
    pub events: u64,
    /// How often it came back from quiet within a day.
    pub returns: u64,
    /// How often it came back after it was resolved.
    pub regressions: u64,
    /// Services ever, sorted.
    pub services: Vec<String>,
    /// What this run does about it: `open`, `update`, `wait`, ...
    pub action: String,
    /// Why.
    pub reason: String,
    /// Number of its issue.
    pub issue: Option<u64>,
    /// How it was ended, if it was.
    pub resolved: Option<ResolvedView>,
    /// Issues of incidents that have to do with it.
    pub related: Vec<RelatedView>,
    /// Owners of the file in which it failed, as CODEOWNERS names them.
    pub owners: Vec<String>,
}

/// How an incident was ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResolvedView {
    /// From when on.
    pub at: Timestamp,
    /// The proof or the person.
    pub because: String,
    /// The commit.
    pub commit: Option<String>,
}

/// An issue that has to do with an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelatedView {
    /// Its number.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// Whether it is open.
    pub open: bool,
    /// What it has to do with it, such as `a consequence of this one`.
    pub relation: String,
}

/// Incidents that got no issue of their own in a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RollUpView {
    /// Most urgent first.
    pub incidents: Vec<StandingView>,
    /// Highest priority among them.
    pub priority: String,
    /// Issues that a run opens at most.
    pub most_new: usize,
    /// Issues that are opened within 24 hours at most.
    pub most_new_a_day: usize,
}

/// The end of an incident, or why it cannot be called ended yet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResolutionView {
    /// How the incident stands.
    pub standing: StandingView,
    /// Whether it is proven.
    pub proven: bool,
    /// From when on the fix is in service.
    pub fixed_at: Timestamp,
    /// The commit that mended it.
    pub commit: Option<CommitView>,
    /// The revision that serves since then.
    pub revision: Option<String>,
    /// Revisions that served after the fix and before it, where no other one did.
    pub old_revisions: Vec<String>,
    /// What mended it outside of the service, as the command was told.
    pub outside: Option<String>,
    /// Before the fix.
    pub before: CountedView,
    /// After it.
    pub after: CountedView,
    /// What traffic is counted in.
    pub unit: String,
    /// Occurrences expected after the fix if nothing had been mended.
    pub expected: String,
    /// The arithmetic, line by line.
    pub arithmetic: Vec<String>,
    /// Reasons against, each with what to wait for; empty when it is proven.
    pub against: Vec<DoubtView>,
    /// What was wrong, as the report of the incident had it.
    pub cause: String,
    /// What to do that nothing of the kind comes back, from the patterns that know the error.
    pub lessons: Vec<String>,
    /// What is still to be done.
    pub follow_ups: Vec<String>,
    /// The sources with their sha256.
    pub sources: Vec<String>,
}

/// A commit as `git` knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CommitView {
    /// As given, or in full when a checkout was at hand.
    pub id: String,
    /// First line of its message; `null` without a checkout.
    pub subject: Option<String>,
    /// Files it touches; empty without a checkout.
    pub files: Vec<String>,
}

/// What was counted in one window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CountedView {
    /// Start, inclusive.
    pub from: Timestamp,
    /// End, exclusive.
    pub to: Timestamp,
    /// Events.
    pub events: u64,
    /// Minutes with events.
    pub occurrences: u64,
    /// Traffic.
    pub served: u64,
}

/// A reason against calling an incident ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DoubtView {
    /// The reason.
    pub reason: String,
    /// What to wait for.
    pub wait_for: String,
}
