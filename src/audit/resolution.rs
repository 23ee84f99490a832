//! Counts what a proof of resolution needs from one run that holds the time before and after a fix.
//! Leaves out the arithmetic (`decision::proof`) and reading.

use std::collections::{BTreeMap, BTreeSet};

use crate::coverage::Coverage;
use crate::decision::{Counted, Counts, Deployed, Record, kin_of, same_fault};
use crate::entry::Timestamp;
use crate::report::view::{GroupView, IncidentView, TriageView};
use crate::traffic::Traffic;

const MINUTE: i64 = 60_000_000_000;
/// A revision that begins to log this long before the stated deployment is the one deployed, nanoseconds.
const EARLY: i64 = 10 * MINUTE;

/// What the counting looks at.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The incident.
    pub record: &'a Record,
    /// Fingerprints that it goes by, its own among them.
    pub names: &'a BTreeSet<String>,
    /// What was found.
    pub view: &'a TriageView,
    /// What was served.
    pub traffic: &'a Traffic,
    /// What was read.
    pub coverage: &'a Coverage,
    /// Whether all of it was read.
    pub complete: bool,
    /// What mended it outside of the service, if somebody states that.
    pub outside: Option<&'a str>,
}

/// Returns when the newest revision of the incident's service began, if another one served before it.
pub fn newest_revision(evidence: &Evidence<'_>) -> Option<(Timestamp, String)> {
    let mut begun: Vec<(Timestamp, &String)> = revisions(evidence).map(|(name, first, _)| (first, name)).collect();
    begun.sort();
    let (at, name) = *begun.last().filter(|_| begun.len() > 1)?;
    Some((at, name.clone()))
}

fn revisions<'a>(evidence: &Evidence<'a>) -> impl Iterator<Item = (&'a String, Timestamp, Timestamp)> {
    let service = evidence.record.kin.service.clone();
    let all = evidence.coverage.revisions.iter().filter(move |((of, _), _)| *of == service);
    all.filter_map(|((_, name), seen)| Some((name, seen.first?, seen.last?)))
}

/// Counts before and after `fixed_at`, which is moved to the next whole minute.
pub fn count(evidence: &Evidence<'_>, fixed_at: Timestamp) -> Counts {
    let fixed = fixed_at.0.div_euclid(MINUTE) + i64::from(fixed_at.0.rem_euclid(MINUTE) > 0);
    let from = evidence.coverage.from.map_or(fixed, |from| from.0.div_euclid(MINUTE));
    let to = evidence.coverage.to.map_or(fixed, |to| to.0.div_euclid(MINUTE) + 1).max(fixed);
    let mut events: BTreeMap<i64, u64> = BTreeMap::new();
    let groups = evidence.view.incidents.iter().flat_map(|incident| &incident.groups);
    for group in groups.filter(|group| is_it(evidence, group)) {
        for (minute, count) in &group.minutes {
            *events.entry(*minute).or_default() += count;
        }
    }
    let routes = routes(evidence);
    let (served, unit) = served(evidence, &routes);
    let counted = |from: i64, to: i64| Counted {
        from: Timestamp(from.saturating_mul(MINUTE)),
        to: Timestamp(to.saturating_mul(MINUTE)),
        events: events.range(from..to.max(from)).map(|(_, count)| count).sum(),
        occurrences: events.range(from..to.max(from)).count() as u64,
        served: served.range(from..to.max(from)).map(|(_, count)| count).sum(),
    };
    let before: Vec<i64> = events.range(..fixed).map(|(minute, _)| *minute).collect();
    let pause = before.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
    Counts {
        before: counted(from.min(fixed), fixed),
        after: counted(fixed, to),
        unit,
        pause: pause.saturating_mul(MINUTE),
        deployed: deployed(evidence, fixed_at),
        next: next(evidence, fixed_at, &routes),
        complete: evidence.complete && !evidence.traffic.full,
    }
}

/// Whether a group is the fault that the incident is about, as a root or as somebody's consequence.
fn is_it(evidence: &Evidence<'_>, group: &GroupView) -> bool {
    evidence.names.contains(&group.fingerprint) || same_fault(&kin_of(group), &evidence.record.kin)
}

/// Returns the routes on which the fault was seen: of the request itself, or of the requests that it broke.
fn routes(evidence: &Evidence<'_>) -> BTreeSet<String> {
    let own = |incident: &&IncidentView| incident.groups.iter().any(|group| is_it(evidence, group));
    let groups = evidence.view.incidents.iter().filter(own).flat_map(|incident| &incident.groups);
    groups.flat_map(calls).collect()
}

