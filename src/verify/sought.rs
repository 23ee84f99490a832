//! What a document quotes, looked for in the entries while they are read: texts, ids with their times, times.
//! Leaves out what the program itself would say about the entries; the entries are not kept.

use std::collections::{BTreeSet, HashMap};

use aho_corasick::AhoCorasick;

use super::claim::{Kind, Token, tokens};
use super::compare::is_gap;
use super::document::Unit;
use super::stated;
use crate::entry::{LogEntry, Timestamp};

/// Texts looked for at most; a document with more is none of ours.
const TEXTS: usize = 50_000;
/// Clock times without a date looked for at most.
const CLOCKS: usize = 1_000;
/// A shorter text stands in every log by chance.
const SHORTEST: usize = 3;
const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

/// What is looked for, and what of it was found.
#[derive(Debug, Default)]
pub struct Sought {
    automaton: Option<AhoCorasick>,
    texts: HashMap<String, usize>,
    found: Vec<bool>,
    ids: HashMap<String, (Option<Timestamp>, u64)>,
    times: BTreeSet<i64>,
    spans: Vec<(i64, i64)>,
    clocks: Vec<(i64, i64, bool)>,
}

impl Sought {
    /// Returns what these units make it necessary to look for.
    pub fn of(units: &[Unit]) -> Sought {
        let mut texts: BTreeSet<String> = BTreeSet::new();
        let mut sought = Sought::default();
        for unit in units {
            let line = tokens(&unit.text);
            for (at, token) in line.iter().enumerate() {
                texts.extend(wanted(&line, at));
                sought.want_time(token);
            }
            for part in unit.fence.iter().flat_map(|fence| parts(&fence.lines)) {
                texts.extend(part.lines().map(|line| line.trim().to_string()));
                texts.insert(part);
            }
        }
        let texts: Vec<String> = texts.into_iter().filter(|text| text.len() >= SHORTEST).take(TEXTS).collect();
        sought.found = vec![false; texts.len()];
        sought.automaton = AhoCorasick::new(&texts).ok();
        sought.texts = texts.into_iter().enumerate().map(|(at, text)| (text, at)).collect();
        sought
    }

    /// Takes note of one entry.
    pub fn see(&mut self, entry: &LogEntry) {
        if let Some(time) = entry.timestamp {
            let near = self.spans.partition_point(|(from, _)| *from <= time.0);
            for (from, to) in self.spans[..near].iter().rev().take(8) {
                if (*from..*to).contains(&time.0) {
                    self.times.insert(*from);
                }
            }
            let clock = time.0.rem_euclid(DAY);
            for (from, to, found) in &mut self.clocks {
                *found |= (*from..*to).contains(&clock);
            }
        }
        if let Some(id) = entry.insert_id.as_ref().filter(|id| self.texts.contains_key(*id)) {
            self.ids.entry(id.clone()).or_insert((entry.timestamp, entry.at.line));
        }
        let Some(automaton) = &self.automaton else { return };
        for text in said(entry) {
            for found in automaton.find_overlapping_iter(&text) {
                self.found[found.pattern().as_usize()] = true;
            }
        }
    }

    /// Whether an entry says this, word for word.
    pub(super) fn holds(&self, text: &str) -> bool {
        self.texts.get(text).is_some_and(|at| self.found[*at])
    }

    /// Returns time and line of the entry with this insertId.
    pub(super) fn entry(&self, id: &str) -> Option<(Option<Timestamp>, u64)> {
        self.ids.get(id).copied()
    }

    /// Whether an entry is stamped with this time, as exactly as it is written.
    pub(super) fn stamped(&self, text: &str) -> bool {
        match (span(text), clock(text)) {
            (Some((from, _)), _) => self.times.contains(&from),
            (None, Some((from, to))) => self.clocks.contains(&(from, to, true)),
            _ => false,
        }
    }

