//! Incidents: each effect joins the incident of its best cause; a group without a cause is a root.
//! Leaves out how links are found. An incident is a tree, so no group is ever its own cause.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::group::ErrorGroup;
use crate::pattern::Role;

use super::tally::{Link, LinkKind};

/// A root group with all its consequences. One incident, one report, one GitHub issue.
#[derive(Debug, Clone)]
pub struct Incident {
    /// Index of the root group.
    pub root: usize,
    /// Indexes of all its groups, root first, then by first occurrence.
    pub groups: Vec<usize>,
    /// The link through which each consequence joined, further links that explain what it does not, and links to
    /// groups of other incidents, of which this one explains a part.
    pub links: Vec<Link>,
}

/// A group belongs to the incident of a cause if its causes explain at least this share of its events.
const LEAST_SHARE: f64 = 0.7;
/// A further cause explains at least so many events that no better one does.
const OWN_LEAST: usize = 3;

/// Forms incidents from candidate links; every group ends up in exactly one.
pub(super) fn form(links: Vec<Link>, groups: &[ErrorGroup]) -> Vec<Incident> {
    let candidates = one_direction(links, groups);
    let follows = explained_groups(&candidates);
    let mut parents: HashMap<usize, usize> = HashMap::new();
    let mut chosen: Vec<Link> = Vec::new();
    let mut rest: Vec<Link> = Vec::new();
    for link in candidates {
        if !follows.contains(&link.to) || parents.contains_key(&link.to) {
            rest.push(link);
        } else if !leads_to(&parents, link.from, link.to) {
            parents.insert(link.to, link.from);
            chosen.push(link);
        }
    }
    let root_of = |group: usize| {
        let mut at = group;
        while let Some(parent) = parents.get(&at) {
            at = *parent;
        }
        at
    };
    let mut incidents: BTreeMap<usize, Incident> = BTreeMap::new();
    for group in 0..groups.len() {
        let root = root_of(group);
        let incident =
            incidents.entry(root).or_insert_with(|| Incident { root, groups: Vec::new(), links: Vec::new() });
        incident.groups.push(group);
    }
    for link in chosen {
        if let Some(incident) = incidents.get_mut(&root_of(link.to)) {
            incident.links.push(link);
        }
    }
    add_what_else_explains(&mut incidents, rest, &parents, root_of);
    for incident in incidents.values_mut() {
        let root = incident.root;
        incident.groups.sort_by_key(|&at| (at != root, groups[at].first_seen, groups[at].id.clone()));
        incident
            .links
            .sort_by(|a, b| (a.kind, b.occurrences, a.from, a.to).cmp(&(b.kind, a.occurrences, b.from, b.to)));
    }
    incidents.into_values().collect()
}

/// Returns the groups that happen because of others, all causes taken together: what happens by itself as well is a
/// root, though a part of it has a cause.
fn explained_groups(candidates: &[Link]) -> HashSet<usize> {
    let mut effects: HashMap<usize, (BTreeSet<u32>, u64)> = HashMap::new();
    for link in candidates {
        let (explained, of) = effects.entry(link.to).or_default();
        explained.extend(&link.effects);
        *of = (*of).max(link.of);
    }
    let mostly = |(explained, of): &(BTreeSet<u32>, u64)| explained.len() as f64 >= LEAST_SHARE * *of as f64;
    effects.iter().filter(|(_, counted)| mostly(counted)).map(|(group, _)| *group).collect()
}

/// Returns links worth choosing from, best first, each pair of groups in one direction only.
fn one_direction(links: Vec<Link>, groups: &[ErrorGroup]) -> Vec<Link> {
    let strength = |link: &Link| (link.kind, std::cmp::Reverse(link.occurrences));
    let mut best: HashMap<(usize, usize), (LinkKind, std::cmp::Reverse<u64>)> = HashMap::new();
    for link in &links {
        let entry = best.entry((link.from, link.to)).or_insert(strength(link));
        *entry = (*entry).min(strength(link));
    }
    let mut kept: Vec<Link> = links
        .into_iter()
        .filter(|link| link.carries() || link.is_beyond_chance())
        .filter(|link| may_cause(&groups[link.from], &groups[link.to]))
        .filter(|link| match best.get(&(link.to, link.from)) {
            Some(back) => (strength(link), link.from) < (*back, link.to),
            None => true,
        })
        .collect();
    // Among causes of equal strength the one that is no effect itself comes first: the root, not a sibling.
    let effects: std::collections::HashSet<(usize, LinkKind)> = kept.iter().map(|link| (link.to, link.kind)).collect();
    kept.sort_by(|a, b| {
        let key = |link: &Link| {
            (
                !link.carries(),
                link.kind,
                (-link.share() * 20.0).round() as i64,
                link.kind != LinkKind::Rule && effects.contains(&(link.from, link.kind)),
                link.lag_p50.abs(),
                groups[link.from].first_seen,
            )
        };
        key(a)
            .cmp(&key(b))
            .then_with(|| (&groups[a.from].id, &groups[a.to].id).cmp(&(&groups[b.from].id, &groups[b.to].id)))
    });
    kept
}

/// Noise and findings cause nothing: they were there before and stay after.
fn may_cause(cause: &ErrorGroup, effect: &ErrorGroup) -> bool {
    !matches!(cause.role, Role::Noise | Role::Finding) && effect.role != Role::Noise
}

fn leads_to(parents: &HashMap<usize, usize>, from: usize, to: usize) -> bool {
    let mut at = from;
    loop {
        if at == to {
            return true;
        }
        match parents.get(&at) {
            Some(parent) => at = *parent,
            None => return false,
        }
    }
}

/// Keeps further causes of an effect where the better ones leave enough of its events unexplained.
fn add_what_else_explains(
    incidents: &mut BTreeMap<usize, Incident>,
    rest: Vec<Link>,
    parents: &HashMap<usize, usize>,
    root_of: impl Fn(usize) -> usize,
) {
    let mut explained: HashMap<usize, BTreeSet<u32>> = HashMap::new();
    for link in incidents.values().flat_map(|incident| &incident.links) {
        explained.entry(link.to).or_default().extend(&link.effects);
    }
    for link in rest {
        let known = explained.entry(link.to).or_default();
        let own = link.effects.iter().filter(|effect| !known.contains(effect)).count();
        // What a better link explains as well is no evidence for this one.
        let enough = own >= OWN_LEAST || own * 2 > link.effects.len();
        if own == 0 || !enough || leads_to(parents, link.from, link.to) {
            continue;
        }
        if let Some(incident) = incidents.get_mut(&root_of(link.from)) {
            known.extend(&link.effects);
            incident.links.push(link);
        }
    }
}
