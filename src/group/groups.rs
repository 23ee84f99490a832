//! All groups of a run, growing as events come in.
//! Leaves out what a group is (`error_group`) and keeps (`detail`). Memory per group is bounded, whatever the input.

use foldhash::HashMap;

use crate::event::Event;
use crate::limits::Limits;
use crate::pattern::Catalog;

use super::detail::{Detail, Interned, Place};
use super::error_group::{ErrorGroup, Families};
use super::fingerprint::{self, Parts};
use super::texts::Remembered;
use super::told::quote;

/// A group of a run; boxed, or a list that grows would copy and keep room for many.
type Grown = Box<Growing>;

/// All groups of a run, growing as events come in.
#[derive(Debug, Default)]
pub struct Groups {
    groups: Vec<Grown>,
    /// Most groups that are told apart, and the one that holds all further errors.
    most: Option<usize>,
    rest: Option<usize>,
    by_hash: HashMap<String, usize>,
    /// The same by a number that is found sooner than the hash; what it names is compared before it is believed.
    by_glance: HashMap<u64, usize>,
    /// The text of the event that is being added.
    text: String,
    interned: Interned,
    families: Families,
    /// The places that events came from last.
    places: Remembered<4>,
}

/// A group, and what is kept smaller meanwhile.
#[derive(Debug)]
struct Growing {
    group: ErrorGroup,
    detail: Detail,
}

/// What the groups of a run quote and where they come from, as small as it was kept.
#[derive(Debug)]
pub struct Details {
    interned: Interned,
    of: Vec<Detail>,
}

/// What one event says of the group that it belongs to, found out without looking at any other event.
#[derive(Debug)]
pub struct Placed {
    parts: Parts,
    glance: u64,
}

/// Returns what `event` says of its group; pure, so that several threads may ask.
pub fn place(event: &Event, catalog: &Catalog) -> Placed {
    let parts = fingerprint::parts(event, catalog);
    Placed { glance: parts.glance(), parts }
}

impl Groups {
    /// Adds an event and returns the index of its group.
    pub fn add(&mut self, event: &Event, catalog: &Catalog) -> usize {
        self.fold(event, &place(event, catalog), catalog)
    }

    /// Adds an event of which it is known what it says of its group, and returns the index of that.
    pub fn fold(&mut self, event: &Event, placed: &Placed, catalog: &Catalog) -> usize {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        quote(event, &mut text);
        let known = self.by_glance.get(&placed.glance).copied();
        let index = match known.filter(|index| placed.parts == self.groups[*index].detail.parts) {
            Some(index) => index,
            None => {
                let hash = placed.parts.hash();
                let known = self.by_hash.get(&hash).copied();
                match known.or_else(|| self.rest_if_full(event, catalog, &text)) {
                    // What is counted with the rest is not remembered, or memory would grow with it.
                    Some(index) if known.is_none() => index,
                    index => {
                        let index = index.unwrap_or(self.groups.len());
                        if index == self.groups.len() {
                            self.by_hash.insert(hash.clone(), index);
                            self.add_group(hash, &placed.parts, event, &text, catalog);
                        }
                        self.by_glance.insert(placed.glance, index);
                        index
                    }
                }
            }
        };
        let origin = &event.entry.origin;
        let place = [&origin.service, &origin.revision, &origin.project, &origin.instance].map(Option::as_deref);
        let place = self.places.numbers(place, &mut self.interned.words);
        self.groups[index].count(event, &text, place, catalog, &mut self.interned);
        self.text = text;
        index
    }

    /// Returns the groups, which will tell at most `most` different errors apart.
    pub fn with_most(self, most: usize) -> Groups {
        Groups { most: Some(most), ..self }
    }

    /// Whether a group holds what is beyond the limit.
    pub fn is_rest(&self, index: usize) -> bool {
        self.rest == Some(index)
    }

    fn rest_if_full(&mut self, event: &Event, catalog: &Catalog, text: &str) -> Option<usize> {
        if self.rest.is_none() {
            if self.groups.len() < self.most.unwrap_or(Limits::DEFAULT.groups) {
                return None;
            }
            self.rest = Some(self.groups.len());
            let parts = fingerprint::rest();
            self.add_group(parts.hash(), &parts, event, text, catalog);
            if let Some(rest) = self.groups.last_mut() {
                rest.group.be_rest();
            }
        }
        self.rest
    }

    fn add_group(&mut self, hash: String, parts: &Parts, event: &Event, text: &str, catalog: &Catalog) {
        let group = ErrorGroup::new(hash, event, catalog, &mut self.families);
        self.groups.push(Box::new(Growing { group, detail: Detail::new(parts, text) }));
    }

    /// Returns the groups by first event and id, and for each index that `add` returned the place there. What they
    /// quote and where they come from is in the details: finding causes needs only what their patterns captured.
    ///
    /// The order in which they were met depends on the order of the input; nothing after may.
    pub fn into_groups(self) -> (Vec<ErrorGroup>, Vec<usize>, Details) {
        let mut met: Vec<usize> = (0..self.groups.len()).collect();
        let key = |index: &usize| (self.groups[*index].group.first_seen, &self.groups[*index].group.id);
        met.sort_by(|a, b| key(a).cmp(&key(b)));
        let mut places = vec![0; met.len()];
        for (place, index) in met.into_iter().enumerate() {
            places[index] = place;
        }
        let mut sorted: Vec<Option<Box<Growing>>> = self.groups.iter().map(|_| None).collect();
        for (index, growing) in self.groups.into_iter().enumerate() {
            sorted[places[index]] = Some(growing);
        }
        let mut details = Details { interned: self.interned, of: Vec::with_capacity(sorted.len()) };
        let mut groups = Vec::with_capacity(sorted.len());
        for growing in sorted.into_iter().flatten() {
            let Growing { mut group, mut detail } = *growing;
            group.captures = detail.take_captures();
            groups.push(group);
            details.of.push(detail);
        }
        (groups, places, details)
    }
}

impl Details {
    /// Tells the groups, which stand in the order in which they were returned, what they quote and where they are from.
    pub fn fill(self, groups: &mut [ErrorGroup]) {
        for (group, detail) in groups.iter_mut().zip(self.of) {
            detail.fill(group, &self.interned);
        }
    }
}

impl Growing {
    fn count(&mut self, event: &Event, text: &str, place: Place, catalog: &Catalog, interned: &mut Interned) {
        let no_title = self.group.title.is_empty();
        let speaks = self.detail.count(event, text, place, no_title);
        // What one of many different errors says is not what all say.
        if !self.group.is_rest() {
            self.detail.hear(event, speaks, catalog, interned);
        }
        self.group.count(event, speaks, catalog);
    }
}
