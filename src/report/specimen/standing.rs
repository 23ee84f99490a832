//! Made-up standings, roll-ups and resolutions, with everything and with next to nothing in them.
//! Templates are rehearsed with them at load time; nothing here ever reaches a reader.

use super::super::view::*;
use super::{START, text, text_option};

/// Returns a standing in which every list has an item and every option a value.
pub(crate) fn standing() -> StandingView {
    StandingView {
        incident: "0".repeat(32),
        title: text(),
        priority: "P1".to_string(),
        state: "regressed".to_string(),
        since: START,
        first_seen: Some(START),
        last_seen: Some(START),
        silent_seconds: Some(7_200),
        age_seconds: Some(7_200),
        events: 2,
        returns: 1,
        regressions: 1,
        services: vec![text()],
        action: "reopen".to_string(),
        reason: text(),
        issue: Some(1),
        resolved: Some(ResolvedView { at: START, because: text(), commit: text_option() }),
        related: vec![RelatedView { number: 1, title: text(), open: true, relation: text() }],
        owners: vec![text()],
    }
}

/// Returns a standing of which next to nothing is known.
pub(crate) fn bare_standing() -> StandingView {
    StandingView {
        state: "quiet".to_string(),
        first_seen: None,
        last_seen: None,
        silent_seconds: None,
        age_seconds: None,
        returns: 0,
        regressions: 0,
        services: Vec::new(),
        action: "tell".to_string(),
        issue: None,
        resolved: None,
        related: Vec::new(),
        owners: Vec::new(),
        ..standing()
    }
}

/// Returns a roll-up of one incident.
pub(crate) fn rollup() -> RollUpView {
    RollUpView { incidents: vec![standing()], priority: "P1".to_string(), most_new: 3, most_new_a_day: 10 }
}

/// Returns a resolution in which nothing is missing; a doubt stands in it too, so that its fields are known.
pub(crate) fn resolution() -> ResolutionView {
    let counted = CountedView { from: START, to: START, events: 1, occurrences: 1, served: 1 };
    ResolutionView {
        standing: standing(),
        proven: false,
        fixed_at: START,
        commit: Some(CommitView { id: text(), subject: text_option(), files: vec![text()] }),
        revision: text_option(),
        old_revisions: vec![text()],
        outside: text_option(),
        before: counted.clone(),
        after: counted,
        unit: text(),
        expected: text(),
        arithmetic: vec![text()],
        against: vec![DoubtView { reason: text(), wait_for: text() }],
        cause: text(),
        lessons: vec![text()],
        follow_ups: vec![text()],
        sources: vec![text()],
    }
}

/// Returns a proven resolution of which next to nothing is known.
pub(crate) fn bare_resolution() -> ResolutionView {
    ResolutionView {
        standing: bare_standing(),
        proven: true,
        commit: None,
        revision: None,
        old_revisions: Vec::new(),
        outside: None,
        arithmetic: Vec::new(),
        against: Vec::new(),
        lessons: Vec::new(),
        follow_ups: Vec::new(),
        sources: Vec::new(),
        ..resolution()
    }
}

/// A history with every field set, so that templates meet each.
pub(super) fn history() -> HistoryView {
    let rate = |events| RateView { events, amount: 60, unit: Unit::Seconds };
    HistoryView {
        new: false,
        before: Some(rate(1)),
        now: rate(90),
        escalating: Some(RiseView { ratio: Some(90.0), p: 0.001 }),
    }
}
