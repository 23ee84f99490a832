//! Redaction files: their schema, and the law that a rule without examples both ways does not load.
//! Leaves out applying rules: the parent does that.

use std::sync::OnceLock;

use regex::Regex;
use serde::Deserialize;
use toml::Spanned;

use super::super::expression::Expression;
use super::super::file::PatternFile;
use super::super::mark;
use super::checks::Check;
use super::scan::SCANNED;
use super::{Problem, Redactions, Rule, sample};

const HINT: &str = "see the comments at the top of patterns/redactions/general.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RedactionFile {
    #[serde(default)]
    redaction: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Spanned<String>,
    about: String,
    kind: Option<String>,
    #[serde(default)]
    keywords: Vec<String>,
    pattern: Option<Spanned<String>>,
    after: Option<String>,
    value: Option<Spanned<String>>,
    names: Option<Spanned<String>>,
    scan: Option<Spanned<String>>,
    check: Option<Check>,
    /// Tenths of a bit per character.
    entropy: Option<u32>,
    #[serde(default)]
    lines: bool,
    #[serde(default)]
    technical: bool,
    #[serde(default)]
    rank: u8,
    #[serde(default)]
    shapes: Vec<Spanned<String>>,
    name: Option<String>,
    #[serde(default)]
    should_match: Vec<Match>,
    #[serde(default)]
    should_not_match: Vec<Refusal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Match {
    text: Spanned<String>,
    redacted: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    text: Spanned<String>,
    reason: Spanned<String>,
}

struct Placed<'f> {
    file: &'f PatternFile<'f>,
    entry: Entry,
}

/// What stands between a name and its value, in all notations that logs have: `name=`, `"name": "`, `\"name\":\"`, `name%3D`.
///
/// The name may go on (`_api_key`), but only with words for secrets behind a blank: `datadog handler=x` names something else.
const BETWEEN: &str = r#"[\w.-]{0,24}?(?: (?i:api|app|auth|access|client|security|secret|bearer)){0,2}(?: (?i:key|token|secret|password))?["'`\\]{0,4}\s{0,3}(?::=|=>|[=:,]|%3[dDaA]|\\u003[dD])\s{0,3}["'`\\]{0,4}"#;

/// Reads all files, checks the law and returns every fault found; specific rules come first.
pub(super) fn load(files: &[PatternFile]) -> Result<Redactions, Vec<Problem>> {
    let (mut placed, mut problems) = (Vec::<Placed>::new(), Vec::new());
    for file in files {
        match file.parse::<RedactionFile>() {
            Ok(read) => {
                read.redaction.into_iter().for_each(|entry| add(&mut placed, Placed { file, entry }, &mut problems))
            }
            Err(problem) => problems.push(problem),
        }
    }
    placed.sort_by_key(|placed| placed.entry.rank);
    let rules: Vec<Rule> = placed.iter().filter_map(|placed| placed.compile(&mut problems)).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let redactions = Redactions::assemble(rules);
    for (placed, rule) in placed.iter().zip(0..).filter(|(placed, _)| !placed.file.is_proven()) {
        placed.check(&redactions, rule, &mut problems);
    }
    if problems.is_empty() { Ok(redactions) } else { Err(problems) }
}

fn add<'f>(all: &mut Vec<Placed<'f>>, new: Placed<'f>, problems: &mut Vec<Problem>) {
    let id = new.entry.id.get_ref();
    match all.iter().position(|old| old.entry.id.get_ref() == id) {
        Some(at) if !std::ptr::eq(all[at].file, new.file) => all[at] = new,
        Some(_) => {
            let message = format!("two redactions of this file are called `{id}`");
            problems.push(new.problem(new.entry.id.span(), message, "give one of them another id"));
        }
        None => all.push(new),
    }
}