/// Returns what a group of requests was called with: `METHOD /route`.
fn calls(group: &GroupView) -> Vec<String> {
    let part =
        |name: &str| group.fingerprint_parts.iter().find(|part| part.name == name).map(|part| part.value.as_str());
    match (part("method"), part("route")) {
        (Some(method), Some(route)) => vec![format!("{method} {route}")],
        _ => {
            let varying = group.variants.iter().filter(|variant| variant.name == "call");
            varying.map(|variant| variant.value.clone()).collect()
        }
    }
}

/// Returns the traffic by minute and what it counts, the most telling kind that there is.
fn served(evidence: &Evidence<'_>, routes: &BTreeSet<String>) -> (BTreeMap<i64, u64>, String) {
    let service = &evidence.record.kin.service;
    if service.is_empty() && !is_one_log(evidence) {
        return (BTreeMap::new(), "entries that name a service".to_string());
    }
    let of = |what: &str| if service.is_empty() { what.to_string() } else { format!("{what} of {service}") };
    let mut on_routes: BTreeMap<i64, u64> = BTreeMap::new();
    let mut named = Vec::new();
    for ((of, route), minutes) in &evidence.traffic.routes {
        if of == service && routes.contains(route) {
            named.push(route.clone());
            for (minute, count) in minutes {
                *on_routes.entry(*minute).or_default() += count;
            }
        }
    }
    if !on_routes.is_empty() {
        let unit = if named.len() > 2 { of(&format!("{} routes", named.len())) } else { named.join(" and ") };
        return (on_routes, format!("requests of {unit}"));
    }
    let of_service = evidence.traffic.services.get(service);
    let requests: BTreeMap<i64, u64> =
        of_service.into_iter().flatten().map(|(minute, served)| (*minute, served.requests)).collect();
    if requests.values().any(|count| *count > 0) {
        return (requests, of("requests"));
    }
    let entries = of_service.into_iter().flatten().map(|(minute, served)| (*minute, served.entries)).collect();
    let unit = if service.is_empty() { "entries that name no service".to_string() } else { of("entries") };
    (entries, unit)
}

/// Whether entries that name no service are certainly of the same one: they stand in one log.
fn is_one_log(evidence: &Evidence<'_>) -> bool {
    let sources = &evidence.view.coverage.sources;
    sources.len() == 1 && sources.iter().all(|source| !source.source.contains("://"))
}

fn deployed(evidence: &Evidence<'_>, fixed_at: Timestamp) -> Deployed {
    if let Some(what) = evidence.outside {
        return Deployed::Outside(what.to_string());
    }
    let serving: Vec<(&String, Timestamp)> =
        revisions(evidence).filter(|(_, _, last)| *last >= fixed_at).map(|(name, first, _)| (name, first)).collect();
    // A revision that began before the fault did is the one that has it, however short ago it was deployed.
    let groups = evidence.view.incidents.iter().flat_map(|incident| &incident.groups);
    let failed = groups.filter(|group| is_it(evidence, group)).filter_map(|group| group.first_seen).min();
    let may_mend = |first: Timestamp| {
        first >= fixed_at.plus_nanos(-EARLY) && failed.is_none_or(|failed| first > failed || failed >= fixed_at)
    };
    let new = serving.iter().filter(|(_, first)| may_mend(*first)).max_by_key(|(_, first)| *first);
    match (new, revisions(evidence).next(), serving.is_empty()) {
        (Some((name, _)), ..) => Deployed::Live((*name).clone()),
        (None, None, _) => Deployed::Unknown,
        // Nothing was logged after the fix: that there is no traffic says it already.
        (None, Some(_), true) => Deployed::Unknown,
        (None, Some(_), false) => Deployed::NotLive(serving.into_iter().map(|(name, _)| name.clone()).collect()),
    }
}

/// Returns the failures on the same way that began only after the fix: what the old one may have hidden.
fn next(evidence: &Evidence<'_>, fixed_at: Timestamp, routes: &BTreeSet<String>) -> Vec<String> {
    let service = &evidence.record.kin.service;
    let new = |incident: &&IncidentView| {
        let after = incident.first_seen.is_some_and(|first| first >= fixed_at);
        let urgent = incident.noise.is_none() && incident.priority.as_str() <= "P2";
        let own = incident.groups.iter().any(|group| is_it(evidence, group));
        let its: BTreeSet<String> = incident.groups.iter().flat_map(calls).collect();
        let same_way = match routes.is_empty() || its.is_empty() {
            true => incident.services.contains(service),
            false => its.intersection(routes).next().is_some(),
        };
        after && urgent && !own && same_way
    };
    evidence.view.incidents.iter().filter(new).map(|incident| incident.title.clone()).collect()
}
