//! The load-time law for error patterns, ours and the user's alike; every breach is a [`Problem`].
//! Leaves out running the examples, which takes longer than loading may: see `check`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::pattern::expression::Expression;
use crate::pattern::file::PatternFile;
use crate::pattern::text::placeholders;
use crate::pattern::{CATEGORIES, ErrorPattern, Problem, Reason, ReasonStatus, Text};

static KEBAB: LazyLock<Regex> = LazyLock::new(|| Regex::new("^[a-z0-9]+(?:-[a-z0-9]+)*$").expect("constant"));
static STATUS: LazyLock<Regex> = LazyLock::new(|| Regex::new("^[1-5](?:xx|[0-9]{2})$").expect("constant"));

/// Collects the faults of one file.
pub(crate) struct Report<'a> {
    file: PatternFile<'a>,
    problems: &'a mut Vec<Problem>,
}

/// The regexes of a pattern.
#[derive(Debug, Default)]
pub(crate) struct Regexes {
    pub(crate) message: Option<Expression>,
    pub(crate) exception: Option<Expression>,
    pub(crate) raised_in: Option<Expression>,
    pub(crate) path: Option<Expression>,
}

impl Regexes {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Expression> {
        [&self.message, &self.exception, &self.raised_in, &self.path].into_iter().flatten()
    }
}

/// Checks one pattern, unless it is ours, and returns its regexes.
pub(crate) fn inspect(pattern: &ErrorPattern, report: &mut Report<'_>) -> Regexes {
    let proven = report.file.is_proven();
    if !proven {
        heading(pattern, report);
    }
    let regexes = Regexes {
        message: pattern.message.as_ref().and_then(|regex| report.regex("message", regex)),
        exception: pattern.exception.as_ref().and_then(|regex| report.regex("exception", regex)),
        raised_in: pattern.raised_in.as_ref().and_then(|regex| report.regex("raised_in", regex)),
        path: pattern.http.as_ref().and_then(|http| http.path.as_ref()).and_then(|regex| report.regex("path", regex)),
    };
    if !proven {
        contents(pattern, &regexes, report);
    }
    regexes
}

fn heading(pattern: &ErrorPattern, report: &mut Report<'_>) {
    report.id(&pattern.id);
    if !CATEGORIES.contains(&&*pattern.category) {
        let hint = format!("use one of: {}", CATEGORIES.join(", "));
        report.add(&pattern.category, format!("unknown category `{}`", pattern.category), hint);
    }
    if pattern.message.is_none() && pattern.exception.is_none() && pattern.http.is_none() {
        let message = format!("pattern `{}` has no way to recognise anything", pattern.id);
        report.add(&pattern.id, message, "add message, exception or http");
    }
}

fn contents(pattern: &ErrorPattern, regexes: &Regexes, report: &mut Report<'_>) {
    for status in pattern.http.iter().flat_map(|http| &http.status) {
        if !STATUS.is_match(status) {
            report.add(status, format!("unknown status `{status}`"), "write \"503\", or \"5xx\" for the whole class");
        }
    }
    names(pattern, regexes, report);
    for reason in reasons(pattern) {
        let settled = reason.settle.as_ref().is_some_and(|settle| !settle.trim().is_empty());
        if reason.status == ReasonStatus::Hypothesis && !settled {
            let hint = "add settle = \"...\", the observation that would settle it";
            report.add(&reason.question, "hypothesis without a way to settle it", hint);
        }
    }
    let told = pattern.should_not_match.iter().all(|example| !example.get_ref().reason.trim().is_empty());
    report.examples(&pattern.id, "pattern", pattern.should_match.len(), pattern.should_not_match.len(), told);
}

/// Returns every text of a pattern that may hold placeholders.
pub(crate) fn texts(pattern: &ErrorPattern) -> Vec<&Text> {
    let mut texts = vec![&pattern.title, &pattern.impact, &pattern.expected, &pattern.fix];
    for reason in reasons(pattern) {
        texts.extend([&reason.question, &reason.answer]);
        texts.extend(&reason.settle);
    }
    texts.extend(pattern.action.iter().map(|action| &action.text));
    texts.extend(pattern.test.iter().flat_map(|test| [&test.text, &test.fails_now, &test.passes_when]));
    texts
}

fn reasons(pattern: &ErrorPattern) -> impl Iterator<Item = &Reason> {
    pattern.why.iter().chain(&pattern.not_caught).chain(&pattern.not_contained)
}

fn names(pattern: &ErrorPattern, regexes: &Regexes, report: &mut Report<'_>) {
    let mut known: BTreeSet<&str> = BTreeSet::from(["service"]);
    if pattern.exception.is_some() {
        known.insert("type");
    }
    if pattern.http.is_some() {
        known.extend(["status", "method", "path", "route", "client"]);
    }
    known.extend(regexes.iter().flat_map(|regex| regex.names()));
    let list = known.iter().copied().collect::<Vec<_>>().join(", ");
    // A regex that does not compile is reported already; its captures are not known.
    if pattern.message.is_some() && regexes.message.is_none() {
        return;
    }
    for text in texts(pattern) {
        for name in placeholders(text).filter(|name| !known.contains(name)) {
            report.add(text, format!("`{{{name}}}` is not captured"), format!("captured here: {list}"));
        }
    }
    for name in pattern.identity.iter().filter(|name| !known.contains(&***name)) {
        report.add(name, format!("identity `{name}` is not captured"), format!("captured here: {list}"));
    }
}

impl<'a> Report<'a> {
    pub(crate) fn new(file: PatternFile<'a>, problems: &'a mut Vec<Problem>) -> Report<'a> {
        Report { file, problems }
    }

    pub(crate) fn add(&mut self, place: &Text, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Problem::at(self.file.name, self.file.text, place.span(), message, hint));
    }

    pub(crate) fn id(&mut self, id: &Text) {
        if !self.file.is_proven() && !KEBAB.is_match(id) {
            let message = format!("id `{id}` is not in kebab-case");
            self.add(id, message, "use lower-case letters, digits and single hyphens");
        }
    }

    pub(crate) fn regex(&mut self, key: &str, text: &Text) -> Option<Expression> {
        if self.file.is_proven() {
            return Some(Expression::proven(text));
        }
        match Regex::new(text) {
            Ok(regex) => Some(Expression::compiled(regex)),
            Err(error) => {
                // The crate draws the regex and a caret over several lines; its last line says what is wrong.
                let whole = error.to_string();
                let last = whole.lines().last().unwrap_or_default();
                let what = last.strip_prefix("error: ").unwrap_or(last).trim_end_matches('.');
                self.add(text, format!("{key} is no valid regex: {what}"), "see the syntax at docs.rs/regex");
                None
            }
        }
    }

    pub(crate) fn examples(&mut self, id: &Text, what: &str, matching: usize, other: usize, told: bool) {
        if matching == 0 {
            let hint = "add a line of a log that it must recognise";
            self.add(id, format!("{what} `{id}` has no should_match example"), hint);
        }
        if other == 0 {
            let hint = "add a line that looks similar but must not match, with a reason";
            self.add(id, format!("{what} `{id}` has no should_not_match example"), hint);
        }
        if !told {
            let hint = "add reason = \"...\" to it: why is it something else?";
            self.add(id, format!("{what} `{id}` has a should_not_match example without a reason"), hint);
        }
    }
}
