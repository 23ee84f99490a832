//! Points 1, 2, 3 and 13: what the report is about, what is counted, what statements rest on, which code is named.
//! Leaves out whether references resolve; an input tells (`verify`).

use super::text::{Report, found, is_figure, is_open, is_referenced, lines};
use super::words::SOURCED;
use super::{Looked, Verdict, Verified, met, missed, not_applicable, partly};
use crate::report::numbers::counted;
use crate::verify::{Kind, Unit, tokens};

/// Point 1: environment, service, revision; words that claim more than the log knows need a source.
pub(super) fn scope(report: &Report) -> Verdict {
    let field = |words: &[&str]| {
        report.lines_with(words).into_iter().filter(|unit| is_field(&unit.text, words)).collect::<Vec<_>>()
    };
    let fields = [field(&["environment", "project"]), field(&["service"]), field(&["revision", "version", "release"])];
    let stated: Vec<usize> = fields.iter().filter_map(|field| field.first()).map(|unit| unit.line).collect();
    let loaded: Vec<&Unit> = report
        .units
        .iter()
        .filter(|unit| !found(&Report::own_words(unit), &SOURCED).is_empty())
        .filter(|unit| !is_referenced(&unit.text) && !is_open(&unit.text))
        .collect();
    match (stated.len(), loaded.is_empty()) {
        (3, true) => met("all three are stated, and no word claims more", stated),
        (0, _) => missed("none of the three is stated as a field", lines(&loaded)),
        (3, false) => partly("production, customers or money are spoken of without a source", lines(&loaded)),
        (count, _) => partly(format!("{count} of the three are stated"), stated),
    }
}

/// Point 2: every number in the section on impact says how it was counted.
pub(super) fn impact(report: &Report) -> Verdict {
    let section = report.section(&["impact"]);
    if section.is_empty() {
        return missed("no section on impact", Vec::new());
    }
    let counts = |unit: &&&Unit| tokens(&unit.text).iter().any(|token| is_figure(token) && token.kind != Kind::Time);
    let chain = |unit: &&&Unit| !unit.section.to_lowercase().contains("chain") && unit.fence.is_none();
    let counted: Vec<&&Unit> = section.iter().filter(chain).filter(counts).collect();
    let bare: Vec<usize> = counted
        .iter()
        .filter(|unit| !is_referenced(&unit.text) && !is_window(&unit.text))
        .map(|unit| unit.line)
        .collect();
    match (counted.len(), bare.len()) {
        (0, _) => missed("nothing is counted", lines(&section)),
        (_, 0) => met("each number names what was counted", counted.iter().map(|unit| unit.line).collect()),
        (all, bare_count) if bare_count * 2 < all => partly("some numbers do not say how they were counted", bare),
        _ => missed("the numbers do not say how they were counted", bare),
    }
}

/// Point 3: with an input the claims themselves, without one the presence of references.
pub(super) fn references(report: &Report, verified: Option<&Verified>) -> Verdict {
    if let Some(verified) = verified {
        let wrong = verified.wrong.len();
        return match wrong {
            0 if verified.checked > 0 => met(
                format!("{} against the input", counted(verified.checked as u64, "claim holds", "claims hold")),
                Vec::new(),
            ),
            _ if wrong * 10 <= verified.checked => partly(
                format!("{} not hold against the input", counted(wrong as u64, "line does", "lines do")),
                verified.wrong.clone(),
            ),
            _ => missed(
                format!("{} not hold against the input", counted(wrong as u64, "line does", "lines do")),
                verified.wrong.clone(),
            ),
        };
    }
    let bare = crate::report::reference::unreferenced(&report.units.iter().map(flat).collect::<Vec<_>>().join("\n"));
    let stated = report.units.iter().filter(|unit| tokens(&unit.text).iter().any(is_figure)).count();
    let bare: Vec<usize> = bare.iter().filter_map(|(at, _)| line_of(report, *at)).collect();
    match (stated, bare.len()) {
        (0, _) => missed("no statement has a figure that could be looked up", Vec::new()),
        (_, 0) => partly("every figure has a reference; give --against to see whether they resolve", Vec::new()),
        (all, some) if some * 3 <= all => partly(format!("{some} of {all} lines with figures have no reference"), bare),
        (all, some) => missed(format!("{some} of {all} lines with figures have no reference"), bare),
    }
}

/// Point 13: needs a checkout; it applies where a commit or a line of one is named.
pub(super) fn code(looked: Option<&Looked>) -> Verdict {
    let Some(looked) = looked else {
        return not_applicable("needs a checkout of the commit that ran; give it with --repo");
    };
    let mut wrong: Vec<usize> = looked.wrong.iter().map(|finding| finding.line).collect();
    wrong.dedup();
    match (looked.checked, looked.wrong.len()) {
        (0, _) => not_applicable("the report names no commit and no line of one"),
        (all, 0) => met(format!("all {all} commits and lines stand there at their commits"), Vec::new()),
        (all, some) if some * 4 <= all => {
            partly(format!("{some} of {all} commits and lines do not stand there"), wrong)
        }
        (all, some) => missed(format!("{some} of {all} commits and lines do not stand there"), wrong),
    }
}

/// A field: the first cell of a row, or what stands before a colon, has the name.
fn is_field(text: &str, words: &[&str]) -> bool {
    let text = text.trim_start_matches(['|', '-', '*', ' ']);
    let Some((name, value)) = text.split_once(['|', ':']) else { return false };
    let name = name.to_lowercase();
    name.len() < 40 && value.chars().any(char::is_alphanumeric) && words.iter().any(|word| name.contains(word))
}

/// The window that was seen is the coverage of the counts, and not one of them.
fn is_window(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower.contains("seen from") || lower.contains("window")
}

/// A unit on one line, so that lines can be counted.
fn flat(unit: &Unit) -> String {
    unit.text.clone()
}

fn line_of(report: &Report, at: usize) -> Option<usize> {
    report.units.get(at.checked_sub(1)?).map(|unit| unit.line)
}
