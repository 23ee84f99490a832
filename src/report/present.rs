//! From the results of the core to the one view: what every output shows, in a fixed order.
//! Leaves out finding anything new; each value comes from `coverage`, `group`, `cascade` or `analysis`.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::{self, Case};
use crate::cascade::{Cascades, Incident, Link, LinkKind};
use crate::coverage::Coverage;
use crate::entry::Timestamp;
use crate::group::ErrorGroup;
use crate::pattern::{Catalog, Role};

use super::numbers;
use super::view::{
    CoverageView, GroupView, IncidentView, LagView, LinkView, PartView, RedactionsView, SampleView, SharedView,
    SourceView, TriageView, VariantView, WindowView,
};

/// Incidents this close in time are listed as also seen, nanoseconds.
const AROUND_NANOS: i64 = 60_000_000_000;
/// Also-seen incidents listed per incident.
const ALSO_SEEN: usize = 10;
/// Values listed per variant.
const VARIANTS: usize = 10;

/// Everything a run found, before it is put into a view.
#[derive(Debug)]
pub struct Findings<'a> {
    /// What the tool knows.
    pub catalog: &'a Catalog,
    /// What was read.
    pub coverage: &'a Coverage,
    /// All groups, by index; what only the view of each shows is taken out of it, or it would be there twice.
    pub groups: &'a mut [ErrorGroup],
    /// Incidents and links.
    pub cascades: &'a Cascades,
}

/// Returns the view of a run; `now` dates the newest entry, `notes` come from reading.
pub fn present(
    mut findings: Findings<'_>,
    sources: Vec<SourceView>,
    asked: WindowView,
    truncated: bool,
    mut notes: Vec<String>,
    now: Timestamp,
) -> TriageView {
    notes.extend(findings.coverage.to.and_then(|to| future(to, now)));
    let mut incidents: Vec<IncidentView> = Vec::with_capacity(findings.cascades.incidents.len());
    for incident in &findings.cascades.incidents {
        let view = incident_view(&findings, incident);
        incidents.push(IncidentView { groups: group_views(&mut findings, incident), ..view });
    }
    incidents.sort_by_cached_key(rank);
    distinct_ids(&mut incidents);
    add_also_seen(&mut incidents);
    let coverage = findings.coverage;
    TriageView {
        schema: "log-gardener/triage/1",
        coverage: CoverageView {
            sources,
            entries: coverage.entries,
            events: incidents.iter().map(|incident| incident.entries).sum(),
            duplicates: coverage.duplicates,
            without_severity: coverage.without_severity,
            without_payload: coverage.without_payload,
            by_severity: coverage.by_severity.iter().map(|(severity, count)| (severity.to_string(), *count)).collect(),
            asked,
            from: coverage.from,
            to: coverage.to,
            checkout: None,
            redactions: RedactionsView::default(),
            truncated,
            age_seconds: coverage.to.map(|to| now.nanos_since(to) / 1_000_000_000),
            notes,
        },
        incidents,
    }
}

/// Says that the newest entry is stamped later than it was read, and what that means; clocks differ by a minute.
fn future(newest: Timestamp, now: Timestamp) -> Option<String> {
    // To the second that is stated, so that the sum comes out again.
    let now = now.plus_nanos(-now.0.rem_euclid(1_000_000_000));
    let seconds = newest.nanos_since(now) / 1_000_000_000;
    (seconds > 60).then(|| {
        format!(
            "the newest entry, read at {}, is stamped {} later: a clock, a zone (--assume-tz) or --now is wrong, so ages are not known",
            numbers::seconds(Some(&now.to_string())),
            numbers::duration(seconds)
        )
    })
}

/// Most urgent first, noise last; then the larger, then the earlier.
fn rank(incident: &IncidentView) -> impl Ord + use<> {
    (
        incident.noise.is_some(),
        incident.priority.clone(),
        std::cmp::Reverse(incident.entries),
        incident.first_seen,
        incident.fingerprint.clone(),
    )
}

/// Lengthens short ids until no two incidents of a run share one.
fn distinct_ids(incidents: &mut [IncidentView]) {
    let mut length = 8;
    while length < 32 {
        let ids: BTreeSet<&str> = incidents.iter().map(|incident| &incident.fingerprint[..length]).collect();
        if ids.len() == incidents.len() {
            break;
        }
        length += 4;
    }
    for incident in incidents {
        incident.id = incident.fingerprint[..length].to_string();
    }
}

