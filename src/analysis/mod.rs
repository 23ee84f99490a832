//! Analysis: priorities, timeline, impact, five whys and advice for each incident, all with evidence.
//! Leaves out rendering (`report`): here are facts and single sentences, there is the document.
//!
//! No sentence is made without evidence; where it ends the status is `unknown`.

mod advice;
mod case;
mod change;
mod contradiction;
mod finding;
mod impact;
mod knowledge;
mod priority;
mod timeline;
mod why;

pub use advice::{actions, reproduce, tests, unknowns};
pub use case::{Case, counted, names, span};
pub use contradiction::contradictions;
pub use finding::{Action, Evidence, Statement, Test, TimelineItem, Why};
pub use impact::impact;
pub use priority::{Decided, decide};
pub use timeline::timeline;
pub use why::{root_cause, whys};

use crate::group::ErrorGroup;

/// Returns what the trigger is: the last change before the first event, or that none is known.
pub fn trigger(case: &Case<'_>) -> Statement {
    change::trigger(case)
}

/// Fills `{capture}`, `{service}` and `{type}` in a text of the catalog with what `group` captured.
pub(crate) fn fill(text: &crate::pattern::Text, group: &ErrorGroup) -> String {
    let filled = text.fill(|name| match name {
        "service" => group.services.keys().next().cloned(),
        "type" => group.exception.as_ref().and_then(|exception| exception.type_name.clone()),
        _ => group.captures.get(name).cloned(),
    });
    why::one_line(&filled)
}
