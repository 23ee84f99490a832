//! From the view of a run to sightings: what of each incident is worth remembering.
//! Leaves out what was seen before.

use std::collections::BTreeMap;

use super::{Kin, Minute, Sighting};
use crate::report::view::{GroupView, IncidentView, TriageView};

/// Returns one sighting per incident of the run.
pub fn sightings(view: &TriageView) -> Vec<Sighting> {
    view.incidents.iter().map(sighting).collect()
}

fn sighting(incident: &IncidentView) -> Sighting {
    let root = incident.groups.iter().find(|group| group.id == incident.root);
    let mut minutes: BTreeMap<i64, Minute> = BTreeMap::new();
    for group in &incident.groups {
        for (minute, events) in &group.minutes {
            let tally = minutes.entry(*minute).or_default();
            tally.events += events;
            tally.root += if group.id == incident.root { *events } else { 0 };
        }
    }
    Sighting {
        fingerprint: incident.fingerprint.clone(),
        kin: root.map(kin_of).unwrap_or_default(),
        title: incident.title.clone(),
        category: incident.category.clone(),
        priority: incident.priority.clone(),
        noise: incident.noise.clone(),
        cause: incident.root_cause.text.clone(),
        services: incident.services.clone(),
        revisions: incident.revisions.clone(),
        consequences: incident
            .groups
            .iter()
            .filter(|group| group.id != incident.root)
            .map(|group| group.fingerprint.clone())
            .collect(),
        events: incident.entries,
        first_seen: incident.first_seen,
        last_seen: incident.last_seen,
        minutes,
    }
}

/// Returns what stays of a group when its wording changes.
pub fn kin_of(group: &GroupView) -> Kin {
    let part = |name: &str| {
        let found = group.fingerprint_parts.iter().find(|part| part.name == name);
        found.map(|part| part.value.clone()).unwrap_or_default()
    };
    // The parts with fixed names say where and how; any other part is what the pattern captured.
    const FIXED: [&str; 10] =
        ["service", "pattern", "type", "message", "frames", "logged at", "status", "method", "route", "client"];
    let mut about: Vec<String> = group
        .fingerprint_parts
        .iter()
        .filter(|part| !FIXED.contains(&part.name.as_str()))
        .map(|part| format!("{}={}", part.name, part.value))
        .collect();
    about.sort();
    let innermost = part("frames").lines().next().unwrap_or("").to_string();
    let request = [part("status"), part("method"), part("route"), part("client")];
    Kin {
        service: part("service"),
        pattern: group.pattern.clone().unwrap_or_default(),
        about,
        type_name: part("type"),
        place: if innermost.is_empty() { part("logged at") } else { innermost },
        request: request.join(" ").trim().to_string(),
        template: group.template.clone(),
    }
}
