//! Assembles lines into records: a head starts one; indented lines, trace lines and the rest of a
//! message belong to the record before. Leaves out what the record means.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::logged::logs;
use crate::entry::{Outer, ReadOptions, Severity, TraceHints, level_alone, read_header};

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
    /// Whether its head states a level below WARNING.
    calm: bool,
    /// Whether its level and message stand on its second line.
    level_below: bool,
    in_trace: bool,
    blanks: usize,
    last_opens: bool,
}

/// Assembles the lines of each stream apart.
#[derive(Default)]
pub(super) struct Assembler {
    streams: BTreeMap<String, Stream>,
}

/// Lines that wait until it is known which of them form a stack trace, and the record they may join.
#[derive(Default)]
struct Stream {
    waiting: Vec<Waiting>,
    open: Option<Record>,
}

struct Waiting {
    text: String,
    plain: String,
    line: u64,
    end_line: u64,
    outer: Outer,
}

/// Where a line stands to the stack traces around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    /// First line of a trace.
    Begins,
    /// A further line of a trace.
    Inside,
    /// The line after a trace.
    After,
}

/// Streams assembled at once; more are closed early rather than held.
const MOST_STREAMS: usize = 64;
/// Lines that wait at least before traces are looked for: a trace is told by what follows its first line.
const WINDOW: usize = 512;
/// A trace that ends this close to the end of the window may go on behind it.
const TAIL: usize = 24;

impl Assembler {
    /// Returns whether a record of the unwrapped stream is open.
    pub(super) fn is_open(&self) -> bool {
        self.streams.get("").is_some_and(|stream| stream.open.is_some() || !stream.waiting.is_empty())
    }

    /// Returns whether no line of any stream waits.
    pub(super) fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// Adds a line; returns the records that are complete by it.
    pub(super) fn push(
        &mut self,
        stream: &str,
        text: &str,
        (line, end_line): (u64, u64),
        outer: &Outer,
        options: &ReadOptions,
        hints: &dyn TraceHints,
    ) -> Vec<Record> {
        if !self.streams.contains_key(stream) {
            self.streams.insert(stream.to_owned(), Stream::default());
        }
        let mut done = Vec::new();
        if let Some(stream) = self.streams.get_mut(stream) {
            let text = &*restored_tab(text);
            let plain = crate::entry::strip_colours(text).into_owned();
            stream.waiting.push(Waiting { text: text.to_owned(), plain, line, end_line, outer: outer.clone() });
            if stream.waiting.len() >= WINDOW && stream.waiting.len().is_multiple_of(WINDOW / 2) {
                stream.settle(true, options, hints, &mut done);
            }
        }
        if self.streams.len() > MOST_STREAMS {
            let oldest = self.streams.iter().min_by_key(|(_, stream)| stream.first_line()).map(|(key, _)| key.clone());
            if let Some(mut stream) = oldest.and_then(|key| self.streams.remove(&key)) {
                stream.settle(false, options, hints, &mut done);
                done.extend(stream.open);
            }
        }
        done
    }

    /// Adds text that cannot start a record of its own to the open one.
    pub(super) fn append(
        &mut self,
        text: &str,
        line: u64,
        options: &ReadOptions,
        hints: &dyn TraceHints,
    ) -> Vec<Record> {
        let mut done = Vec::new();
        let outer = Outer::default();
        for (offset, part) in text.lines().enumerate() {
            done.extend(self.push("", part, (line + offset as u64, line + offset as u64), &outer, options, hints));
        }
        done
    }

    /// Closes all open records, in reading order.
    pub(super) fn close(&mut self, options: &ReadOptions, hints: &dyn TraceHints) -> Vec<Record> {
        let mut records = Vec::new();
        for (_, mut stream) in std::mem::take(&mut self.streams) {
            stream.settle(false, options, hints, &mut records);
            records.extend(stream.open);
        }
        records.sort_by_key(|record| record.line);
        records
    }
}

impl Stream {
    fn first_line(&self) -> u64 {
        let open = self.open.as_ref().map(|record| record.line);
        open.or(self.waiting.first().map(|waiting| waiting.line)).unwrap_or(0)
    }

