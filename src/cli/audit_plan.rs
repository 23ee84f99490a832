//! The plan of a pass for reading and as JSON: what is written first, what waits, what is left alone and why.
//! Leaves out making it, and the commands that carry it out by hand (`audit_commands`).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::audit::{Audited, Planned};
use crate::decision::{Action, Order};
use crate::report::escape;
use crate::report::numbers;
use serde_json::{Value, json};

use super::audit_commands;
use super::difference::unified;
use super::failure::{Exit, Failure};
use super::print;

/// Lines of a difference shown in the terminal; `plan.txt` has all of them.
const LINES: usize = 40;
/// Lines shown of a body that is all new.
const NEW_LINES: usize = 12;
/// Incidents named that are left alone; the rest is counted.
const LEFT: usize = 10;
/// Services named behind a title; the rest is counted.
const SERVICES: usize = 2;

/// What the plan is called when it is about to be written, or has been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tense {
    /// Nothing is written in this run.
    Planned,
    /// It was written.
    Published,
}

/// Returns the plan for reading in a terminal.
pub(super) fn text(audited: &Audited, tense: Tense) -> String {
    page(audited, tense, false)
}

/// Returns the plan for reading, with every line of every difference.
pub(super) fn whole(audited: &Audited, tense: Tense) -> String {
    page(audited, tense, true)
}

fn page(audited: &Audited, tense: Tense, whole: bool) -> String {
    let mut page = String::new();
    let writes: usize = audited.plan.iter().map(|planned| planned.orders.len()).sum();
    let noun = if writes == 1 { "write" } else { "writes" };
    let seen =
        audited.plan.iter().filter(|planned| planned.seen && planned.decision.incident != crate::decision::ROLLUP);
    let head = match tense {
        Tense::Planned => format!("{writes} {noun} planned; nothing is written without --publish"),
        Tense::Published => format!("{writes} {noun}"),
    };
    let _ = writeln!(page, "PLAN  {} seen, {head}", crate::analysis::counted(seen.count() as u64, "incident"));
    let names = audit_commands::names(audited);
    let mut names = names.iter();
    for planned in audited.plan.iter().filter(|planned| !planned.orders.is_empty()) {
        let _ = writeln!(page, "\n{}\n    because {}", headline(planned), print::plain(&planned.decision.reason));
        candidates(&mut page, planned);
        for order in &planned.orders {
            let name = names.next().and_then(Option::as_deref);
            let _ = writeln!(page, "    {}{}", print::plain(&order_line(order)), outcome(audited, order, tense));
            if let Some(difference) = difference(planned, order) {
                show(&mut page, &difference, planned.before.is_none(), whole, name);
            }
        }
    }
    let idle = || audited.plan.iter().filter(|planned| planned.orders.is_empty());
    let left = |planned: &&Planned| planned.decision.action == Action::Leave;
    let waiting: Vec<&Planned> = idle().filter(|planned| !left(planned) && planned.noise.is_none()).collect();
    list(&mut page, "not now", &waiting, usize::MAX);
    let alone: Vec<&Planned> =
        idle().filter(|planned| left(planned) && planned.seen && planned.noise.is_none()).collect();
    list(&mut page, "left alone", &alone, if whole { usize::MAX } else { LEFT });
    rest(&mut page, audited);
    page
}

fn headline(planned: &Planned) -> String {
    let issue = planned.issue.map_or(String::new(), |number| format!(" #{number}"));
    let id: String = planned.decision.incident.chars().take(8).collect();
    let (action, title) = (planned.decision.action.name(), print::plain(&planned.title));
    format!("{}  {action:<8}  {id}{issue}  {title}{}", planned.priority, in_services(&planned.services))
}

/// Names the services of an incident behind its title: two are told apart by them.
pub(super) fn in_services(services: &[String]) -> String {
    let rest = services.len().saturating_sub(SERVICES);
    let named: Vec<String> = services.iter().take(SERVICES).map(|service| print::plain(service)).collect();
    match (named.is_empty(), rest) {
        (true, _) => String::new(),
        (false, 0) => format!("  in {}", named.join(", ")),
        (false, _) => format!("  in {} and {rest} more", named.join(", ")),
    }
}

fn list(page: &mut String, name: &str, all: &[&Planned], most: usize) {
    if all.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n{name}");
    for planned in all.iter().take(most) {
        let _ = writeln!(page, "{}\n    {}", headline(planned), print::plain(&planned.decision.reason));
    }
    if all.len() > most {
        let _ = writeln!(page, "and {} more", all.len() - most);
    }
}

/// Counts what needs no line of its own: noise, and what is remembered and was not seen.
fn rest(page: &mut String, audited: &Audited) {
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    let idle = || audited.plan.iter().filter(|planned| planned.orders.is_empty());
    for kind in idle().filter(|planned| planned.seen).filter_map(|planned| planned.noise.as_deref()) {
        *kinds.entry(kind).or_default() += 1;
    }
    let absent = idle().filter(|planned| !planned.seen && planned.decision.action == Action::Leave).count() as u64;
    if !kinds.is_empty() || absent > 0 {
        page.push('\n');
    }
    if !kinds.is_empty() {
        let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        let _ = writeln!(page, "noise   {}", print::plain(&kinds.join(", ")));
    }
    if absent > 0 {
        let known = crate::analysis::counted(absent, "incident");
        let _ = writeln!(page, "unseen  {known} remembered and not seen in this pass; `incidents list` names them");
    }
}

