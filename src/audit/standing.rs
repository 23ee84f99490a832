//! From a record to what reports and issues say about it.
//! Leaves out wording.

use crate::decision::{Decision, IssueState, Memory, Record};
use crate::report::view::{RelatedView, ResolvedView, StandingView};

/// Related issues named at most.
const RELATED: usize = 10;
/// Returns from quiet count for a day, nanoseconds.
const DAY: i64 = 24 * 3_600_000_000_000;

/// Returns how an incident stands after `decision`.
pub fn standing(record: &Record, decision: &Decision, now: crate::entry::Timestamp) -> StandingView {
    StandingView {
        incident: record.incident.clone(),
        title: record.title.clone(),
        priority: record.priority.clone(),
        state: record.state.name().to_string(),
        since: record.since,
        first_seen: record.first_seen,
        last_seen: record.last_seen,
        silent_seconds: None,
        age_seconds: None,
        events: record.events,
        returns: record.returns.iter().filter(|at| now.nanos_since(**at) < DAY).count() as u64,
        regressions: u64::from(record.regressions),
        services: record.services.clone(),
        action: decision.action.name().to_string(),
        reason: decision.reason.clone(),
        issue: record.issue.as_ref().map(|issue| issue.number),
        resolved: record.resolved.as_ref().map(|resolved| ResolvedView {
            at: resolved.at,
            because: resolved.because.clone(),
            commit: resolved.commit.clone(),
        }),
        related: Vec::new(),
        owners: Vec::new(),
    }
}

/// Returns the issues of incidents that have to do with `record`: what it broke, what broke it, its like.
pub(super) fn related<'m>(
    record: &Record,
    consequences: impl Iterator<Item = &'m str>,
    causes: impl Iterator<Item = &'m str>,
    memory: &Memory,
) -> Vec<RelatedView> {
    let mut related: Vec<RelatedView> = Vec::new();
    let mut add = |other: &Record, relation: &str| {
        let Some(issue) = &other.issue else { return };
        let known = related.iter().any(|known| known.number == issue.number);
        if other.incident == record.incident || known || issue.state == IssueState::Gone || related.len() >= RELATED {
            return;
        }
        related.push(RelatedView {
            number: issue.number,
            title: other.title.clone(),
            open: issue.state == IssueState::Open,
            relation: relation.to_string(),
        });
    };
    for incident in consequences {
        memory.records.get(incident).into_iter().for_each(|other| add(other, "a consequence of this one"));
    }
    for incident in causes {
        memory.records.get(incident).into_iter().for_each(|other| add(other, "a cause of this one"));
    }
    let alike = |other: &&Record| {
        let pattern = !record.kin.pattern.is_empty() && other.kin.pattern == record.kin.pattern;
        let place = !record.kin.place.is_empty() && other.kin.place == record.kin.place;
        other.kin.service == record.kin.service && (pattern || place)
    };
    for other in memory.records.values().filter(alike) {
        add(other, "the same kind of error in the same service");
    }
    related
}
