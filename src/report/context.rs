//! What templates see: the view, with the lookups and sums that a template cannot do by itself.
//! Leaves out wording: no sentence is made here.

use std::collections::BTreeMap;

use chrono::FixedOffset;
use serde::Serialize;

use super::chain::{self, Branch};
use super::escape::shell;
use super::numbers;
use super::view::{ActionView, CoverageView, GroupView, IncidentView, LinkView, TriageView, WhyView};
use crate::entry::Timestamp;

/// `run` in a template.
#[derive(Debug, Serialize)]
pub(crate) struct RunContext<'a> {
    pub schema: &'a str,
    pub version: &'static str,
    /// When the run was made, as far as the age of the newest entry tells.
    pub now: Option<Timestamp>,
    pub coverage: &'a CoverageView,
    /// The window read, on the clock of the zone that was asked for.
    pub local: Option<LocalWindow>,
    /// Services and projects of all incidents, sorted.
    pub services: Vec<&'a str>,
    pub projects: Vec<&'a str>,
    /// Sum over sources of what could not be read.
    pub skipped_total: u64,
    /// The command that reads the same input again.
    pub command: String,
}

/// First and last entry on a local clock.
#[derive(Debug, Serialize)]
pub(crate) struct LocalWindow {
    pub from: Option<String>,
    pub to: Option<String>,
}

/// `incident` in a template: the view's fields and what follows from them.
#[derive(Debug, Serialize)]
pub(crate) struct IncidentContext<'a> {
    #[serde(flatten)]
    pub view: &'a IncidentView,
    pub root_group: Option<&'a GroupView>,
    pub consequences: Vec<&'a GroupView>,
    /// Groups from which no link leads on: what is seen last.
    pub symptoms: Vec<&'a GroupView>,
    /// Links between its own groups, strongest first.
    pub inner: Vec<&'a LinkView>,
    /// What this incident explains of other incidents' groups.
    pub partly_causes: Vec<PartlyContext<'a>>,
    /// What other incidents explain of this one's groups.
    pub partly_caused: Vec<PartlyContext<'a>>,
    /// Group id -> title.
    pub names: BTreeMap<&'a str, &'a str>,
    pub tree: Vec<BranchContext<'a>>,
    /// Whether request entries are linked in it.
    pub has_requests: bool,
    /// Why each kind of link counts, once each.
    pub link_reasons: Vec<String>,
    /// `150 = 60 + 45 + 45`.
    pub sum: String,
    /// Last event minus first event.
    pub span_seconds: Option<i64>,
    /// Seconds read after the last event; `None` below a minute, which says nothing about whether it goes on.
    pub silent_seconds: Option<i64>,
    /// From the first event until this run, as far as the age of the newest entry tells.
    pub detected_after_seconds: Option<i64>,
    /// Where the application's own code failed, `file:line`.
    pub location: Option<String>,
    /// The function at that place.
    pub function: Option<&'a str>,
    /// `Type: message` of the root.
    pub error: Option<String>,
    pub main_whys: Vec<&'a WhyView>,
    pub not_caught: Vec<&'a WhyView>,
    pub not_contained: Vec<&'a WhyView>,
    /// Answered steps of the two side branches.
    pub contributing: Vec<&'a WhyView>,
    pub repairs: Vec<&'a ActionView>,
    pub next_action: Option<&'a ActionView>,
    /// Of what an incident should be answered with, the kinds that no action has.
    pub missing_kinds: Vec<&'static str>,
    /// Incidents active at the same time, looked up.
    pub also: Vec<Brief<'a>>,
    pub rank: usize,
    pub of: usize,
}

/// A link between groups of two incidents.
#[derive(Debug, Serialize)]
pub(crate) struct PartlyContext<'a> {
    pub link: &'a LinkView,
    /// The other incident.
    pub incident: &'a str,
    /// Its group.
    pub title: &'a str,
    /// The group of this incident.
    pub own: &'a str,
}

/// One line about another incident.
#[derive(Debug, Serialize)]
pub(crate) struct Brief<'a> {
    pub id: &'a str,
    pub title: &'a str,
    pub priority: &'a str,
    pub entries: u64,
}

/// One line of the failure chain.
#[derive(Debug, Serialize)]
pub(crate) struct BranchContext<'a> {
    pub prefix: String,
    pub title: &'a str,
    pub entries: u64,
    pub link: Option<&'a LinkView>,
}

