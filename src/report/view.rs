//! The one plain-data view that JSON output, templates and terminal text are made from.
//! Leaves out any wording: sentences live in `templates/`, facts come from `analysis`.
//!
//! The field names are the machine-readable contract (`log-gardener/triage/1`).

use std::collections::BTreeMap;

use serde::Serialize;

pub use super::cause::{CandidateView, CauseView, CheckoutView, CulpritView, TargetView};
pub use super::history::{HistoryView, RateView, RiseView, Unit};
pub use super::standing::{
    CommitView, CountedView, DoubtView, RelatedView, ResolutionView, ResolvedView, RollUpView, StandingView,
};
pub use crate::analysis::{
    Action as ActionView, Evidence as EvidenceView, Statement, Test as TestView, TimelineItem, Why as WhyView,
};
use crate::entry::{Severity, Skipped, Timestamp};
use crate::event::Exception;

/// Everything one triage run found.
#[derive(Debug, Clone, Serialize)]
pub struct TriageView {
    /// `log-gardener/triage/1`.
    pub schema: &'static str,
    /// What was asked, read, parsed, dropped, truncated, and how old it is.
    pub coverage: CoverageView,
    /// Incidents, most urgent first; noise last.
    pub incidents: Vec<IncidentView>,
}

/// What was asked, read, parsed, dropped and truncated.
#[derive(Debug, Clone, Serialize)]
pub struct CoverageView {
    /// One item per source, in the order given.
    pub sources: Vec<SourceView>,
    /// Entries read, over all sources, duplicates left out.
    pub entries: u64,
    /// Events, that is incidents' entries added up.
    pub events: u64,
    /// Entries dropped because the same (logName, timestamp, insertId) was read before.
    pub duplicates: u64,
    /// Entries that state no level: Cloud Logging entries whose severity field is absent, and entries of other
    /// shapes without a level in a field or in the text.
    pub without_severity: u64,
    /// Entries that carried no payload and no request.
    pub without_payload: u64,
    /// Entries per effective severity.
    pub by_severity: BTreeMap<String, u64>,
    /// The window that was asked for.
    pub asked: WindowView,
    /// First and last entry read, whatever their severity.
    pub from: Option<Timestamp>,
    /// See `from`.
    pub to: Option<Timestamp>,
    /// Whether the input is known or suspected to be cut off.
    pub truncated: bool,
    /// `now` minus the newest entry, in seconds.
    pub age_seconds: Option<i64>,
    /// The checkout in which causes were looked for; `null` without `--repo`.
    pub checkout: Option<CheckoutView>,
    /// What was replaced by marks in the texts of events.
    pub redactions: RedactionsView,
    /// Everything a reader must know before trusting a count, in plain sentences.
    pub notes: Vec<String>,
}

impl CoverageView {
    /// Returns the seconds from `last` to the newest entry read, rounded down; `None` when that says nothing: a time is
    /// not known, or entries are stamped later than they were read.
    pub fn seconds_read_after(&self, last: Option<Timestamp>) -> Option<i64> {
        self.age_seconds.filter(|age| *age >= 0)?;
        let nanos = self.to?.nanos_since(last?);
        (nanos >= 0).then_some(nanos / 1_000_000_000)
    }
}

/// What was replaced by marks, and what looks like a secret of no known kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RedactionsView {
    /// Marks made, by kind.
    pub kinds: BTreeMap<String, u64>,
    /// Events with a text that looks like a secret of no known kind.
    pub flagged: u64,
    /// References of the first 20 of them, by time.
    pub flagged_references: Vec<String>,
    /// Whether values were put back, as `--no-redact` asks.
    pub off: bool,
}

/// A window of time; either end may be open.
#[derive(Debug, Clone, Default, Serialize)]
pub struct WindowView {
    /// Start, inclusive.
    pub from: Option<Timestamp>,
    /// End, exclusive.
    pub to: Option<Timestamp>,
}

/// How one source was read.
#[derive(Debug, Clone, Serialize)]
pub struct SourceView {
    /// As the user named it.
    pub source: String,
    /// Of the bytes as stored (before decompression), lower-case hex; `null` when not read to the end.
    pub sha256: Option<String>,
    /// `gcloud-json`, `ndjson`, `python-client`, `text`, ...
    pub format: String,
    /// Entries read from it.
    pub entries: u64,
    /// What could not be read; the first 20, `skipped_total` counts all.
    pub skipped: Vec<Skipped>,
    /// How many parts could not be read.
    pub skipped_total: u64,
    /// First and last entry.
    pub from: Option<Timestamp>,
    /// See `from`.
    pub to: Option<Timestamp>,
}