fn candidates(page: &mut String, planned: &Planned) {
    let id: String = planned.decision.incident.chars().take(8).collect();
    for candidate in &planned.candidates {
        let _ = writeln!(
            page,
            "    candidate #{} {:.2}: {}; {}\n              adopt it with --adopt {id}={}",
            candidate.number,
            candidate.score,
            print::plain(&candidate.title.replace(['\n', '\t'], " ")),
            print::plain(&candidate.reasons.join(", ").replace(['\n', '\t'], " ")),
            candidate.number
        );
    }
}

/// Shows a difference, cut to what is worth a look in a terminal.
fn show(page: &mut String, difference: &str, is_new: bool, whole: bool, name: Option<&str>) {
    let all: Vec<&str> = difference.lines().collect();
    let most = match (whole, is_new) {
        (true, _) => usize::MAX,
        (false, true) => NEW_LINES,
        (false, false) => LINES,
    };
    for line in all.iter().take(most) {
        let _ = writeln!(page, "      {}", print::plain(line).trim_end());
    }
    if all.len() > most {
        let rest = all.len() - most;
        let _ = writeln!(
            page,
            "      ... {}; plan/{} has the whole body",
            numbers::counted(rest as u64, "more line", "more lines"),
            name.unwrap_or("plan.txt")
        );
    }
}

fn order_line(order: &Order) -> String {
    match order {
        Order::Open { title, labels, assignees, .. } => {
            let people =
                if assignees.is_empty() { String::new() } else { format!(", assigned to {}", assignees.join(", ")) };
            format!("open: {title} [{}]{people}", labels.join(", "))
        }
        Order::Adopt { number, labels, .. } => {
            format!("adopt #{number}: our part goes below its text [{}]", labels.join(", "))
        }
        Order::Edit { number, title, old_title, .. } => {
            match title.as_ref().filter(|new| Some(*new) != old_title.as_ref()) {
                Some(title) => format!("edit #{number}, title now: {title}"),
                None => format!("edit #{number}"),
            }
        }
        Order::Comment { number, text, .. } => {
            format!("comment on #{number}: {}", text.lines().next().unwrap_or(""))
        }
        Order::Close { number, .. } => format!("close #{number} as completed"),
        Order::Reopen { number, .. } => format!("reopen #{number}"),
    }
}

/// Returns what came of an order, with a sign between.
fn outcome(audited: &Audited, order: &Order, tense: Tense) -> String {
    let delivered = &audited.delivered;
    if let Some((_, number, url, wrote)) = delivered.done.iter().find(|(done, ..)| done == order) {
        let what = if *wrote { "written" } else { "stood there already" };
        return print::plain(&format!(" -> {what}: #{number} {url}")).trim_end().to_string();
    }
    if let Some((_, reason)) = delivered.dropped.iter().find(|(dropped, _)| dropped == order) {
        return print::plain(&format!(" -> not written: {reason}"));
    }
    if tense == Tense::Published {
        " -> not written yet; the next run goes on with it".to_string()
    } else {
        String::new()
    }
}

/// Returns what changes in our part of the body, as a unified difference.
fn difference(planned: &Planned, order: &Order) -> Option<String> {
    let (Order::Edit { block, .. } | Order::Adopt { block, .. } | Order::Open { block, .. }) = order else {
        return None;
    };
    let before = planned.before.as_deref().unwrap_or_default().trim();
    let (old, new) = (format!("{before}\n"), format!("{}\n", block.trim()));
    let old = if before.is_empty() { "" } else { &old };
    let difference = unified(old, &new);
    (!difference.is_empty()).then_some(difference)
}

/// Returns the plan for programs, as text.
pub(super) fn json(audited: &Audited, tense: Tense) -> Result<String, Failure> {
    let text = escape::json::pretty(&document(audited, tense))
        .map_err(|error| Failure::new(Exit::Publish, "cannot write the plan as JSON").because(error))?;
    Ok(text + "\n")
}

fn document(audited: &Audited, tense: Tense) -> Value {
    json!({
        "schema": "log-gardener/plan/1",
        "published": tense == Tense::Published,
        "coverage": audited.view.coverage,
        "plan": audited.plan.iter().map(|planned| json!({
            "incident": planned.decision.incident,
            "title": planned.title,
            "priority": planned.priority,
            "services": planned.services,
            "action": planned.decision.action,
            "reason": planned.decision.reason,
            "issue": planned.issue,
            "seen": planned.seen,
            "noise": planned.noise,
            "candidates": planned.candidates.iter().map(|candidate| json!({
                "issue": candidate.number, "title": candidate.title, "url": candidate.url,
                // Two digits are all that the score means.
                "score": (candidate.score * 100.0).round() / 100.0, "reasons": candidate.reasons,
            })).collect::<Vec<_>>(),
            "orders": planned.orders.iter().map(|order| {
                let mut shown = serde_json::to_value(order).unwrap_or_default();
                if let Some(fields) = shown.as_object_mut() {
                    fields.remove("says");
                    fields.insert("diff".to_string(), json!(difference(planned, order)));
                }
                shown
            }).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "transitions": audited.transitions,
        "delivered": {
            "done": audited.delivered.done.iter().map(|(order, number, url, wrote)| json!({
                "order": order.name(), "incident": order.fingerprint(), "issue": number, "url": url, "wrote": wrote,
            })).collect::<Vec<_>>(),
            "dropped": audited.delivered.dropped.iter().map(|(order, reason)| json!({
                "order": order.name(), "incident": order.fingerprint(), "reason": reason,
            })).collect::<Vec<_>>(),
            "failed": audited.delivered.failed.iter().map(|failed| json!({
                "order": failed.order, "incident": failed.incident, "cause": failed.fault.cause,
                "hint": failed.fault.hint, "given_up": failed.given_up,
            })).collect::<Vec<_>>(),
            "notes": audited.delivered.notes,
            "waiting": audited.waiting,
        },
    })
}
