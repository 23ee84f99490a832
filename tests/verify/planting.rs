//! Falsehoods of many kinds, planted into a document: each changes what it says, and nothing of its form.
//! Leaves out whether they are found.

use std::collections::BTreeSet;

use regex::{Captures, Regex};

/// A falsehood, and the lines that it made false.
#[derive(Debug, Clone)]
pub(crate) struct Planted {
    pub(crate) kind: &'static str,
    pub(crate) lines: Vec<u64>,
    pub(crate) now: String,
}

/// How a falsehood is told: what is changed on one line, or between two.
enum How {
    /// What matches in a line outside of quotations is changed.
    Line(&'static str, fn(&Captures<'_>) -> String),
    /// The same inside of them.
    Quoted(&'static str, fn(&Captures<'_>) -> String),
    /// What matches on two lines is exchanged.
    Swap(&'static str),
}

pub(crate) struct Falsehood {
    kind: &'static str,
    how: How,
}

/// Every kind; the order decides who gets a line first, so what is rare comes first.
pub(crate) const KINDS: [Falsehood; 22] = [
    line("fingerprint", r"([0-9a-f]{31})([0-9a-f])( -->|`)", |found| {
        format!("{}{}{}", &found[1], other_digit(&found[2]), &found[3])
    }),
    line("sha256", r"(sha256 `)([0-9a-f])", |found| format!("{}{}", &found[1], other_digit(&found[2]))),
    line("time of reading", r"(read at |Data age.*)(\d{4}-\d\d-\d)(\d)", |found| {
        format!("{}{}{}", &found[1], &found[2], other_digit(&found[3]))
    }),
    line("percent", r"(\d+)( %)", |found| format!("{}{}", added(&found[1]), &found[2])),
    line("lag sign", r"( earlier)( [|/])", |found| found[2].to_string()),
    line("lag", r"(\d+)(\.\d ms)", |found| format!("{}{}", added(&found[1]), &found[2])),
    line("line number", r"( line )(\d+)(:)", |found| format!("{}{}{}", &found[1], added(&found[2]), &found[3])),
    line("file and line", r"(\.\w+:)(\d+)(`)", |found| format!("{}{}{}", &found[1], added(&found[2]), &found[3])),
    Falsehood { kind: "swapped ids", how: How::Swap(r"^insertId (`[0-9a-z]{12,}`)") },
    line("status", r"\[(proven|supported|hypothesis|unknown)\]", |found| match &found[1] {
        "proven" => "[supported]".to_string(),
        _ => "[proven]".to_string(),
    }),
    line("priority", r"\bP([0-3])\b", |found| format!("P{}", (found[1].parse::<u8>().expect("a digit") + 1) % 4)),
    line("removed not", r" (not|no|nothing|none|unknown) ", |_| " ".to_string()),
    line("before and after", r" (before|after) ", |found| {
        if &found[1] == "before" { " after " } else { " before " }.into()
    }),
    line("duration", r"(\d+)( (?:min|h|s|days)\b)", |found| format!("{}{}", added(&found[1]), &found[2])),
    line("ratio", r"(\d+)( of \d)", |found| format!("{}{}", added(&found[1]), &found[2])),
    line("id", r"(`[0-9a-f]*[a-f])([0-9])([0-9a-f]{6,}`)", |found| {
        format!("{}{}{}", &found[1], other_digit(&found[2]), &found[3])
    }),
    line("time", r"(\d\d:\d\d:)(\d)(\d[.Z])", |found| {
        format!("{}{}{}", &found[1], (found[2].parse::<u8>().expect("a digit") + 1) % 6, &found[3])
    }),
    line("count", r"\b(\d+)( (?:events?|entries|entry|instances?|groups|failed|times)\b)", |found| {
        format!("{}{}", added(&found[1]), &found[2])
    }),
    line("count down", r"\b([2-9])( (?:events?|entries|instances?|groups|failed|times)\b)", |found| {
        format!("{}{}", found[1].parse::<u8>().expect("a digit") - 1, &found[2])
    }),
    quoted("quotation", r"([a-z]{2})([a-z])([a-z]{2})", |found| {
        format!("{}{}{}", &found[1], if &found[2] == "q" { "x" } else { "q" }, &found[3])
    }),
    quoted("number in a block", r"(\d)( event| of |,|\)|$)", |found| {
        format!("{}{}", other_digit(&found[1]), &found[2])
    }),
    line("name", r"(`[a-z]+-)([a-z])([a-z-]+`)", |found| {
        format!("{}{}{}", &found[1], if &found[2] == "q" { "x" } else { "q" }, &found[3])
    }),
];

const fn line(kind: &'static str, what: &'static str, change: fn(&Captures<'_>) -> String) -> Falsehood {
    Falsehood { kind, how: How::Line(what, change) }
}

const fn quoted(kind: &'static str, what: &'static str, change: fn(&Captures<'_>) -> String) -> Falsehood {
    Falsehood { kind, how: How::Quoted(what, change) }
}

/// Plants each kind once, on lines of its own, where the seed says; returns the text and what was planted.
pub(crate) fn plant(text: &str, seed: usize, kinds: &[Falsehood]) -> (String, Vec<Planted>) {
    let mut lines: Vec<String> = text.split('\n').map(str::to_string).collect();
    let quoted = inside(&lines);
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    let mut planted = Vec::new();
    for falsehood in kinds {
        let (what, in_quotation) = match &falsehood.how {
            How::Line(what, _) | How::Swap(what) => (what, false),
            How::Quoted(what, _) => (what, true),
        };
        let pattern = Regex::new(what).expect("a regex");
        // What a run was told follows from no input: the command, and the window that it asked for.
        let told = |line: &str| line.starts_with("log-gardener ") || line.contains("asked (UTC)");
        let usable = |at: &usize| quoted[*at] == in_quotation && !taken.contains(at) && !told(&lines[*at]);
        let fit: Vec<usize> = (0..lines.len()).filter(usable).filter(|at| pattern.is_match(&lines[*at])).collect();
        if fit.is_empty() {
            continue;
        }
        let at = fit[seed % fit.len()];
        let made = match &falsehood.how {
            How::Line(_, change) | How::Quoted(_, change) => {
                let now = pattern.replace(&lines[at], change).into_owned();
                vec![(at, now)]
            }
            How::Swap(_) => {
                let own = |at: usize| pattern.captures(&lines[at]).expect("it fits")[1].to_string();
                let Some(other) = fit.iter().copied().find(|other| own(*other) != own(at)) else { continue };
                vec![
                    (at, lines[at].replace(&own(at), &own(other))),
                    (other, lines[other].replace(&own(other), &own(at))),
                ]
            }
        };
        if made.iter().any(|(at, now)| lines[*at] == *now) {
            continue;
        }
        let now = made.iter().map(|(_, now)| now.clone()).collect::<Vec<_>>().join(" / ");
        planted.push(Planted { kind: falsehood.kind, lines: made.iter().map(|(at, _)| *at as u64 + 1).collect(), now });
        for (at, now) in made {
            taken.insert(at);
            lines[at] = now;
        }
    }
    (lines.join("\n"), planted)
}

/// Whether each line stands inside a fenced block.
fn inside(lines: &[String]) -> Vec<bool> {
    let mut open = false;
    lines
        .iter()
        .map(|line| {
            let fence = line.starts_with("```");
            let inside = open && !fence;
            open ^= fence;
            inside
        })
        .collect()
}

fn added(number: &str) -> String {
    (number.parse::<u64>().expect("a number") + 1).to_string()
}

fn other_digit(digit: &str) -> &'static str {
    if digit == "7" { "8" } else { "7" }
}
