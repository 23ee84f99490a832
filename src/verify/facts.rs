//! What can be said about a run: counts with what they count, places, priorities, and what its own documents say.
//! Leaves out the text of the entries: `sought`.

use std::collections::{BTreeMap, BTreeSet};

use super::claim::{Kind, tokens};
use crate::report::view::{IncidentView, TriageView};

/// What is counted, by the words for it.
const UNITS: [(&str, &[&str]); 8] = [
    ("event", &["event", "error", "failure", "occurrence", "exception", "time", "crash"]),
    ("entry", &["entry", "log", "record", "line"]),
    ("instance", &["instance", "container", "pod", "replica"]),
    ("request", &["request", "call"]),
    ("group", &["group", "kind"]),
    ("incident", &["incident", "finding"]),
    ("duplicate", &["duplicate"]),
    ("consequence", &["consequence", "other"]),
];

/// One count.
#[derive(Debug, Clone)]
pub(super) struct Count {
    /// How many.
    pub(super) value: u64,
    /// Of what.
    pub(super) unit: &'static str,
    /// Names by which a line speaks of this one; none for the incident or the run as a whole.
    pub(super) names: Vec<String>,
}

/// What can be said about a run, and about the incident that a document is about.
#[derive(Debug)]
pub(super) struct Facts {
    /// Counts.
    pub(super) counts: Vec<Count>,
    /// `file:line` of frames and samples.
    pub(super) places: BTreeSet<String>,
    /// Names of an incident, and its priority.
    pub(super) priorities: Vec<(Vec<String>, String)>,
    /// The priority of the incident that the document is about.
    pub(super) priority: Option<String>,
    /// First and last event, where the document is about one incident.
    pub(super) seen: Option<(Option<i64>, Option<i64>)>,
    /// The fingerprint of the incident that the document is about.
    pub(super) about: Option<String>,
    /// Fingerprints.
    pub(super) fingerprints: BTreeSet<String>,
    /// Everything the program's own documents say.
    pub(super) text: String,
    /// Their code spans and quotations.
    pub(super) spans: BTreeSet<String>,
    /// Their lines by each number in them.
    pub(super) lines: BTreeMap<String, Vec<String>>,
}

impl Facts {
    /// Returns the facts of a run; `about` is the incident of the document, `pages` what is rendered of the run.
    ///
    /// In `free` prose the incident is meant where it is named; what its beginning and end are is not told by a word.
    pub(super) fn of(view: &TriageView, about: Option<&str>, pages: &[&str], free: bool) -> Facts {
        let about = view.incidents.iter().find(|incident| Some(incident.fingerprint.as_str()) == about);
        let mut facts = Facts {
            counts: run_counts(view),
            places: BTreeSet::new(),
            priorities: view.incidents.iter().map(|one| (names(one), one.priority.clone())).collect(),
            priority: about.filter(|_| !free).map(|incident| incident.priority.clone()),
            about: about.map(|incident| incident.fingerprint.clone()),
            seen: about
                .filter(|_| !free)
                .map(|one| (one.first_seen.map(|time| time.0), one.last_seen.map(|time| time.0))),
            fingerprints: view.incidents.iter().map(|incident| incident.fingerprint.clone()).collect(),
            text: pages.join("\n"),
            spans: BTreeSet::new(),
            lines: BTreeMap::new(),
        };
        for incident in &view.incidents {
            facts.add_places(incident);
            let whole = about.is_some_and(|about| about.fingerprint == incident.fingerprint);
            facts.counts.extend(incident_counts(incident, whole));
            if free && whole {
                facts.counts.extend(incident_counts(incident, false));
            }
        }
        for line in pages.iter().flat_map(|page| page.lines()) {
            for token in tokens(line) {
                match token.kind {
                    Kind::Quotation | Kind::Id | Kind::Place => {
                        facts.spans.insert(super::sought::inner(token.text));
                    }
                    Kind::Duration | Kind::Percent | Kind::Ratio | Kind::Number => {
                        facts.lines.entry(token.text.to_string()).or_default().push(line.to_lowercase());
                    }
                    _ => {}
                }
            }
        }
        facts
    }

    fn add_places(&mut self, incident: &IncidentView) {
        for group in &incident.groups {
            let frames = group.exception.iter().flat_map(|exception| &exception.frames);
            let frames = frames.filter_map(|frame| Some(format!("{}:{}", frame.file.as_ref()?, frame.line?)));
            let samples = group.samples.iter().filter_map(|sample| Some(format!("{}:{}", sample.source, sample.line?)));
            self.places.extend(frames.chain(samples));
        }
    }
}

