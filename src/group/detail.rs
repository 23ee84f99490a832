//! What one group quotes, captured and counted by name, in little memory while events still come in.
//! Leaves out how events find their group, and what finding causes needs of it: that stands in the group itself.

use std::collections::BTreeMap;

use crate::event::Event;
use crate::pattern::Catalog;

use super::counts::{Counts, Of};
use super::error_group::{DISTINCT_LIMIT, ErrorGroup, SAMPLES};
use super::fingerprint::Parts;
use super::packed::Packed;
use super::quote::Quote;
use super::sample::Kept;
use super::texts::Words;
use super::variants::{Variants, Varying};

/// What the details of all groups refer to by number.
#[derive(Debug, Default)]
pub(super) struct Interned {
    /// Words that groups share.
    pub(super) words: Words,
    /// What varies in them: much, and it must leave room for those.
    pub(super) varying: Varying,
}

/// Service, revision, project and instance as numbers, where they are stated.
pub(super) type Place = [Option<u32>; 4];

/// What one group quotes and where it comes from.
#[derive(Debug)]
pub(super) struct Detail {
    /// What makes the members the same.
    pub(super) parts: Parts,
    samples: Vec<Kept>,
    /// The exception of the earliest member.
    exception: Option<Packed>,
    /// What was captured from the earliest member.
    captures: Captures,
    /// What varies among the members.
    variants: Variants,
    counts: Counts,
    /// Events per minute since 1970, in order.
    minutes: Vec<(i64, u64)>,
    /// The text of its first member, against which the others are written.
    base: Box<str>,
}

/// Names and values.
type Captures = Box<[(Box<str>, Box<str>)]>;

impl Detail {
    /// Returns the detail of a group whose first member says `text`.
    pub(super) fn new(parts: &Parts, text: &str) -> Detail {
        Detail {
            parts: parts.clone(),
            samples: Vec::new(),
            exception: None,
            captures: Captures::default(),
            variants: Variants::default(),
            counts: Counts::default(),
            minutes: Vec::new(),
            base: text.into(),
        }
    }

    /// Counts an event, and returns whether it speaks for its group: one that is the earliest so far does, whatever the
    /// order of input, and any does while there is no title.
    pub(super) fn count(&mut self, event: &Event, text: &str, place: Place, no_title: bool) -> bool {
        let by_time = |kept: &Kept| kept.order(event, || kept.quote.text(&self.base).as_str().cmp(text));
        let at = self.samples.partition_point(|kept| by_time(kept).is_lt());
        let speaks = no_title || self.samples.first().is_none_or(|first| by_time(first).is_gt());
        for (of, number) in [Of::Service, Of::Revision, Of::Project, Of::Instance].into_iter().zip(place) {
            if let Some(number) = number {
                self.counts.add(of, number, DISTINCT_LIMIT);
            }
        }
        if let Some(time) = event.time() {
            let minute = time.0.div_euclid(60_000_000_000);
            match self.minutes.binary_search_by_key(&minute, |(minute, _)| *minute) {
                _ if self.minutes.len() >= DISTINCT_LIMIT => {}
                Ok(at) => self.minutes[at].1 += 1,
                Err(at) => self.minutes.insert(at, (minute, 1)),
            }
        }
        // Keeps the first three and the last two samples by time, so that input order does not matter.
        if self.samples.len() < SAMPLES || at != SAMPLES - 2 {
            self.samples.insert(at, Kept::of(event, Quote::of(text, &self.base)));
            if self.samples.len() > SAMPLES {
                self.samples.remove(SAMPLES - 2);
            }
        }
        speaks
    }

    /// Takes what an event says; one that `speaks` for the group is its earliest so far.
    pub(super) fn hear(&mut self, event: &Event, speaks: bool, catalog: &Catalog, interned: &mut Interned) {
        self.variants.count(event, catalog, &mut interned.varying);
        if speaks {
            self.exception = event.exception.as_ref().map(|exception| Packed::of(exception, &mut interned.words));
            let captures = event.known.iter().flat_map(|known| &known.captures);
            self.captures = captures.map(|(name, value)| (Box::from(&**name), Box::from(&**value))).collect();
        }
    }

    /// Returns what was captured from the earliest member, by name, and keeps it no longer.
    pub(super) fn take_captures(&mut self) -> BTreeMap<String, String> {
        let captures = std::mem::take(&mut self.captures);
        captures.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    /// Tells the group everything else.
    pub(super) fn fill(self, group: &mut ErrorGroup, Interned { words, varying }: &Interned) {
        let Detail { parts, samples, exception, captures: _, variants, counts, minutes, base } = self;
        group.fingerprint.parts = parts.told();
        group.variants = variants.by_name(varying);
        group.exception = exception.map(|exception| exception.exception(words));
        group.services = counts.by_name(Of::Service, words);
        group.revisions = counts.by_name(Of::Revision, words);
        group.projects = counts.by_name(Of::Project, words);
        group.instances = counts.by_name(Of::Instance, words);
        group.minutes = minutes.into_iter().collect();
        group.samples = samples.into_iter().map(|kept| kept.sample(&base)).collect();
    }
}
