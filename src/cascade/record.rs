//! Compact records of events for linking: who, when, where, and what the event shares with others.
//! Leaves out the events themselves: linking needs no text, only what hashes to the same number.

use std::sync::Arc;

use foldhash::HashMap;

use crate::event::Event;
use crate::group::texts::{Remembered, Texts, Words};
use crate::limits::Limits;

use super::quotes::Quotes;
use super::{ids, text_keys};

/// Most records that are kept; later events still count in their groups but are not linked.
///
/// 250,000 records with all they refer to take about 37 MB; the coverage says when the bound was met.
pub const RECORD_LIMIT: usize = Limits::DEFAULT.linked_events;

/// Things of one kind that are kept of one event.
const MOST_SHARED: usize = 16;

/// What linking needs to know of one event.
#[derive(Debug, Clone)]
pub struct EventRecord {
    /// Nanoseconds since 1970 UTC; when the entry was stamped.
    pub start: i64,
    /// When the thing described was over: a request's start plus its latency.
    pub end: i64,
    /// Hash of what the event says, without any wrapping words.
    pub core: u64,
    /// Hash of type and message of the event's own exception; 0 if it has none.
    exception: u64,
    /// Index of its group.
    pub group: u32,
    /// Interned keys; 0 is "not stated".
    pub service: u32,
    /// See `service`.
    pub instance: u32,
    /// See `service`.
    pub trace: u32,
    /// Number of its place.
    place: u32,
    /// Number of its reference.
    reference: u32,
    /// Where among `Records::more` the things stand that it has several of, and how many of each: shared ids, exceptions
    /// behind its own, quoted remainders.
    more: u32,
    counts: [u8; 3],
    flags: u8,
}

const HAS_FRAMES: u8 = 1;
const IS_REQUEST: u8 = 2;

impl EventRecord {
    /// Whether it carries frames, which a quoting line never has.
    pub fn has_frames(&self) -> bool {
        self.flags & HAS_FRAMES != 0
    }

    /// Whether it is a request entry.
    pub fn is_request(&self) -> bool {
        self.flags & IS_REQUEST != 0
    }

    /// Number of what evidence points at it with.
    pub fn reference(&self) -> u32 {
        self.reference
    }

    /// Hash of type and message of the event's own exception.
    pub fn exception(&self) -> Option<u64> {
        Some(self.exception).filter(|hash| *hash != 0)
    }
}

/// Where events come from; there are few different places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
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
}

/// What one event shares with others by its text, found out without looking at any other event.
#[derive(Debug)]
pub struct Facts {
    said: text_keys::Said,
    exception: Option<u64>,
    behind: Vec<u64>,
    ids: Vec<(&'static str, String)>,
}

impl Facts {
    /// Reads what `event` shares; pure, so that several threads may ask.
    pub fn of(event: &Event) -> Facts {
        let key = text_keys::exception_key;
        let exception = event.exception.as_ref();
        let behind = exception.iter().flat_map(|exception| &exception.chain);
        let behind = behind.filter_map(|chained| key(chained.type_name.as_deref(), chained.message.as_deref()));
        let ids = ids::ids_in(&event.entry.message).into_iter().map(|(kind, value)| (kind, value.to_string()));
        Facts {
            said: text_keys::what_it_says(event),
            exception: exception.and_then(|one| key(one.type_name.as_deref(), one.message.as_deref())),
            behind: behind.take(MOST_SHARED).collect(),
            ids: ids.collect(),
        }
    }
}

/// All records of a run, with the words they refer to.
#[derive(Debug, Default)]
pub struct Records {
    records: Vec<EventRecord>,
    words: Words,
    places: Vec<Place>,
    remembered: Remembered<5>,
    by_place: HashMap<Place, u32>,
    references: Texts,
    more: Vec<u64>,
    /// Texts behind `core` and the remainders, for showing what was shared.
    quotes: Quotes,
    /// For making pairs.
    pair: String,
    most: Option<usize>,
    dropped: u64,
}

impl Records {
    /// Returns an empty collection.
    pub fn new() -> Records {
        let mut records = Records::default();
        records.words.number("");
        records
    }

    /// Returns the collection, which will keep `most` events.
    pub fn with_most(self, most: usize) -> Records {
        Records { most: Some(most), ..self }
    }

    /// Adds what linking needs of `event`, which belongs to group number `group`.
    ///
    /// Events without a timestamp cannot be ordered and are left out; they stay alone in their groups.
    pub fn add(&mut self, group: usize, event: &Event) {
        self.fold(group, event, &Facts::of(event));
    }

