//! Error groups: all events with one fingerprint, folded into counters and a few samples.
//! Leaves out links between groups (`cascade`). Memory per group is bounded, whatever the input.

use std::collections::{BTreeMap, HashMap};

use crate::entry::{Severity, Timestamp};
use crate::event::{Event, Exception};
use crate::pattern::{Catalog, Role, Text};

use super::fingerprint::{self, Fingerprint, fingerprint, headline};
use super::normalise::masked;

/// Samples kept per group: the first three and the last two events by time.
pub(super) const SAMPLES: usize = 5;
/// Distinct values kept per variant; further ones are counted together.
pub(super) const VARIANT_LIMIT: usize = 50;
/// Distinct instances and minutes kept per group; beyond that they are counted no more.
pub(super) const DISTINCT_LIMIT: usize = 10_000;
/// Distinct builds kept per group; a window in which more are deployed is longer than any incident.
pub(super) const BUILD_LIMIT: usize = 50;
/// Longest quotation kept, bytes; longer ones are marked as cut.
const QUOTE_LIMIT: usize = 16 * 1024;

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

/// A verbatim quotation of an entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    /// The entry's timestamp.
    pub timestamp: Option<Timestamp>,
    /// How evidence points at it.
    pub reference: String,
    /// `insertId`.
    pub insert_id: Option<String>,
    /// Source and 1-based line (0 unknown).
    pub source: std::sync::Arc<str>,
    /// See `source`.
    pub line: u64,
    /// The text in full.
    pub quote: String,
}

/// All groups of a run, growing as events come in.
#[derive(Debug, Default)]
pub struct Groups {
    groups: Vec<ErrorGroup>,
    by_hash: HashMap<String, usize>,
}

impl Groups {
    /// Adds an event and returns the index of its group.
    pub fn add(&mut self, event: &Event, catalog: &Catalog) -> usize {
        let (fingerprint, template) = fingerprint(event, catalog);
        let index = match self.by_hash.get(&fingerprint.hash) {
            Some(index) => *index,
            None => {
                self.by_hash.insert(fingerprint.hash.clone(), self.groups.len());
                self.groups.push(ErrorGroup::new(fingerprint, event, template.clone(), catalog));
                self.groups.len() - 1
            }
        };
        self.groups[index].count(event, template, catalog);
        index
    }

    /// Returns the groups by first event and id, and for each index that `add` returned the place there.
    ///
    /// The order in which they were met depends on the order of the input; nothing after may.
    pub fn into_groups(self) -> (Vec<ErrorGroup>, Vec<usize>) {
        let mut met: Vec<(usize, ErrorGroup)> = self.groups.into_iter().enumerate().collect();
        met.sort_by(|(_, a), (_, b)| (a.first_seen, &a.id).cmp(&(b.first_seen, &b.id)));
        let mut places = vec![0; met.len()];
        for (place, (index, _)) in met.iter().enumerate() {
            places[*index] = place;
        }
        (met.into_iter().map(|(_, group)| group).collect(), places)
    }
}

