//! Once causes are known, tells groups of one family in one incident as one group, and families whose cause
//! is not known as one incident of their service. Leaves out how groups add up: see `group`.
//!
//! Failed requests are told apart by route and status until here, because that is how their causes are found;
//! a reader wants one line for what the callers of a service saw because of one cause.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::incident::Incident;
use super::tally::Link;
use super::{Cascades, LinkKind};
use crate::group::{ErrorGroup, told_together};

/// Returns groups and incidents with families told together, and for each old group the index of its new one.
pub fn gather(groups: Vec<ErrorGroup>, cascades: Cascades) -> (Vec<ErrorGroup>, Cascades, Vec<usize>) {
    let incidents = one_per_family(&groups, cascades.incidents);
    // Cells of one incident and one family share a key; every other group is alone under its own.
    let mut cells: BTreeMap<(usize, Option<&str>, usize), Vec<usize>> = BTreeMap::new();
    for (at, incident) in incidents.iter().enumerate() {
        for &group in &incident.groups {
            let family = groups[group].family.as_ref().map(|family| family.fingerprint.hash.as_str());
            let alone = if family.is_some() { 0 } else { group };
            cells.entry((at, family, alone)).or_default().push(group);
        }
    }
    let mut cells: Vec<Vec<usize>> = cells.into_values().collect();
    // Groups stand by first event, so the first cell places the whole.
    cells.iter_mut().for_each(|cells| cells.sort_unstable());
    cells.sort();
    let mut places = vec![0; groups.len()];
    for (place, cells) in cells.iter().enumerate() {
        cells.iter().for_each(|&cell| places[cell] = place);
    }
    let mut taken: Vec<Option<ErrorGroup>> = groups.into_iter().map(Some).collect();
    let mut gathered = Vec::with_capacity(cells.len());
    for cells in &cells {
        let mut members: Vec<ErrorGroup> = cells.iter().filter_map(|&cell| taken[cell].take()).collect();
        let alone = members.len() == 1 && members[0].family.is_none();
        let group = if alone { members.pop() } else { told_together(members) };
        gathered.extend(group);
    }
    let incidents = incidents.into_iter().map(|incident| renumber(incident, &places, &gathered)).collect();
    (gathered, Cascades { incidents, ..cascades }, places)
}

/// Joins the incidents whose roots are of one family: their causes are unknown, and they are told as one.
fn one_per_family(groups: &[ErrorGroup], incidents: Vec<Incident>) -> Vec<Incident> {
    let mut by_family: HashMap<&str, usize> = HashMap::new();
    let mut joined: Vec<Incident> = Vec::with_capacity(incidents.len());
    for incident in incidents {
        let family = groups[incident.root].family.as_ref().map(|family| family.fingerprint.hash.as_str());
        match family.and_then(|family| by_family.get(family)) {
            Some(&first) => {
                let first: &mut Incident = &mut joined[first];
                first.groups.extend(incident.groups);
                first.links.extend(incident.links);
            }
            None => {
                if let Some(family) = family {
                    by_family.insert(family, joined.len());
                }
                joined.push(incident);
            }
        }
    }
    joined
}

fn renumber(incident: Incident, places: &[usize], groups: &[ErrorGroup]) -> Incident {
    let root = places[incident.root];
    let distinct: BTreeSet<usize> = incident.groups.iter().map(|&group| places[group]).collect();
    let mut members: Vec<usize> = distinct.into_iter().collect();
    members.sort_by_key(|&at| (at != root, groups[at].first_seen, groups[at].id.clone()));
    let mut links: BTreeMap<(usize, usize, LinkKind, Option<String>), Link> = BTreeMap::new();
    for link in incident.links {
        let link = Link { from: places[link.from], to: places[link.to], ..link };
        if link.from == link.to || link.to == root {
            // What was between two cells of one group, or made the root an effect of its own effect.
            continue;
        }
        let key = (link.from, link.to, link.kind, link.rule.clone());
        match links.get_mut(&key) {
            Some(known) => add(known, link),
            None => drop(links.insert(key, link)),
        }
    }
    let links = without_circles(links.into_values().collect(), root);
    Incident { root, groups: members, links }
}

fn add(known: &mut Link, other: Link) {
    // The median of the larger part stands for both.
    if other.occurrences > known.occurrences {
        known.lag_p50 = other.lag_p50;
    }
    known.occurrences += other.occurrences;
    known.of += other.of;
    known.not_judged += other.not_judged;
    known.lag_max = known.lag_max.max(other.lag_max);
    known.evidence.extend(other.evidence);
    known.evidence.truncate(3);
}

/// Keeps the links, strongest first, that lead away from the root: told together, two groups may each have
/// been the cause of a part of the other.
fn without_circles(mut links: Vec<Link>, root: usize) -> Vec<Link> {
    links.sort_by(|a, b| (a.kind, b.occurrences, a.from, a.to).cmp(&(b.kind, a.occurrences, b.from, b.to)));
    let mut kept: Vec<Link> = Vec::with_capacity(links.len());
    for link in links {
        let mut reached = BTreeSet::from([link.to]);
        let mut open = vec![link.to];
        while let Some(at) = open.pop() {
            for next in kept.iter().filter(|known| known.from == at).map(|known| known.to) {
                if reached.insert(next) {
                    open.push(next);
                }
            }
        }
        if !reached.contains(&link.from) && link.to != root {
            kept.push(link);
        }
    }
    kept
}