    /// Decides about the waiting lines; with `more` to come, those near the end keep waiting.
    fn settle(&mut self, more: bool, options: &ReadOptions, hints: &dyn TraceHints, done: &mut Vec<Record>) {
        let lines: Vec<&str> = self.waiting.iter().map(|waiting| waiting.plain.as_str()).collect();
        let blocks = hints.blocks(&lines);
        let mut places = vec![Place::Outside; lines.len() + 1];
        for block in &blocks {
            places[block.start..block.end.min(lines.len())].fill(Place::Inside);
            places[block.start] = Place::Begins;
            if let Some(after) = places.get_mut(block.end).filter(|after| **after == Place::Outside) {
                *after = Place::After;
            }
        }
        let mut ready = lines.len();
        if more {
            ready = lines.len().saturating_sub(TAIL);
            if let Some(last) = blocks.last().filter(|last| last.end > ready) {
                ready = last.start;
            }
            // A trace as long as a record may be is cut there rather than held for ever.
            if lines.len() - ready > options.max_text_lines {
                ready = lines.len();
            }
        }
        for (waiting, place) in self.waiting.drain(..ready).zip(places) {
            done.extend(self.open.take_line(waiting, place, options, hints));
        }
    }
}

/// Puts back the tab at the start of a message that syslog daemons write as `#011`.
fn restored_tab(text: &str) -> Cow<'_, str> {
    match text.find(": #011") {
        Some(at) => Cow::Owned(format!("{}: \t{}", &text[..at], &text[at + ": #011".len()..])),
        None => Cow::Borrowed(text),
    }
}

/// An open record, if any.
trait Open {
    fn take_line(
        &mut self,
        waiting: Waiting,
        place: Place,
        options: &ReadOptions,
        hints: &dyn TraceHints,
    ) -> Option<Record>;
}

impl Open for Option<Record> {
    /// Adds a line to the open record, or starts a new one and returns the old.
    fn take_line(
        &mut self,
        waiting: Waiting,
        place: Place,
        options: &ReadOptions,
        hints: &dyn TraceHints,
    ) -> Option<Record> {
        let Waiting { text, plain, line, end_line, outer } = waiting;
        if plain.trim().is_empty() {
            if let Some(record) = self {
                record.blanks += 1;
            }
            return None;
        }
        if let Some(record) = self
            && record.level_below
            && record.blanks == 0
            && let Some((level, _)) = level_alone(&plain)
        {
            (record.severe, record.calm) = (level >= Severity::Warning, level < Severity::Warning);
            record.add(&text, end_line, false, options);
            return None;
        }
        // Dropwizard marks each line of a trace that it logs.
        if let Some(record) = self
            && record.headed
            && record.blanks == 0
            && let (Some(inner), Some(text)) = (plain.strip_prefix("! "), text.strip_prefix("! "))
        {
            record.add(text, end_line, hints.starts(inner), options);
            return None;
        }
        let header = read_header(&plain, options);
        if let Some(record) = self
            && record.takes(&plain, header.is_some(), place, hints)
        {
            record.add(&text, end_line, place == Place::Begins || hints.starts(&plain), options);
            return None;
        }
        let level = header.as_ref().and_then(|header| header.level);
        let in_trace = place == Place::Begins
            || hints.starts(&plain)
            || header.as_ref().is_some_and(|header| hints.starts(&header.message));
        self.replace(Record {
            last_opens: plain.trim_end().ends_with(':'),
            text,
            line,
            end_line,
            outer,
            cut: false,
            lines: 1,
            headed: header.is_some(),
            severe: level.is_some_and(|level| level >= Severity::Warning),
            calm: level.is_some_and(|level| level != Severity::Default && level < Severity::Warning),
            in_trace,
            level_below: header.is_some_and(|header| header.level_below),
            blanks: 0,
        })
    }
}

impl Record {
    /// Whether a line belongs to this record.
    fn takes(&self, line: &str, headed: bool, place: Place, hints: &dyn TraceHints) -> bool {
        match place {
            Place::Inside => return true,
            Place::After => return false,
            // A crash may follow any line, and must not be taken for part of an INFO line that all is well.
            Place::Begins => return !headed && self.headed && !self.calm && !self.in_trace && self.logs(line),
            Place::Outside => {}
        }
        let continues = hints.continues(line);
        if headed {
            return self.in_trace && continues;
        }
        let indented = line.starts_with([' ', '\t']);
        if hints.starts(line) && !continues && !indented {
            // A logged exception follows its line at once; `... another exception occurred:` announces one.
            return self.last_opens || (self.severe && !self.in_trace && self.logs(line));
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

    fn logs(&self, line: &str) -> bool {
        logs(self.text.lines().next().unwrap_or(""), self.severe, line, self.blanks)
    }

    fn add(&mut self, text: &str, line: u64, starts_trace: bool, options: &ReadOptions) {
        self.in_trace |= starts_trace;
        self.level_below = false;
        self.last_opens = text.trim_end().ends_with(':');
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
