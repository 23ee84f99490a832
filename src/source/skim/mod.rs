//! Skims JSON lines: one that reads byte for byte like one that was parsed before, except inside its values, and whose
//! values say that it is calm, is counted and not parsed again. Every other line is parsed; a line that is no entry of
//! its own ends the skimming, and the reader goes on from there. What comes out is what parsing every line gives.
//! Leaves out reading blocks (`reader`, `parallel`) and adding up.

mod calm;
mod field;
mod layout;
mod learn;
mod origins;
mod plain;

use std::sync::Arc;

use self::calm::{Judge, Known, Record};
use self::layout::{Layouts, Values};
use self::origins::Origins;
use super::json_wrapper;
use crate::entry::{
    Calm, Decoded, Decoder, Instants, Json, Outer, Position, ReadOptions, Severity, SeverityOrigin, Shape, TraceHints,
    parse_json_strictly, shape_of,
};

/// After so many records in a row that taught nothing, only every so many-th is looked at.
const PATIENCE: u64 = 200;
/// See [`PATIENCE`].
const LATER: u64 = 32;
/// Layouts to which the values of a service belong, at most.
const MOST_FIXED: usize = 1024;

/// What a block of lines held.
#[derive(Debug, Default)]
pub(super) struct Skimmed {
    /// Calm entries, in their order.
    pub(super) calm: Vec<Calm>,
    /// The other entries, each with the number of calm ones before it. Positions count from the block's start.
    pub(super) entries: Vec<(usize, Decoded)>,
    /// What the calm entries' origins stand for.
    pub(super) origins: Arc<[(Box<str>, Box<str>)]>,
    /// Bytes read; the rest is for the reader.
    pub(super) length: usize,
    /// Line ends in them.
    pub(super) lines: u64,
    /// The format of the first entry.
    pub(super) format: Option<&'static str>,
}

/// Skims blocks of lines, and knows more layouts after each.
#[derive(Debug)]
pub(super) struct Skim {
    layouts: Layouts,
    /// What the layouts mean, by their numbers.
    known: Vec<Known>,
    /// Whether values that most records of a service share belong to layouts, which is given up where they are many.
    fixed: bool,
    values: Values,
    instants: Instants,
    origins: Origins,
    /// Whether the last record had a layout that is known.
    matched: bool,
    /// Records in a row that taught nothing, and all that might have.
    refused: u64,
    asked: u64,
}

/// How lines are skimmed.
#[derive(Clone, Copy)]
pub(super) struct Terms<'a> {
    /// Entries that state a severity below it are calm.
    pub(super) least: Severity,
    pub(super) options: &'a ReadOptions,
    pub(super) hints: &'a dyn TraceHints,
    pub(super) source: &'a Arc<str>,
}

impl Skim {
    /// Returns one that knows no layout.
    pub(super) fn new() -> Skim {
        Skim {
            layouts: Layouts::default(),
            known: Vec::new(),
            fixed: true,
            values: Values::new(),
            instants: Instants::default(),
            origins: Origins::default(),
            matched: false,
            refused: 0,
            asked: 0,
        }
    }

    /// Skims `block`, whole lines from the start of one on.
    pub(super) fn lines(&mut self, block: &[u8], terms: Terms<'_>) -> Skimmed {
        let mut skimmed = Skimmed::default();
        while let Some(rest) = block.get(skimmed.length..).filter(|rest| !rest.is_empty()) {
            match self.calm(rest, terms) {
                Some((calm, length)) => {
                    skimmed.calm.push(calm);
                    skimmed.length += length;
                }
                None => match self.parsed(rest, terms, &mut skimmed) {
                    Some(length) => skimmed.length += length,
                    None => break,
                },
            }
            skimmed.lines += 1;
        }
        if !skimmed.calm.is_empty() {
            skimmed.format.get_or_insert("ndjson");
        }
        skimmed.origins = self.origins.list();
        skimmed
    }