impl ErrorGroup {
    fn new(fingerprint: Fingerprint, event: &Event, template: String, catalog: &Catalog) -> ErrorGroup {
        let pattern = event.known.as_ref().map(|known| catalog.errors.get(known.pattern));
        ErrorGroup {
            id: fingerprint.hash.chars().take(12).collect(),
            fingerprint,
            title: String::new(),
            captures: BTreeMap::new(),
            template,
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

    fn count(&mut self, event: &Event, template: String, catalog: &Catalog) {
        self.events += 1;
        self.severity = self.severity.max(event.severity());
        let origin = &event.entry.origin;
        count_up(&mut self.services, origin.service.as_deref());
        count_up(&mut self.revisions, origin.revision.as_deref());
        count_up(&mut self.projects, origin.project.as_deref());
        count_up(&mut self.instances, origin.instance.as_deref());
        if let Some(build) = &origin.build
            && (self.builds.contains_key(build) || self.builds.len() < BUILD_LIMIT)
        {
            *self.builds.entry(build.clone()).or_default() += 1;
        }
        let sample = sample(event);
        // The earliest member speaks for the group, whatever the order of input.
        if self.title.is_empty() || self.samples.first().is_none_or(|earliest| sample < *earliest) {
            self.title = title(event, &template, catalog);
            self.template = template;
            self.exception = event.exception.clone();
            self.captures = event.known.as_ref().map(|known| known.captures.clone()).unwrap_or_default();
        }
        if let Some(time) = event.time() {
            self.first_seen = Some(self.first_seen.map_or(time, |first| first.min(time)));
            self.last_seen = Some(self.last_seen.map_or(time, |last| last.max(time)));
            if self.minutes.len() < DISTINCT_LIMIT {
                *self.minutes.entry(time.0.div_euclid(60_000_000_000)).or_default() += 1;
            }
        }
        self.keep(sample);
        self.count_variants(event, catalog);
    }

    /// Keeps the first three and the last two samples by time, so that input order does not matter.
    fn keep(&mut self, sample: Sample) {
        let at = self.samples.partition_point(|kept| *kept < sample);
        self.samples.insert(at, sample);
        if self.samples.len() > SAMPLES {
            self.samples.remove(SAMPLES - 2);
        }
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
            if let Some(kind) = catalog.clients.classify(request) {
                self.synthetic += 1;
                self.count_variant("client", kind.name());
            }
        }
    }

    fn count_variant(&mut self, name: &str, value: &str) {
        let values = self.variants.entry(name.to_string()).or_default();
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

fn count_up(counts: &mut BTreeMap<String, u64>, name: Option<&str>) {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return };
    if let Some(count) = counts.get_mut(name) {
        *count += 1;
    } else if counts.len() < DISTINCT_LIMIT {
        counts.insert(name.to_string(), 1);
    }
}

fn sample(event: &Event) -> Sample {
    let entry = &event.entry;
    let text = match (&entry.stack_trace, entry.message.is_empty()) {
        (Some(trace), true) => trace.clone(),
        (Some(trace), false) if !entry.message.contains(trace.as_str()) => format!("{}\n{trace}", entry.message),
        _ => entry.message.clone(),
    };
    let quote = match (&entry.http, text.is_empty()) {
        (Some(request), true) => request_line(request),
        _ => text,
    };
    let mut end = quote.len().min(QUOTE_LIMIT);
    while !quote.is_char_boundary(end) {
        end -= 1;
    }
    let quote = if end < quote.len() {
        format!("{} [cut: {} of {} bytes kept]", &quote[..end], end, quote.len())
    } else {
        quote
    };
    Sample {
        timestamp: entry.timestamp,
        reference: entry.reference(),
        insert_id: entry.insert_id.clone(),
        source: entry.at.source_name(),
        line: entry.at.line,
        quote,
    }
}

/// Returns a request entry as one line: the fields as logged, each named.
fn request_line(request: &crate::entry::HttpRequest) -> String {
    let status = request.status.map(|status| status.to_string());
    let fields = [
        ("requestMethod", request.method.as_deref()),
        ("requestUrl", request.url.as_deref()),
        ("status", status.as_deref()),
        ("userAgent", request.user_agent.as_deref()),
    ];
    fields.iter().filter_map(|(name, value)| Some(format!("{name}={}", (*value)?))).collect::<Vec<_>>().join(" ")
}

/// Fills a title's placeholders with what the event captured.
fn fill_title(title: &Text, event: &Event, captures: &BTreeMap<String, String>) -> String {
    title.fill(|name| match name {
        "service" => event.entry.origin.service.clone(),
        "type" => event.exception.as_ref().and_then(|exception| exception.type_name.clone()),
        _ => captures.get(name).cloned(),
    })
}

/// Returns the pattern's title with its captures, or what the event says, values masked.
fn title(event: &Event, template: &str, catalog: &Catalog) -> String {
    let known =
        event.known.as_ref().map(|known| fill_title(&catalog.errors.get(known.pattern).title, event, &known.captures));
    let text = known.unwrap_or_else(|| match &event.exception {
        Some(exception) => masked(&headline(exception), &catalog.masks),
        None if event.entry.message.trim().is_empty() => template.to_string(),
        None => masked(&event.entry.message, &catalog.masks),
    });
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