impl<'a> RunContext<'a> {
    pub(crate) fn new(run: &'a TriageView, local: Option<FixedOffset>) -> RunContext<'a> {
        let coverage = &run.coverage;
        RunContext {
            schema: run.schema,
            version: env!("CARGO_PKG_VERSION"),
            now: now(coverage),
            coverage,
            local: local.map(|offset| LocalWindow {
                from: coverage.from.map(|time| numbers::local(time, offset)),
                to: coverage.to.map(|time| numbers::local(time, offset)),
            }),
            services: union(run, |incident| &incident.services),
            projects: union(run, |incident| &incident.projects),
            skipped_total: coverage.sources.iter().map(|source| source.skipped_total).sum(),
            command: command(coverage),
        }
    }
}

impl<'a> IncidentContext<'a> {
    pub(crate) fn new(run: &'a TriageView, view: &'a IncidentView) -> IncidentContext<'a> {
        let root_group = view.groups.iter().find(|group| group.id == view.root);
        let consequences: Vec<&GroupView> = view.groups.iter().filter(|group| group.id != view.root).collect();
        let mut ends: Vec<&GroupView> =
            consequences.iter().copied().filter(|group| view.links.iter().all(|link| link.from != group.id)).collect();
        ends.sort_by_key(|group| std::cmp::Reverse(outermost(view, group)));
        let exception = root_group.and_then(|group| group.exception.as_ref());
        let frame = exception.and_then(|exception| exception.innermost_in_app());
        let branch = |name: &str| view.whys.iter().filter(|why| why.branch == name).collect::<Vec<_>>();
        let (main_whys, not_caught, not_contained) = (branch("main"), branch("not-caught"), branch("not-contained"));
        let answered = |why: &&WhyView| matches!(why.status, "proven" | "supported");
        IncidentContext {
            view,
            root_group,
            symptoms: if ends.is_empty() { root_group.into_iter().collect() } else { ends },
            consequences,
            inner: view.links.iter().filter(|link| group_of(view, &link.to).is_some()).collect(),
            partly_causes: partly(run, view, view, |link| (&link.to, &link.from)),
            partly_caused: run
                .incidents
                .iter()
                .flat_map(|other| partly(run, view, other, |link| (&link.from, &link.to)))
                .collect(),
            names: view.groups.iter().map(|group| (group.id.as_str(), group.title.as_str())).collect(),
            tree: chain::tree(view).into_iter().map(branch_context).collect(),
            has_requests: view.groups.iter().any(|group| group.variants.iter().any(|variant| variant.name == "call")),
            link_reasons: link_reasons(view),
            sum: sum(view),
            span_seconds: span_seconds(view),
            silent_seconds: silent_seconds(view, &run.coverage),
            detected_after_seconds: now(&run.coverage)
                .zip(view.first_seen)
                .map(|(now, first)| now.nanos_since(first) / 1_000_000_000)
                // Stamped later than it was read, an event says nothing of when it was found.
                .filter(|seconds| *seconds >= 0),
            location: frame.and_then(|frame| place(frame.file.as_deref(), frame.line)).or_else(|| {
                let candidate = view.cause.as_ref()?.candidates.first()?;
                place(Some(&candidate.file), Some(candidate.line))
            }),
            function: frame.and_then(|frame| frame.function.as_deref()),
            error: exception.map(|exception| error_line(exception.type_name.as_deref(), exception.message.as_deref())),
            contributing: not_caught.iter().chain(&not_contained).copied().filter(answered).collect(),
            main_whys,
            not_caught,
            not_contained,
            repairs: view.actions.iter().filter(|action| action.kind == "repair").collect(),
            next_action: view.actions.first(),
            missing_kinds: ["mitigate", "detect", "prevent"]
                .into_iter()
                .filter(|kind| view.actions.iter().all(|action| action.kind != *kind))
                .collect(),
            also: view.also_seen.iter().filter_map(|id| brief(run, id)).collect(),
            rank: run.incidents.iter().position(|other| other.fingerprint == view.fingerprint).map_or(0, |i| i + 1),
            of: run.incidents.len(),
        }
    }
}

/// Ranks the ends of a cascade by how far out they are: what callers get, then a stopped container, then depth.
fn outermost(view: &IncidentView, group: &GroupView) -> (u8, usize) {
    let request = group.variants.iter().any(|variant| variant.name == "call");
    let parent = |id: &str| view.links.iter().find(|link| link.to == id).map(|link| link.from.as_str());
    let way = std::iter::successors(Some(group.id.as_str()), |id| parent(id));
    let depth = way.take(view.groups.len()).count();
    (if request { 2 } else { u8::from(group.category == "exit") }, depth)
}

