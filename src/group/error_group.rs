//! Error groups: all events with one fingerprint, as counters and a few samples.
//! Leaves out how events find their group (`groups`) and links between groups (`cascade`).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::entry::{Severity, Timestamp};
use crate::event::{Event, Exception};
use crate::pattern::{Catalog, ClientKind, Role, Text};

use super::fingerprint::{self, Fingerprint};
use super::sample::Sample;
use super::told::title;

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
    /// What makes its members the same; the parts are told with the details.
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
    /// Calls of groups with different statuses that are told as one: (call, status) -> events; empty where all have one.
    pub answers: BTreeMap<(String, u16), u64>,
    /// What it is told together with, once its cause is known.
    pub family: Option<Arc<Family>>,
    /// See [`ErrorGroup::is_rest`].
    is_rest: bool,
}

/// A family of groups in one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// The fingerprint of everything that is told together.
    pub fingerprint: Fingerprint,
    /// The pattern's title for several kinds, its placeholders unfilled.
    pub title: Text,
}

impl ErrorGroup {
    /// Returns the group of an event, not counted yet; families that were told before are shared.
    pub(super) fn new(hash: String, event: &Event, catalog: &Catalog, families: &mut Families) -> ErrorGroup {
        let pattern = event.known.as_ref().map(|known| catalog.errors.get(known.pattern));
        ErrorGroup {
            id: hash.chars().take(12).collect(),
            fingerprint: Fingerprint { hash, parts: Vec::new() },
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
            answers: BTreeMap::new(),
            family: pattern.and_then(|pattern| pattern.family.as_ref()).map(|family| {
                let fingerprint = fingerprint::family(event.entry.origin.service.as_deref(), &family.id);
                families.share(Family { fingerprint, title: family.title.clone() })
            }),
            is_rest: false,
        }
    }

    /// Whether it holds what is beyond the limit of groups.
    pub fn is_rest(&self) -> bool {
        self.is_rest
    }

    /// Holds many different errors from now on: what one of them says is not what all say.
    pub(super) fn be_rest(&mut self) {
        self.is_rest = true;
        (self.pattern, self.pattern_index, self.family, self.status) = (None, None, None, None);
        (self.category, self.role, self.is_request) = ("other".to_string(), Role::Failure, false);
        self.title = "Errors beyond the limit of how many are told apart".to_string();
        self.template.clone_from(&self.title);
    }

    /// Counts an event; one that `speaks` for the group is its earliest so far.
    pub(super) fn count(&mut self, event: &Event, speaks: bool, catalog: &Catalog) {
        self.events += 1;
        self.severity = self.severity.max(event.severity());
        if let Some(build) = &event.entry.origin.build {
            if let Some(count) = self.builds.get_mut(build) {
                *count += 1;
            } else if self.builds.len() < BUILD_LIMIT {
                self.builds.insert(build.clone(), 1);
            }
        }
        if speaks && !self.is_rest {
            let template = fingerprint::template(event, catalog);
            self.title = title(event, &template, catalog);
            self.template = template;
        }
        if let Some(time) = event.time() {
            self.first_seen = Some(self.first_seen.map_or(time, |first| first.min(time)));
            self.last_seen = Some(self.last_seen.map_or(time, |last| last.max(time)));
        }
        self.synthetic += u64::from(event.entry.http.is_some() && event.client.is_some_and(ClientKind::is_synthetic));
    }
}

/// The families of a run, each kept once: a service with many routes has many groups of one family.
#[derive(Debug, Default)]
pub(super) struct Families(HashMap<String, Vec<Arc<Family>>>);

impl Families {
    fn share(&mut self, family: Family) -> Arc<Family> {
        let known = self.0.entry(family.fingerprint.hash.clone()).or_default();
        match known.iter().find(|known| ***known == family) {
            Some(known) => Arc::clone(known),
            None => {
                known.push(Arc::new(family));
                Arc::clone(&known[known.len() - 1])
            }
        }
    }
}
