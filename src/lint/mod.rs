//! Lint: how good a report is, by the 20 points of a good one, each with its reason and its lines.
//! Leaves out whether what it says is true; `verify` tells, and point 3 uses it where an input is given.
//!
//! It reads any Markdown, ours and hand-made. A point is met (1), met in part (½), not met (0), or does not apply to
//! the document (no score). The score is scaled: what was reached, of what applied, times 20.

mod actions;
mod causes;
mod facts;
mod form;
mod phases;
mod text;
mod words;

use serde::Serialize;

pub use text::Report;

/// One of the 20 points.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// 1 to 20.
    pub number: u8,
    /// What is asked for.
    pub point: &'static str,
    /// 1, 0.5 or 0; `null` when it does not apply.
    pub score: Option<f64>,
    /// Why.
    pub why: String,
    /// 1-based lines of the report that the reason is about.
    pub lines: Vec<usize>,
}

/// All points and what they come to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// Reached, scaled to 20, with one decimal.
    pub score: f64,
    /// 20.
    pub of: u8,
    /// Points that apply.
    pub applicable: usize,
    /// The points, by number.
    pub points: Vec<Point>,
}

/// What `verify` says of a report: claims that hold, and lines that do not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Claims checked.
    pub checked: usize,
    /// Lines with a claim that does not hold.
    pub wrong: Vec<usize>,
}

/// What a checkout says of a report: commits and lines that stand there, and those that do not.
pub type Looked = crate::verify::InCode;

/// Names of the points, in order.
const POINTS: [&str; 20] = [
    "environment, service and revision are stated, and nothing outside of them is claimed",
    "impact in counted units, each with its query",
    "every factual claim has a reference that resolves",
    "timeline in UTC, sourced, ordered, beginning before the first symptom",
    "detection: how, by what, when",
    "first error, detected, acknowledged, mitigated, resolved: computed and consistent",
    "symptom, trigger, root cause and contributing factors told apart",
    "each link with order, lag, shared key, count, confidence; independents apart",
    "each why has evidence or is marked as a hypothesis",
    "at least one branch or refuted alternative",
    "ends in a property of the system, not in a person",
    "says why it was not caught earlier and not contained",
    "files and lines exist at the named commit",
    "the fix with its status, and by commit and diff once there is one",
    "verification window: expected, observed, traffic; else not yet verified",
    "actions: verb, bounded, owner, priority, due, link",
    "actions cover prevent, detect and mitigate, or say why not",
    "what went well, badly, luckily, each with a fact",
    "limits: coverage, sampling, gaps, redactions, unknowns",
    "plain form: a summary first, no emoji, no superlatives, no repetition, a stable id",
];

/// What a check returns: score, reason, lines.
type Verdict = (Option<f64>, String, Vec<usize>);

/// Scores a report; `broken` names lines that are no text, `verified` is what an input says of it, `looked` what a
/// checkout says.
pub fn lint(text: &str, broken: &[usize], verified: Option<&Verified>, looked: Option<&Looked>) -> Score {
    let report = Report::read(text);
    let report = &report;
    let checks: [Verdict; 20] = [
        facts::scope(report),
        facts::impact(report),
        facts::references(report, verified),
        phases::timeline(report),
        phases::detection(report),
        phases::phases(report),
        causes::sections(report),
        causes::links(report),
        causes::whys(report),
        causes::branches(report),
        causes::leaf(report),
        causes::side_branches(report),
        facts::code(looked),
        actions::fix(report),
        actions::verification(report),
        actions::fields(report),
        actions::kinds(report),
        actions::lessons(report),
        form::limits(report),
        form::plain(report, broken),
    ];
    let points: Vec<Point> = checks
        .into_iter()
        .enumerate()
        .map(|(at, (score, why, lines))| Point { number: at as u8 + 1, point: POINTS[at], score, why, lines })
        .collect();
    let scores: Vec<f64> = points.iter().filter_map(|point| point.score).collect();
    let reached: f64 = scores.iter().sum();
    let scaled = reached / scores.len().max(1) as f64 * 20.0;
    Score { score: (scaled * 10.0).round() / 10.0, of: 20, applicable: scores.len(), points }
}

fn met(why: impl Into<String>, lines: Vec<usize>) -> Verdict {
    (Some(1.0), why.into(), lines)
}

fn partly(why: impl Into<String>, lines: Vec<usize>) -> Verdict {
    (Some(0.5), why.into(), lines)
}

fn missed(why: impl Into<String>, lines: Vec<usize>) -> Verdict {
    (Some(0.0), why.into(), lines)
}

fn not_applicable(why: impl Into<String>) -> Verdict {
    (None, why.into(), Vec::new())
}