impl Placed<'_> {
    fn problem(&self, span: std::ops::Range<usize>, message: String, hint: &str) -> Problem {
        Problem::at(self.file.name, self.file.text, span, message, hint)
    }

    fn compile(&self, problems: &mut Vec<Problem>) -> Option<Rule> {
        let entry = &self.entry;
        if !self.file.is_proven() {
            self.heading(problems);
        }
        let (text, span) = match (&entry.pattern, &entry.after, &entry.value, &entry.scan) {
            (None, None, None, None) if let Some(names) = &entry.names => {
                (format!("(?i:{})", names.get_ref()), names.span())
            }
            (Some(pattern), None, None, None) => (pattern.get_ref().clone(), pattern.span()),
            (None, Some(after), Some(value), None) => {
                (format!("(?i:{after}){BETWEEN}(?P<secret>{})", value.get_ref()), value.span())
            }
            (None, None, None, Some(scan)) if SCANNED.contains(&scan.get_ref().as_str()) => {
                (String::new(), scan.span())
            }
            _ => {
                let message =
                    format!("redaction `{}` needs `pattern`, `names`, or `after` and `value`", entry.id.get_ref());
                problems.push(self.problem(entry.id.span(), message, HINT));
                return None;
            }
        };
        let regex = match self.file.is_proven() {
            true => Expression::proven(&text),
            false => match Regex::new(&text) {
                Ok(regex) => Expression::compiled(regex),
                Err(error) => {
                    let reason = error.to_string().lines().last().unwrap_or_default().trim().to_string();
                    let message = format!("redaction `{}` has no valid expression: {reason}", entry.id.get_ref());
                    problems.push(self.problem(span, message, "look-around and back-references do not exist"));
                    return None;
                }
            },
        };
        if entry.scan.is_none()
            && entry.names.is_none()
            && !self.file.is_proven()
            && !regex.names().any(|name| name == "secret")
        {
            let message = format!("redaction `{}` does not say which part is the secret", entry.id.get_ref());
            problems.push(self.problem(span, message, "write (?P<secret>...) around the part that is replaced"));
            return None;
        }
        Some(Rule {
            id: entry.id.get_ref().clone(),
            about: entry.about.clone(),
            kind: entry.kind.clone().unwrap_or_else(|| entry.id.get_ref().clone()),
            regex,
            around: OnceLock::new(),
            scan: entry.scan.as_ref().and_then(|scan| SCANNED.iter().position(|name| name == scan.get_ref())),
            keywords: entry.keywords.clone(),
            check: entry.check,
            entropy: entry.entropy.map(|tenths| f64::from(tenths) / 10.0),
            lines: entry.lines,
            technical: entry.technical,
            rank: entry.rank,
            named: entry.after.is_some() || entry.names.is_some(),
            names: entry.names.is_some(),
            shapes: entry.shapes.iter().map(|shape| shape.get_ref().clone()).collect(),
            name: entry.name.clone(),
            example: entry.should_match.first().map(|example| example.text.get_ref().clone()).unwrap_or_default(),
            examples: (entry.should_match.len(), entry.should_not_match.len()),
        })
    }

    fn heading(&self, problems: &mut Vec<Problem>) {
        let entry = &self.entry;
        let (id, span) = (entry.id.get_ref(), entry.id.span());
        let mut fault = |message: String, hint: &str| problems.push(self.problem(span.clone(), message, hint));
        let is_kind = |kind: &str| mark::marks(&format!("<{kind}:0000>")).count() == 1;
        if !is_kind(id) || !entry.kind.as_deref().is_none_or(is_kind) {
            fault(format!("redaction id `{id}` is not made of lower-case letters, digits and hyphens"), HINT);
        }
        if entry.about.trim().is_empty() {
            fault(format!("redaction `{id}` does not say what it is about"), "write one sentence");
        }
        if entry.scan.is_none() && entry.keywords.iter().all(|word| word.is_empty()) {
            fault(format!("redaction `{id}` names no keyword"), "add a word of which one stands in each such text");
        }
        // A text of several lines is looked at line by line; no word that announces may span two.
        if entry.keywords.iter().any(|word| word.contains(['\n', '\r'])) {
            fault(format!("a keyword of redaction `{id}` holds a line end"), "use a word of one line");
        }
        if entry.should_match.is_empty() {
            fault(format!("redaction `{id}` has no should_match example"), "add a text and what it becomes");
        }
        if entry.should_not_match.is_empty() {
            let hint = "add a text that looks similar but must stay, with a reason";
            fault(format!("redaction `{id}` has no should_not_match example"), hint);
        }
        if entry.shapes.is_empty() || entry.shapes.iter().any(|shape| sample(shape.get_ref(), 1).is_none()) {
            fault(format!("redaction `{id}` does not say which shape its values have"), "add shapes = [\"ghp_{b36}\"]");
        }
        if (entry.after.is_some() || entry.names.is_some()) && entry.name.is_none() {
            fault(format!("redaction `{id}` does not say how its value is called"), "add name = \"DB_TOKEN\"");
        }
    }

    /// Runs the examples with all rules together; this rule must have a part in its own, and leave the refusals alone.
    fn check(&self, redactions: &Redactions, rule: usize, problems: &mut Vec<Problem>) {
        let id = self.entry.id.get_ref();
        let value = self.entry.shapes.first().and_then(|shape| sample(shape.get_ref(), 7)).unwrap_or_default();
        for example in &self.entry.should_match {
            let text = example.text.get_ref().replace("{secret}", &value);
            let redacted = redactions.redact(&text, &mut super::Tally::default());
            let got = mark::rewritten(&redacted, |mark| Some(format!("<{}>", mark.kind)));
            if got != example.redacted {
                let message =
                    format!("an example of redaction `{id}` becomes \"{got}\" and not \"{}\"", example.redacted);
                problems.push(self.problem(example.text.span(), message, "correct `redacted`, the rule, or its rank"));
            } else if !redactions.finds(rule, &text) {
                let message = format!("redaction `{id}` has no part in its own example");
                problems.push(self.problem(example.text.span(), message, "correct the rule, or the example"));
            }
        }
        for refusal in &self.entry.should_not_match {
            if refusal.reason.get_ref().trim().is_empty() {
                let message = format!("a should_not_match example of redaction `{id}` gives no reason");
                problems.push(self.problem(refusal.reason.span(), message, "say why this text must stay"));
            }
            if redactions.finds(rule, &refusal.text.get_ref().replace("{secret}", &value)) {
                let message = format!("redaction `{id}` matches a text that it must not match");
                problems.push(self.problem(refusal.text.span(), message, "narrow the rule"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let file = ("redactions/own.toml".to_string(), text.to_string());
        let problems = Redactions::load(&[file]).err().unwrap_or_default();
        assert_eq!(problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>(), expected);
    }

    const RULE: &str =
        "[[redaction]]\nid = 'pass'\nabout = 'x'\nkeywords = ['pass-']\npattern = 'pass-(?P<secret>[0-9]{4})'\n";
    const BOTH: &str = "shapes = ['{n4}']\nshould_match = [{ text = 'a pass-1234', redacted = 'a pass-<pass>' }]\n\
        should_not_match = [{ text = 'pass-12', reason = 'too short' }]\n";

    #[test]
    fn our_own_redactions_obey_the_law() {
        let ours: Vec<(String, String)> = super::super::super::file::ours()
            .filter(|file| file.name.starts_with("patterns/redactions/"))
            .map(|file| (file.name.to_string(), file.text.to_string()))
            .collect();
        let problems = Redactions::load(&ours).err().unwrap_or_default();
        assert!(problems.is_empty(), "{}", problems.iter().map(|problem| format!("{problem}\n")).collect::<String>());
    }

    #[test]
    fn the_law_is_kept() {
        check(&format!("{RULE}{BOTH}"), &[]);
        check(
            RULE,
            &[
                "redaction `pass` has no should_match example",
                "redaction `pass` has no should_not_match example",
                "redaction `pass` does not say which shape its values have",
            ],
        );
        check(
            &format!("{RULE}{}", BOTH.replace("'pass-12'", "'pass-1212'")),
            &["redaction `pass` matches a text that it must not match"],
        );
        check(
            &format!("{RULE}{}", BOTH.replace("<pass>", "<word>")),
            &["an example of redaction `pass` becomes \"a pass-<pass>\" and not \"a pass-<word>\""],
        );
        check(
            &format!("{}{BOTH}", RULE.replace("(?P<secret>[0-9]{4})", "[0-9]{4}")),
            &["redaction `pass` does not say which part is the secret"],
        );
    }
}
