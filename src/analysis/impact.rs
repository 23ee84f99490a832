//! Impact: counted statements about what was affected, each with the formula of its number.
//! Leaves out business impact: that needs a map the user declares, and without one there is none.

use crate::group::ErrorGroup;

use super::case::{Case, knowledge, number};
use super::finding::Statement;

/// Returns counted statements, widest first.
pub fn impact(case: &Case<'_>) -> Vec<Statement> {
    let mut statements = vec![counted(
        format!("{} in {}", plural(case.events(), "event"), plural(case.incident.groups.len() as u64, "group")),
        case.events(),
        "sum of the events of the incident's groups",
    )];
    let instances: std::collections::BTreeSet<&String> =
        case.members().flat_map(|group| group.instances.keys()).collect();
    if !instances.is_empty() {
        statements.push(counted(
            format!("{} logged at least one of them", plural(instances.len() as u64, "instance")),
            instances.len() as u64,
            "distinct instance ids over the incident's groups",
        ));
    }
    for group in outermost_exits(case) {
        statements.push(counted(
            format!(
                "\"{}\" {} on {}",
                group.title,
                plural(group.events, "time"),
                plural(group.instances.len() as u64, "instance")
            ),
            group.events,
            &format!("events of group {}", group.id),
        ));
    }
    statements.extend(requests(case));
    if let Some(pattern) = case.pattern(case.root()) {
        statements.push(Statement {
            text: super::fill(&pattern.impact, case.root()),
            status: "supported",
            evidence: vec![knowledge(pattern)],
        });
    }
    statements
}

/// Returns the groups that tell the end of a process and cause no other such end: the last word of each.
fn outermost_exits<'a>(case: &Case<'a>) -> Vec<&'a ErrorGroup> {
    let is_exit = |at: usize| case.groups[at].category == "exit";
    let goes_on = |at: usize| case.incident.links.iter().any(|link| link.from == at && is_exit(link.to));
    let members = case.incident.groups.iter().copied();
    members.filter(|&at| is_exit(at) && !goes_on(at)).map(|at| &case.groups[at]).collect()
}

/// Says which requests failed and who sent them.
fn requests(case: &Case<'_>) -> Vec<Statement> {
    let groups: Vec<&ErrorGroup> = case.members().filter(|group| group.is_request).collect();
    let total: u64 = groups.iter().map(|group| group.events).sum();
    if total == 0 {
        return vec![Statement {
            text: "failed requests: unknown; no request entry is linked to this incident".to_string(),
            status: "unknown",
            evidence: Vec::new(),
        }];
    }
    let ids = groups.iter().map(|group| group.id.as_str()).collect::<Vec<_>>().join(", ");
    let mut statements =
        vec![counted(plural(total, "failed request"), total, &format!("events of the request groups {ids}"))];
    for group in &groups {
        for (name, label) in [("call", "calls"), ("client", "of them from callers that are not users")] {
            let Some(values) = group.variants.get(name) else { continue };
            // `other` is everyone whom no client rule knows: users among them.
            let mut values: Vec<(&String, &u64)> = values.iter().filter(|(value, _)| *value != "other").collect();
            if values.is_empty() {
                continue;
            }
            values.sort_by_key(|(value, count)| (std::cmp::Reverse(**count), (*value).clone()));
            let shown: Vec<String> = values.iter().take(3).map(|(value, count)| format!("{value} ({count})")).collect();
            let rest = values.len().saturating_sub(shown.len());
            let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
            let known: u64 = values.iter().map(|(_, count)| **count).sum();
            statements.push(counted(
                format!("{label} with status {}: {}{more}", group.status.unwrap_or(0), shown.join(", ")),
                known,
                &format!("events of group {} by {name}", group.id),
            ));
        }
    }
    statements
}

fn counted(text: String, value: u64, formula: &str) -> Statement {
    Statement { text, status: "proven", evidence: vec![number(value, formula)] }
}

/// Returns a count with its word: `1 event`, `2 events`.
fn plural(count: u64, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
