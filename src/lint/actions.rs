//! Points 14 to 18: the fix, its verification, what is to be done, and what is learnt.
//! Leaves out whether an action helps.

use super::text::{Report, found, is_open, is_referenced, lines};
use super::words::VAGUE;
use super::{Verdict, met, missed, partly};
use crate::verify::{Kind, Unit, tokens};

/// Point 14: a status; beyond `proposed` a commit, and a diff or files.
pub(super) fn fix(report: &Report) -> Verdict {
    let section = report.section(&["fix", "resolution", "remediation", "solution"]);
    if section.is_empty() {
        return missed("no section on the fix", Vec::new());
    }
    let said = section.iter().map(|unit| unit.text.to_lowercase()).collect::<Vec<_>>().join("\n");
    let proposed =
        said.contains("proposed") && (said.contains("nothing has been merged") || said.contains("not merged"));
    let status = ["proposed", "merged", "deployed", "verified"].iter().any(|status| said.contains(status));
    let sha = section.iter().flat_map(|unit| tokens(&unit.text)).any(|token| token.kind == Kind::Id);
    let diff = section.iter().any(|unit| unit.fence.as_ref().is_some_and(|fence| fence.language == "diff"));
    let at = lines(&section[..1]);
    match () {
        () if proposed && (diff || said.contains("no diff")) => {
            met("proposed only: there is no commit yet, and it says whether there is a diff", at)
        }
        () if proposed => partly("proposed only, without a diff or a word on why there is none", at),
        () if status && sha && diff => met("status, commit and diff are named", at),
        () if status && sha => partly("status and commit are named, the diff is not", at),
        () if status => partly("a status without the commit that has it", at),
        () => missed("neither status nor commit", at),
    }
}

/// Point 15: expected, observed and traffic, or "not yet verified".
pub(super) fn verification(report: &Report) -> Verdict {
    let section = report.section(&["verification", "validation", "proof"]);
    let said = section.iter().map(|unit| unit.text.to_lowercase()).collect::<Vec<_>>().join("\n");
    let parts = ["expected", "observed", "traffic"].iter().filter(|part| said.contains(*part)).count();
    match (section.is_empty(), said.contains("not yet verified"), parts) {
        (true, ..) => missed("no section on verification", Vec::new()),
        (_, true, _) => met("not yet verified, and it says so", lines(&section[..1])),
        (_, _, 3) => met("expected, observed and traffic are told", lines(&section)),
        (_, _, 0) => missed("neither expected nor observed counts", lines(&section)),
        _ => partly("expected, observed and traffic are not all told", lines(&section)),
    }
}

/// The rows or list items that say what is to be done.
fn actions(report: &Report) -> Vec<(usize, String)> {
    let section = report.section(&["action", "follow-up", "next steps", "recommendation", "prevention"]);
    let rows = report.rows(&section);
    if !rows.is_empty() {
        return rows.iter().map(|row| (row.line, row.text())).collect();
    }
    let item = |unit: &&&Unit| {
        unit.text.trim_start().starts_with(['-', '*'])
            || unit.text.trim_start().starts_with(|c: char| c.is_ascii_digit())
    };
    section.iter().filter(item).map(|unit| (unit.line, unit.text.clone())).collect()
}

/// Point 16: the fields of an action; an owner or a date that is openly missing counts in part.
pub(super) fn fields(report: &Report) -> Verdict {
    let actions = actions(report);
    if actions.is_empty() {
        let none = report.lines_with(&["none follows", "no action follows"]);
        return if none.is_empty() {
            missed("no actions", Vec::new())
        } else {
            partly("no action follows from the evidence, and it says so", lines(&none))
        };
    }
    let section = report.section(&["action", "follow-up", "next steps", "recommendation", "prevention"]);
    let said = section.iter().map(|unit| unit.text.to_lowercase()).collect::<Vec<_>>().join("\n");
    let fields: [(&str, &[&str]); 5] = [
        ("owner", &["owner"]),
        ("priority", &["priority"]),
        ("due date", &["due"]),
        ("link or source", &["source", "link", "issue"]),
        ("how one tells that it is done", &["done when", "passes when", "until", "acceptance"]),
    ];
    let lacking: Vec<&str> = fields
        .iter()
        .filter(|(_, words)| !words.iter().any(|word| said.contains(word)))
        .map(|(name, _)| *name)
        .collect();
    let vague: Vec<usize> = actions
        .iter()
        .filter(|(_, text)| !found(&text.to_lowercase(), &VAGUE).is_empty())
        .map(|(line, _)| *line)
        .collect();
    let open = said.contains("unassigned") || said.contains("not set") || said.contains("tbd");
    match (lacking.len(), vague.is_empty(), open) {
        (0, true, false) => met("each action has its fields", actions.iter().map(|(line, _)| *line).collect()),
        (0, true, true) => {
            partly("owner or due date is openly missing", actions.iter().map(|(line, _)| *line).collect())
        }
        (0..=2, true, _) => partly(format!("actions lack {}", lacking.join(", ")), Vec::new()),
        (0..=1, false, _) => partly("some actions are vague", vague),
        _ => missed(format!("actions lack {}", lacking.join(", ")), vague),
    }
}

/// Point 17: prevent, detect and mitigate, or why not.
pub(super) fn kinds(report: &Report) -> Verdict {
    let section = report.section(&["action", "follow-up", "next steps", "recommendation", "prevention"]);
    let said = section.iter().map(|unit| unit.text.to_lowercase()).collect::<Vec<_>>().join("\n");
    let kinds = ["prevent", "detect", "mitigat"];
    let there: Vec<&str> = kinds.iter().copied().filter(|kind| said.contains(kind)).collect();
    match there.len() {
        3 => met("all three are covered, or it says why not", lines(&section)),
        0 => missed("none of the three is told", lines(&section)),
        count => partly(format!("{count} of the three are covered"), lines(&section)),
    }
}

/// Point 18: three parts, each with a fact, or openly unknown.
pub(super) fn lessons(report: &Report) -> Verdict {
    let section = report.section(&["went well", "lessons"]);
    let part = |words: &[&str]| {
        let says = |unit: &&&Unit| words.iter().any(|word| unit.text.to_lowercase().contains(word));
        section.iter().find(says).copied()
    };
    let parts = [part(&["well:", "went well", "well**"]), part(&["badly:", "went badly", "wrong"]), part(&["luck"])];
    let told: Vec<&Unit> = parts.into_iter().flatten().collect();
    let facts = told.iter().filter(|unit| is_referenced(&unit.text)).count();
    let bare: Vec<usize> =
        told.iter().filter(|unit| !is_referenced(&unit.text) && !is_open(&unit.text)).map(|unit| unit.line).collect();
    match (told.len(), facts, bare.len()) {
        (3, 2.., 0) => met(format!("{facts} of the three with a fact, the rest openly unknown"), lines(&told)),
        (3, _, 0) => partly(format!("{facts} of the three with a fact, the rest openly unknown"), lines(&told)),
        (0, ..) if section.iter().any(|unit| is_open(&unit.text)) => partly("openly unknown", lines(&section)),
        (0, ..) => missed("not told", Vec::new()),
        _ => partly("parts are missing or have no fact", bare),
    }
}
