//! Assembles lines into records: a head starts one; indented lines, trace lines and the rest of a
//! message belong to the record before. Leaves out what the record means.

use std::collections::BTreeMap;

use crate::entry::{Header, Outer, ReadOptions, Severity, TraceHints, read_header};

/// A record of one or more lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) text: String,
    pub(super) line: u64,
    pub(super) end_line: u64,
    pub(super) outer: Outer,
    /// Whether lines were left out because it grew beyond the limits.
    pub(super) cut: bool,
    lines: usize,
    headed: bool,
    severe: bool,
    in_trace: bool,
    blanks: usize,
    last_opens: bool,
    /// Whether a trace was announced (`Traceback ...:`) whose exception is still to come, after its frames.
    awaits_exception: bool,
}

/// Assembles the lines of each stream apart.
#[derive(Default)]
pub(super) struct Assembler {
    open: BTreeMap<String, Record>,
}

/// Streams assembled at once; more are closed early rather than held.
const MOST_STREAMS: usize = 64;

impl Assembler {
    /// Returns whether a record of the unwrapped stream is open.
    pub(super) fn is_open(&self) -> bool {
        self.open.contains_key("")
    }

    /// Adds a line; returns the record that it closes.
    pub(super) fn push(
        &mut self,
        stream: &str,
        text: &str,
        (line, end_line): (u64, u64),
        outer: &Outer,
        options: &ReadOptions,
        hints: &dyn TraceHints,
    ) -> Option<Record> {
        if text.trim().is_empty() {
            if let Some(record) = self.open.get_mut(stream) {
                record.blanks += 1;
            }
            return None;
        }
        let plain = crate::entry::strip_colours(text);
        let header = read_header(&plain, options);
        if let Some(record) = self.open.get_mut(stream)
            && record.takes(&plain, header.as_ref(), hints)
        {
            record.add(text, end_line, hints.starts(&plain), options);
            return None;
        }
        let level = header.as_ref().and_then(|header| header.level);
        let in_trace = hints.starts(&plain) || header.as_ref().is_some_and(|header| hints.starts(&header.message));
        let record = Record {
            text: text.to_owned(),
            line,
            end_line,
            outer: outer.clone(),
            cut: false,
            lines: 1,
            headed: header.is_some(),
            severe: level.is_some_and(|level| level >= Severity::Warning),
            in_trace,
            blanks: 0,
            last_opens: opens(&plain),
            awaits_exception: hints.starts(&plain) && opens(&plain),
        };
        let before = self.open.insert(stream.to_owned(), record);
        if before.is_none() && self.open.len() > MOST_STREAMS {
            let oldest = self.open.iter().min_by_key(|(_, record)| record.line).map(|(key, _)| key.clone());
            return oldest.and_then(|key| self.open.remove(&key));
        }
        before
    }

    /// Adds text that cannot start a record of its own to the open one.
    pub(super) fn append(&mut self, text: &str, line: u64, options: &ReadOptions) {
        if let Some(record) = self.open.get_mut("") {
            for (offset, part) in text.lines().enumerate() {
                record.add(part, line + offset as u64, false, options);
            }
        }
    }

    /// Closes all open records, in reading order.
    pub(super) fn close(&mut self) -> Vec<Record> {
        let mut records: Vec<Record> = std::mem::take(&mut self.open).into_values().collect();
        records.sort_by_key(|record| record.line);
        records
    }
}

impl Record {
    /// Whether a line belongs to this record.
    fn takes(&self, line: &str, header: Option<&Header>, hints: &dyn TraceHints) -> bool {
        let indented = line.starts_with([' ', '\t']);
        if self.awaits_exception
            && self.blanks == 0
            && !header.is_some_and(|header| header.has_time)
            && !self.last_opens
        {
            return true;
        }
        let continues = hints.continues(line);
        if header.is_some() {
            return self.in_trace && continues;
        }
        if hints.starts(line) && !continues && !indented {
            // A logged exception follows its line at once; `... another exception occurred:` announces one.
            return self.last_opens || (self.severe && self.lines == 1 && self.blanks == 0);
        }
        if indented {
            return true;
        }
        if continues {
            return self.in_trace || self.severe;
        }
        if self.blanks > 0 {
            return false;
        }
        // The last lines of a Python trace, a message of several lines, a closing bracket.
        self.in_trace || self.severe || (line.starts_with(['}', ']', ')']) && line.len() <= 3)
    }

    fn add(&mut self, text: &str, line: u64, starts_trace: bool, options: &ReadOptions) {
        self.in_trace |= starts_trace;
        self.last_opens = opens(text);
        if starts_trace {
            self.awaits_exception = self.last_opens;
        } else if !text.starts_with([' ', '\t']) {
            self.awaits_exception = false;
        }
        self.end_line = line;
        let full = self.lines + self.blanks + 1 > options.max_text_lines
            || self.text.len() + self.blanks + text.len() >= options.max_text_bytes;
        if full || self.cut {
            self.cut = true;
            self.blanks = 0;
            return;
        }
        self.text.extend(std::iter::repeat_n('\n', self.blanks + 1));
        self.text.push_str(text);
        self.lines += self.blanks + 1;
        self.blanks = 0;
    }
}

/// Whether a line announces what follows it.
fn opens(line: &str) -> bool {
    line.trim_end().ends_with(':')
}