fn add_also_seen(incidents: &mut [IncidentView]) {
    // What a link joins was not merely seen at the same time.
    let owner: BTreeMap<String, usize> = incidents
        .iter()
        .enumerate()
        .flat_map(|(at, incident)| incident.groups.iter().map(move |group| (group.id.clone(), at)))
        .collect();
    let mut joined: BTreeSet<(usize, usize)> = BTreeSet::new();
    for link in incidents.iter().flat_map(|incident| &incident.links) {
        if let (Some(from), Some(to)) = (owner.get(&link.from), owner.get(&link.to)) {
            joined.extend([(*from, *to), (*to, *from)]);
        }
    }
    let spans: Vec<_> =
        incidents.iter().map(|incident| (incident.id.clone(), incident.first_seen, incident.last_seen)).collect();
    for (at, incident) in incidents.iter_mut().enumerate() {
        let (Some(first), Some(last)) = (incident.first_seen, incident.last_seen) else { continue };
        incident.also_seen = spans
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != at && !joined.contains(&(at, *other)))
            .map(|(_, span)| span)
            .filter(|(_, from, to)| {
                from.is_some_and(|from| from.nanos_since(last) <= AROUND_NANOS)
                    && to.is_some_and(|to| first.nanos_since(to) <= AROUND_NANOS)
            })
            .map(|(id, ..)| id.clone())
            .take(ALSO_SEEN)
            .collect();
    }
}

fn incident_view(findings: &Findings<'_>, incident: &Incident) -> IncidentView {
    let case = Case { incident, groups: findings.groups, catalog: findings.catalog, coverage: findings.coverage };
    let root = case.root();
    let members: Vec<&ErrorGroup> = case.members().collect();
    let decided = analysis::decide(&members, &findings.catalog.priorities);
    let union = |names: fn(&ErrorGroup) -> Vec<String>| -> Vec<String> {
        members.iter().flat_map(|group| names(group)).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let instances = union(|group| group.instances.keys().cloned().collect());
    let (first_seen, last_seen) = case.seen();
    IncidentView {
        id: root.fingerprint.hash.chars().take(8).collect(),
        fingerprint: root.fingerprint.hash.clone(),
        title: root.title.clone(),
        category: root.category.clone(),
        issue_category: issue_category(&root.category).to_string(),
        priority: decided.priority.name().to_string(),
        priority_rule: decided.rule,
        priority_reason: decided.reason,
        severity: members.iter().map(|group| group.severity).max().unwrap_or_default(),
        noise: members
            .iter()
            .all(|group| group.role == Role::Noise)
            .then(|| root.pattern.clone().unwrap_or_else(|| "noise".to_string())),
        entries: case.events(),
        first_seen,
        last_seen,
        services: union(|group| group.services.keys().cloned().collect()),
        revisions: union(|group| group.revisions.keys().cloned().collect()),
        projects: union(|group| group.projects.keys().cloned().collect()),
        instances: some_count(instances.len()),
        root: root.id.clone(),
        groups: Vec::new(),
        links: incident.links.iter().map(|link| link_view(findings, link)).collect(),
        also_seen: Vec::new(),
        timeline: analysis::timeline(&case),
        impact: analysis::impact(&case),
        trigger: analysis::trigger(&case),
        root_cause: analysis::root_cause(&case),
        contradictions: analysis::contradictions(&case),
        whys: analysis::whys(&case),
        expected: case.pattern(root).map(|pattern| analysis::fill(&pattern.expected, root)),
        reproduce: analysis::reproduce(&case),
        actions: analysis::actions(&case),
        tests: analysis::tests(&case),
        unknowns: analysis::unknowns(&case),
        cause: None,
        standing: None,
        history: None,
    }
}

/// Returns the category word of an issue title; the words are the team's convention.
fn issue_category(category: &str) -> &'static str {
    match category {
        "auth" | "session" => "auth",
        "observability" => "monitoring",
        "config" | "startup" | "exit" | "database" | "migration" | "cache" | "search" | "queue" | "network"
        | "memory" | "storage" | "upstream" => "operational",
        _ => "other",
    }
}