    fn want_time(&mut self, token: &Token<'_>) {
        if token.kind != Kind::Time {
            return;
        }
        match (span(token.text), clock(token.text)) {
            (Some(span), _) => {
                let at = self.spans.partition_point(|known| *known < span);
                if self.spans.get(at) != Some(&span) {
                    self.spans.insert(at, span);
                }
            }
            (None, Some((from, to))) if self.clocks.len() < CLOCKS => self.clocks.push((from, to, false)),
            _ => {}
        }
    }
}

/// Returns the parts of a quotation between marks that something is left out.
pub(super) fn parts(lines: &[String]) -> Vec<String> {
    let mut parts = vec![Vec::new()];
    for line in lines {
        match (is_gap(line), parts.last_mut()) {
            (false, Some(part)) => part.push(line.as_str()),
            _ => parts.push(Vec::new()),
        }
    }
    parts.into_iter().filter(|part| !part.is_empty()).map(|part| part.join("\n").trim().to_string()).collect()
}

/// Returns the text inside code spans and quotes, as the log would have it; a cut one up to the cut.
pub(super) fn inner(text: &str) -> String {
    let text = text.trim_start_matches("<code>").trim_end_matches("</code>");
    let text = text.trim_matches(['`', '"', '“', '”']).trim();
    let text = text.strip_suffix("...").or(text.strip_suffix('…')).unwrap_or(text).trim_end();
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        // Markdown's escapes are not part of what is quoted; `\n` and the like are.
        if c != '\\' || chars.peek().is_none_or(|next| next.is_alphanumeric()) {
            plain.push(c);
        }
    }
    plain.replace("&lt;", "<").replace("&#124;", "|").replace("&amp;", "&")
}

/// Returns the texts that would settle a piece of a line.
pub(super) fn wanted(line: &[Token<'_>], at: usize) -> Vec<String> {
    let token = &line[at];
    match token.kind {
        Kind::Quotation | Kind::Id | Kind::Place | Kind::Name => vec![inner(token.text)],
        Kind::Number | Kind::Duration | Kind::Percent | Kind::Ratio => {
            let word = |at: Option<usize>| {
                at.and_then(|at| line.get(at)).filter(|other| other.text.chars().all(char::is_alphabetic))
            };
            let before = word(at.checked_sub(1)).map(|word| format!("{} {}", word.text, token.text));
            let after = word(Some(at + 1)).map(|word| format!("{} {}", token.text, word.text));
            before.into_iter().chain(after).collect()
        }
        _ => Vec::new(),
    }
}

/// Everything an entry says, in the pieces in which it says it.
fn said(entry: &LogEntry) -> Vec<String> {
    let ids = [&entry.insert_id, &entry.trace, &entry.span, &entry.operation, &entry.log_name];
    let mut said = vec![entry.message.clone()];
    said.extend(entry.stack_trace.clone());
    said.extend(ids.into_iter().flatten().cloned());
    said.extend(entry.correlation.iter().map(|(key, value)| format!("{key}={value}")));
    said.push(format!("{:?} {:?} {:?}", entry.origin, entry.http, entry.change));
    said
}

/// From when until when a time with a date reaches, as exactly as it is written.
pub(super) fn span(text: &str) -> Option<(i64, i64)> {
    let from = stated::time(text)?.0;
    let digits = text.split(['.', ',']).nth(1).map(|rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let plain = text.trim_end_matches("UTC").trim_end_matches('Z').trim();
    let length = match (digits, plain.len()) {
        (Some(digits), _) => SECOND / 10i64.pow(digits.min(9) as u32),
        (None, 10) => DAY,
        (None, 16) => 60 * SECOND,
        _ => SECOND,
    };
    Some((from, from + length))
}

/// The same for a time of day.
fn clock(text: &str) -> Option<(i64, i64)> {
    let (from, to) = span(&format!("1970-01-01 {:0>8}", text.trim_end_matches("UTC").trim_end_matches('Z').trim()))
        .or_else(|| span(&format!("1970-01-01 {:0>5}", text.trim_end_matches("UTC").trim_end_matches('Z').trim())))?;
    Some((from, to))
}
