//! Error groups: all events with one fingerprint, folded into counters and a few samples.
//! Leaves out links between groups (`cascade`). Memory per group is bounded, whatever the input.

use std::collections::BTreeMap;

use foldhash::HashMap;

use crate::entry::{Severity, Timestamp};
use crate::event::{Event, Exception};
use crate::limits::Limits;
use crate::pattern::{Catalog, Role, Text};

use super::counts::{Counts, Of};
use super::fingerprint::{self, Fingerprint, Parts};
use super::packed::Packed;
use super::quote::Quote;
use super::sample::{Kept, Sample};
use super::texts::{Remembered, Words};
use super::told::{quote, title};

/// Samples kept per group: the first three and the last two events by time.
pub(crate) const SAMPLES: usize = 5;
/// Distinct values kept per variant; further ones are counted together.
pub(crate) const VARIANT_LIMIT: usize = 50;
/// Distinct instances and minutes kept per group; beyond that they are counted no more.
pub(crate) const DISTINCT_LIMIT: usize = 10_000;
/// Distinct builds kept per group; a window in which more are deployed is longer than any incident.
pub(super) const BUILD_LIMIT: usize = 50;

/// All events with one fingerprint.
#[derive(Debug, Clone)]
pub struct ErrorGroup {
    /// First 12 hex digits of the fingerprint.
    pub id: String,
    /// The parts that make its members the same.
    pub fingerprint: Fingerprint,
    /// One line for people.
    pub title: String,
    /// What was captured from its earliest member, by name.
    pub captures: BTreeMap<String, String>,
    /// Normalised message of the earliest member.
    pub template: String,
    /// Id of the pattern that knows it.
    pub pattern: Option<String>,
    /// Index of that pattern in the catalog.
    pub pattern_index: Option<usize>,
    /// The pattern's category, or `other`.
    pub category: String,
    /// The pattern's role; `Failure` when unknown.
    pub role: Role,
    /// Highest severity.
    pub severity: Severity,
    /// Events.
    pub events: u64,
    /// Status of a request group.
    pub status: Option<u16>,
    /// Whether its members are request entries.
    pub is_request: bool,
    /// Request events by kind of caller that are not real users' (test client, probe, scanner).
    pub synthetic: u64,
    /// First event.
    pub first_seen: Option<Timestamp>,
    /// Last event.
    pub last_seen: Option<Timestamp>,
    /// Events per service.
    pub services: BTreeMap<String, u64>,
    /// Events per revision.
    pub revisions: BTreeMap<String, u64>,
    /// Events per build: what a label or field names as commit, version or image, with that label.
    pub builds: BTreeMap<(String, String), u64>,
    /// Events per project.
    pub projects: BTreeMap<String, u64>,
    /// Events per instance.
    pub instances: BTreeMap<String, u64>,
    /// Events per minute since 1970.
    pub minutes: BTreeMap<i64, u64>,
    /// The exception of the earliest member.
    pub exception: Option<Exception>,
    /// Verbatim quotations, in time order.
    pub samples: Vec<Sample>,
    /// What varies among the members: name -> value -> events.
    pub variants: BTreeMap<String, BTreeMap<String, u64>>,
    /// What it is told together with, once its cause is known.
    pub family: Option<Family>,
}

/// A family of groups in one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// The fingerprint of everything that is told together.
    pub fingerprint: Fingerprint,
    /// The pattern's title for several kinds, its placeholders unfilled.
    pub title: Text,
}

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
    /// The words that groups share.
    words: Words,
    /// The places that events came from last.
    places: Remembered<4>,
}

/// Service, revision, project and instance as numbers, where they are stated.
type Place = [Option<u32>; 4];

/// A group, and what is kept smaller meanwhile.
#[derive(Debug)]
struct Growing {
    group: ErrorGroup,
    detail: Detail,
}

/// What the groups of a run quote and where they come from, as small as it was kept.
#[derive(Debug)]
pub struct Details {
    words: Words,
    of: Vec<Detail>,
}

