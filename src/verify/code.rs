//! What a document says of source code: commits, lines of files, suspects. Each is looked up at its commit.
//! Leaves out reading a repository (`cli` hands it in) and whether a line is the cause.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::LazyLock;

use regex::Regex;

use super::claim::{Kind, Token, tokens};
use super::sought::inner;
use super::{Fence, Finding, Unit, compare};
use crate::report::escape;

/// `file:line@commit`.
static LINE: LazyLock<Regex> = LazyLock::new(|| regex(r"^(.+):(\d{1,9})@([0-9a-f]{7,64})$"));
/// What a suspect is told by: a commit, its subject, its day.
static SUSPECT: LazyLock<Regex> = LazyLock::new(|| regex(r"^([0-9a-f]{7,64}) .*\(\d{4}-\d{2}-\d{2}\)$"));
static HASH: LazyLock<Regex> = LazyLock::new(|| regex(r"^[0-9a-f]{7,64}$"));

/// What stands only in documents that were made with a checkout.
const SAID: [&str; 12] = [
    "| Checkout |",
    "- Checkout:",
    "From the source code",
    "the source code",
    "There is no diff",
    "Why does the code raise ",
    "Why does that line fail?",
    "Why is the code in that state?",
    "What fits is",
    "uspect commit",
    "- Mind: ",
    "CODEOWNERS names",
];

/// A repository that can be asked.
pub trait Code: Debug {
    /// Returns a commit in one line, `1a2b3c4d5e6f subject (date)`; `None` where there is no such commit.
    fn commit(&self, id: &str) -> Option<String>;
    /// Returns a line of a file of a commit, trimmed; `None` where there is none.
    fn line(&self, commit: &str, file: &str, line: u32) -> Option<String>;
}

/// How many commits and lines of files a document names, and which do not stand there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InCode {
    /// Looked up.
    pub checked: usize,
    /// Lines of the document whose commit, file or line is not there, or reads otherwise.
    pub wrong: Vec<Finding>,
}

/// Looks up what the units of a document say of source code.
pub fn in_code(units: &[Unit], code: &dyn Code) -> InCode {
    let mut all = InCode::default();
    for unit in units {
        let (checked, wrong) = unit_in_code(unit, code);
        all.checked += checked;
        all.wrong.extend(wrong);
    }
    all
}

/// Looks up one unit; returns how many claims it has and which do not hold.
pub(super) fn unit_in_code(unit: &Unit, code: &dyn Code) -> (usize, Vec<Finding>) {
    let line = tokens(&unit.text);
    let (mut checked, mut wrong) = (0, Vec::new());
    for (at, token) in line.iter().enumerate() {
        let Some(against) = against(&line, at, token, code) else { continue };
        checked += 1;
        wrong.extend(against.map(|(expected, why)| Finding {
            line: unit.line,
            claim: compare::cut(token.text),
            kind: token.kind,
            expected,
            why,
        }));
    }
    (checked, wrong)
}

type Against = Option<(Option<String>, String)>;

