//! Carries out one order such that doing it twice, or again after a crash or a lost answer, does the same
//! as once. Leaves out deciding what is ordered (`decision`) and how GitHub is asked (`client`).
//!
//! What a person decided stands: an issue closed as not planned, or whose marker was removed, is not
//! written to any more.

use std::collections::BTreeMap;
use std::time::Duration;

use super::block::{self, Marking};
use super::fault::{Fault, FaultKind};
use super::find;
use super::mend;
use super::tracker::{Change, NewIssue, RemoteIssue, Tracker};
use crate::decision::{Issue, IssueState, Order};
use crate::entry::Timestamp;

/// Times that a create or a comment whose answer was lost is looked up and sent again.
const TRIES: u32 = 3;

/// Logins that GitHub takes as assignees of one issue.
const ASSIGNEES: usize = 10;

/// How orders are carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishSettings {
    /// The label of every generated issue; with it they are listed.
    pub label: String,
    /// Whether labels that the repository lacks are created; else they are left out, with a note.
    pub create_labels: bool,
    /// Wait before looking for what a request with a lost answer did, which may still be under way.
    pub settle: Duration,
}

impl Default for PublishSettings {
    fn default() -> PublishSettings {
        PublishSettings { label: "generated-issue".to_owned(), create_labels: true, settle: Duration::from_secs(3) }
    }
}

/// What a run knows of the repository, so that it asks once.
#[derive(Debug, Clone)]
pub struct Run {
    pub(super) settings: PublishSettings,
    /// Issues that may be ours; this run's own are added.
    pub(super) listed: Option<Vec<RemoteIssue>>,
    /// Label -> whether the repository has it.
    labels: BTreeMap<String, bool>,
}

impl Run {
    /// Returns a run that knows nothing yet.
    pub fn new(settings: PublishSettings) -> Run {
        Run { settings, listed: None, labels: BTreeMap::new() }
    }

    /// Returns those of the labels that may be used, creating what is missing.
    fn labels(
        &mut self,
        tracker: &mut dyn Tracker,
        wanted: &[String],
        notes: &mut Vec<String>,
    ) -> Result<Vec<String>, Fault> {
        let mut usable = Vec::new();
        for label in wanted {
            let there = match self.labels.get(label) {
                Some(there) => *there,
                None => tracker.ensure_label(label, self.settings.create_labels)?,
            };
            self.labels.insert(label.clone(), there);
            if there {
                usable.push(label.clone());
            } else {
                notes.push(format!("the repository has no label `{label}`"));
            }
        }
        Ok(usable)
    }
}

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
        Order::Edit { number, fingerprint, title, old_title, block, add_labels, remove_labels, .. } => {
            let titles = title.as_deref().zip(old_title.as_deref());
            let edit = Edit { number: *number, fingerprint, titles, block, add_labels, remove_labels };
            change(tracker, run, &edit, started_before)
        }
        Order::Comment { number, fingerprint, key, text } => comment(tracker, run, *number, fingerprint, key, text),
        Order::Close { number, fingerprint } => state(tracker, *number, fingerprint, IssueState::Completed),
        Order::Reopen { number, fingerprint } => state(tracker, *number, fingerprint, IssueState::Open),
    };
    match done {
        Ok(performed) | Err(Stop::Dropped(performed)) => performed,
        Err(Stop::Failed(fault)) => Performed::Failed(fault),
    }
}

/// Why an order ends early.
enum Stop {
    Dropped(Performed),
    Failed(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop::Failed(fault)
    }
}

fn dropped(reason: String, issue: Option<Issue>) -> Stop {
    Stop::Dropped(Performed::Dropped { reason, issue })
}

