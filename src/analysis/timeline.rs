//! The timeline: changes and first and last occurrences in UTC, each with its reference.
//! Leaves out durations: first and last seen are facts, how long it lasted is not known from a window.

use super::case::Case;
use super::finding::TimelineItem;

/// Changes shown before the first event.
const CHANGES: usize = 5;
/// Groups shown; a long tail of consequences tells no more about the order.
const GROUPS: usize = 15;

/// Returns the incident's timeline, in time order.
pub fn timeline(case: &Case<'_>) -> Vec<TimelineItem> {
    let mut items = Vec::new();
    let (first, last) = case.seen();
    if let Some(from) = case.coverage.from {
        items.push(TimelineItem {
            time: from,
            kind: "window",
            text: "the input begins".into(),
            reference: "coverage".into(),
        });
    }
    let ours = || case.coverage.changes.iter().filter(|change| super::change::concerns(case, change));
    let before: Vec<_> = ours().filter(|change| first.is_some_and(|first| change.time <= first)).collect();
    let during = ours().filter(|change| {
        first.is_some_and(|first| change.time > first) && last.is_some_and(|last| change.time <= last)
    });
    for change in before.into_iter().rev().take(CHANGES).chain(during.take(CHANGES)) {
        items.push(TimelineItem {
            time: change.time,
            kind: "change",
            text: super::why::one_line(&change.text),
            reference: change.reference.clone(),
        });
    }
    for group in case.members().take(GROUPS) {
        if let (Some(time), Some(sample)) = (group.first_seen, group.samples.first()) {
            items.push(TimelineItem {
                time,
                kind: "first",
                // Requests are stamped when they begin; what failed them comes later.
                text: if group.is_request {
                    format!("first of {} (start of the request): {}", group.events, case.name(group))
                } else {
                    format!("first of {}: {}", group.events, case.name(group))
                },
                reference: sample.reference.clone(),
            });
        }
    }
    let latest = case
        .members()
        .filter_map(|group| Some((group.last_seen?, group)))
        .max_by_key(|(time, group)| (*time, group.id.clone()));
    if let Some((time, group)) = latest
        && let Some(sample) = group.samples.last().filter(|_| Some(time) != first)
    {
        items.push(TimelineItem {
            time,
            kind: "last",
            text: format!("last event of the incident: {}", case.name(group)),
            reference: sample.reference.clone(),
        });
    }
    if let Some(to) = case.coverage.to {
        items.push(TimelineItem {
            time: to,
            kind: "window",
            text: "the input ends".into(),
            reference: "coverage".into(),
        });
    }
    items.sort_by(|a, b| (a.time, order(a.kind), &a.text).cmp(&(b.time, order(b.kind), &b.text)));
    items
}

/// At one instant the window opens first and closes last.
fn order(kind: &str) -> u8 {
    match kind {
        "window" => 1,
        "change" => 2,
        "first" => 3,
        _ => 4,
    }
}
