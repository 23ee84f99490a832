//! Redaction of a log as a stream of lines: what goes in line by line comes out line by line, JSON as JSON.
//! Leaves out reading and writing: `cli` brings lines and takes them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::IgnoredAny;

use super::document::Document;
use super::json;
use crate::pattern::{KeyState, Redactions, Tally};

/// Lines that are named because they hold what looks like a secret; more are counted.
const NAMED: usize = 20;

/// Redacts the lines of one log, in order.
#[derive(Debug)]
pub struct Filter<'r> {
    rules: &'r Redactions,
    /// The JSON document that lines are part of.
    document: Document,
    /// The private key that lines are part of.
    key: KeyState,
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
        Filter { rules, document: Document::default(), key: KeyState::default(), summary: Summary::default() }
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
        if let Some(outer) = self.json(inner)
            && let Some(redacted) = json::line(line, outer.as_deref(), &mut self.key, self.rules, tally)
        {
            return Cow::Owned(redacted);
        }
        match self.rules.follow_key(line, None, &mut self.key, tally) {
            Cow::Borrowed(line) => self.text(line, tally),
            Cow::Owned(line) => Cow::Owned(self.text(&line, tally).into_owned()),
        }
    }

    /// Returns whether a line is JSON, by itself or as a part of a document, and the field that its first values stand in.
    fn json(&mut self, inner: &str) -> Option<Option<String>> {
        if self.document.is_open() || begins_document(inner) {
            let outer = self.document.field().map(str::to_string);
            if self.document.take(inner) {
                return Some(outer);
            }
        }
        let is_json = inner.starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(inner).is_ok();
        is_json.then_some(None)
    }

    fn text<'l>(&self, line: &'l str, tally: &mut Tally) -> Cow<'l, str> {
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
}

/// Whether a log that begins so may be one JSON document over several lines.
fn begins_document(inner: &str) -> bool {
    let rest = inner.strip_prefix('[').map(str::trim_start);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('{')) || inner == "{" || inner.starts_with("{\"")
}
