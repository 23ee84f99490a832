//! Reads a whole window: slice by slice, gaps a second time, then what arrived late; widens on request.
//! Leaves out decoding and writing: whoever takes the records does that.

use std::collections::HashSet;

use super::client::Api;
use super::fault::{Fault, Remedy};
use super::query::{Arrived, CloudQuery, Gap, SliceDone, WindowRead, joined};
use super::record::{Recent, Record};
use super::slice::{self, Ended, Question};
use super::window::{MINUTE, Window};
use crate::entry::{Decoder, Position, ReadOptions, Severity, Timestamp, TraceHints};
use crate::source::SourceError;

/// How far beyond the edges is looked for errors that the window cuts off.
const MARGIN: i64 = MINUTE;
/// Windows that ended longer ago get no more late entries worth a search.
const LATE: i64 = 60 * MINUTE;
/// How often a window is widened.
const MOST_WIDENINGS: u32 = 3;

/// A window that is being read.
pub(super) struct Reading<'a> {
    pub(super) api: &'a mut Api,
    pub(super) query: &'a CloudQuery,
    pub(super) hints: &'a dyn TraceHints,
    /// Slices read by a run before this one.
    pub(super) done: &'a [SliceDone],
    /// Entries that arrived while reading, so that the late ones can be told from them.
    pub(super) arrived: HashSet<u128>,
    /// The keys of what could not be read, so that none is counted twice.
    pub(super) unreadable: HashSet<u64>,
    pub(super) take: &'a mut dyn FnMut(Arrived) -> bool,
    pub(super) entries: u64,
    gaps: Vec<(Gap, Recent)>,
    touched: (bool, bool),
    last: Option<Timestamp>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(
        api: &'a mut Api,
        query: &'a CloudQuery,
        hints: &'a dyn TraceHints,
        take: &'a mut dyn FnMut(Arrived) -> bool,
    ) -> Reading<'a> {
        Reading {
            api,
            query,
            hints,
            done: &[],
            arrived: HashSet::new(),
            unreadable: HashSet::new(),
            take,
            entries: 0,
            gaps: Vec::new(),
            touched: (false, false),
            last: None,
        }
    }

    /// Reads everything; an error only when nothing at all could be asked.
    pub(super) fn run(mut self) -> Result<WindowRead, SourceError> {
        let mut window = self.query.window;
        let mut notes = Vec::new();
        let mut going = self.part(window, (true, true))?;
        let mut widenings = 0;
        while going && self.query.widen && widenings < MOST_WIDENINGS && self.gaps.is_empty() {
            let (before, after) = window.widened(self.touched.0, self.touched.1, self.query.now);
            self.touched = (false, false);
            if before.is_none() && after.is_none() {
                break;
            }
            widenings += 1;
            for (part, edges) in [(before, (true, false)), (after, (false, true))] {
                if let Some(part) = part.filter(|_| going) {
                    going = self.part(part, edges)?;
                    window = Window { from: window.from.min(part.from), to: window.to.max(part.to) };
                }
            }
        }
        if widenings > 0 {
            notes.push(format!(
                "WIDENED {widenings} times to {} - {}, because errors touch the edge of the window asked for",
                window.from, window.to
            ));
        }
        notes.extend(self.edge_note(window));
        if going {
            self.second_chance();
            notes.extend(self.late(window));
        }
        let limited = self.query.limit.is_some_and(|limit| self.entries >= limit);
        if let Some(last) = self.last.filter(|_| limited) {
            notes.push(format!(
                "TRUNCATED: --limit {} ended the reading at {last}; nothing after it was read",
                self.entries
            ));
        }
        if self.api.repeated > 0 {
            notes.push(format!("{} of {} requests were repeated after failures", self.api.repeated, self.api.requests));
        }
        if self.api.stumbled > 0 {
            notes.push(format!(
                "{} of {} requests were made to read pages entry by entry, because of entries that cannot be read",
                self.api.stumbled, self.api.requests
            ));
        }
        let gaps = joined(self.gaps.into_iter().map(|(gap, _)| gap).collect());
        Ok(WindowRead { window, gaps, notes, limited, entries: self.entries })
    }

    /// Reads one part slice by slice; `edges` tells which of its ends are ends of the window. Returns
    /// whether reading on makes sense.
    fn part(&mut self, part: Window, edges: (bool, bool)) -> Result<bool, SourceError> {
        let slices = part.slices();
        let mut failed = 0;
        for (index, slice) in slices.iter().enumerate() {
            if let Some(done) = self.done.iter().find(|done| done.window == *slice) {
                self.touched.0 |= done.errors_at_start;
                self.touched.1 |= done.errors_at_end;
                continue;
            }
            let (start, end) = (edges.0 && index == 0, edges.1 && index + 1 == slices.len());
            let mut asked = *slice;
            if start {
                asked.from = slice.from.plus_nanos(-MARGIN);
            }
            if end {
                asked.to = slice.to.plus_nanos(MARGIN);
            }
            let mut recent = Recent::default();
            match self.slice(asked, *slice, &mut recent) {
                Ended::Whole => {
                    failed = 0;
                    let done = SliceDone {
                        window: *slice,
                        errors_at_start: start && self.touched.0,
                        errors_at_end: end && self.touched.1,
                    };
                    if self.gaps.is_empty() && !(self.take)(Arrived::SliceRead(done)) {
                        return Ok(false);
                    }
                }
                Ended::Enough => return Ok(false),
                Ended::Cut(_, fault) if self.api.answers == 0 => {
                    return Err(fault.into_error(format!("cannot read {}", self.query.address)));
                }
                Ended::Cut(from, fault) => {
                    failed += 1;
                    // What no waiting helps, or what failed twice in a row, will fail again.
                    let over = fault.remedy == Remedy::GiveUp || failed >= 2;
                    let to = if over { part.to } else { slice.to };
                    self.gap(Window { from: from.max(slice.from), to }, &fault, recent);
                    if over {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    /// Reads one slice; entries beyond `inside` are only looked at.
    fn slice(&mut self, asked: Window, inside: Window, recent: &mut Recent) -> Ended {
        let query = self.query;
        let question = Question { address: &query.address, selection: &query.selection, besides: None };
        let began = query.now.plus_nanos(-MINUTE);
        let Reading { api, hints, arrived, unreadable, take, entries, touched, last, .. } = self;
        slice::read(api, &question, asked, recent, &mut |record| {
            let record = match record {
                Ok(record) => record,
                Err(entry) => {
                    let outside = entry.time.is_some_and(|time| !inside.holds(time));
                    return outside || !unreadable.insert(entry.key) || take(Arrived::Unreadable(entry));
                }
            };
            if let Some(time) = record.timestamp {
                let edge = |edge: Timestamp| time.nanos_since(edge).abs() <= MARGIN;
                let (start, end) =
                    (asked.from < inside.from && edge(inside.from), asked.to > inside.to && edge(inside.to));
                if (start && !touched.0 || end && !touched.1) && is_error(&record, *hints) {
                    *touched = (touched.0 || start, touched.1 || end);
                }
                if !inside.holds(time) {
                    return true;
                }
                *last = Some(time);
            }
            if let Some(key) = record.key.filter(|_| record.received.is_some_and(|received| received >= began)) {
                arrived.insert(key);
            }
            *entries += 1;
            take(Arrived::Record(Box::new(record))) && query.limit.is_none_or(|limit| *entries < limit)
        })
    }

    fn gap(&mut self, window: Window, fault: &Fault, recent: Recent) {
        self.gaps.push((Gap { window, cause: fault.cause.clone() }, recent));
    }

    /// Reads the gaps once more: what failed at the beginning may work at the end.
    fn second_chance(&mut self) {
        for (gap, mut recent) in std::mem::take(&mut self.gaps) {
            match self.slice(gap.window, gap.window, &mut recent) {
                Ended::Whole | Ended::Enough => {}
                Ended::Cut(from, fault) => {
                    let window = Window { from: from.max(gap.window.from), to: gap.window.to };
                    self.gap(window, &fault, recent);
                }
            }
        }
    }

    /// Asks for entries that came in while the window was read; ingestion may be minutes behind.
    fn late(&mut self, window: Window) -> Option<String> {
        if window.to < self.query.now.plus_nanos(-LATE) || self.query.limit.is_some_and(|limit| self.entries >= limit) {
            return None;
        }
        let query = self.query;
        let since = query.now.plus_nanos(-MINUTE);
        let besides = Some(format!("receiveTimestamp>=\"{since}\""));
        let question = Question { address: &query.address, selection: &query.selection, besides };
        let gaps: Vec<Window> = self.gaps.iter().map(|(gap, _)| gap.window).collect();
        let Reading { api, arrived, unreadable, take, entries, .. } = self;
        let mut late = 0_u64;
        let ended = slice::read(api, &question, window, &mut Recent::default(), &mut |record| {
            let record = match record {
                Ok(record) => record,
                Err(entry) => return !unreadable.insert(entry.key) || take(Arrived::Unreadable(entry)),
            };
            let known = record.key.is_none_or(|key| !arrived.insert(key));
            // A gap is stated as unread; single entries from inside it would contradict that.
            let unread = record.timestamp.is_some_and(|time| gaps.iter().any(|gap| gap.holds(time)));
            if !known && !unread && record.timestamp.is_none_or(|time| window.holds(time)) {
                late += 1;
                *entries += 1;
                if !take(Arrived::Record(Box::new(record))) {
                    return false;
                }
            }
            query.limit.is_none_or(|limit| *entries < limit)
        });
        match ended {
            Ended::Cut(_, fault) => {
                Some(format!("entries that arrived while reading were not asked for: {}", fault.cause))
            }
            _ if late > 0 => Some(format!("{late} entries arrived late and were read at the end")),
            _ => None,
        }
    }

    fn edge_note(&self, window: Window) -> Option<String> {
        // At the present everything that still goes on touches the end.
        let end = self.touched.1 && window.to < self.query.now;
        let which = match (self.touched.0, end) {
            (true, true) => "start and end",
            (true, false) => "start",
            (false, true) => "end",
            (false, false) => return None,
        };
        let advice = if self.query.widen { "" } else { "; --widen follows them" };
        Some(format!("errors lie within a minute of the {which} of the window, and may go on beyond it{advice}"))
    }
}

/// Whether an entry is an error, by its field or, where it has none, by what it says.
fn is_error(record: &Record, hints: &dyn TraceHints) -> bool {
    if record.severity != Severity::Default {
        return record.severity >= Severity::Error;
    }
    let at = Position { source: "".into(), index: 0, line: 0, end_line: 0 };
    let decoded = Decoder::new(&ReadOptions::default(), hints).value(&record.json, at);
    decoded.is_ok_and(|decoded| decoded.entry.severity >= Severity::Error)
}