/// Returns what a word counts, if it is one of the known units.
pub(super) fn unit(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    let is = |stem: &str| {
        let ending = word.strip_prefix(stem);
        matches!(ending, Some("" | "s" | "es")) || (stem == "entry" && word == "entries")
    };
    UNITS.iter().find(|(_, words)| words.iter().any(|stem| is(stem))).map(|(unit, _)| *unit)
}

/// Returns the word for several of a unit.
pub(super) fn many(unit: &str) -> String {
    match unit.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{unit}s"),
    }
}

fn run_counts(view: &TriageView) -> Vec<Count> {
    let noise = view.incidents.iter().filter(|incident| incident.noise.is_some()).count() as u64;
    let all = view.incidents.len() as u64;
    let run = || vec!["input".to_string(), "window".to_string(), "export".to_string(), "run".to_string()];
    let mut counts = vec![
        Count { value: view.coverage.entries, unit: "entry", names: Vec::new() },
        Count { value: view.coverage.duplicates, unit: "duplicate", names: Vec::new() },
        Count { value: view.coverage.events, unit: "event", names: run() },
        Count { value: all - noise, unit: "incident", names: Vec::new() },
        Count { value: noise, unit: "incident", names: vec!["noise".to_string()] },
    ];
    for (severity, count) in &view.coverage.by_severity {
        counts.push(Count { value: *count, unit: "entry", names: vec![severity.to_lowercase()] });
    }
    for source in &view.coverage.sources {
        counts.push(Count { value: source.entries, unit: "entry", names: vec![source.source.to_lowercase()] });
    }
    counts
}

/// What is counted of one incident; of the one the document is about, without naming it.
fn incident_counts(incident: &IncidentView, whole: bool) -> Vec<Count> {
    let whole = if whole { Vec::new() } else { names(incident) };
    let groups = incident.groups.len() as u64;
    let mut counts = vec![
        Count { value: incident.entries, unit: "event", names: whole.clone() },
        Count { value: groups, unit: "group", names: whole.clone() },
        Count { value: groups.saturating_sub(1), unit: "consequence", names: whole.clone() },
    ];
    counts.extend(incident.instances.map(|value| Count { value, unit: "instance", names: whole.clone() }));
    for group in &incident.groups {
        let mut names = vec![group.id.to_lowercase(), group.title.to_lowercase()];
        names.extend(group.samples.iter().filter_map(|sample| sample.insert_id.clone()));
        names.extend(group.pattern.clone());
        names.extend(group.exception.as_ref().and_then(|exception| exception.type_name.clone()));
        names.iter_mut().for_each(|name| *name = name.to_lowercase());
        counts.push(Count { value: group.entries, unit: "event", names: names.clone() });
        counts.extend(group.instances.map(|value| Count { value, unit: "instance", names: names.clone() }));
        counts.extend(group.variants.iter().map(|variant| Count {
            value: variant.count,
            unit: if variant.name == "call" { "request" } else { "event" },
            names: vec![variant.value.to_lowercase()],
        }));
    }
    // "10 failed requests": what analysis states has been counted by it.
    for statement in &incident.impact {
        let line = tokens(&statement.text);
        let of: Vec<String> = line
            .iter()
            .filter(|token| token.kind == Kind::Quotation)
            .map(|token| super::sought::inner(token.text).to_lowercase())
            .collect();
        for (at, token) in line.iter().enumerate().filter(|(_, token)| token.kind == Kind::Number) {
            let unit = line[at + 1..].iter().take(2).find_map(|word| unit(word.text));
            let value = token.text.replace(',', "").parse().ok();
            if let (Some(unit), Some(value)) = (unit, value) {
                let names = if of.is_empty() { whole.clone() } else { of.clone() };
                counts.push(Count { value, unit, names });
            }
        }
    }
    counts
}

fn names(incident: &IncidentView) -> Vec<String> {
    vec![incident.id.clone(), incident.fingerprint.clone(), incident.title.to_lowercase()]
}

/// Returns a length of time as our documents write it: `4 minutes and 5 seconds` is `4 min 5 s`.
pub(super) fn short(text: &str) -> String {
    let words = text.split([' ', ',']).filter(|word| !word.is_empty() && *word != "and");
    let words = words.map(|word| match word {
        "second" | "seconds" | "sec" | "secs" => "s",
        "minute" | "minutes" | "mins" => "min",
        "hour" | "hours" => "h",
        "day" | "days" => "d",
        _ => word,
    });
    words.collect::<Vec<_>>().join(" ")
}