/// `None` where a piece says nothing of source code.
fn against(line: &[Token<'_>], at: usize, token: &Token<'_>, code: &dyn Code) -> Option<Against> {
    if !matches!(token.kind, Kind::Quotation | Kind::Place | Kind::Id) {
        return None;
    }
    let text = inner(token.text);
    if let Some(found) = LINE.captures(&text) {
        let (file, number, commit) = (&found[1], found[2].parse().ok()?, &found[3]);
        if code.commit(commit).is_none() {
            return Some(no_commit());
        }
        let Some(read) = code.line(commit, file, number) else {
            return Some(Some((None, "this file has no such line at that commit".to_string())));
        };
        let quote = line.get(at + 1..at + 3).filter(|next| next[0].text == "reads").map(|next| next[1].text);
        return Some(
            quote
                .filter(|quote| !same(quote, &read))
                .map(|_| (Some(compare::cut(&read)), "the line reads otherwise at that commit".to_string())),
        );
    }
    if SUSPECT.is_match(&text) {
        let id = text.split(' ').next().unwrap_or("");
        let Some(known) = code.commit(id) else { return Some(no_commit()) };
        let same = inner(&escape::visible(&known)) == text;
        return Some((!same).then(|| (Some(known), "the commit has another subject or day".to_string())));
    }
    let named = |word: &str| word.eq_ignore_ascii_case("commit") || word == "HEAD";
    let before = line[..at].iter().rev().find(|token| token.text != ":").is_some_and(|token| named(token.text));
    (before && HASH.is_match(&text)).then(|| if code.commit(&text).is_some() { None } else { no_commit() })
}

fn no_commit() -> Against {
    Some((None, "the repository has no such commit".to_string()))
}

/// Whether a quotation is a line, or the beginning of it where it is cut.
fn same(quote: &str, line: &str) -> bool {
    let line = inner(&escape::visible(line));
    let said = inner(quote);
    let cut = quote.trim_end_matches(['`', '"', ' ']).ends_with("...");
    said == line || (cut && line.starts_with(&said)) || (said == "(empty)" && line.is_empty())
}

/// What a document that names commits and lines says only because of them.
#[derive(Debug, Default)]
pub(super) struct FromCode {
    needles: BTreeSet<String>,
}

impl FromCode {
    /// Collects the places and commits that a document names.
    pub(super) fn of(units: &[Unit]) -> FromCode {
        let mut needles = BTreeSet::new();
        for text in units.iter().flat_map(|unit| tokens(&unit.text)).map(|token| inner(token.text)) {
            if let Some(found) = LINE.captures(&text) {
                needles.insert(format!("{}:{}", &found[1], &found[2]));
                needles.insert(found[3].to_string());
            } else if SUSPECT.is_match(&text) {
                needles.extend(text.split(' ').next().map(str::to_string));
            }
        }
        FromCode { needles }
    }

    /// Whether a unit says something of source code.
    pub(super) fn says(&self, unit: &Unit) -> bool {
        let fence = |fence: &Fence| {
            let command = fence.lines.iter().any(|line| line.contains(" --repo "));
            fence.language == "diff" || (fence.language == "sh" && command)
        };
        unit.fence.as_ref().is_some_and(fence)
            || SAID.iter().any(|said| unit.text.contains(said))
            || self.needles.iter().any(|needle| unit.text.contains(needle.as_str()))
    }
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern compiles")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::units;

    #[derive(Debug)]
    struct One;

    impl Code for One {
        fn commit(&self, id: &str) -> Option<String> {
            "1a2b3c4d5e6f00".starts_with(id).then(|| "1a2b3c4d5e6f move taxes (2026-01-02)".to_string())
        }

        fn line(&self, _: &str, file: &str, line: u32) -> Option<String> {
            (file == "shop/app.py" && line == 3).then(|| "from shop.tax import rate | x[\"a\"]".to_string())
        }
    }

    #[test]
    fn commits_lines_and_suspects_are_looked_up() {
        let check = |text: &str, checked: usize, wrong: &[&str]| {
            let found = in_code(&units(text), &One);
            let why: Vec<&str> = found.wrong.iter().map(|finding| finding.why.as_str()).collect();
            assert_eq!((found.checked, why.as_slice()), (checked, wrong), "{text}");
        };
        check(
            "- `shop/app.py:3@1a2b3c4d5e6f` reads <code>from shop.tax import rate &#124; x\\[\"a\"\\]</code>: x",
            1,
            &[],
        );
        check("- `shop/app.py:3@1a2b3c4d5e6f` reads `from shop.tax...`: x", 1, &[]);
        check(
            "- `shop/app.py:3@1a2b3c4d5e6f` reads `from shop.taxes import rate`",
            1,
            &["the line reads otherwise at that commit"],
        );
        check("(code: `shop/app.py:4@1a2b3c4d5e6f`)", 1, &["this file has no such line at that commit"]);
        check("(code: `shop/app.py:3@9a2b3c4d5e6f`)", 1, &["the repository has no such commit"]);
        check("commit 1a2b3c4d5e6f, commit: `1a2b3c4d5e6f`, HEAD `1a2b3c4d5e6f`", 3, &[]);
        check("commit 9a2b3c4d5e6f", 1, &["the repository has no such commit"]);
        check("- Suspect commit: `1a2b3c4d5e6f move taxes (2026-01-02)`", 1, &[]);
        check(
            "- Suspect commit: `1a2b3c4d5e6f move rates (2026-01-02)`",
            1,
            &["the commit has another subject or day"],
        );
        check("insertId `69afe586000daf941c827129` at `a.py:3`", 0, &[]);
    }
}
