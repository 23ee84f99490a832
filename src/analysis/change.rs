//! Changes before an incident: deployments and configuration changes that the input records.
//! Leaves out blame: a change that precedes is stated as preceding, with what was seen before it.

use crate::coverage::RecordedChange;
use crate::entry::{Severity, Timestamp};
use crate::group::ErrorGroup;

use super::case::{Case, number};
use super::finding::{Evidence, Statement};

/// Returns whether a change is about a service of the incident; one that names no service may be.
pub(super) fn concerns(case: &Case<'_>, change: &RecordedChange) -> bool {
    change.service.as_ref().is_none_or(|service| {
        case.members().all(|group| group.services.is_empty())
            || case.members().any(|group| group.services.contains_key(service))
    })
}

/// Returns the last recorded change of the incident's services before its first event.
pub(super) fn last_change_before<'a>(case: &Case<'a>) -> Option<&'a RecordedChange> {
    let first = case.seen().0?;
    let before = case.coverage.changes.iter().take_while(|change| change.time <= first);
    before.filter(|change| concerns(case, change)).last()
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

/// Says that the export is cut off between the change and the incident, if it is.
pub(super) fn hidden_since(case: &Case<'_>, change: &RecordedChange) -> Option<String> {
    let visible = case.visible_from().filter(|visible| change.time < *visible)?;
    Some(format!(
        "unknown: the export holds no {} entries from before {visible}, so it cannot show whether the incident is older than the last recorded change ({})",
        case.root().severity,
        in_short(change),
    ))
}

/// Returns a change in few words: `Services.ReplaceService on checkout-api at 2026-03-10T09:33:20.551Z`.
pub(super) fn in_short(change: &RecordedChange) -> String {
    let method: Vec<&str> = change.method.rsplit('.').take(2).collect();
    let method = method.into_iter().rev().collect::<Vec<_>>().join(".");
    let target = change.resource.as_deref().and_then(|resource| resource.rsplit('/').next());
    let target = target.or(change.service.as_deref()).map(|target| format!(" on {target}")).unwrap_or_default();
    format!("{}{target} at {}", method.trim_start_matches('/'), change.time.short())
}

/// Returns what the trigger is: the last change before the first event, or that none is known.
pub(super) fn trigger(case: &Case<'_>) -> Statement {
    let unknown = |text: String| Statement { text, status: "unknown", evidence: Vec::new() };
    let Some(change) = last_change_before(case) else {
        return unknown(
            "unknown: no deployment or configuration change is recorded before the first event".to_string(),
        );
    };
    if let Some(hidden) = hidden_since(case, change) {
        return unknown(hidden);
    }
    let first = case.seen().0.map_or(0, |first| first.nanos_since(change.time));
    Statement {
        text: format!(
            "last recorded change before the first event: {}, {} before it",
            in_short(change),
            super::span(first)
        ),
        status: "supported",
        evidence: vec![quoted(change)],
    }
}

/// Returns the entry that records a change.
pub(super) fn quoted(change: &RecordedChange) -> Evidence {
    Evidence {
        kind: "entry",
        reference: change.reference.clone(),
        quote: change.text.clone(),
        timestamp: Some(change.time),
    }
}

/// Entries below which a revision has shown nothing, neither that it works nor that it does not.
const ENOUGH_ENTRIES: u64 = 20;

/// Returns a revision of the same service that was at work before the incident began, with none of its
/// events and no container of its own that stopped; the newest such.
///
/// Comes with its entries and with its errors of other incidents, which a reader must weigh.
/// A revision deployed later has not shown that it is healthy, and it may be the next incident.
pub(super) fn healthy_revision(case: &Case<'_>) -> Option<(String, u64, u64)> {
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
        // What a number tells comes first: the rest asks every group.
        .filter(|(_, seen)| seen.entries >= ENOUGH_ENTRIES && seen.first.is_some_and(|first| first < began))
        .filter(|((service, revision), _)| service_of_ours(service) && !affected(revision) && !stopped(revision))
        .max_by_key(|(_, seen)| seen.last)
        .map(|((_, revision), seen)| {
            let errors = case.groups.iter().filter(|group| group.severity >= Severity::Error);
            let others: u64 = errors.filter_map(|group| group.revisions.get(revision)).sum();
            (revision.clone(), seen.entries, others)
        })
}
