//! Carries out one order such that doing it twice, or again after a crash or a lost answer, does the same
//! as once. Leaves out deciding what is ordered (`decision`) and how GitHub is asked (`client`).
//!
//! What a person decided stands: an issue closed as not planned, or whose marker was removed, is not
//! written to any more.

use super::adopt::adopt;
use super::block::{self, Marking};
use super::change::{Edit, change};
use super::fault::{Fault, FaultKind};
use super::open::open;
use super::run::Run;
use super::tracker::{Change, RemoteIssue, Tracker};
use crate::decision::{Issue, IssueState, Order};
use crate::entry::Timestamp;

/// Times that a write whose answer was lost is looked up and sent again.
pub(super) const TRIES: u32 = 3;

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Performed {
    /// The issue is as ordered.
    Done {
        /// The issue as it is now.
        issue: Issue,
        /// The page for people.
        url: String,
        /// Whether anything had to be written.
        wrote: bool,
        /// What else is to be told.
        notes: Vec<String>,
    },
    /// The order does not hold any more, because of what a person did.
    Dropped {
        /// Why, in one sentence.
        reason: String,
        /// The issue as it is now, if there is one.
        issue: Option<Issue>,
    },
    /// It is not known to be done; to be carried out again, with `started_before`.
    Failed(Fault),
}

/// Carries out one order.
///
/// `started_before` says that an earlier run may have begun it and died: then nothing that this run
/// remembers is trusted, and what an interrupted write may have left undone is looked for.
pub fn perform(tracker: &mut dyn Tracker, run: &mut Run, order: &Order, started_before: bool) -> Performed {
    let done = match order {
        Order::Open { fingerprint, title, block, labels, assignees, .. } => {
            let edit = Edit { number: 0, fingerprint, titles: None, block, add_labels: labels, remove_labels: &[] };
            open(tracker, run, edit, title, assignees, started_before)
        }
        Order::Adopt { number, fingerprint, block, labels, .. } => {
            return adopt(tracker, run, *number, fingerprint, block, labels);
        }
        Order::Edit { number, fingerprint, title, old_title, block, add_labels, remove_labels, .. } => {
            let titles = title.as_deref().zip(old_title.as_deref());
            let edit = Edit { number: *number, fingerprint, titles, block, add_labels, remove_labels };
            change(tracker, run, &edit, started_before)
        }
        Order::Comment { number, fingerprint, key, text } => comment(tracker, run, *number, fingerprint, key, text),
        Order::Close { number, fingerprint } => state(tracker, run, *number, fingerprint, IssueState::Completed),
        Order::Reopen { number, fingerprint } => state(tracker, run, *number, fingerprint, IssueState::Open),
    };
    settled(done)
}

/// Returns what became of an order, whether it ended early or not.
pub(super) fn settled(done: Result<Performed, Stop>) -> Performed {
    match done {
        Ok(performed) | Err(Stop::Dropped(performed)) => performed,
        Err(Stop::Failed(fault)) => Performed::Failed(fault),
    }
}

/// Why an order ends early.
pub(super) enum Stop {
    Dropped(Performed),
    Failed(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop::Failed(fault)
    }
}

pub(super) fn dropped(reason: String, issue: Option<Issue>) -> Stop {
    Stop::Dropped(Performed::Dropped { reason, issue })
}

/// Returns the issue as it is now if it is still ours to write to.
pub(super) fn ours(tracker: &mut dyn Tracker, number: u64, fingerprint: &str) -> Result<RemoteIssue, Stop> {
    let issue = match tracker.issue(number) {
        Ok(issue) => issue,
        Err(fault) if fault.is_gone() => {
            let gone = Issue { number, state: IssueState::Gone, closed_at: None, marked: false };
            return Err(dropped(format!("#{number} is not there any more: {}", fault.cause), Some(gone)));
        }
        Err(fault) => return Err(Stop::Failed(fault)),
    };
    let marking = block::marking(&issue.body);
    let why = match &marking {
        _ if issue.is_pull_request => "it is a pull request".to_owned(),
        Marking::None => "somebody removed its marker".to_owned(),
        Marking::Broken(how) => format!("somebody took it over: {how}"),
        _ if marking.fingerprint() != Some(fingerprint) => "it carries the marker of another incident".to_owned(),
        _ if issue.state == IssueState::NotPlanned => {
            let known = issue.as_issue(true);
            return Err(dropped(format!("#{number} was closed as not planned or as a duplicate"), Some(known)));
        }
        _ => return Ok(issue),
    };
    Err(dropped(format!("#{number} is not ours to write to: {why}"), Some(issue.as_issue(false))))
}

fn comment(
    tracker: &mut dyn Tracker,
    run: &Run,
    number: u64,
    fingerprint: &str,
    key: &str,
    text: &str,
) -> Result<Performed, Stop> {
    let read = ours(tracker, number, fingerprint)?;
    for _ in 0..TRIES {
        if tracker.comments(number)?.iter().any(|comment| block::has_key(&comment.body, key)) {
            return Ok(done(&read, false, Vec::new()));
        }
        match tracker.comment(number, &block::comment(key, text)) {
            Err(fault) if fault.is_unknown() => std::thread::sleep(run.settings.settle),
            written => {
                written?;
                return Ok(done(&read, true, Vec::new()));
            }
        }
    }
    match tracker.comments(number)?.iter().any(|comment| block::has_key(&comment.body, key)) {
        true => Ok(done(&read, true, Vec::new())),
        false => Err(Stop::Failed(lost("commenting"))),
    }
}

fn state(
    tracker: &mut dyn Tracker,
    run: &Run,
    number: u64,
    fingerprint: &str,
    to: IssueState,
) -> Result<Performed, Stop> {
    for _ in 0..TRIES {
        let read = match ours(tracker, number, fingerprint) {
            // Closed is closed, whatever the reason.
            Err(Stop::Dropped(Performed::Dropped { issue: Some(issue), .. }))
                if to == IssueState::Completed && issue.marked && issue.state == IssueState::NotPlanned =>
            {
                return Ok(Performed::Done { issue, url: String::new(), wrote: false, notes: Vec::new() });
            }
            read => read?,
        };
        if read.state == to {
            return Ok(done(&read, false, Vec::new()));
        }
        match tracker.edit(number, &Change { state: Some(to), ..Change::default() }) {
            Err(fault) if fault.is_unknown() => std::thread::sleep(run.settings.settle),
            changed => return Ok(done(&changed?, true, Vec::new())),
        }
    }
    Err(Stop::Failed(lost("closing or reopening the issue")))
}

pub(super) fn done(issue: &RemoteIssue, wrote: bool, notes: Vec<String>) -> Performed {
    Performed::Done { issue: issue.as_issue(true), url: issue.url.clone(), wrote, notes }
}

pub(super) fn lost(what: &str) -> Fault {
    let now = Timestamp::from_chrono(&chrono::Utc::now()).unwrap_or(Timestamp(i64::MAX));
    Fault::new(FaultKind::RetryLater(now), format!("{what} failed {TRIES} times without an answer"))
        .hint("the next run looks it up and goes on")
}

/// GitHub tells labels apart by their letters, not by their case.
pub(super) fn has(labels: &[String], label: &str) -> bool {
    labels.iter().any(|known| known.to_lowercase() == label.to_lowercase())
}
