//! Points 19 and 20: what the report says of its own limits, and its form.
//! Leaves out content.

use std::collections::BTreeMap;

use super::phases::graded;
use super::text::{Report, found, lines};
use super::words::LOUD;
use super::{Verdict, met, missed, partly};
use crate::verify::{Kind, Unit, tokens};

/// Lines of a summary at most.
const SUMMARY: usize = 5;
/// Lines shown of a fault.
const SHOWN: usize = 10;

/// Point 19: what was read, what may be missing, what was blacked out, what is not known.
pub(super) fn limits(report: &Report) -> Verdict {
    let kinds: [&[&str]; 5] = [
        &["coverage", "entries read"],
        &["sampling", "sampled"],
        &["gap", "cut off", "cut-off", "truncated", "dropped", "unreadable"],
        &["redact", "blacked out"],
        &["unknown", "not known"],
    ];
    let said: Vec<(usize, String)> = report.units.iter().map(|unit| (unit.line, Report::own_words(unit))).collect();
    let told: Vec<usize> = kinds
        .iter()
        .filter_map(|words| {
            said.iter().find(|(_, text)| {
                words.iter().any(|word| text.contains(&word.replace('-', " - ")) || text.contains(word))
            })
        })
        .map(|(line, _)| *line)
        .collect();
    match told.len() {
        5 => met("coverage, sampling, gaps, redaction and unknowns are told", told),
        0..=1 => missed("its limits are not told", told),
        count => partly(format!("{count} of 5 limits are told"), told),
    }
}

/// Point 20: a short summary first, plain words, no repetition, an id and the way to earlier occurrences.
pub(super) fn plain(report: &Report, broken: &[usize]) -> Verdict {
    let mut faults: Vec<(&str, Vec<usize>)> = Vec::new();
    let mut add = |why, found: Vec<usize>| {
        if !found.is_empty() {
            faults.push((why, found.into_iter().take(SHOWN).collect()));
        }
    };
    add("it is not valid UTF-8", broken.to_vec());
    let first: Vec<&Unit> = report.units.iter().skip_while(|unit| unit.text.starts_with("# ")).collect();
    let summary = report.section(&["summary"]);
    let early = summary.first().is_some_and(|unit| first.iter().position(|other| other.line == unit.line) < Some(8));
    if summary.is_empty() || !early || summary.iter().filter(|unit| !unit.is_heading()).count() > SUMMARY {
        add("it does not begin with a summary of at most 5 lines", vec![summary.first().map_or(1, |unit| unit.line)]);
    }
    let prose = |unit: &&Unit| unit.fence.is_none();
    let emoji: Vec<usize> = report
        .units
        .iter()
        .filter(prose)
        .filter(|unit| unit.text.chars().any(is_emoji))
        .map(|unit| unit.line)
        .collect();
    add("it has emoji", emoji);
    let loud = report.units.iter().filter(|unit| !found(&Report::own_words(unit), &LOUD).is_empty());
    add("it has superlatives or victory words", loud.map(|unit| unit.line).collect());
    add("it repeats itself", repeated(report));
    if !report.units.iter().flat_map(|unit| tokens(&unit.text)).any(|token| token.kind == Kind::Id) {
        add("it has no stable id", vec![1]);
    }
    if report
        .lines_with(&["seen before", "earlier occurrence", "previous occurrence", "related issue", "recurrence"])
        .is_empty()
    {
        add("it does not say whether it was seen before", vec![1]);
    }
    graded(faults, 1, "a short summary first, plain words, an id, nothing twice", &lines(&summary))
}

/// Sentences of some length that stand twice.
fn repeated(report: &Report) -> Vec<usize> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut twice = Vec::new();
    for unit in
        report.units.iter().filter(|unit| unit.fence.is_none() && !unit.is_heading() && !unit.text.starts_with('|'))
    {
        let words = Report::own_words(unit);
        if words.split(' ').count() >= 8 {
            let count = seen.entry(unit.text.trim().to_string()).or_default();
            *count += 1;
            if *count > 1 {
                twice.push(unit.line);
            }
        }
    }
    twice
}

fn is_emoji(c: char) -> bool {
    matches!(u32::from(c), 0x2600..=0x27bf | 0x2b00..=0x2bff | 0x1f000..=0x1faff)
}