/// A root group with all its consequences: one report, one GitHub issue.
#[derive(Debug, Clone, Serialize)]
pub struct IncidentView {
    /// Short id for people: the first 8 digits of the fingerprint.
    pub id: String,
    /// 32 hex digits, stable across runs, made from the root group's fingerprint.
    pub fingerprint: String,
    /// One line that says what is broken.
    pub title: String,
    /// The pattern's category, or `other`.
    pub category: String,
    /// The category word of an issue title: auth, race-condition, operational, monitoring, new, other ...
    pub issue_category: String,
    /// `P0` to `P3`.
    pub priority: String,
    /// Id of the rule that decided it.
    pub priority_rule: String,
    /// The rule's reason with its arithmetic.
    pub priority_reason: String,
    /// Highest severity in the incident.
    pub severity: Severity,
    /// `null`, or why this is kept apart as noise: `test-client`, `probe`, `shutdown`.
    pub noise: Option<String>,
    /// Sum over its groups.
    pub entries: u64,
    /// First event.
    pub first_seen: Option<Timestamp>,
    /// Last event.
    pub last_seen: Option<Timestamp>,
    /// Services, sorted.
    pub services: Vec<String>,
    /// Revisions, sorted.
    pub revisions: Vec<String>,
    /// Project ids, sorted.
    pub projects: Vec<String>,
    /// Distinct instances; `null` when no entry states one.
    pub instances: Option<u64>,
    /// Id of the root group.
    pub root: String,
    /// Groups, root first, then in order of first occurrence.
    pub groups: Vec<GroupView>,
    /// Links between its groups, strongest first.
    pub links: Vec<LinkView>,
    /// Incidents that were active at the same time without evidence of a link.
    pub also_seen: Vec<String>,
    /// Changes and first occurrences in UTC, in order.
    pub timeline: Vec<TimelineItem>,
    /// Counted statements about who and what was affected.
    pub impact: Vec<Statement>,
    /// What the trigger is, if an entry shows a state change before the first event.
    pub trigger: Statement,
    /// The deepest state that the evidence reaches; never the error's own text.
    pub root_cause: Statement,
    /// What a message claims and its own stack trace refutes.
    pub contradictions: Vec<Statement>,
    /// The five whys, as a tree flattened in reading order.
    pub whys: Vec<WhyView>,
    /// What must be true instead.
    pub expected: Option<String>,
    /// Steps that show the failure again, each from the log or the pattern's knowledge.
    pub reproduce: Vec<String>,
    /// What to do, most useful first.
    pub actions: Vec<ActionView>,
    /// Tests that would fail before the fix and pass after it.
    pub tests: Vec<TestView>,
    /// What could not be known from this input, in plain sentences.
    pub unknowns: Vec<String>,
    /// The finding from source code; `null` without a checkout.
    pub cause: Option<CauseView>,
    /// How it stands in memory; `null` outside of `audit`.
    pub standing: Option<StandingView>,
    /// What an earlier run or the ledger says of it; `null` where neither was asked.
    pub history: Option<HistoryView>,
}

/// All events with one fingerprint.
#[derive(Debug, Clone, Serialize)]
pub struct GroupView {
    /// 12 hex digits, stable across runs.
    pub id: String,
    /// One line.
    pub title: String,
    /// Normalised message.
    pub template: String,
    /// Events.
    pub entries: u64,
    /// First event.
    pub first_seen: Option<Timestamp>,
    /// Last event.
    pub last_seen: Option<Timestamp>,
    /// Highest severity.
    pub severity: Severity,
    /// `root` or `consequence`.
    pub role: &'static str,
    /// The pattern's category, or `other`.
    pub category: String,
    /// Id of the pattern that knows it.
    pub pattern: Option<String>,
    /// The exception as first seen.
    pub exception: Option<Exception>,
    /// Parts of the fingerprint and why each counts.
    pub fingerprint_parts: Vec<PartView>,
    /// Verbatim quotations.
    pub samples: Vec<SampleView>,
    /// Values that vary among the members: capture name -> (value, count), most frequent first.
    pub variants: Vec<VariantView>,
    /// What labels and fields name as the build that logged it: label, value, events; most frequent first.
    pub builds: Vec<VariantView>,
    /// Services, sorted.
    pub services: Vec<String>,
    /// Instances that logged it; `null` when no entry states one.
    pub instances: Option<u64>,
    /// 32 hex digits: the fingerprint of an incident that has this group as its root.
    pub fingerprint: String,
    /// What an earlier run says of it; `null` where none was asked, or where only incidents are known.
    pub history: Option<HistoryView>,
    /// Events per minute since 1970; not part of the JSON, where a long window would drown the rest.
    #[serde(skip)]
    pub minutes: BTreeMap<i64, u64>,
}

/// One named part of a fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartView {
    /// `type`, `message`, `frames`, `service`, ...
    pub name: String,
    /// Its value.
    pub value: String,
    /// Why it counts.
    pub why: String,
}

/// A value that varies among the members of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VariantView {
    /// What varies: a capture, `status`, `client`, `path`.
    pub name: String,
    /// The value.
    pub value: String,
    /// Events with it.
    pub count: u64,
}

/// A verbatim quotation of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SampleView {
    /// `insertId`, if the entry has one.
    pub insert_id: Option<String>,
    /// The entry's timestamp.
    pub timestamp: Option<Timestamp>,
    /// The source it stands in.
    pub source: String,
    /// 1-based line in the source; `null` when the shape has no lines.
    pub line: Option<u64>,
    /// The text, in full; cut only in display.
    pub quote: String,
}

/// A link from a cause group to an effect group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LinkView {
    /// Cause group.
    pub from: String,
    /// Effect group.
    pub to: String,
    /// `exception-chain`, `trace`, `correlation`, `instance` or `rule`.
    pub kind: &'static str,
    /// Effect events that the cause explains.
    pub occurrences: u64,
    /// Effect events that a cause could have explained.
    pub of: u64,
    /// Effect events from before the export's cut, where no cause could be seen.
    pub not_judged: u64,
    /// Milliseconds from cause to effect; negative when the effect was logged first.
    pub lag_ms: LagView,
    /// The shared key and an example of its value.
    pub shared: Option<SharedView>,
    /// 0 to 1.
    pub confidence: f64,
    /// One sentence: why this is a link.
    pub why: String,
    /// Pairs of references (cause, effect), at most 3.
    pub evidence: Vec<[String; 2]>,
}

/// Lags of a link.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LagView {
    /// Median.
    pub p50: f64,
    /// Largest.
    pub max: f64,
}

/// What cause and effect share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SharedView {
    /// For example `instance`, `trace`, `request_id`, `message`.
    pub key: String,
    /// One example.
    pub value: String,
}
