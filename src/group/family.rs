//! Tells several groups of one family as one: counters add up, what differs is named together.
//! Leaves out which groups belong together: the incident that they fell into decides (`cascade::gather`).

use std::collections::{BTreeMap, BTreeSet};

use super::error_group::{BUILD_LIMIT, DISTINCT_LIMIT, ErrorGroup, SAMPLES, VARIANT_LIMIT};

/// Different values of one capture that are named; more are counted.
const NAMED: usize = 2;

/// Returns one group for all, which must be of one family; the family's fingerprint is its own.
pub(crate) fn told_together(mut groups: Vec<ErrorGroup>) -> Option<ErrorGroup> {
    // The earliest speaks for all; the largest says what kind of error it is.
    groups.sort_by(|a, b| (a.first_seen, &a.id).cmp(&(b.first_seen, &b.id)));
    let largest = groups.iter().max_by(|a, b| (a.events, &b.id).cmp(&(b.events, &a.id)))?.clone();
    let several = groups.len() > 1;
    let captures = captures(&groups);
    let statuses: BTreeSet<u16> = groups.iter().filter_map(|group| group.status).collect();
    let answers = if statuses.len() > 1 { answers(&groups) } else { BTreeMap::new() };
    let mut groups = groups.into_iter();
    let mut all = groups.next()?;
    for group in groups {
        add(&mut all, group);
    }
    let family = all.family.clone()?;
    all.id = family.fingerprint.hash.chars().take(12).collect();
    if several {
        (all.pattern, all.pattern_index) = (largest.pattern, largest.pattern_index);
        (all.category, all.role, all.status) = (largest.category, largest.role, largest.status);
        all.captures = captures;
        all.answers = answers;
        let service = all.services.keys().next().cloned();
        let title = family.title.fill(|name| match name {
            "service" => service.clone(),
            _ => all.captures.get(name).cloned(),
        });
        if all.title != largest.title || statuses.len() > 1 {
            all.title = title;
            all.template = largest.template;
        }
    }
    all.fingerprint.clone_from(&family.fingerprint);
    Some(all)
}

/// Returns which calls were answered with which status, which the counts of all together no longer tell.
fn answers(groups: &[ErrorGroup]) -> BTreeMap<(String, u16), u64> {
    let mut answers = BTreeMap::new();
    for group in groups {
        let calls = group.variants.get("call").into_iter().flatten();
        let Some(status) = group.status else { continue };
        for (call, count) in calls {
            *answers.entry((call.clone(), status)).or_default() += count;
        }
    }
    answers
}

/// Returns the captures of all: a value that all share as it is, few different ones by name, many by number.
fn captures(groups: &[ErrorGroup]) -> BTreeMap<String, String> {
    let mut values: BTreeMap<&String, BTreeSet<&String>> = BTreeMap::new();
    for (name, value) in groups.iter().flat_map(|group| &group.captures) {
        values.entry(name).or_default().insert(value);
    }
    let together = |name: &String, values: BTreeSet<&String>| match values.len() {
        0..=NAMED => values.into_iter().cloned().collect::<Vec<_>>().join("/"),
        // A status says too much to be a number of statuses.
        _ if name == "status" || name == "method" => values.into_iter().cloned().collect::<Vec<_>>().join("/"),
        many => format!("{many} {name}s"),
    };
    values.into_iter().map(|(name, values)| (name.clone(), together(name, values))).collect()
}

fn add(all: &mut ErrorGroup, group: ErrorGroup) {
    all.events += group.events;
    all.synthetic += group.synthetic;
    all.severity = all.severity.max(group.severity);
    all.first_seen = [all.first_seen, group.first_seen].into_iter().flatten().min();
    all.last_seen = all.last_seen.max(group.last_seen);
    for (sum, counts) in [
        (&mut all.services, group.services),
        (&mut all.revisions, group.revisions),
        (&mut all.projects, group.projects),
        (&mut all.instances, group.instances),
    ] {
        add_counts(sum, counts, DISTINCT_LIMIT);
    }
    add_counts(&mut all.builds, group.builds, BUILD_LIMIT);
    add_counts(&mut all.minutes, group.minutes, DISTINCT_LIMIT);
    for (name, values) in group.variants {
        let sum = all.variants.entry(name).or_default();
        for (value, count) in values {
            let known = sum.contains_key(&value) || sum.len() < VARIANT_LIMIT;
            *sum.entry(if known { value } else { "(others)".to_string() }).or_default() += count;
        }
    }
    all.samples.extend(group.samples);
    all.samples.sort();
    while all.samples.len() > SAMPLES {
        all.samples.remove(SAMPLES - 2);
    }
}

fn add_counts<K: Ord>(sum: &mut BTreeMap<K, u64>, counts: BTreeMap<K, u64>, limit: usize) {
    for (name, count) in counts {
        if sum.contains_key(&name) || sum.len() < limit {
            *sum.entry(name).or_default() += count;
        }
    }
}