/// What one group quotes and where it comes from.
#[derive(Debug)]
struct Detail {
    samples: Vec<Kept>,
    /// The exception of the earliest member.
    exception: Option<Packed>,
    counts: Counts,
    /// Events per minute since 1970, in order.
    minutes: Vec<(i64, u64)>,
    /// The text of its first member, against which the others are written.
    base: Box<str>,
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
        let index = match known.filter(|index| placed.parts.are_of(&self.groups[*index].group.fingerprint)) {
            Some(index) => index,
            None => {
                let fingerprint = placed.parts.fingerprint();
                let known = self.by_hash.get(&fingerprint.hash).copied();
                match known.or_else(|| self.rest_if_full(event, catalog, &text)) {
                    // What is counted with the rest is not remembered, or memory would grow with it.
                    Some(index) if known.is_none() => index,
                    index => {
                        let index = index.unwrap_or(self.groups.len());
                        if index == self.groups.len() {
                            self.by_hash.insert(fingerprint.hash.clone(), index);
                            let group = ErrorGroup::new(fingerprint, event, catalog);
                            self.groups.push(Box::new(Growing { group, detail: Detail::new(&text) }));
                        }
                        self.by_glance.insert(placed.glance, index);
                        index
                    }
                }
            }
        };
        let origin = &event.entry.origin;
        let place = [&origin.service, &origin.revision, &origin.project, &origin.instance].map(Option::as_deref);
        let place = self.places.numbers(place, &mut self.words);
        self.groups[index].count(event, &text, place, catalog, &mut self.words);
        if self.rest == Some(index) {
            let grown = &mut self.groups[index];
            grown.detail.exception = None;
            grown.group.be_rest();
        }
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
            let group = ErrorGroup::new(fingerprint::rest(), event, catalog);
            self.groups.push(Box::new(Growing { group, detail: Detail::new(text) }));
        }
        self.rest
    }

    /// Returns the groups by first event and id, and for each index that `add` returned the place there. What they quote
    /// and where they come from is in the details: finding causes needs none of it.
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
        let mut details = Details { words: self.words, of: Vec::with_capacity(sorted.len()) };
        let mut groups = Vec::with_capacity(sorted.len());
        for growing in sorted.into_iter().flatten() {
            let Growing { group, detail } = *growing;
            groups.push(group);
            details.of.push(detail);
        }
        (groups, places, details)
    }
}

impl Details {
    /// Tells the groups, which stand in the order in which they were returned, what they quote and where they come from.
    pub fn fill(self, groups: &mut [ErrorGroup]) {
        for (group, detail) in groups.iter_mut().zip(self.of) {
            detail.fill(group, &self.words);
        }
    }
}

impl Growing {
    fn count(&mut self, event: &Event, text: &str, place: Place, catalog: &Catalog, words: &mut Words) {
        let no_title = self.group.title.is_empty();
        let speaks = self.detail.count(event, text, place, no_title, words);
        self.group.count(event, speaks, catalog);
    }
}

impl Detail {
    fn new(text: &str) -> Detail {
        let (samples, counts, minutes) = (Vec::new(), Counts::default(), Vec::new());
        Detail { samples, exception: None, counts, minutes, base: text.into() }
    }

    /// Counts an event, and returns whether it speaks for its group: one that is the earliest so far does, whatever the
    /// order of input, and any does while there is no title.
    fn count(&mut self, event: &Event, text: &str, place: Place, no_title: bool, words: &mut Words) -> bool {
        let by_time = |kept: &Kept| kept.order(event, || kept.quote.text(&self.base).as_str().cmp(text));
        let at = self.samples.partition_point(|kept| by_time(kept).is_lt());
        let speaks = no_title || self.samples.first().is_none_or(|first| by_time(first).is_gt());
        if speaks {
            self.exception = event.exception.as_ref().map(|exception| Packed::of(exception, words));
        }
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

    fn fill(self, group: &mut ErrorGroup, words: &Words) {
        let Detail { samples, exception, counts, minutes, base } = self;
        group.exception = exception.map(|exception| exception.exception(words));
        group.services = counts.by_name(Of::Service, words);
        group.revisions = counts.by_name(Of::Revision, words);
        group.projects = counts.by_name(Of::Project, words);
        group.instances = counts.by_name(Of::Instance, words);
        group.minutes = minutes.into_iter().collect();
        group.samples = samples.into_iter().map(|kept| kept.sample(&base)).collect();
    }
}

impl ErrorGroup {
    fn new(fingerprint: Fingerprint, event: &Event, catalog: &Catalog) -> ErrorGroup {
        let pattern = event.known.as_ref().map(|known| catalog.errors.get(known.pattern));
        ErrorGroup {
            id: fingerprint.hash.chars().take(12).collect(),
            fingerprint,
            title: String::new(),
            captures: BTreeMap::new(),
            template: String::new(),
            pattern: pattern.map(|pattern| pattern.id.to_string()),
            pattern_index: event.known.as_ref().map(|known| known.pattern),
            category: pattern.map_or_else(|| "other".to_string(), |pattern| pattern.category.to_string()),
            role: pattern.map_or(Role::Failure, |pattern| pattern.role),
            severity: Severity::Default,
            events: 0,
            status: event.entry.http.as_ref().and_then(|request| request.status),
            is_request: event.entry.http.is_some(),
            synthetic: 0,
            first_seen: None,
            last_seen: None,
            services: BTreeMap::new(),
            revisions: BTreeMap::new(),
            builds: BTreeMap::new(),
            projects: BTreeMap::new(),
            instances: BTreeMap::new(),
            minutes: BTreeMap::new(),
            exception: None,
            samples: Vec::new(),
            variants: BTreeMap::new(),
            family: pattern.and_then(|pattern| pattern.family.as_ref()).map(|family| Family {
                fingerprint: fingerprint::family(event.entry.origin.service.as_deref(), &family.id),
                title: family.title.clone(),
            }),
        }
    }

