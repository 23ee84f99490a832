//! What differs between a line and the line that the input yields in its place.
//! Leaves out finding that line: `pair`.

use super::align;
use super::claim::{Kind, Token, tokens};
use super::{Finding, document::Fence};

/// What the program cannot know and a person writes in its place.
const LEFT_OPEN: [&str; 2] = ["unassigned", "not set"];
/// Shown of a line in a finding, characters.
const SHOWN: usize = 160;

/// A difference that is no falsehood: what a person filled in.
pub(super) type Filled = (usize, String, &'static str);

/// Compares two lines; differences in wording count only when `strict`.
pub(super) fn lines(at: usize, said: &str, yields: &str, strict: bool) -> (Vec<Finding>, Vec<Filled>) {
    let (left, right) = (tokens(said), tokens(yields));
    let (mut findings, mut filled) = (Vec::new(), Vec::new());
    for (here, there) in regions(&left, &right) {
        let (ours, theirs) = (span(said, &left[here.clone()]), span(yields, &right[there.clone()]));
        if LEFT_OPEN.contains(&theirs) || (theirs.trim().is_empty() && matches!(ours, "x" | "X") && is_box(said)) {
            filled.push((at, ours.to_string(), "filled in by a person"));
            continue;
        }
        let changed = || left[here.clone()].iter().chain(&right[there.clone()]);
        // The most telling kind names the difference: claims are listed before words.
        let Some(kind) = changed().map(|token| token.kind).min() else { continue };
        if kind == Kind::Wording && !strict {
            continue;
        }
        // Marks alone (a comma, a bold face) change nothing that can be true or false.
        if changed().all(|token| !token.text.chars().any(char::is_alphanumeric)) {
            continue;
        }
        let claim = if ours.is_empty() { cut(said.trim()) } else { cut(ours) };
        let expected = if ours.is_empty() || theirs.is_empty() { cut(yields.trim()) } else { cut(theirs) };
        let why = match (ours.is_empty(), theirs.is_empty()) {
            (true, _) => format!("the input yields this line with \"{}\"", cut(theirs)),
            (_, true) => "the input yields this line without it".to_string(),
            _ => "the input yields something else in this place".to_string(),
        };
        findings.push(Finding { line: at, claim, kind, expected: Some(expected), why });
    }
    (findings, filled)
}

/// Compares two fenced blocks line by line; what is left out must be marked as left out.
pub(super) fn fences(said: &Fence, yields: &Fence) -> Vec<Finding> {
    let pairs = align::equal(&said.lines, &yields.lines);
    let marked = said.lines.iter().any(|line| is_gap(line));
    let mut findings = Vec::new();
    let mut next = 0;
    for (offset, line) in said.lines.iter().enumerate() {
        let at = said.line + offset;
        if let Some(found) = pairs[offset] {
            if found > next && !marked {
                findings.push(missing(at, &yields.lines[next]));
            }
            next = found + 1;
            continue;
        }
        if is_gap(line) && !yields.lines.iter().any(|line| is_gap(line)) {
            continue;
        }
        // Up to the next line that both have, one stands for the other.
        let until = pairs[offset..].iter().flatten().next().copied().unwrap_or(yields.lines.len());
        match yields.lines.get(next).filter(|_| next < until) {
            Some(other) => {
                findings.push(altered(at, line, other));
                next += 1;
            }
            None => findings.push(Finding {
                line: at,
                claim: cut(line),
                kind: Kind::Quotation,
                expected: None,
                why: "the quotation of this entry has no such line".to_string(),
            }),
        }
    }
    if next < yields.lines.len() && !marked {
        findings.push(missing(said.line + said.lines.len().saturating_sub(1), &yields.lines[next]));
    }
    findings
}

fn altered(at: usize, line: &str, other: &str) -> Finding {
    Finding {
        line: at,
        claim: cut(line),
        kind: Kind::Quotation,
        expected: Some(cut(other)),
        why: "the input has this line otherwise".to_string(),
    }
}

fn missing(at: usize, line: &str) -> Finding {
    Finding {
        line: at,
        claim: String::new(),
        kind: Kind::Quotation,
        expected: Some(cut(line)),
        why: "a line of the quotation is left out without a mark (a line of `...` marks it)".to_string(),
    }
}

/// Whether a line of a quotation says that something is left out.
pub(super) fn is_gap(line: &str) -> bool {
    let text = line.trim();
    text.starts_with("...") || text.starts_with('…') || text.starts_with("[...")
}

/// Returns a text short enough for a finding.
pub(super) fn cut(text: &str) -> String {
    crate::report::escape::cut(&crate::report::escape::visible(text), SHOWN)
}

type Range = std::ops::Range<usize>;

/// Where the two differ, as ranges of pieces.
fn regions(left: &[Token<'_>], right: &[Token<'_>]) -> Vec<(Range, Range)> {
    let words = |tokens: &[Token<'_>]| -> Vec<String> { tokens.iter().map(|token| token.text.to_string()).collect() };
    let (ours, theirs) = (words(left), words(right));
    let mut pairs = align::common(&ours, &theirs);
    pairs.push((left.len(), right.len()));
    let (mut at, mut regions) = ((0, 0), Vec::new());
    for (i, j) in pairs {
        if i > at.0 || j > at.1 {
            regions.push((at.0..i, at.1..j));
        }
        at = (i + 1, j + 1);
    }
    regions
}

fn span<'t>(line: &'t str, tokens: &[Token<'_>]) -> &'t str {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => &line[first.at..last.at + last.text.len()],
        _ => "",
    }
}

fn is_box(line: &str) -> bool {
    let text = line.trim_start();
    text.starts_with("- [") || text.starts_with("* [")
}
