//! Points 4, 5 and 6: the timeline, the detection, and the times between first error and end.
//! Leaves out whether the times are those of the input (`verify`).

use super::text::{Report, is_open, is_referenced, lines};
use super::{Verdict, met, missed, partly};
use crate::entry::Timestamp;
use crate::verify::{Kind, time, tokens};

/// Point 4: in UTC, with references, in order, and beginning before the first symptom.
pub(super) fn timeline(report: &Report) -> Verdict {
    let section = report.section(&["timeline"]);
    let stamped: Vec<(usize, Timestamp, &str)> = section
        .iter()
        .filter_map(|unit| {
            let said = tokens(&unit.text);
            let first = said.iter().find(|token| token.kind == Kind::Time)?;
            Some((unit.line, time(first.text)?, unit.text.as_str()))
        })
        .collect();
    if stamped.len() < 2 {
        return missed("no timeline with two times or more", lines(&section));
    }
    let mut faults: Vec<(&str, Vec<usize>)> = Vec::new();
    let utc = |text: &str| text.contains('Z') || text.contains("UTC");
    if !section.iter().any(|unit| unit.text.contains("UTC")) && !stamped.iter().all(|(_, _, text)| utc(text)) {
        faults.push(("the zone is not stated as UTC", vec![stamped[0].0]));
    }
    let disordered = stamped.windows(2).filter(|pair| pair[1].1 < pair[0].1).map(|pair| pair[1].0).collect::<Vec<_>>();
    if !disordered.is_empty() {
        faults.push(("it is not in order", disordered));
    }
    let sourced = |text: &str| is_referenced(text) || text.to_lowercase().contains("newest entry");
    let bare: Vec<usize> = stamped.iter().filter(|(_, _, text)| !sourced(text)).map(|(line, ..)| *line).collect();
    if !bare.is_empty() {
        faults.push(("some items name no source", bare));
    }
    let before = ["window", "begins", "deploy", "change", "release", "started", "normal"];
    let (first_line, _, first) = stamped[0];
    if !before.iter().any(|word| first.to_lowercase().contains(word)) {
        faults.push(("it begins with the symptom and not before it", vec![first_line]));
    }
    graded(faults, 1, "in UTC, in order, each with its source, from before the first symptom", &lines(&section))
}

/// Point 5: how it was detected, by what, when.
pub(super) fn detection(report: &Report) -> Verdict {
    let told = report.lines_with(&["detected", "detection", "noticed", "alert fired", "reported by"]);
    let told: Vec<_> = told.into_iter().filter(|unit| !unit.is_heading() && unit.fence.is_none()).collect();
    let by = |text: &str| text.to_lowercase().contains(" by ") || text.contains("alert");
    let timed = |text: &str| tokens(text).iter().any(|token| token.kind == Kind::Time);
    match () {
        () if told.is_empty() => missed("how it was detected is not told", Vec::new()),
        () if told.iter().any(|unit| by(&unit.text) && timed(&unit.text)) => {
            met("by what and when is told", lines(&told))
        }
        () => partly("detection is told, but not by what and when", lines(&told)),
    }
}

/// Point 6: the five moments, each with a time or openly unknown, and durations that are right.
pub(super) fn phases(report: &Report) -> Verdict {
    let moments: [&[&str]; 5] = [
        &["first event", "first error", "first seen", "began"],
        &["detected"],
        &["acknowledged"],
        &["mitigated"],
        &["resolved"],
    ];
    let mut at = Vec::new();
    let mut told = 0;
    for words in moments {
        let said = report.lines_with(words).into_iter().find(|unit| {
            unit.fence.is_none()
                && (is_open(&unit.text) || tokens(&unit.text).iter().any(|token| token.kind == Kind::Time))
        });
        if let Some(unit) = said {
            told += 1;
            at.push(unit.line);
        }
    }
    let wrong = wrong_sums(report);
    match (told, wrong.is_empty()) {
        (5, true) => met("each has a time or is openly unknown, and what is computed agrees", at),
        (0..=1, _) => missed("the moments between first error and end are not told", at),
        (_, false) => partly("a length of time is not the difference of its times", wrong),
        (count, _) => partly(format!("{count} of 5 moments are told"), at),
    }
}

/// Rows `moment | time | after the first event` whose third cell is not the difference.
fn wrong_sums(report: &Report) -> Vec<usize> {
    let all: Vec<_> = report.units.iter().collect();
    let rows = report.rows(&all);
    let moment = |row: &&super::text::Row<'_>| row.cell(&["after the first"]).is_some();
    let rows: Vec<_> = rows.iter().filter(moment).collect();
    let stamp = |row: &super::text::Row<'_>| row.cell(&["time"]).and_then(time);
    let Some(first) = rows.first().and_then(|row| stamp(row)) else { return Vec::new() };
    let wrong = rows.iter().filter(|row| {
        let Some(at) = stamp(row) else { return false };
        // Times are shown to the millisecond and lengths to the second, rounded down.
        let seconds = at.nanos_since(first) / 1_000_000_000;
        let said = row.cell(&["after the first"]).unwrap_or_default();
        ![seconds - 1, seconds, seconds + 1].iter().any(|near| crate::report::numbers::duration(*near) == said)
    });
    wrong.map(|row| row.line).collect()
}

/// No fault meets the point, up to `few` meet it in part.
pub(super) fn graded(faults: Vec<(&str, Vec<usize>)>, few: usize, good: &str, at: &[usize]) -> Verdict {
    let why = faults.iter().map(|(why, _)| *why).collect::<Vec<_>>().join("; ");
    let found: Vec<usize> = faults.iter().flat_map(|(_, lines)| lines.clone()).collect();
    match faults.len() {
        0 => met(good, at.to_vec()),
        count if count <= few => partly(why, found),
        _ => missed(why, found),
    }
}
