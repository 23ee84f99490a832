//! Priorities: the first rule of the table that applies, with its arithmetic.
//! Leaves out the table itself: `patterns/priorities.toml`.

use crate::cascade::facts;
use crate::group::ErrorGroup;
use crate::pattern::{Priority, PriorityRule};

use super::case::counted;

/// A priority with the rule that decided it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What was decided.
    pub priority: Priority,
    /// Id of the rule.
    pub rule: String,
    /// The rule's reason with its counts.
    pub reason: String,
}

/// Decides the priority of an incident that consists of `groups`.
pub fn decide(groups: &[&ErrorGroup], rules: &[PriorityRule]) -> Decided {
    let facts: Vec<_> = groups.iter().map(|group| (facts(group), group.events)).collect();
    let total: u64 = groups.iter().map(|group| group.events).sum();
    let requests: u64 = groups.iter().filter(|group| group.is_request).map(|group| group.events).sum();
    let synthetic: u64 = groups.iter().map(|group| group.synthetic).sum();
    let synthetic_only = requests > 0 && synthetic == requests;
    for rule in rules {
        if let Some(events) = rule.applies(&facts, synthetic_only) {
            let mut reason = format!("{}: {events} of {}", rule.why, counted(total, "event"));
            if rule.synthetic_only == Some(true) {
                reason.push_str(&format!("; {synthetic} of {} from such callers", counted(requests, "request")));
            }
            return Decided { priority: rule.priority, rule: rule.id.clone(), reason };
        }
    }
    Decided {
        priority: Priority::P3,
        rule: "no-rule-applies".to_string(),
        reason: format!("no rule applies to {}", counted(total, "event")),
    }
}