    /// Whether it holds what is beyond the limit of groups.
    pub fn is_rest(&self) -> bool {
        self.fingerprint.parts.first().is_some_and(|part| *part.name == *fingerprint::REST)
    }

    /// Takes back what one of many different errors said of all of them.
    fn be_rest(&mut self) {
        (self.pattern, self.pattern_index, self.family, self.status) = (None, None, None, None);
        (self.category, self.role, self.is_request) = ("other".to_string(), Role::Failure, false);
        self.title = "Errors beyond the limit of how many are told apart".to_string();
        self.template.clone_from(&self.title);
        self.captures.clear();
        self.variants.clear();
    }

    /// Counts an event; one that `speaks` for the group is its earliest so far.
    fn count(&mut self, event: &Event, speaks: bool, catalog: &Catalog) {
        self.events += 1;
        self.severity = self.severity.max(event.severity());
        if let Some(build) = &event.entry.origin.build {
            if let Some(count) = self.builds.get_mut(build) {
                *count += 1;
            } else if self.builds.len() < BUILD_LIMIT {
                self.builds.insert(build.clone(), 1);
            }
        }
        if speaks {
            let template = fingerprint::template(event, catalog);
            self.title = title(event, &template, catalog);
            self.template = template;
            self.captures = event.known.as_ref().map(|known| known.captures.clone()).unwrap_or_default();
        }
        if let Some(time) = event.time() {
            self.first_seen = Some(self.first_seen.map_or(time, |first| first.min(time)));
            self.last_seen = Some(self.last_seen.map_or(time, |last| last.max(time)));
        }
        self.count_variants(event, catalog);
    }

    fn count_variants(&mut self, event: &Event, catalog: &Catalog) {
        if let Some(known) = &event.known {
            let identity = &catalog.errors.get(known.pattern).identity;
            for (name, value) in &known.captures {
                // What the request and the exception say is counted from them.
                let elsewhere = matches!(name.as_str(), "type" | "status" | "method" | "path" | "route" | "client");
                if !elsewhere && !identity.iter().any(|counting| **counting == **name) {
                    self.count_variant(name, value);
                }
            }
        }
        if let Some(request) = &event.entry.http {
            let call = [request.method.as_deref(), request.path.as_deref()];
            self.count_variant("call", &call.into_iter().flatten().collect::<Vec<_>>().join(" "));
            if let Some(agent) = request.user_agent.as_deref() {
                self.count_variant("user agent", agent);
            }
            if let Some(kind) = event.client {
                self.synthetic += 1;
                self.count_variant("client", kind.name());
            }
        }
    }

    fn count_variant(&mut self, name: &str, value: &str) {
        if !self.variants.contains_key(name) {
            self.variants.insert(name.to_string(), BTreeMap::new());
        }
        let Some(values) = self.variants.get_mut(name) else { return };
        if value.is_empty() {
        } else if let Some(count) = values.get_mut(value) {
            *count += 1;
        } else if values.len() < VARIANT_LIMIT {
            values.insert(value.to_string(), 1);
        } else {
            *values.entry("(others)".to_string()).or_default() += 1;
        }
    }
}
