//! The plan for teams that approve by hand: a file per body, and a script of `gh` commands that sends them.
//! Leaves out the plan for reading: see `audit_plan`.
//!
//! Texts go through files alone, and every other word is quoted, so that nothing from a log is ever run. The script
//! replaces our part of a body and keeps what people wrote around it, as the publishing run does.

use std::fmt::Write as _;

use crate::audit::Audited;
use crate::decision::Order;
use crate::publish::github::block;
use crate::report::escape::shell::quoted;

use super::audit_plan::Tense;

/// What the commands need; `awk` and `gh` are all that is asked of the machine.
const HEAD: &str = r##"#!/bin/sh
# Sends what the plan says, for teams that approve by hand. Read plan.txt and the bodies first, take out the
# commands that are not wanted, and run it once: sh commands.sh
# Whether an issue was opened meanwhile is not looked up here; `log-gardener audit --publish` does.
set -eu
cd "$(dirname "$0")"

# label NAME: makes sure that the repository has it.
label() {
  gh label create --repo "$repository" -- "$1" >/dev/null 2>&1 || true
}

# edit NUMBER FILE [OPTION]...: puts FILE in the place of our part; the text of people around it stays.
edit() {
  number=$1 file=$2
  shift 2
  gh issue view "$number" --repo "$repository" --json body --jq .body > "$file.now"
  if ! tr -d '\r' < "$file.now" | awk -v file="$file" '
    /^<!-- log-gardener:begin / { while ((getline line < file) > 0) print line; inside = 1; found++ }
    !inside { print }
    /^<!-- log-gardener:end -->/ { inside = 0 }
    END { exit !(found == 1 && !inside) }' > "$file.whole"
  then
    echo "#$number was left alone: our part of it was not found" >&2
    return 0
  fi
  gh issue edit "$number" --repo "$repository" --body-file "$file.whole" "$@"
}

# adopt NUMBER FILE [OPTION]...: puts FILE below the text that a person wrote.
adopt() {
  number=$1 file=$2
  shift 2
  gh issue view "$number" --repo "$repository" --json body --jq .body > "$file.now"
  { cat "$file.now"; echo; cat "$file"; } > "$file.whole"
  gh issue edit "$number" --repo "$repository" --body-file "$file.whole" "$@"
}

# unlabel NUMBER NAME: takes a label off, if the issue has it.
unlabel() {
  gh issue edit "$1" --repo "$repository" --remove-label "$2" >/dev/null 2>&1 || true
}

"##;

/// Returns the file of each order, in the order of the plan; those that need none have none.
pub(super) fn names(audited: &Audited) -> Vec<Option<String>> {
    let mut number = 0;
    let orders = audited.plan.iter().flat_map(|planned| &planned.orders);
    orders
        .map(|order| {
            body(order).is_some().then(|| {
                number += 1;
                format!("{number:03}-{}.md", order.name())
            })
        })
        .collect()
}

fn body(order: &Order) -> Option<String> {
    match order {
        Order::Open { fingerprint, block, .. }
        | Order::Adopt { fingerprint, block, .. }
        | Order::Edit { fingerprint, block, .. } => Some(block::place(fingerprint, block)),
        Order::Comment { key, text, .. } => Some(block::comment(key, text)),
        Order::Close { .. } | Order::Reopen { .. } => None,
    }
}

/// Returns the files below the run's folder. What was published is not to be sent again, so it has no script.
pub(super) fn files(audited: &Audited, repository: &str, tense: Tense) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut script = format!("{HEAD}repository={}\n\n", quoted(repository));
    let (mut labels, mut commands) = (Vec::new(), String::new());
    let orders = audited.plan.iter().flat_map(|planned| &planned.orders);
    for (order, name) in orders.zip(names(audited)) {
        let file = name.clone().unwrap_or_default();
        if let (Some(name), Some(body)) = (name, body(order)) {
            files.push((format!("plan/{name}"), format!("{}\n", body.trim_end())));
        }
        commands.push_str(&command(order, &file));
        commands.push('\n');
        if let Order::Open { labels: used, .. }
        | Order::Adopt { labels: used, .. }
        | Order::Edit { add_labels: used, .. } = order
        {
            for label in used {
                if !labels.contains(&label) {
                    labels.push(label);
                }
            }
        }
    }
    for label in labels {
        let _ = writeln!(script, "label {}", quoted(label));
    }
    if commands.is_empty() {
        commands.push_str("echo 'the plan has nothing to send'\n");
    }
    if tense == Tense::Planned {
        files.push(("plan/commands.sh".to_string(), script + &commands));
    }
    files
}

fn command(order: &Order, file: &str) -> String {
    let options = |name: &str, words: &[String]| -> String {
        words.iter().map(|word| format!(" --{name} {}", quoted(word))).collect()
    };
    match order {
        Order::Open { title, labels, assignees, .. } => format!(
            "gh issue create --repo \"$repository\" --title {} --body-file {file}{}{}",
            quoted(title),
            options("label", labels),
            options("assignee", assignees)
        ),
        Order::Adopt { number, labels, .. } => format!("adopt {number} {file}{}", options("add-label", labels)),
        Order::Edit { number, title, add_labels, remove_labels, .. } => {
            let title = title.as_ref().map(|title| format!(" --title {}", quoted(title))).unwrap_or_default();
            let without = remove_labels.iter().map(|label| format!("\nunlabel {number} {}", quoted(label)));
            let without: String = without.collect();
            format!("edit {number} {file}{title}{}{without}", options("add-label", add_labels))
        }
        Order::Comment { number, .. } => {
            format!("gh issue comment {number} --repo \"$repository\" --body-file {file}")
        }
        Order::Close { number, .. } => format!("gh issue close {number} --repo \"$repository\" --reason completed"),
        Order::Reopen { number, .. } => format!("gh issue reopen {number} --repo \"$repository\""),
    }
}
