//! Rejoining: from entries in any order to the events they tell, with bounded memory.
//! Leaves out reading (`source`), naming the error (`recognise`) and traces that a connector ties (`chaining`).
//!
//! One failure often stands in several entries: a message cut at its line end, a traceback line by
//! line, connectors between chained tracebacks. They belong together when they follow each other in
//! one stream (log name and instance) within moments. Entries are held back in a bounded buffer, put
//! in time order, joined, and let go; ascending, descending and mixed input give the same result.

use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};
use std::hash::BuildHasher;
use std::ops::Range;

use foldhash::HashMap;
use foldhash::fast::FixedState;

use crate::entry::{LogEntry, Position, Severity, SeverityOrigin};
use crate::pattern::{Catalog, Tally};

use super::keys::Keys;
use super::trace::{find_blocks, parse_text};
use super::{Exception, Joined, recognise};

/// Entries held back at most.
const HELD_LIMIT: usize = 8192;
/// Bytes of entries held back at most, as far as they can be told.
const HELD_BYTES: usize = 4 << 20;
/// What an entry takes besides its texts.
const ENTRY_BYTES: usize = 1500;
/// Parts of one failure are written within this time, nanoseconds.
pub(super) const NEAR_NANOS: i64 = 1_000_000_000;
/// Halves of one message are written at once.
const HALF_NANOS: i64 = 50_000_000;
/// What one call wrote is stamped line by line within this time.
const WRITE_NANOS: i64 = 1_000_000;
/// Entries of one traceback at most.
const PARTS_LIMIT: usize = 500;
/// Lines of one traceback that is told in several entries, at most.
const LINES_LIMIT: usize = 1000;

/// An entry that is held: sorting moves it often, and it is large.
type Held = Box<LogEntry>;

/// Turns entries into units: what one failure was written as.
#[derive(Debug)]
pub struct Assembler<'c> {
    catalog: &'c Catalog,
    least: Severity,
    // An entry is large and passes through several lists.
    held: Vec<Held>,
    held_bytes: usize,
    rising: u64,
    falling: u64,
    by_pattern: u64,
    keys: Keys,
}

/// What one failure was written as, joined but not yet read.
#[derive(Debug)]
pub struct Unit {
    pub(super) entry: Box<LogEntry>,
    pub(super) joined: Vec<Joined>,
    /// What was replaced in it because a private key began in an earlier entry.
    pub(super) redacted: Tally,
    /// The exception of its message, where that had to be read to see where it ends.
    pub(super) exception: Option<Exception>,
    /// What stands before it and says that the trace above belongs to it.
    pub(super) connectors: Vec<LogEntry>,
    /// Whether its stream begins with it.
    pub(super) begins: bool,
    /// Whether its stream has any connector.
    pub(super) connected: bool,
}

impl Unit {
    /// Returns about how many bytes it takes.
    pub fn bytes(&self) -> usize {
        bytes(&self.entry)
    }
}

