//! Points 7 to 12: causes told apart, links with their evidence, whys, branches, where they end.
//! Leaves out whether a cause is the right one.

use super::phases::graded;
use super::text::{Report, found, is_open, is_referenced, lines};
use super::words::{BLAME, PEOPLE};
use super::{Verdict, met, missed, not_applicable, partly};
use crate::verify::Unit;

/// Point 7: the four are told apart, and the root cause is not the text of the error.
pub(super) fn sections(report: &Report) -> Verdict {
    let kinds: [&[&str]; 4] = [&["symptom"], &["trigger"], &["root cause"], &["contributing"]];
    let content = |words: &[&str]| {
        let told = |unit: &&Unit| !unit.is_heading() && unit.text.len() > words[0].len() + 8;
        report.lines_with(words).into_iter().find(told).or_else(|| report.section(words).into_iter().next())
    };
    let told: Vec<&Unit> = kinds.iter().filter_map(|words| content(words)).collect();
    let root = report.lines_with(&["| root cause |", "root cause:", "**root cause"]);
    let error = |unit: &&&Unit| {
        let text = unit.text.trim_start_matches(['|', ' ', '-', '*']);
        let said = text.split(['|', ':']).nth(1).unwrap_or_default().trim().trim_matches(['*', '`', ' ']);
        said.starts_with("Traceback")
            || said.split([' ', ':']).next().is_some_and(|word| word.ends_with("Error") || word.ends_with("Exception"))
    };
    let same = root.iter().find(error);
    match (told.len(), same) {
        (4, None) => met("symptom, trigger, root cause and contributing factors stand apart", lines(&told)),
        (_, Some(unit)) => partly("the root cause is the error's own text, not a state", vec![unit.line]),
        (0..=1, _) => missed("they are not told apart", lines(&told)),
        (count, _) => partly(format!("{count} of the 4 are told"), lines(&told)),
    }
}

/// Point 8: what each link must say, and what stands apart.
pub(super) fn links(report: &Report) -> Verdict {
    let section = report.section(&["chain", "cascade"]);
    let apart = report.lines_with(&["no evidence of a link", "without evidence of a link", "independent"]);
    if section.iter().any(|unit| unit.text.contains("stands alone") || unit.text.contains("no single link")) {
        return not_applicable("the failure stands alone: there is no link to judge");
    }
    let rows = report.rows(&section);
    let columns: [(&[&str], &str); 6] = [
        (&["cause"], "cause"),
        (&["after", "lag", "delay"], "lag"),
        (&["shared", "key"], "shared key"),
        (&["explained", "count", "occurrences"], "count"),
        (&["confidence"], "confidence"),
        (&["evidence", "reference"], "evidence"),
    ];
    let Some(row) = rows.first() else {
        let why = "no table of links";
        return if section.is_empty() { missed(why, Vec::new()) } else { missed(why, lines(&section[..1])) };
    };
    let lacking: Vec<&str> =
        columns.iter().filter(|(words, _)| row.cell(words).is_none()).map(|(_, name)| *name).collect();
    let mut at: Vec<usize> = rows.iter().map(|row| row.line).collect();
    at.extend(apart.first().map(|unit| unit.line));
    match (lacking.len(), apart.is_empty()) {
        (0, false) => met("each link has all of it, and what is independent stands apart", at),
        (0, true) => partly("what only coincides is not listed apart", at),
        (1..=3, _) => partly(format!("links lack {}", lacking.join(", ")), at),
        _ => missed(format!("links lack {}", lacking.join(", ")), at),
    }
}

/// Point 9: each answer has evidence, or says that it is a hypothesis or unknown.
pub(super) fn whys(report: &Report) -> Verdict {
    let answers = answers(report);
    if answers.is_empty() {
        return missed("no why is answered", Vec::new());
    }
    let open = |text: &str| text.contains("hypothesis") || text.contains("[unknown]") || is_open(text);
    let bare: Vec<usize> =
        answers.iter().filter(|unit| !is_referenced(&unit.text) && !open(&unit.text)).map(|unit| unit.line).collect();
    match bare.len() {
        0 => met(format!("all {} answers have evidence or say that it ends", answers.len()), lines(&answers)),
        some if some * 2 < answers.len() => partly("some answers have neither evidence nor a status", bare),
        _ => missed("answers have neither evidence nor a status", bare),
    }
}

/// Point 10: more than one line of whys, or an alternative that was refuted.
pub(super) fn branches(report: &Report) -> Verdict {
    let refuted = report.lines_with(&["refuted", "ruled out", "alternative"]);
    let sides: Vec<&Unit> = report.lines_with(&["why was it not", "why not caught", "why not contained"]);
    match (refuted.is_empty(), sides.len()) {
        (false, _) => met("an alternative is looked at", lines(&refuted)),
        (_, 2..) => met("the whys branch", lines(&sides)),
        (_, 1) => partly("one side branch", lines(&sides)),
        _ => missed("one line of whys and no alternative", Vec::new()),
    }
}

/// Point 11: no person and no blame.
pub(super) fn leaf(report: &Report) -> Verdict {
    let mut faults: Vec<(&str, Vec<usize>)> = Vec::new();
    let all = |words: &[&str]| -> Vec<usize> {
        let says = |unit: &&Unit| !found(&Report::own_words(unit), words).is_empty();
        report.units.iter().filter(says).map(|unit| unit.line).collect()
    };
    let blame = all(&BLAME);
    if !blame.is_empty() {
        faults.push(("it blames", blame));
    }
    let causes = report.section(&["why", "cause"]);
    let people: Vec<usize> = causes
        .iter()
        .filter(|unit| !found(&Report::own_words(unit), &PEOPLE).is_empty())
        .map(|unit| unit.line)
        .collect();
    if !people.is_empty() {
        faults.push(("a person stands among the causes", people));
    }
    if causes.is_empty() {
        faults.push(("no cause is told", Vec::new()));
    }
    graded(faults, 1, "no person is a cause, and nobody is blamed", &[])
}

/// Point 12: both side branches with an answer.
pub(super) fn side_branches(report: &Report) -> Verdict {
    let caught = report.section(&["not caught", "not detected", "not noticed"]);
    let contained = report.section(&["not contained", "not limited"]);
    let at: Vec<usize> = caught.first().into_iter().chain(contained.first()).map(|unit| unit.line).collect();
    match at.len() {
        2 => met("both are asked and answered, or openly unknown", at),
        1 => partly("one of the two is told", at),
        _ => missed("neither is told", at),
    }
}

/// The answers below "Why": the line behind each question, or the question's own line.
fn answers(report: &Report) -> Vec<&Unit> {
    let section = report.section(&["why"]);
    let question = |unit: &&Unit| {
        let text = unit.text.trim_start_matches(|c: char| c.is_ascii_digit() || ".-* ".contains(c));
        text.starts_with("Why") || text.to_lowercase().starts_with("because")
    };
    let mut answers = Vec::new();
    for (at, unit) in section.iter().enumerate().filter(|(_, unit)| question(unit) && !unit.is_heading()) {
        let ends = unit.text.trim_end_matches('*').ends_with('?');
        answers.push(if ends { section.get(at + 1).unwrap_or(unit) } else { unit });
    }
    answers.into_iter().copied().collect()
}
