//! What the tracker says about our issues: who closed what, and which markers are there.
//! Leaves out asking it, and what is decided because of it.

use std::collections::BTreeMap;

use crate::decision::{Issue, IssueState, Memory, Pass, Record, Resolved, State, Transition};
use crate::publish::github::{RemoteIssue, block};

/// Brings the memory up to date with the issues as they are now; returns the records changed and why.
///
/// `issues` holds every issue with our label; one that a record names and that is not among them is looked
/// up by `one`, which returns `None` when it is gone.
pub fn note_facts<E>(
    memory: &mut Memory,
    issues: &[RemoteIssue],
    one: &mut dyn FnMut(u64) -> Result<Option<RemoteIssue>, E>,
    pass: &Pass,
) -> Result<Vec<Transition>, E> {
    let mut by_number: BTreeMap<u64, &RemoteIssue> = BTreeMap::new();
    for issue in issues {
        by_number.insert(issue.number, issue);
        if let Some(fingerprint) = block::marking(&issue.body).fingerprint() {
            remember_marker(memory, fingerprint, issue);
        }
    }
    let mut transitions = Vec::new();
    for record in memory.records.values_mut() {
        let Some(known) = &record.issue else { continue };
        let found = match by_number.get(&known.number) {
            Some(issue) => Some((*issue).clone()),
            // Its label may have been taken off; that alone changes nothing.
            None => one(known.number)?,
        };
        let now = match &found {
            None => Issue { state: IssueState::Gone, ..known.clone() },
            Some(issue) => issue.as_issue(block::marking(&issue.body).fingerprint() == Some(&record.incident)),
        };
        if now != *known {
            transitions.extend(moved(record, &now, pass));
            record.issue = Some(now);
        }
    }
    Ok(transitions)
}

/// Several issues with one marker come from copies that people made: the open one counts, then the oldest.
fn remember_marker(memory: &mut Memory, fingerprint: &str, issue: &RemoteIssue) {
    let incident = memory.incident(fingerprint).unwrap_or(fingerprint).to_string();
    let new = issue.as_issue(true);
    let rank = |issue: &Issue| (issue.state != IssueState::Open, issue.number);
    match memory.issues.get(&incident) {
        Some(known) if rank(known) <= rank(&new) => {}
        _ => drop(memory.issues.insert(incident, new)),
    }
}

/// A person who closes an issue as completed ends the incident; one who opens it again takes that back.
fn moved(record: &mut Record, now: &Issue, pass: &Pass) -> Option<Transition> {
    let (to, reason) = match now.state {
        IssueState::Completed if record.state != State::Resolved => {
            let at = now.closed_at.unwrap_or(pass.now);
            let because = format!("#{} was closed as completed", now.number);
            record.resolved = Some(Resolved { at, because: because.clone(), commit: None });
            (State::Resolved, because)
        }
        IssueState::Open if record.state == State::Resolved => {
            record.resolved = None;
            (State::Ongoing, format!("#{} was opened again by a person", now.number))
        }
        _ => return None,
    };
    let from = Some(record.state);
    record.state = to;
    record.since = pass.now;
    Some(Transition { incident: record.incident.clone(), from, to, reason })
}