impl<'c> Assembler<'c> {
    /// Returns an assembler that lets through what is at least as severe as `least`.
    pub fn new(catalog: &'c Catalog, least: Severity) -> Assembler<'c> {
        let (held, keys) = (Vec::new(), Keys::default());
        Assembler { catalog, least, held, held_bytes: 0, rising: 0, falling: 0, by_pattern: 0, keys }
    }

    /// Takes one entry; hands units that are complete to `sink`.
    pub fn push(&mut self, mut entry: LogEntry, sink: &mut dyn FnMut(Unit)) {
        if entry.severity_origin == SeverityOrigin::None
            && entry.split.is_none()
            && let Some(severity) = recognise::level_of_failure(&entry, self.catalog)
            && severity >= self.least
        {
            (entry.severity, entry.severity_origin) = (severity, SeverityOrigin::Pattern);
            self.by_pattern += 1;
        }
        if entry.severity < self.least && !entry.may_continue && entry.split.is_none() {
            return;
        }
        if let (Some(last), Some(next)) = (self.held.last().and_then(|last| last.timestamp), entry.timestamp) {
            match next.cmp(&last) {
                Ordering::Greater => self.rising += 1,
                Ordering::Less => self.falling += 1,
                Ordering::Equal => {}
            }
        }
        self.held_bytes += bytes(&entry);
        self.held.push(Box::new(entry));
        if self.held.len() >= HELD_LIMIT || self.held_bytes >= HELD_BYTES {
            self.release(sink, true);
        }
    }

    /// Returns how many entries without a level were taken for errors because a pattern knows them.
    pub fn by_pattern(&self) -> u64 {
        self.by_pattern
    }

    /// Lets everything go.
    pub fn finish(&mut self, sink: &mut dyn FnMut(Unit)) {
        self.release(sink, false);
    }

    /// Joins and lets go what is held; with `more` to come, the side where it will come stays held.
    fn release(&mut self, sink: &mut dyn FnMut(Unit), more: bool) {
        let mut held = std::mem::take(&mut self.held);
        let all = std::mem::take(&mut self.held_bytes);
        let descending = self.falling > self.rising;
        if more {
            let times = held.iter().filter_map(|entry| entry.timestamp);
            let open_end = if descending { times.min() } else { times.max() };
            let (kept, ready): (Vec<_>, Vec<_>) = held.into_iter().partition(|entry| {
                matches!((entry.timestamp, open_end), (Some(time), Some(end)) if time.nanos_since(end).abs() <= 2 * NEAR_NANOS)
            });
            // In a burst everything is near the end: then order within the buffer has to do.
            let kept_bytes = kept.iter().map(|entry| bytes(entry)).sum::<usize>();
            if kept.len() > HELD_LIMIT / 2 || kept_bytes > all / 2 {
                held = ready;
                held.extend(kept);
            } else {
                (self.held, self.held_bytes) = (kept, kept_bytes);
                held = ready;
            }
        }
        for mut entries in streams(held) {
            // Entries with one timestamp stand in writing order, which a descending export reverses.
            entries.sort_by(|a, b| {
                let order = if descending { b.at.index.cmp(&a.at.index) } else { a.at.index.cmp(&b.at.index) };
                a.timestamp.cmp(&b.timestamp).then_with(|| a.at.source.cmp(&b.at.source)).then(order)
            });
            let (mut entries, parts) = join_splits(entries);
            // The private key that an earlier entry began goes on in later ones, which come first when times fall.
            let stream = entries.first().map(|first| stream_hash(stream_of(first))).filter(|_| !descending);
            let redacted = self.keys.follow(stream, &mut entries, &self.catalog.redactions);
            self.join_stream(entries, parts, redacted, sink);
        }
    }

    fn join_stream(
        &self,
        entries: Vec<Held>,
        mut parts: Parts,
        mut redacted: BTreeMap<Position, Tally>,
        take: &mut dyn FnMut(Unit),
    ) {
        let is_connector = |entry: &LogEntry| entry.may_continue && entry.severity < self.least;
        let connected = entries.iter().any(|entry| is_connector(entry));
        let mut begins = true;
        let mut entries = entries.into_iter().peekable();
        let mut connectors: Vec<LogEntry> = Vec::new();
        let mut lookahead: VecDeque<Held> = VecDeque::new();
        while let Some(mut entry) = lookahead.pop_front().or_else(|| entries.next()) {
            while lookahead.len() < PARTS_LIMIT
                && entries.peek().is_some_and(|next| near(lookahead.back().unwrap_or(&entry), next, NEAR_NANOS))
            {
                lookahead.extend(entries.next());
            }
            let mut joined = if parts.is_empty() { Vec::new() } else { parts.remove(&entry.at).unwrap_or_default() };
            self.join_half(&mut entry, &mut lookahead, &mut joined);
            let exception = self.join_trace_lines(&mut entry, &mut lookahead, &mut joined);
            if is_connector(&entry) {
                // A connector alone says nothing; it belongs to the trace that follows.
                connectors.push(*entry);
                continue;
            }
            if entry.severity < self.least {
                continue;
            }
            let connectors = std::mem::take(&mut connectors);
            let mut tally = redacted.remove(&entry.at).unwrap_or_default();
            if !redacted.is_empty() {
                joined.iter().filter_map(|other| redacted.remove(&other.at)).for_each(|other| tally.add_all(&other));
            }
            take(Unit { entry, joined, redacted: tally, exception, connectors, begins, connected });
            begins = false;
        }
    }

    /// Joins the second part of a message that was cut, if the first part is visibly unfinished.
    fn join_half(&self, entry: &mut LogEntry, rest: &mut VecDeque<Held>, joined: &mut Vec<Joined>) {
        while let Some(next) = rest.front() {
            let halves = next.may_continue
                && entry.severity >= self.least
                && near(entry, next, HALF_NANOS)
                && unfinished(&entry.message)
                && !super::trace::may_continue(next.message.lines().next().unwrap_or(""), &self.catalog.traces);
            if !halves {
                return;
            }
            let Some(next) = rest.pop_front() else { return };
            entry.message.push('\n');
            entry.message.push_str(&next.message);
            joined.push(joined_entry(*next));
        }
    }

    /// Joins the lines of a traceback that the agent wrote as one entry each; returns the exception if the entry tells
    /// it without them.
    fn join_trace_lines(
        &self,
        entry: &mut LogEntry,
        rest: &mut VecDeque<Held>,
        joined: &mut Vec<Joined>,
    ) -> Option<Exception> {
        let grammars = &self.catalog.traces;
        let last_line = entry.message.lines().last().unwrap_or("");
        let may_go_on = !rest.is_empty()
            && entry.stack_trace.is_none()
            && (super::trace::starts_trace(last_line, grammars) || super::trace::may_continue(last_line, grammars));
        if !may_go_on {
            return None;
        }
        if let Some((exception, _)) = parse_text(&entry.message, grammars)
            && exception.type_name.is_some()
        {
            return Some(exception);
        }
        let mut lines: Vec<&str> = entry.message.lines().collect();
        let own = lines.len();
        let mut ends: Vec<usize> = Vec::new();
        for next in rest.iter() {
            // Whole traces that merely follow are no lines of this one; searching them again for each is quadratic.
            if lines.len() - own > LINES_LIMIT {
                break;
            }
            lines.extend(next.message.lines());
            ends.push(lines.len());
        }
        let block = find_blocks(&lines, grammars).into_iter().find(|block| block.start < own)?;
        let starts = std::iter::once(own).chain(ends.iter().copied());
        let is_foreign = |lines: Range<usize>| {
            !lines.is_empty() && block.foreign.iter().any(|other| other.start <= lines.start && lines.end <= other.end)
        };
        let foreign: Vec<bool> = starts.zip(&ends).map(|(start, &end)| is_foreign(start..end)).collect();
        let sure = ends.iter().take_while(|&&end| end <= block.told + 1).count();
        let most = ends.iter().take_while(|&&end| end <= block.end + 1).count();
        let count = sure + self.rest_of_message(entry, rest, sure..most);
        let mut others = Vec::new();
        for (next, foreign) in rest.drain(..count).zip(foreign) {
            // Of what stands among the lines of others, code below a frame is the trace's.
            if foreign && !next.message.starts_with([' ', '\t']) {
                others.push(next);
                continue;
            }
            entry.message.push('\n');
            entry.message.push_str(&next.message);
            entry.severity = entry.severity.max(next.severity);
            joined.push(joined_entry(*next));
        }
        others.into_iter().rev().for_each(|other| rest.push_front(other));
        None
    }

    /// Counts the entries of `range` that go on with the message of a trace that is complete without them.
    ///
    /// A line that could be an error of its own is one, unless it was surely written together with the line before it.
    fn rest_of_message(&self, first: &LogEntry, rest: &VecDeque<Held>, range: Range<usize>) -> usize {
        let entry = |at: usize| rest.get(at).map(|entry| &**entry);
        let apart = |a: &LogEntry, b: &LogEntry| match (a.timestamp, b.timestamp) {
            (Some(a), Some(b)) => b.nanos_since(a).abs(),
            _ => 0,
        };
        let indented = |entry: &LogEntry| entry.message.starts_with([' ', '\t']);
        let mut last = if range.start == 0 { Some(first) } else { entry(range.start - 1) };
        let mut count = 0;
        for at in range.clone() {
            let (Some(before), Some(next)) = (last, entry(at)) else { break };
            // What is indented below it belongs to it: the two are one text, and so is what was written at once above.
            let below = entry(at + 1).filter(|below| at + 1 < range.end && indented(below));
            let heads_more = below.is_some_and(|below| apart(next, below) <= WRITE_NANOS);
            let belongs = next.severity < self.least
                || next.message.trim().is_empty()
                || indented(next)
                || apart(before, next) == 0
                || heads_more && apart(before, next) <= WRITE_NANOS;
            if !belongs {
                break;
            }
            (last, count) = (Some(next), at + 1 - range.start);
        }
        count
    }
}

fn near(a: &LogEntry, b: &LogEntry, within: i64) -> bool {
    match (a.timestamp, b.timestamp) {
        (Some(a), Some(b)) => b.nanos_since(a).abs() <= within,
        (None, None) => a.at.source == b.at.source && b.at.index == a.at.index + 1,
        _ => false,
    }
}

/// Tells streams apart: log name, place and service.
type Stream = (String, String, String);

/// Sorts entries into their streams, each in the order in which they came; streams by name.
fn streams(entries: Vec<Held>) -> impl Iterator<Item = Vec<Held>> {
    let mut by_hash: HashMap<u64, Vec<usize>> = HashMap::default();
    let mut streams: Vec<(Stream, Vec<Held>)> = Vec::new();
    for entry in entries {
        let name @ (log, place, service) = stream_of(&entry);
        let found = by_hash.entry(stream_hash(name)).or_default();
        let is_it = |known: &Stream| (known.0.as_str(), known.1.as_str(), known.2.as_str()) == name;
        let known = found.iter().copied().find(|at| is_it(&streams[*at].0));
        let at = known.unwrap_or_else(|| {
            found.push(streams.len());
            streams.push(((log.to_string(), place.to_string(), service.to_string()), Vec::new()));
            streams.len() - 1
        });
        streams[at].1.push(entry);
    }
    streams.sort_by(|a, b| a.0.cmp(&b.0));
    streams.into_iter().map(|(_, entries)| entries)
}

pub(super) fn stream_hash(stream: (&str, &str, &str)) -> u64 {
    FixedState::default().hash_one(stream)
}

/// Containers of one pod, and programs of one host, write side by side.
pub(super) fn stream_of(entry: &LogEntry) -> (&str, &str, &str) {
    let origin = &entry.origin;
    let place = origin.instance.as_deref().or(origin.revision.as_deref()).or(origin.service.as_deref());
    let service = origin.service.as_deref().unwrap_or_default();
    (entry.log_name.as_deref().unwrap_or_default(), place.unwrap_or(&entry.at.source), service)
}

/// Returns about how many bytes an entry takes.
fn bytes(entry: &LogEntry) -> usize {
    ENTRY_BYTES + entry.message.len() + entry.stack_trace.as_ref().map_or(0, String::len)
}

/// Whether a message ends inside a quotation, a bracket or after an open phrase.
fn unfinished(message: &str) -> bool {
    let line = message.lines().last().unwrap_or("").trim_end();
    let odd = |quote: char| line.matches(quote).count() % 2 == 1;
    let open = |left: char, right: char| line.matches(left).count() > line.matches(right).count();
    odd('"') || odd('`') || open('(', ')') || open('[', ']') || open('{', '}') || line.ends_with([':', ',', '='])
}

/// The further parts of a split message, by the position of its first part.
type Parts = BTreeMap<Position, Vec<Joined>>;

/// Puts the parts of messages that Cloud Logging split back together, by their `split.uid`.
fn join_splits(entries: Vec<Held>) -> (Vec<Held>, Parts) {
    let mut parts = Parts::new();
    let (split, mut whole): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.split.is_some());
    let mut by_uid: BTreeMap<String, Vec<Held>> = BTreeMap::new();
    for entry in split {
        let uid = entry.split.as_ref().map(|part| part.uid.clone()).unwrap_or_default();
        by_uid.entry(uid).or_default().push(entry);
    }
    for (_, mut group) in by_uid {
        group.sort_by_key(|entry| entry.split.as_ref().map_or(0, |split| split.index));
        let mut group = group.into_iter();
        if let Some(mut first) = group.next() {
            for part in group {
                first.message.push_str(&part.message);
                first.severity = first.severity.max(part.severity);
                parts.entry(first.at.clone()).or_default().push(joined_entry(*part));
            }
            whole.push(first);
        }
    }
    whole.sort_by_key(|entry| entry.timestamp);
    (whole, parts)
}

pub(super) fn joined_entry(entry: LogEntry) -> Joined {
    Joined { at: entry.at, insert_id: entry.insert_id }
}