/// Returns the groups, each under its name.
fn group_views(findings: &mut Findings<'_>, incident: &Incident) -> Vec<GroupView> {
    let names = analysis::names(incident, findings.groups);
    let names: Vec<(usize, String)> = names.into_iter().map(|(at, name)| (at, name.to_string())).collect();
    let view = |(at, name)| group_view(&mut findings.groups[at], name, at == incident.root);
    names.into_iter().map(view).collect()
}

/// Returns the view of a group, whose samples, exception and parts are the view's then.
fn group_view(group: &mut ErrorGroup, title: String, is_root: bool) -> GroupView {
    let (samples, parts) = (std::mem::take(&mut group.samples), std::mem::take(&mut group.fingerprint.parts));
    let exception = group.exception.take();
    GroupView {
        id: group.id.clone(),
        title,
        template: group.template.clone(),
        entries: group.events,
        first_seen: group.first_seen,
        last_seen: group.last_seen,
        severity: group.severity,
        role: if is_root { "root" } else { "consequence" },
        category: group.category.clone(),
        pattern: group.pattern.clone(),
        exception,
        fingerprint_parts: parts
            .into_iter()
            .map(|part| PartView { name: part.name, value: part.value, why: part.why.to_string() })
            .collect(),
        samples: samples
            .into_iter()
            .map(|sample| SampleView {
                insert_id: sample.insert_id,
                timestamp: sample.timestamp,
                source: sample.source.to_string(),
                line: Some(sample.line).filter(|line| *line > 0),
                quote: sample.quote,
            })
            .collect(),
        variants: variants(group),
        builds: builds(group),
        services: group.services.keys().cloned().collect(),
        instances: some_count(group.instances.len()),
        fingerprint: group.fingerprint.hash.clone(),
        history: None,
        minutes: group.minutes.clone(),
    }
}

/// Nothing stated is unknown, not zero.
fn some_count(count: usize) -> Option<u64> {
    (count > 0).then_some(count as u64)
}

fn variants(group: &ErrorGroup) -> Vec<VariantView> {
    let mut views = Vec::new();
    for (name, values) in &group.variants {
        let mut values: Vec<(&String, u64)> = values.iter().map(|(value, count)| (value, *count)).collect();
        values.sort_by_key(|(value, count)| (std::cmp::Reverse(*count), (*value).clone()));
        views.extend(values.into_iter().take(VARIANTS).map(|(value, count)| VariantView {
            name: name.clone(),
            value: value.clone(),
            count,
        }));
    }
    views
}

fn builds(group: &ErrorGroup) -> Vec<VariantView> {
    let mut builds: Vec<VariantView> = group
        .builds
        .iter()
        .map(|((name, value), count)| VariantView { name: name.clone(), value: value.clone(), count: *count })
        .collect();
    builds.sort_by_key(|build| (std::cmp::Reverse(build.count), build.name.clone(), build.value.clone()));
    builds.truncate(VARIANTS);
    builds
}

fn link_view(findings: &Findings<'_>, link: &Link) -> LinkView {
    let milliseconds = |nanos: i64| (nanos as f64 / 1e3).round() / 1e3;
    LinkView {
        from: findings.groups[link.from].id.clone(),
        to: findings.groups[link.to].id.clone(),
        kind: link.kind.name(),
        occurrences: link.occurrences,
        of: link.of,
        not_judged: link.not_judged,
        lag_ms: LagView { p50: milliseconds(link.lag_p50), max: milliseconds(link.lag_max) },
        shared: link.shared.as_ref().map(|(key, value)| SharedView { key: key.clone(), value: value.clone() }),
        confidence: link.confidence(),
        why: match link.kind {
            LinkKind::ExceptionChain => "the effect's stack trace names the cause".to_string(),
            LinkKind::Trace => "both stand in one trace, the cause first".to_string(),
            LinkKind::Correlation => match &link.shared {
                Some((key, _)) if key == "message" => "the effect repeats what the cause says".to_string(),
                Some((key, _)) => format!("both carry the same {key}, the cause first"),
                None => "both carry the same id, the cause first".to_string(),
            },
            LinkKind::Rule => {
                let rule = link.rule.as_deref().unwrap_or("");
                let why = findings.catalog.cascades.iter().find(|known| known.id == rule);
                format!("rule {rule}: {}", why.map_or("", |rule| rule.why.as_str()))
            }
            LinkKind::Instance => "same instance, in this order more often than chance allows".to_string(),
        },
        evidence: link.evidence.iter().map(|[from, to]| [from.to_string(), to.to_string()]).collect(),
    }
}
