//! The one issue that names what got no issue of its own.
//! Leaves out which incidents these are: the decisions say so.

use super::AuditError;
use super::orders::{self, Draft};
use super::pass::Planned;
use super::standing::standing;
use crate::decision::{Action, Decision, IssueState, Judged, Kin, Memory, Policy, ROLLUP, Record, State};
use crate::entry::Timestamp;
use crate::report::Templates;
use crate::report::numbers::counted;
use crate::report::view::RollUpView;

/// Returns the record of the roll-up and what is done about it; `None` when there is nothing to say.
pub(super) fn plan(
    memory: &Memory,
    judged: &Judged,
    templates: &Templates,
    policy: &Policy,
    now: Timestamp,
) -> Result<Option<(Record, Planned)>, AuditError> {
    let rolled: Vec<_> = judged
        .decisions
        .iter()
        .filter(|decision| decision.action == Action::RollUp)
        .filter_map(|decision| {
            let record = judged.records.get(&decision.incident).or(memory.records.get(&decision.incident))?;
            Some(standing(record, decision, now))
        })
        .collect();
    let mut record = memory.records.get(ROLLUP).cloned().unwrap_or_else(|| first(now));
    if record.issue.is_none() {
        record.issue = memory.issues.get(ROLLUP).cloned();
    }
    let names = rolled.iter().map(|standing| standing.incident.as_str()).collect::<Vec<_>>().join(" ");
    let known = record.published.as_ref().map_or("", |published| published.cause.as_str()).to_string();
    let (action, reason) = match (&record.issue, rolled.len()) {
        _ if names == known || memory.busy.contains(ROLLUP) => return Ok(None),
        (None, 0) => return Ok(None),
        (None, count) => (Action::Open, beyond(count)),
        (Some(issue), _) if !issue.marked || matches!(issue.state, IssueState::NotPlanned | IssueState::Gone) => {
            return Ok(None);
        }
        (Some(issue), 0) if issue.state == IssueState::Completed => return Ok(None),
        (Some(issue), count) if issue.state == IssueState::Completed => (Action::Reopen, beyond(count)),
        (Some(_), count) => (Action::Update, format!("{} now", beyond(count))),
    };
    let priority = rolled.iter().map(|standing| standing.priority.clone()).min().unwrap_or("P3".to_string());
    record.cause = names;
    record.priority = priority.clone();
    record.events = rolled.iter().map(|standing| standing.events).sum();
    let decision = Decision { incident: ROLLUP.to_string(), action, reason };
    let mut own = standing(&record, &decision, now);
    let view = RollUpView {
        incidents: rolled,
        priority: priority.clone(),
        most_new: policy.most_new,
        most_new_a_day: policy.most_new_a_day,
    };
    let (title, body) = templates.rollup(&view)?;
    own.title = title.clone();
    record.title = title.clone();
    let draft = Draft {
        title: title.clone(),
        status: String::new(),
        body,
        comment: templates.comment(&own)?,
        labels: templates.labels().of_rollup(&priority),
        assignees: Vec::new(),
    };
    let orders = orders::orders(&decision, &record, &draft, now);
    let issue = record.issue.as_ref().map(|issue| issue.number);
    let before = record.published.as_ref().map(|published| published.body.clone());
    let planned = Planned {
        decision,
        title,
        priority,
        services: Vec::new(),
        issue,
        orders,
        before,
        seen: true,
        noise: None,
        candidates: Vec::new(),
    };
    Ok(Some((record, planned)))
}

fn beyond(count: usize) -> String {
    format!("{} beyond the limit of this run", counted(count as u64, "incident is", "incidents are"))
}

fn first(now: Timestamp) -> Record {
    Record {
        incident: ROLLUP.to_string(),
        source: String::new(),
        state: State::Ongoing,
        since: now,
        kin: Kin::default(),
        title: String::new(),
        category: "other".to_string(),
        priority: "P3".to_string(),
        cause: String::new(),
        noise: None,
        services: Vec::new(),
        revisions: Vec::new(),
        first_seen: None,
        last_seen: None,
        events: 0,
        in_a_row: 0,
        missed: 0,
        returns: Vec::new(),
        regressions: 0,
        resolved: None,
        issue: None,
        published: None,
        apart: false,
        owed: false,
    }
}
