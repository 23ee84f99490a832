//! Redaction of a log as a stream of lines: what goes in line by line comes out line by line, JSON as JSON.
//! Leaves out reading and writing: `cli` brings lines and takes them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::IgnoredAny;

use super::json;
use crate::pattern::{Redactions, Tally, is_key_line};

/// Lines that are named because they hold what looks like a secret; more are counted.
const NAMED: usize = 20;
/// Lines of one private key at most.
const KEY_LINES: usize = 400;

/// Redacts the lines of one log, in order.
#[derive(Debug)]
pub struct Filter<'r> {
    rules: &'r Redactions,
    /// Whether the log is one JSON document over several lines; unknown before the first line.
    document: Option<bool>,
    /// Lines left of a private key that began and has not ended.
    key_lines: usize,
    summary: Summary,
}

/// What a filter did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Lines read.
    pub lines: u64,
    /// What was replaced, by kind.
    pub kinds: BTreeMap<String, u64>,
    /// Lines that hold what looks like a secret of no known kind.
    pub flagged: u64,
    /// The first of them, counted from 1.
    pub flagged_lines: Vec<u64>,
}

impl<'r> Filter<'r> {
    /// Returns a filter that applies `rules`.
    pub fn new(rules: &'r Redactions) -> Filter<'r> {
        Filter { rules, document: None, key_lines: 0, summary: Summary::default() }
    }

    /// Returns a line, without its end, redacted.
    pub fn line<'l>(&mut self, line: &'l str) -> Cow<'l, str> {
        self.summary.lines += 1;
        let mut tally = Tally::default();
        let redacted = self.redacted(line, &mut tally);
        for (kind, count) in tally.counts() {
            *self.summary.kinds.entry(self.rules.kind(kind).to_string()).or_default() += u64::from(count);
        }
        if tally.is_flagged() {
            self.summary.flagged += 1;
            if self.summary.flagged_lines.len() < NAMED {
                self.summary.flagged_lines.push(self.summary.lines);
            }
        }
        redacted
    }

    /// Returns what was done so far.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    fn redacted<'l>(&mut self, line: &'l str, tally: &mut Tally) -> Cow<'l, str> {
        let inner = line.trim();
        if inner.is_empty() {
            return Cow::Borrowed(line);
        }
        if let Some(redacted) = self.key_line(line, tally) {
            return redacted;
        }
        let is_json = || inner.starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(inner).is_ok();
        let document = *self.document.get_or_insert_with(|| begins_document(inner) && !is_json());
        if (document || is_json())
            && let Some(redacted) = json::line(line, self.rules, tally)
        {
            return Cow::Owned(redacted);
        }
        if begins_key(line) {
            self.key_lines = KEY_LINES;
        }
        let (mut people, mut changed) = (Vec::new(), None);
        if !self.rules.fields().is_empty() {
            self.rules.people(line, &mut people);
        }
        for (field, value) in &people {
            let text = changed.as_deref().unwrap_or(line);
            if let Some(replaced) = self.rules.replaced_person(text, field, value, tally) {
                changed = Some(replaced);
            }
        }
        match changed {
            Some(changed) => Cow::Owned(self.rules.redact(&changed, tally).into_owned()),
            None => self.rules.redact(line, tally),
        }
    }

    /// Returns a line inside of a private key that began on an earlier line, and sees where the key ends.
    fn key_line<'l>(&mut self, line: &'l str, tally: &mut Tally) -> Option<Cow<'l, str>> {
        self.key_lines = self.key_lines.checked_sub(1)?;
        let inner = line.trim();
        // A header of the key (RFC 1421) says how it is encrypted.
        let is_header = inner.split_once(": ").is_some_and(|(name, _)| !name.contains(' '));
        if is_key_line(inner) {
            let start = line.len() - line.trim_start().len();
            let mark = self.rules.key_mark(inner, tally)?;
            return Some(Cow::Owned(format!("{}{mark}{}", &line[..start], &line[start + inner.len()..])));
        }
        if !is_header {
            self.key_lines = 0;
        }
        None
    }
}

/// Whether a log that begins so may be one JSON document over several lines.
fn begins_document(inner: &str) -> bool {
    let rest = inner.strip_prefix('[').map(str::trim_start);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('{')) || inner == "{" || inner.starts_with("{\"")
}

/// Whether a private key begins on this line and does not end there.
fn begins_key(line: &str) -> bool {
    line.rfind("PRIVATE KEY").is_some_and(|at| {
        let begin = line.rfind("-----BEGIN ");
        begin.is_some_and(|begin| begin < at && !line[begin..].contains("-----END "))
    })
}
