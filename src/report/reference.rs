//! Finds sentences with a figure and no reference, so that no template can state a fact that nothing carries.
//! Leaves out whether a reference leads to what is stated (`verify`).
//!
//! The rule, for every line of a rendered page outside of headings and quotations: when it has a figure (a time, a
//! length of time, a share, a count with what it counts), then
//! - it names what it rests on: an insertId or another id, `source:line`, the coverage, `counted:`, a pattern, a rule, a sha256; or
//! - it is a row of a table, whose head or section names what its cells rest on; or
//! - it repeats figures that another line of the page states in one of these two ways; or
//! - it says what was asked for, or what is to be seen after a fix: a condition and no fact.
//!
//! A user's templates are rehearsed with it when they are loaded (see `render`); ours are held to it by a test over
//! every page we render, which costs a start of the program nothing.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

static CODE: LazyLock<Regex> = LazyLock::new(|| regex(r#"`+[^`]*`+|"[^"]*"|<!--.*?-->|<[^>]*>"#));
static FIGURE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::\d{2})?|\d[\d,]*(?:\.\d+)? (?:%|ms|s|min|h|days?)\b|\d[\d,]*(?:\.\d+)? of \d[\d,]*|\d[\d,]* (?:[a-z]+ )?(?:events?|entr(?:y|ies)|instances?|requests?|groups?|incidents?|duplicates?|failures?|errors?|times)\b",
    )
});
static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)counted|pattern|sha256|insertid|\brule\b|newest entry|earliest of|latest of|https?://|\(coverage\)|` line \d|`[^`]*\d[^`]*`|<code>|(?:for example |\(|\bgroup |\bincident )`|\[(?:unknown|hypothesis)\]|\bunknown\b",
    )
});
/// What is to be seen after a fix, or what a reader is to do.
static CONDITION: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)after the fix|window asked|expected without|observed:|^- \[|traffic present|passes when|to verify|to settle|next action|^\d+\. |done when",
    )
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern compiles")
}

/// Returns each line that states a figure which nothing on the page carries: its number and its text.
pub fn unreferenced(page: &str) -> Vec<(usize, String)> {
    let lines = prose(page);
    let carried = |line: &str| line.starts_with('|') || REFERENCE.is_match(line);
    let known: BTreeSet<String> =
        lines.iter().filter(|(_, line)| carried(line)).flat_map(|(_, line)| figures(line, true)).collect();
    lines
        .into_iter()
        .filter(|(_, line)| !carried(line) && !CONDITION.is_match(line))
        .filter(|(_, line)| figures(line, false).iter().any(|figure| !known.contains(figure)))
        .map(|(at, line)| (at, line.to_string()))
        .collect()
}

/// The lines that are neither headings nor inside of a fence.
fn prose(page: &str) -> Vec<(usize, &str)> {
    let mut fence = super::draft::Fence::default();
    let mut lines = Vec::new();
    for (at, line) in page.lines().enumerate() {
        let inside = fence.is_open();
        fence.pass(line);
        if !inside && !fence.is_open() && !line.starts_with('#') {
            lines.push((at + 1, line.trim_start()));
        }
    }
    lines
}

/// The figures of a line; names and quotations are no figures, and yet they may state one.
fn figures(line: &str, all: bool) -> Vec<String> {
    let bare = if all { line.into() } else { CODE.replace_all(line, " ") };
    // A row that counts in a cell of its own states the number for whatever its column counts.
    let mut figures: Vec<String> = FIGURE.find_iter(&bare).map(|found| found.as_str().replace('T', " ")).collect();
    if all && line.starts_with('|') {
        let cells = line.split('|').map(str::trim).filter(|cell| cell.bytes().all(|byte| byte.is_ascii_digit()));
        figures.extend(
            cells.filter(|cell| !cell.is_empty()).flat_map(|cell| [format!("{cell} events"), format!("{cell} event")]),
        );
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::unreferenced;

    #[test]
    fn a_figure_needs_something_that_carries_it() {
        let check = |page: &str, expect: &[usize]| {
            let found: Vec<usize> = unreferenced(page).into_iter().map(|(line, _)| line).collect();
            assert_eq!(found, expect, "{page}");
        };
        check("There were 12 events.", &[1]);
        check("There were 12 events (counted: `a`).", &[]);
        check("There were 12 events.\n\n- 12 events (counted: `a`)", &[]);
        check("There were 13 events.\n\n- 12 events (counted: `a`)", &[1]);
        check("It lasted 5 min.\n\n| x | 5 min |", &[]);
        check("At 2026-01-01 00:00:00Z\n\n```text\n12 events\n```\n# 3 events", &[1]);
        check("`12 events` and \"3 events\" are names.", &[]);
        check("No number here.", &[]);
    }
}