/// Returns the issue as it is now if it is still ours to write to.
fn ours(tracker: &mut dyn Tracker, number: u64, fingerprint: &str) -> Result<RemoteIssue, Stop> {
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

fn open(
    tracker: &mut dyn Tracker,
    run: &mut Run,
    edit: Edit,
    title: &str,
    assignees: &[String],
    started_before: bool,
) -> Result<Performed, Stop> {
    if let Some(found) = find::issue(tracker, run, edit.fingerprint, started_before)? {
        return change(tracker, run, &Edit { number: found.number, ..edit }, started_before);
    }
    let mut notes = Vec::new();
    let labels = run.labels(tracker, edit.add_labels, &mut notes)?;
    let mut able = Vec::new();
    for login in assignees.iter().take(ASSIGNEES) {
        // GitHub refuses the whole issue for one login that it does not accept.
        match tracker.can_be_assigned(login)? {
            true => able.push(login.clone()),
            false => notes.push(format!("@{login} cannot be assigned in this repository")),
        }
    }
    let title = crate::report::draft::title(title);
    let body = block::place(edit.fingerprint, edit.block);
    let new = NewIssue { title, body, labels: labels.clone(), assignees: able };
    for _ in 0..TRIES {
        let created = match tracker.create(&new) {
            Err(fault) if fault.is_unknown() => {
                std::thread::sleep(run.settings.settle);
                match find::issue(tracker, run, edit.fingerprint, true)? {
                    Some(found) => found,
                    None => continue,
                }
            }
            created => created?,
        };
        if labels.iter().any(|label| !has(&created.labels, label)) {
            notes.push(
                "GitHub left labels out: give the token write access, or later runs may not find the issue".to_owned(),
            );
        }
        let performed = done(&created, true, notes);
        if let Some(listed) = &mut run.listed {
            listed.push(created);
        }
        return Ok(performed);
    }
    Err(Stop::Failed(lost("opening the issue")))
}

/// An edit of an issue; the number of one that is still to be found or opened is 0.
struct Edit<'a> {
    number: u64,
    fingerprint: &'a str,
    /// The new title and the one that it replaces.
    titles: Option<(&'a str, &'a str)>,
    block: &'a str,
    add_labels: &'a [String],
    remove_labels: &'a [String],
}

fn change(tracker: &mut dyn Tracker, run: &mut Run, edit: &Edit, started_before: bool) -> Result<Performed, Stop> {
    let number = edit.number;
    let read = ours(tracker, number, edit.fingerprint)?;
    let Some(body) = block::replace(&read.body, edit.block) else {
        let cause = format!("the text that people wrote into #{number} leaves no room for ours");
        return Err(Stop::Failed(Fault::new(FaultKind::Refused, cause)));
    };
    let title = edit.titles.and_then(|(new, old)| {
        let new = crate::report::draft::title(new);
        // A title that a person gave is a person's text.
        (read.title == old && read.title != new).then_some(new)
    });
    let body = (!block::same(&body, &read.body)).then_some(body);
    let (mut wrote, mut mended) = (false, mend::Mended::default());
    if body.is_some() || title.is_some() {
        tracker.edit(number, &Change { title: title.clone(), body: body.clone(), state: None })?;
        wrote = true;
        let based = |new: Option<String>, old: &str| new.map(|new| (old.to_owned(), new));
        let written = mend::Written { number, body: based(body, &read.body), title: based(title, &read.title) };
        mended = mend::after(tracker, written, edit.block, run.settings.settle)?;
    } else if started_before {
        mended = mend::earlier(tracker, number, &read.body, edit.block)?;
    }
    if mended.taken_over {
        return Err(dropped(
            format!("#{number} is not ours to write to: somebody removed its marker"),
            Some(read.as_issue(false)),
        ));
    }
    let missing: Vec<String> = edit.add_labels.iter().filter(|label| !has(&read.labels, label)).cloned().collect();
    let missing = run.labels(tracker, &missing, &mut mended.notes)?;
    if !missing.is_empty() {
        tracker.add_labels(number, &missing)?;
        wrote = true;
    }
    for label in edit.remove_labels.iter().filter(|label| has(&read.labels, label)) {
        tracker.remove_label(number, label)?;
        wrote = true;
    }
    Ok(done(&read, wrote, mended.notes))
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

fn state(tracker: &mut dyn Tracker, number: u64, fingerprint: &str, to: IssueState) -> Result<Performed, Stop> {
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
    let changed = tracker.edit(number, &Change { state: Some(to), ..Change::default() })?;
    Ok(done(&changed, true, Vec::new()))
}

fn done(issue: &RemoteIssue, wrote: bool, notes: Vec<String>) -> Performed {
    Performed::Done { issue: issue.as_issue(true), url: issue.url.clone(), wrote, notes }
}

fn lost(what: &str) -> Fault {
    let now = Timestamp::from_chrono(&chrono::Utc::now()).unwrap_or(Timestamp(i64::MAX));
    Fault::new(FaultKind::RetryLater(now), format!("{what} failed {TRIES} times without an answer"))
        .hint("the next run looks it up and goes on")
}

/// GitHub tells labels apart by their letters, not by their case.
fn has(labels: &[String], label: &str) -> bool {
    labels.iter().any(|known| known.to_lowercase() == label.to_lowercase())
}
