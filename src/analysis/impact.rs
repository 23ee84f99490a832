//! Impact: counted statements about what was affected, each with the formula of its number.
//! Leaves out business impact: that needs a map the user declares, and without one there is none.

use std::collections::BTreeSet;

use crate::group::ErrorGroup;
use crate::pattern::ClientKind;

use super::case::{Case, counted, knowledge, number};
use super::finding::Statement;

/// Returns counted statements, widest first.
pub fn impact(case: &Case<'_>) -> Vec<Statement> {
    let mut statements = vec![stated(
        format!("{} in {}", counted(case.events(), "event"), counted(case.incident.groups.len() as u64, "group")),
        case.events(),
        "sum of the events of the incident's groups",
    )];
    let instances: BTreeSet<&String> = case.members().flat_map(|group| group.instances.keys()).collect();
    if !instances.is_empty() {
        statements.push(stated(
            format!("{} logged at least one of them", counted(instances.len() as u64, "instance")),
            instances.len() as u64,
            "distinct instance ids over the incident's groups",
        ));
    }
    for group in outermost_exits(case) {
        statements.push(stated(
            format!(
                "\"{}\" {} on {}",
                case.name(group),
                counted(group.events, "time"),
                counted(group.instances.len() as u64, "instance")
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
        vec![stated(counted(total, "failed request"), total, &format!("events of the request groups {ids}"))];
    for group in &groups {
        statements.extend(["call", "client"].into_iter().filter_map(|name| varying(group, name)));
    }
    statements
}

/// Says how often each value of `name` occurs among failed requests, the most frequent ones by name.
fn varying(group: &ErrorGroup, name: &str) -> Option<Statement> {
    // `other` is everyone whom no client rule knows, users among them, and behind a script may stand a service.
    let mut values: Vec<(String, u64)> = match name {
        "call" if !group.answers.is_empty() => {
            let named = |((call, status), count): (&(String, u16), &u64)| (format!("{call} with {status}"), *count);
            group.answers.iter().map(named).collect()
        }
        _ => group.variants.get(name)?.iter().map(|(value, count)| (value.clone(), *count)).collect(),
    };
    values.retain(|(value, _)| name != "client" || !["other", ClientKind::Script.name()].contains(&value.as_str()));
    values.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    let known: u64 = values.iter().map(|(_, count)| count).sum();
    let shown: Vec<String> = values.iter().take(3).map(|(value, count)| format!("{value} ({count})")).collect();
    if shown.is_empty() {
        return None;
    }
    let rest = values.len() - shown.len();
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    let label = match name {
        "call" => "calls",
        _ => "of them from callers that are not users",
    };
    let statuses: BTreeSet<u16> = group.answers.keys().map(|(_, status)| *status).chain(group.status).collect();
    let statuses = statuses.iter().map(u16::to_string).collect::<Vec<_>>().join("/");
    let text = format!("{label} with status {statuses}: {}{more}", shown.join(", "));
    Some(stated(text, known, &format!("events of group {} by {name}", group.id)))
}

fn stated(text: String, value: u64, formula: &str) -> Statement {
    Statement { text, status: "proven", evidence: vec![number(value, formula)] }
}