/// Returns when the run was made: the newest entry plus its age, rounded up to a whole second.
pub(crate) fn now(coverage: &CoverageView) -> Option<Timestamp> {
    const SECOND: i64 = 1_000_000_000;
    let exact = coverage.to?.plus_nanos(coverage.age_seconds?.saturating_mul(SECOND));
    // The age was rounded down, so the whole second that follows is when the run was made.
    Some(exact.plus_nanos((SECOND - exact.0.rem_euclid(SECOND)) % SECOND))
}

/// Returns the seconds between the first and the last event, rounded down.
pub(crate) fn span_seconds(view: &IncidentView) -> Option<i64> {
    Some(view.last_seen?.nanos_since(view.first_seen?) / 1_000_000_000)
}

/// Returns the seconds read after the last event of an incident, when they are a minute at least.
pub(crate) fn silent_seconds(view: &IncidentView, coverage: &CoverageView) -> Option<i64> {
    coverage.seconds_read_after(view.last_seen).filter(|seconds| *seconds >= 60)
}

/// Returns `Type: message`, whatever part of it is known.
pub(crate) fn error_line(type_name: Option<&str>, message: Option<&str>) -> String {
    [type_name, message].into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
}

fn union(run: &TriageView, list: fn(&IncidentView) -> &Vec<String>) -> Vec<&str> {
    // Asked for each document of a run: of many incidents few services are left before they are put in order.
    let mut all: foldhash::HashSet<&str> = foldhash::HashSet::default();
    all.extend(run.incidents.iter().flat_map(|incident| list(incident).iter().map(String::as_str)));
    let mut all: Vec<&str> = all.into_iter().collect();
    all.sort_unstable();
    all
}

fn group_of<'a>(incident: &'a IncidentView, id: &str) -> Option<&'a GroupView> {
    incident.groups.iter().find(|group| group.id == id)
}

/// Returns the links of `of` that join a group of `view` to one of another incident; `ends` tells the other's id and
/// the own one.
fn partly<'a>(
    run: &'a TriageView,
    view: &'a IncidentView,
    of: &'a IncidentView,
    ends: fn(&LinkView) -> (&String, &String),
) -> Vec<PartlyContext<'a>> {
    let context = |link: &'a LinkView| {
        let (other, own) = ends(link);
        let own = group_of(view, own)?;
        if group_of(view, other).is_some() {
            return None;
        }
        let (incident, group) = run.incidents.iter().find_map(|one| Some((one, group_of(one, other)?)))?;
        Some(PartlyContext { link, incident: &incident.id, title: &group.title, own: &own.title })
    };
    of.links.iter().filter_map(context).collect()
}

fn branch_context(branch: Branch<'_>) -> BranchContext<'_> {
    BranchContext {
        prefix: branch.prefix,
        title: &branch.group.title,
        entries: branch.group.entries,
        link: branch.link,
    }
}

fn brief<'a>(run: &'a TriageView, id: &str) -> Option<Brief<'a>> {
    let other = run.incidents.iter().find(|other| other.id == id)?;
    Some(Brief { id: &other.id, title: &other.title, priority: &other.priority, entries: other.entries })
}

fn place(file: Option<&str>, line: Option<u32>) -> Option<String> {
    let file = file?;
    Some(line.map_or(file.to_string(), |line| format!("{file}:{line}")))
}

/// The links' reasons, each once, in the order of the links.
fn link_reasons(incident: &IncidentView) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    for link in &incident.links {
        // A rule's reason names the rule already.
        let reason = if link.kind == "rule" { link.why.clone() } else { format!("{}: {}", link.kind, link.why) };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}

fn sum(view: &IncidentView) -> String {
    let parts: Vec<String> = view.groups.iter().map(|group| group.entries.to_string()).collect();
    match parts.len() {
        0 | 1 => format!("count(group {}) = {}", view.root, view.entries),
        _ => format!("{} = {}", view.entries, parts.join(" + ")),
    }
}

fn command(coverage: &CoverageView) -> String {
    let mut words = vec!["log-gardener triage".to_string()];
    words.extend(coverage.sources.iter().map(|source| shell::file(&source.source)));
    words.extend(coverage.asked.from.map(|time| format!("--since {time}")));
    words.extend(coverage.asked.to.map(|time| format!("--until {time}")));
    if let Some(checkout) = &coverage.checkout {
        words.push(format!("--repo {}", shell::file(&checkout.repo)));
        words.extend(checkout.map.iter().map(|rule| format!("--repo-map {}", shell::word(rule))));
        words.extend(checkout.deployed.iter().map(|commit| format!("--deployed {}", shell::word(commit))));
    }
    words.extend(now(coverage).map(|time| format!("--now {time}")));
    words.join(" ")
}
