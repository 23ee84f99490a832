//! Changes before an incident: deployments and configuration changes that the input records.
//! Leaves out blame: a change that precedes is stated as preceding, with what was seen before it.

use crate::coverage::RecordedChange;
use crate::entry::Timestamp;
use crate::group::ErrorGroup;

use super::case::{Case, number};
use super::finding::{Evidence, Statement};

/// Returns the last recorded change of the incident's services before its first event.
pub(super) fn last_change_before<'a>(case: &Case<'a>) -> Option<&'a RecordedChange> {
    let first = case.seen().0?;
    let ours = |change: &&RecordedChange| {
        change.service.as_ref().is_none_or(|service| {
            case.members().all(|group| group.services.is_empty())
                || case.members().any(|group| group.services.contains_key(service))
        })
    };
    case.coverage.changes.iter().filter(ours).take_while(|change| change.time <= first).last()
}

/// Returns how much was read before `time`, without this incident, in words and as evidence.
pub(super) fn quiet_before(case: &Case<'_>, time: Timestamp) -> (String, Evidence) {
    let since = case.coverage.from.map_or(0, |from| time.nanos_since(from).max(0));
    let words = if since == 0 {
        "the input holds nothing before that change".to_string()
    } else {
        format!("the input begins {} before that change and shows no event of this incident there", super::span(since))
    };
    (words, number(0, format!("events of this incident before {time}")))
}

/// Returns what the trigger is: the last change before the first event, or that none is known.
pub(super) fn trigger(case: &Case<'_>) -> Statement {
    match last_change_before(case) {
        Some(change) => Statement {
            text: format!(
                "last recorded change before the first event: {} at {}",
                super::why::one_line(&change.text),
                change.time
            ),
            status: "supported",
            evidence: vec![Evidence {
                kind: "entry",
                reference: change.reference.clone(),
                quote: change.text.clone(),
                timestamp: Some(change.time),
            }],
        },
        None => Statement {
            text: "unknown: no deployment or configuration change is recorded before the first event".to_string(),
            status: "unknown",
            evidence: Vec::new(),
        },
    }
}

/// Entries below which a revision has shown nothing, neither that it works nor that it does not.
const ENOUGH_ENTRIES: u64 = 20;

/// Returns a revision of the same service that was at work before the incident began, with none of its
/// events and no container of its own that stopped; the newest such.
///
/// A revision deployed later has not shown that it is healthy, and it may be the next incident.
pub(super) fn healthy_revision(case: &Case<'_>) -> Option<(String, u64)> {
    let began = case.seen().0?;
    let affected = |revision: &str| case.members().any(|group| group.revisions.contains_key(revision));
    let stopped = |revision: &str| {
        let stops = |group: &&ErrorGroup| matches!(group.category.as_str(), "exit" | "startup");
        case.groups.iter().filter(stops).any(|group| group.revisions.contains_key(revision))
    };
    let service_of_ours = |service: &str| case.members().any(|group| group.services.contains_key(service));
    case.coverage
        .revisions
        .iter()
        .filter(|((service, revision), _)| service_of_ours(service) && !affected(revision) && !stopped(revision))
        .filter(|(_, seen)| seen.entries >= ENOUGH_ENTRIES && seen.first.is_some_and(|first| first < began))
        .max_by_key(|(_, seen)| seen.last)
        .map(|((_, revision), seen)| (revision.clone(), seen.entries))
}
