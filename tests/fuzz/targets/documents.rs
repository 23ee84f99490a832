//! Documents that people and attackers write into: Markdown that we render, reports and issue bodies that we read.
//! Leaves out whole runs that are rendered: see `logs`.

use log_gardener::lint::lint;
use log_gardener::publish::github::block;
use log_gardener::publish::github::codeowners::CodeOwners;
use log_gardener::report::escape::{self, mermaid};
use log_gardener::verify::{tokens, units};

use crate::report::hostile::{acts, one_line, read};

/// What a reader of the Markdown sees is the text, and nothing in it acts.
pub fn markdown(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let escaped = escape::markdown(&text);
    assert!(!escaped.contains(['\n', '\r']), "one line: {escaped:?}");
    for (before, after) in [("", ""), ("Before ", " after"), ("Lazy\n", "\nLazy"), ("Paragraph.\n\n", "\n\nMore.")] {
        let (runs, other) = read(&format!("{before}{escaped}{after}"));
        let strange: Vec<&String> = other.iter().filter(|event| event.as_str() != "SoftBreak").collect();
        assert!(strange.is_empty(), "{strange:?} by {escaped:?} after {before:?}");
        assert!(runs.concat().contains(&one_line(&text)), "{runs:?} by {escaped:?}");
        for run in &runs {
            assert_eq!(acts(run), None, "by {escaped:?}");
        }
    }
    if !text.is_empty() {
        let span = escape::code(&text);
        let (runs, _) = read(&format!("x {span} y"));
        assert_eq!(runs.concat(), format!("x {} y", one_line(&text)), "by {span:?}");
        let (_, other) = read(&format!("| a | b |\n|---|---|\n| {escaped} {span} | end |"));
        let cells = other.iter().filter(|event| event.starts_with("Start(TableCell")).count();
        assert_eq!(cells, 4, "{other:?} by {escaped:?}");
    }
    let block = escape::fence(&text, "text", escape::Display { lines: usize::MAX, columns: usize::MAX });
    let (runs, other) = read(&format!("{block}\n\nend"));
    let literal = escape::visible_lines(&text);
    let literal = literal.strip_suffix('\n').unwrap_or(&literal);
    assert_eq!(runs.concat(), format!("{literal}\nend"), "by {block:?}");
    assert_eq!(other.len(), 2, "{other:?} by {block:?}");
    let label = mermaid::label(&text);
    assert!(!label.contains(['"', '[', ']', '<', '>', '`', '{', '}', '(', ')', '|', '\n', '%', '@']), "{label}");
}

/// Any document can be scored and split into what it claims.
pub fn report(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let score = lint(&text, &[], None, None);
    assert!((0.0..=20.0).contains(&score.score), "{}", score.score);
    for unit in units(&text) {
        tokens(&unit.text);
    }
}

/// The first line is a block of ours, the rest a body by anyone: the text of people stays, byte for byte.
pub fn issue(data: &[u8]) {
    const FINGERPRINT: &str = "0123456789abcdef0123456789abcdef";
    let text = String::from_utf8_lossy(data);
    let (ours, body) = text.split_once('\n').unwrap_or((&text, ""));
    let (before, after) = block::around(body);
    assert!(body.starts_with(before) && body.ends_with(after));
    block::inside(body);
    block::is_ours(body);
    if let Some(replaced) = block::replace(body, ours) {
        let (left, right) = block::around(&replaced);
        assert_eq!((left, right), (before, after), "the text of people by {body:?}");
    }
    let placed = block::place(FINGERPRINT, ours);
    assert_eq!(block::marking(&placed).fingerprint(), Some(FINGERPRINT), "{placed:?}");
    if let Some(appended) = block::append(body, FINGERPRINT, ours) {
        assert!(appended.starts_with(body.trim_end()), "{appended:?}");
    }
    let owners = CodeOwners::parse(body);
    owners.owners(ours);
}
