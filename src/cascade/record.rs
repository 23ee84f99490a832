//! Compact records of events for linking: who, when, where, and what the event shares with others.
//! Leaves out the events themselves: linking needs no text, only what hashes to the same number.

use std::collections::HashMap;
use std::sync::Arc;

use crate::event::Event;

use super::text_keys;

/// Most records that are kept; later events still count in their groups but are not linked.
///
/// 250,000 records of about 150 bytes bound the memory; the coverage says when the bound was met.
pub const RECORD_LIMIT: usize = 250_000;

/// What linking needs to know of one event.
#[derive(Debug, Clone)]
pub struct EventRecord {
    /// Index of its group.
    pub group: u32,
    /// Nanoseconds since 1970 UTC; when the entry was stamped.
    pub start: i64,
    /// When the thing described was over: a request's start plus its latency.
    pub end: i64,
    /// Interned keys; 0 is "not stated".
    pub service: u32,
    /// See `service`.
    pub revision: u32,
    /// See `service`.
    pub instance: u32,
    /// See `service`.
    pub project: u32,
    /// See `service`; the input that the event was read from, so never 0.
    pub source: u32,
    /// See `service`.
    pub trace: u32,
    /// Interned `key=value` pairs: operation, correlation fields, ids found in the message.
    pub shared: Box<[u32]>,
    /// Hash of type and message of the event's own exception.
    pub exception: Option<u64>,
    /// Hashes of the exceptions that stand behind it.
    pub behind: Box<[u64]>,
    /// Hash of what the event says, without any wrapping words.
    pub core: u64,
    /// Hashes of what it quotes after its own words.
    pub tails: Box<[u64]>,
    /// Whether it carries frames, which a quoting line never has.
    pub has_frames: bool,
    /// Whether it is a request entry.
    pub is_request: bool,
    /// How evidence points at it.
    pub reference: Arc<str>,
}

/// All records of a run, with the words they refer to.
#[derive(Debug, Default)]
pub struct Records {
    records: Vec<EventRecord>,
    words: HashMap<Box<str>, u32>,
    names: Vec<Box<str>>,
    /// Texts behind `core` and `tails` hashes, for showing what was shared.
    quotes: HashMap<u64, Box<str>>,
    dropped: u64,
}

impl Records {
    /// Returns an empty collection.
    pub fn new() -> Records {
        Records { names: vec!["".into()], ..Records::default() }
    }

    /// Adds what linking needs of `event`, which belongs to group number `group`.
    ///
    /// Events without a timestamp cannot be ordered and are left out; they stay alone in their groups.
    pub fn add(&mut self, group: usize, event: &Event) {
        let (Some(start), Some(end)) = (event.entry.timestamp, event.entry.end()) else { return };
        if self.records.len() >= RECORD_LIMIT {
            self.dropped += 1;
            return;
        }
        let entry = &event.entry;
        let mut shared: Vec<u32> = Vec::new();
        if let Some(operation) = &entry.operation {
            shared.push(self.intern_pair("operation", operation));
        }
        for (key, value) in &entry.correlation {
            shared.push(self.intern_pair(key, value));
        }
        for (key, value) in text_keys::ids_in(&entry.message) {
            shared.push(self.intern_pair(key, value));
        }
        shared.sort_unstable();
        shared.dedup();
        shared.truncate(16);
        let said = text_keys::what_it_says(event);
        let exception = event.exception.as_ref().and_then(|exception| {
            text_keys::exception_key(exception.type_name.as_deref(), exception.message.as_deref())
        });
        let behind: Vec<u64> = event
            .exception
            .iter()
            .flat_map(|exception| &exception.chain)
            .filter_map(|chained| text_keys::exception_key(chained.type_name.as_deref(), chained.message.as_deref()))
            .take(16)
            .collect();
        for (hash, text) in said.tails.iter().chain([&said.core]) {
            if self.quotes.len() < RECORD_LIMIT {
                self.quotes.entry(*hash).or_insert_with(|| text.as_str().into());
            }
        }
        let record = EventRecord {
            group: group as u32,
            start: start.0,
            end: end.0.max(start.0),
            service: self.intern_option(entry.origin.service.as_deref()),
            revision: self.intern_option(entry.origin.revision.as_deref()),
            instance: self.intern_option(entry.origin.instance.as_deref()),
            project: self.intern_option(entry.origin.project.as_deref()),
            source: self.intern(&entry.at.source),
            trace: self.intern_option(entry.trace.as_deref()),
            shared: shared.into_boxed_slice(),
            exception,
            behind: behind.into_boxed_slice(),
            core: said.core.0,
            tails: said.tails.iter().map(|(hash, _)| *hash).collect(),
            has_frames: event.exception.as_ref().is_some_and(|exception| !exception.frames.is_empty()),
            is_request: entry.http.is_some(),
            reference: entry.reference().into(),
        };
        self.records.push(record);
    }

    /// Gives every group its place in another order: `places[index]` is the new index.
    pub fn renumber(&mut self, places: &[usize]) {
        for record in &mut self.records {
            record.group = places[record.group as usize] as u32;
        }
    }

    /// Brings the records into time order and returns how many events were left out for the bound.
    ///
    /// Ties are broken by reference, so that the order of input does not matter.
    pub fn sort(&mut self) -> u64 {
        self.records.sort_by(|a, b| (a.end, a.start, &a.reference).cmp(&(b.end, b.start, &b.reference)));
        self.dropped
    }

    /// Returns the records as they stand; in time order after [`Records::sort`].
    pub fn in_order(&self) -> &[EventRecord] {
        &self.records
    }

    /// Returns the word behind an interned number; empty for 0.
    pub fn word(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", |name| name)
    }

    /// Returns the text behind a hash of what was said or quoted.
    pub fn quote(&self, hash: u64) -> &str {
        self.quotes.get(&hash).map_or("", |text| text)
    }

    fn intern_option(&mut self, word: Option<&str>) -> u32 {
        match word {
            Some(word) if !word.is_empty() => self.intern(word),
            _ => 0,
        }
    }

    fn intern_pair(&mut self, key: &str, value: &str) -> u32 {
        self.intern(&format!("{key}={value}"))
    }

    fn intern(&mut self, word: &str) -> u32 {
        if let Some(number) = self.words.get(word) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(word.into());
        self.words.insert(word.into(), number);
        number
    }
}