    /// Adds an event of which the facts are known.
    pub fn fold(&mut self, group: usize, event: &Event, facts: &Facts) {
        let (Some(start), Some(end)) = (event.entry.timestamp, event.entry.end()) else { return };
        if self.records.len() >= self.most.unwrap_or(RECORD_LIMIT) {
            self.dropped += 1;
            return;
        }
        let entry = &event.entry;
        let mut shared: Vec<u32> = Vec::new();
        if let Some(operation) = &entry.operation {
            shared.extend(self.pair("operation", operation));
        }
        for (key, value) in &entry.correlation {
            shared.extend(self.pair(key, value));
        }
        for (key, value) in &facts.ids {
            shared.extend(self.pair(key, value));
        }
        shared.sort_unstable();
        shared.dedup();
        shared.truncate(MOST_SHARED);
        self.see(event, facts);
        let place = self.place_of(event);
        let trace = self.word_of(entry.trace.as_deref());
        let reference = match &entry.insert_id {
            Some(id) => self.references.push(id),
            None => self.references.push(&entry.reference()),
        };
        let more = self.more.len() as u32;
        self.more.extend(shared.iter().map(|id| u64::from(*id)));
        self.more.extend(&facts.behind);
        self.more.extend(facts.said.tails().map(|(hash, _)| hash));
        let has_frames = event.exception.as_ref().is_some_and(|exception| !exception.frames.is_empty());
        let Place { service, instance, .. } = self.places[place as usize];
        self.records.push(EventRecord {
            start: start.0,
            end: end.0.max(start.0),
            core: facts.said.hash,
            exception: facts.exception.unwrap_or(0),
            group: group as u32,
            service,
            instance,
            trace,
            place,
            reference,
            more,
            counts: [shared.len(), facts.behind.len(), facts.said.tails().count()].map(|count| count as u8),
            flags: if has_frames { HAS_FRAMES } else { 0 } | if entry.http.is_some() { IS_REQUEST } else { 0 },
        });
    }

    /// Notes the texts that a link may show.
    fn see(&mut self, event: &Event, facts: &Facts) {
        for (hash, text) in facts.said.tails().chain([(facts.said.hash, facts.said.core())]) {
            self.quotes.see(hash, text);
        }
        let Some(exception) = &event.exception else { return };
        if exception.message.is_none() && exception.type_name.is_some() {
            // A trace may name it without quoting what this event says.
            self.quotes.keep(facts.said.hash, facts.said.core());
        }
        for message in exception.chain.iter().take(MOST_SHARED).filter_map(|chained| chained.message.as_deref()) {
            let message = text_keys::squeeze(message);
            self.quotes.see(text_keys::hash(&message), &message);
        }
    }

    fn place_of(&mut self, event: &Event) -> u32 {
        let origin = &event.entry.origin;
        // In this order, for words are numbered as they come.
        let stated = [&origin.service, &origin.revision, &origin.instance, &origin.project].map(Option::as_deref);
        let [service, revision, instance, project] = stated;
        let names = [service, revision, instance, project, Some(&*event.entry.at.source)];
        let [service, revision, instance, project, source] =
            self.remembered.numbers(names, &mut self.words).map(|number| number.unwrap_or(0));
        let place = Place { service, revision, instance, project, source };
        *self.by_place.entry(place).or_insert_with(|| {
            self.places.push(place);
            self.places.len() as u32 - 1
        })
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
        let references = &self.references;
        self.records.sort_by(|a, b| {
            (a.end, a.start)
                .cmp(&(b.end, b.start))
                .then_with(|| references.get(a.reference).cmp(&references.get(b.reference)))
        });
        self.dropped
    }

    /// Returns the records as they stand; in time order after [`Records::sort`].
    pub fn in_order(&self) -> &[EventRecord] {
        &self.records
    }

    /// Returns where a record's event comes from.
    pub fn place(&self, record: &EventRecord) -> &Place {
        &self.places[record.place as usize]
    }

    /// Returns how evidence points at an event, by the number that its record has for it.
    pub fn reference(&self, number: u32) -> Arc<str> {
        self.references.get(number).into()
    }

    /// Returns interned `key=value` pairs: operation, correlation fields, ids found in the message.
    pub fn shared(&self, record: &EventRecord) -> impl Iterator<Item = u32> {
        self.part(record, 0).iter().map(|id| *id as u32)
    }

    /// Returns hashes of the exceptions that stand behind the event's own.
    pub fn behind(&self, record: &EventRecord) -> &[u64] {
        self.part(record, 1)
    }

    /// Returns hashes of what the event quotes after its own words.
    pub fn tails(&self, record: &EventRecord) -> &[u64] {
        self.part(record, 2)
    }

    fn part(&self, record: &EventRecord, part: usize) -> &[u64] {
        let before: usize = record.counts[..part].iter().map(|count| usize::from(*count)).sum();
        let from = record.more as usize + before;
        &self.more[from..from + usize::from(record.counts[part])]
    }

    /// Returns the word behind an interned number; empty for 0.
    pub fn word(&self, number: u32) -> String {
        self.words.get(number)
    }

    /// Returns the text behind a hash of what was said or quoted, if more than one event did so.
    pub fn quote(&self, hash: u64) -> &str {
        self.quotes.get(hash)
    }

    fn word_of(&mut self, word: Option<&str>) -> u32 {
        match word {
            Some(word) if !word.is_empty() => self.words.number(word).unwrap_or(0),
            _ => 0,
        }
    }

    fn pair(&mut self, key: &str, value: &str) -> Option<u32> {
        self.pair.clear();
        self.pair.extend([key, "=", value]);
        self.words.number(&self.pair)
    }
}
