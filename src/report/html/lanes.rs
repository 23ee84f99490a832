//! Which rows a chart has: one per group of an incident, or one per incident of a run; the last ones together.
//! Leaves out drawing them (`chart`) and their figures (`figures`).

use std::collections::BTreeMap;

use super::super::view::{GroupView, IncidentView, TriageView};

/// Rows of their own; what comes after them is one row together.
const MOST: usize = 12;

/// One row of the picture.
pub(super) struct Lane {
    pub title: String,
    /// How it is painted: `root` or `bar`.
    pub class: &'static str,
    /// Events per minute since 1970.
    pub minutes: BTreeMap<i64, u64>,
    /// All its events, also those without a minute.
    pub entries: u64,
}

/// Returns the groups of an incident, the root first.
pub(super) fn of_groups(incident: &IncidentView) -> Vec<Lane> {
    let lane = |group: &GroupView| Lane {
        title: group.title.clone(),
        class: if group.id == incident.root { "root" } else { "bar" },
        minutes: group.minutes.clone(),
        entries: group.entries,
    };
    merged(incident.groups.iter().map(lane).collect(), "groups")
}

/// Returns the incidents of a run, without noise.
pub(super) fn of_incidents(run: &TriageView) -> Vec<Lane> {
    let lane = |incident: &IncidentView| {
        let mut minutes = BTreeMap::new();
        for (minute, events) in incident.groups.iter().flat_map(|group| &group.minutes) {
            *minutes.entry(*minute).or_default() += events;
        }
        let class = if incident.priority == "P0" { "root" } else { "bar" };
        Lane { title: format!("{} {}", incident.priority, incident.title), class, minutes, entries: incident.entries }
    };
    merged(run.incidents.iter().filter(|incident| incident.noise.is_none()).map(lane).collect(), "incidents")
}

/// Puts what is beyond the last row into one.
fn merged(mut lanes: Vec<Lane>, what: &str) -> Vec<Lane> {
    if lanes.len() > MOST {
        let rest = lanes.split_off(MOST - 1);
        let mut all =
            Lane { title: format!("{} more {what}", rest.len()), class: "bar", minutes: BTreeMap::new(), entries: 0 };
        for lane in rest {
            all.entries += lane.entries;
            for (minute, events) in lane.minutes {
                *all.minutes.entry(minute).or_default() += events;
            }
        }
        lanes.push(all);
    }
    lanes
}
