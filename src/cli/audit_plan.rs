//! The plan of a pass in every form: text with the difference of each body, JSON, files and a list of `gh` commands.
//! Leaves out making it.

use std::fmt::Write as _;

use serde_json::{Value, json};
use similar::TextDiff;

use crate::audit::{Audited, Planned};
use crate::decision::{Action, Order};

use super::print;

/// Lines of a difference shown in the terminal; the file beside has all of them.
const LINES: usize = 40;

/// What the plan is called when it is about to be written, or has been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tense {
    /// Nothing is written in this run.
    Planned,
    /// It was written.
    Published,
}

/// Returns the plan for reading.
pub(super) fn text(audited: &Audited, tense: Tense) -> String {
    let mut page = String::new();
    let writes: usize = audited.plan.iter().map(|planned| planned.orders.len()).sum();
    let what = match tense {
        Tense::Planned => "nothing is written without --publish",
        Tense::Published => "written",
    };
    let _ = writeln!(page, "PLAN  {} incidents, {writes} writes ({what})", audited.plan.len());
    for planned in &audited.plan {
        let issue = planned.issue.map_or(String::new(), |number| format!(" #{number}"));
        let id: String = planned.decision.incident.chars().take(8).collect();
        let _ = writeln!(
            page,
            "\n{}  {:<8}  {}{issue}  {}\n    because {}",
            planned.priority,
            planned.decision.action.name(),
            id,
            print::plain(&planned.title),
            print::plain(&planned.decision.reason)
        );
        for order in &planned.orders {
            let _ = writeln!(page, "    {}", print::plain(&headline(order)));
            if let Some(difference) = difference(planned, order) {
                let all: Vec<&str> = difference.lines().collect();
                for line in all.iter().take(LINES) {
                    let _ = writeln!(page, "      {}", print::plain(line));
                }
                if all.len() > LINES {
                    let _ = writeln!(page, "      ... {} more lines in the plan's file", all.len() - LINES);
                }
            }
        }
    }
    page
}

/// Returns the plan for programs.
pub(super) fn document(audited: &Audited, tense: Tense) -> Value {
    json!({
        "schema": "log-gardener/plan/1",
        "published": tense == Tense::Published,
        "coverage": audited.view.coverage,
        "plan": audited.plan.iter().map(|planned| json!({
            "incident": planned.decision.incident,
            "title": planned.title,
            "priority": planned.priority,
            "action": planned.decision.action,
            "reason": planned.decision.reason,
            "issue": planned.issue,
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

/// Returns the files of the plan below the run's folder: bodies, comments, and the commands that send them.
///
/// Texts go through files alone, so that nothing from a log is ever part of a command line.
pub(super) fn files(audited: &Audited, repository: &str) -> Vec<(String, String)> {
    let mut files = vec![("plan/plan.txt".to_string(), text(audited, Tense::Planned))];
    let mut commands = String::from(
        "#!/bin/sh\n# Sends what the plan says, for teams that approve by hand. Read the bodies first.\n# An issue that changed since is replaced as a whole here; `log-gardener audit --publish` keeps people's text.\nset -eu\ncd \"$(dirname \"$0\")\"\n",
    );
    let mut number = 0;
    let mut file = |name: &str, body: &str| {
        number += 1;
        let name = format!("{number:03}-{name}.md");
        files.push((format!("plan/{name}"), format!("{}\n", body.trim_end())));
        name
    };
    for order in audited.plan.iter().flat_map(|planned| &planned.orders) {
        let repository = quoted(repository);
        let line = match order {
            Order::Open { fingerprint, title, block, labels, assignees, .. } => {
                let body = file("open", &crate::publish::github::block::place(fingerprint, block));
                let labels: String = labels.iter().map(|label| format!(" --label {}", quoted(label))).collect();
                let people: String = assignees.iter().map(|login| format!(" --assignee {}", quoted(login))).collect();
                format!(
                    "gh issue create --repo {repository} --title {} --body-file {body}{labels}{people}",
                    quoted(title)
                )
            }
            Order::Adopt { number, block, fingerprint, .. } => {
                // The text that a person wrote must stay, and only the publishing run can see it.
                let _ = file("adopt", &crate::publish::github::block::place(fingerprint, block));
                format!("echo 'append the body of {number:03} by hand, or run audit --publish --adopt'")
            }
            Order::Edit { number, block, title, fingerprint, .. } => {
                let body = file("edit", &crate::publish::github::block::place(fingerprint, block));
                let title = title.as_ref().map(|title| format!(" --title {}", quoted(title))).unwrap_or_default();
                format!("gh issue edit {number} --repo {repository} --body-file {body}{title}")
            }
            Order::Comment { number, key, text, .. } => {
                let body = file("comment", &crate::publish::github::block::comment(key, text));
                format!("gh issue comment {number} --repo {repository} --body-file {body}")
            }
            Order::Close { number, .. } => format!("gh issue close {number} --repo {repository} --reason completed"),
            Order::Reopen { number, .. } => format!("gh issue reopen {number} --repo {repository}"),
        };
        commands.push_str(&line);
        commands.push('\n');
    }
    files.push(("plan/commands.sh".to_string(), commands));
    files
}

fn headline(order: &Order) -> String {
    match order {
        Order::Open { title, labels, assignees, .. } => {
            let people =
                if assignees.is_empty() { String::new() } else { format!(", assigned to {}", assignees.join(", ")) };
            format!("open: {title} [{}]{people}", labels.join(", "))
        }
        Order::Adopt { number, .. } => format!("adopt #{number}"),
        Order::Edit { number, title: Some(title), .. } => format!("edit #{number}: {title}"),
        Order::Edit { number, .. } => format!("edit #{number}"),
        Order::Comment { number, text, .. } => {
            format!("comment on #{number}: {}", text.lines().next().unwrap_or(""))
        }
        Order::Close { number, .. } => format!("close #{number} as completed"),
        Order::Reopen { number, .. } => format!("reopen #{number}"),
    }
}

/// Returns what changes in our part of the body, as a unified difference.
fn difference(planned: &Planned, order: &Order) -> Option<String> {
    let block = match order {
        Order::Edit { block, .. } | Order::Adopt { block, .. } => block,
        Order::Open { block, .. } if planned.decision.action == Action::Open => block,
        _ => return None,
    };
    let before = planned.before.clone().unwrap_or_default();
    let (old, new) = (format!("{}\n", before.trim()), format!("{}\n", block.trim()));
    let old = if before.trim().is_empty() { "" } else { &old };
    let difference = TextDiff::from_lines(old, &new).unified_diff().context_radius(1).to_string();
    (!difference.is_empty()).then_some(difference)
}

/// Quotes a word for `sh`: nothing in it means anything.
fn quoted(word: &str) -> String {
    let plain: String = word.chars().filter(|c| !c.is_control()).collect();
    format!("'{}'", plain.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn no_word_gets_out_of_its_quotes() {
        assert_eq!(quoted("it's $(rm -rf /) `x` \"y\"\n"), "'it'\\''s $(rm -rf /) `x` \"y\"'");
    }
}