    /// Reads a record at the start of `text` that is calm; returns what it counts as, its bytes and its line ends.
    pub(super) fn record(&mut self, text: &[u8], least: Severity, options: &ReadOptions) -> Option<(Calm, usize, u64)> {
        self.matched = false;
        let found = self.layouts.recognise(text, &mut self.values)?;
        self.matched = true;
        let record = Record { text: &text[..found.length], found: &found, values: &self.values };
        let known = self.known.get(found.layout)?;
        let (instants, origins) = (&mut self.instants, &mut self.origins);
        let calm = Judge { least, options, instants, origins }.judge(record, known)?;
        Some((calm, found.length, found.lines))
    }

    /// Returns what the services and revisions of calm entries are numbered by.
    pub(super) fn origins(&mut self) -> Arc<[(Box<str>, Box<str>)]> {
        self.origins.list()
    }

    /// Learns the layout of a record that was parsed.
    pub(super) fn learn(&mut self, record: &[u8], decoded: &Decoded, least: Severity) {
        let entry = &decoded.entry;
        let worth =
            entry.severity < least && entry.severity_origin == SeverityOrigin::Field && entry.insert_id.is_some();
        // A layout that is known was not enough to tell: the values mattered.
        if !worth || self.matched || !self.has_patience() {
            return;
        }
        let Some(layout) = learn::layout(record, self.fixed) else {
            self.refused += 1;
            return;
        };
        if self.layouts.add(&layout.parts, &layout.last) {
            self.known.push(Known::new(layout.meaning, &mut self.origins));
            self.refused = 0;
        } else {
            self.refused += 1;
        }
        if self.fixed && (self.layouts.len() >= MOST_FIXED || self.layouts.is_full()) {
            (self.layouts, self.fixed) = (Layouts::default(), false);
            self.known.clear();
        }
    }

    /// Whether to learn from one more record: where many in a row taught nothing, seldom.
    fn has_patience(&mut self) -> bool {
        self.asked += 1;
        self.refused < PATIENCE || self.asked.is_multiple_of(LATER)
    }

    fn calm(&mut self, rest: &[u8], terms: Terms<'_>) -> Option<(Calm, usize)> {
        let (calm, length, lines) = self.record(rest, terms.least, terms.options)?;
        if lines > 0 {
            return None;
        }
        match rest[length..] {
            [b'\n', ..] => Some((calm, length + 1)),
            [b'\r', b'\n', ..] => Some((calm, length + 2)),
            _ => None,
        }
    }

    /// Parses the line at the start of `rest`; returns its length, or nothing if it is not simply one entry.
    fn parsed(&mut self, rest: &[u8], terms: Terms<'_>, skimmed: &mut Skimmed) -> Option<usize> {
        let end = memchr::memchr(b'\n', rest)?;
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        if line.len() > terms.options.max_record_bytes || !line.starts_with(b"{\"") || !line.ends_with(b"}") {
            return None;
        }
        // Bytes that are not UTF-8 are the reader's to count, and so is what a lenient reader has to mend.
        let text = std::str::from_utf8(line).ok()?;
        let Ok(Json::Object(fields)) = parse_json_strictly(text) else { return None };
        let shape = shape_of(&fields);
        let format = match &shape {
            Shape::Cloud => "ndjson",
            Shape::Stdout => "stdout-json",
            _ => return None,
        };
        if fields.keys().any(json_wrapper::is_list_key) {
            return None;
        }
        let index = (skimmed.calm.len() + skimmed.entries.len()) as u64;
        let at = Position { source: Arc::clone(terms.source), index, line: skimmed.lines, end_line: skimmed.lines };
        let decoder = Decoder::new(terms.options, terms.hints);
        let is_cloud = shape == Shape::Cloud;
        let decoded = decoder.shaped(shape, fields, at, None, &Outer::default()).ok()?;
        if is_cloud {
            self.learn(line, &decoded, terms.least);
        }
        skimmed.format.get_or_insert(format);
        skimmed.entries.push((skimmed.calm.len(), decoded));
        Some(end + 1)
    }
}
