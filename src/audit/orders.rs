//! From a decision to what is written to the tracker.
//! Leaves out rendering: texts come in ready, and go out as they are.

use crate::decision::{Action, Decision, Order, Published, Record};
use crate::entry::Timestamp;

/// Labels that state a priority; of these an issue has one.
const PRIORITIES: [&str; 4] = ["P0", "P1", "P2", "P3"];

/// The texts of an issue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// One line.
    pub title: String,
    /// How the incident stands; the first lines of the issue.
    pub status: String,
    /// The rest of it.
    pub body: String,
    /// What people are told, where they are.
    pub comment: String,
    /// Labels.
    pub labels: Vec<String>,
    /// Logins.
    pub assignees: Vec<String>,
}

impl Draft {
    /// Returns what stands between the markers.
    pub fn block(&self) -> String {
        format!("{}\n\n{}", self.status.trim_end(), self.body.trim_end())
    }
}

/// Returns the orders that carry out a decision.
pub(super) fn orders(decision: &Decision, record: &Record, draft: &Draft, now: Timestamp) -> Vec<Order> {
    let fingerprint = &record.incident;
    let told = matches!(decision.action, Action::Open | Action::Reopen | Action::Tell);
    let before = record.published.as_ref();
    let says = Some(Box::new(Published {
        at: now,
        priority: record.priority.clone(),
        title: draft.title.clone(),
        cause: record.cause.clone(),
        events: record.events,
        services: record.services.clone(),
        state: record.state,
        told_at: if told { now } else { before.map_or(now, |before| before.told_at) },
        body: draft.body.clone(),
    }));
    if decision.action == Action::Open {
        return vec![Order::Open {
            fingerprint: fingerprint.clone(),
            title: draft.title.clone(),
            block: draft.block(),
            labels: draft.labels.clone(),
            assignees: draft.assignees.clone(),
            says,
        }];
    }
    let Some(number) = record.issue.as_ref().map(|issue| issue.number) else { return Vec::new() };
    let fingerprint = || fingerprint.clone();
    let edit = Order::Edit {
        number,
        fingerprint: fingerprint(),
        title: before.is_some_and(|before| before.title != draft.title).then(|| draft.title.clone()),
        old_title: before.map(|before| before.title.clone()),
        block: draft.block(),
        add_labels: draft.labels.clone(),
        remove_labels: PRIORITIES
            .iter()
            .filter(|label| **label != record.priority && !draft.labels.iter().any(|kept| kept == *label))
            .map(|label| (*label).to_string())
            .collect(),
        says,
    };
    let comment = || Order::Comment {
        number,
        fingerprint: fingerprint(),
        // One comment for one decision, however often its order is carried out.
        key: format!("{}-{}", decision.action.name(), now.0.div_euclid(1_000_000_000)),
        text: draft.comment.clone(),
    };
    match decision.action {
        Action::Update => vec![edit],
        Action::Tell => vec![edit, comment()],
        Action::Reopen => vec![Order::Reopen { number, fingerprint: fingerprint() }, edit, comment()],
        _ => Vec::new(),
    }
}
