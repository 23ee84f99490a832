//! Links between groups that follow each other on one instance more often than chance allows.
//! Leaves out groups below ERROR: a warning that precedes an error proves nothing about it.
//!
//! The measure: of the effect's events, how many have a cause event on the same instance in the
//! window before them (k of n), against the share of that instance's time that lies in such a window
//! anyway (p). A link needs P(X >= k) for X ~ Binomial(n, p) below one in a million, half of the
//! effect's events explained, and the opposite order at most half as frequent. The bound stays below
//! 1 % over ten thousand pairs tested (Bonferroni).

use std::collections::{BTreeMap, HashMap};

use crate::entry::Severity;
use crate::group::ErrorGroup;
use crate::pattern::Role;

use super::record::{EventRecord, Records};
use super::tally::{LinkKind, Tally};

/// How long before an effect its cause may lie.
const WINDOW_NANOS: i64 = 5_000_000_000;
/// Fewer occurrences cannot tell order from accident.
const LEAST_OCCURRENCES: u64 = 3;
/// How many different groups one effect may look back on; more is a storm, and order says nothing in it.
const LOOK_BACK: usize = 32;
/// Largest chance of a link by accident.
const SIGNIFICANCE: f64 = 1e-6;

#[derive(Default)]
struct Pair {
    forward: Vec<(u32, u32)>,
    chance: f64,
    instances: BTreeMap<u32, (u32, u32)>,
}

/// Notes significant orders among `records`, which are in time order.
pub(super) fn note(records: &[EventRecord], words: &Records, groups: &[ErrorGroup], tally: &mut Tally) {
    let speaks = |record: &EventRecord| {
        let group = &groups[record.group as usize];
        record.instance != 0
            && !record.is_request
            && group.severity >= Severity::Error
            && !matches!(group.role, Role::Finding | Role::Noise)
    };
    let mut by_instance: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (at, record) in records.iter().enumerate() {
        if speaks(record) {
            by_instance.entry(record.instance).or_default().push(at as u32);
        }
    }
    let mut sizes: HashMap<u32, u64> = HashMap::new();
    let mut pairs: BTreeMap<(u32, u32), Pair> = BTreeMap::new();
    for (instance, list) in &by_instance {
        let covered = coverage(records, list);
        for (place, &at) in list.iter().enumerate() {
            let effect = &records[at as usize];
            *sizes.entry(effect.group).or_default() += 1;
            for (cause_at, cause_group) in look_back(records, list, place) {
                let pair = pairs.entry((cause_group, effect.group)).or_default();
                pair.forward.push((cause_at, at));
                pair.chance += covered.get(&cause_group).copied().unwrap_or(1.0);
                let seen = pair.instances.entry(*instance).or_default();
                seen.0 += 1;
            }
        }
    }
    for ((cause, effect), pair) in &pairs {
        let occurrences = pair.forward.len() as u64;
        let size = sizes.get(effect).copied().unwrap_or(0);
        let backward = pairs.get(&(*effect, *cause)).map_or(0, |pair| pair.forward.len()) as u64;
        // Once per instance on every instance is what any start-up script looks like: order without variation.
        let scripted = pair.instances.values().all(|(count, _)| *count == 1) && pair.instances.len() as u64 == size;
        let mean_chance = pair.chance / occurrences.max(1) as f64;
        if occurrences >= LEAST_OCCURRENCES
            && occurrences * 2 >= size
            && occurrences >= backward * 2
            && !scripted
            && binomial_tail(occurrences, size, mean_chance) < SIGNIFICANCE
        {
            for (cause_at, effect_at) in &pair.forward {
                let (cause, effect) = (&records[*cause_at as usize], &records[*effect_at as usize]);
                tally.note(LinkKind::Instance, None, (cause, effect), *effect_at as usize, || {
                    Some(("instance".into(), words.word(effect.instance).to_string()))
                });
            }
        }
    }
}

/// Returns, for each group, the share of the instance's time within a window after one of its events.
fn coverage(records: &[EventRecord], list: &[u32]) -> HashMap<u32, f64> {
    let time = |at: &u32| records[*at as usize].end;
    let span = match (list.first(), list.last()) {
        (Some(first), Some(last)) => time(last) - time(first) + WINDOW_NANOS,
        _ => WINDOW_NANOS,
    };
    let mut covered: HashMap<u32, (i64, i64)> = HashMap::new();
    for at in list {
        let record = &records[*at as usize];
        let (sum, until) = covered.entry(record.group).or_insert((0, i64::MIN));
        let from = record.end.max(*until);
        let to = record.end + WINDOW_NANOS;
        *sum += to - from;
        *until = to;
    }
    covered.into_iter().map(|(group, (sum, _))| (group, (sum as f64 / span as f64).min(1.0))).collect()
}

/// Returns the nearest earlier event of each other group within the window.
fn look_back(records: &[EventRecord], list: &[u32], place: usize) -> Vec<(u32, u32)> {
    let effect = &records[list[place] as usize];
    let mut found: Vec<(u32, u32)> = Vec::new();
    for &at in list[..place].iter().rev().take(8 * LOOK_BACK) {
        let cause = &records[at as usize];
        if effect.end - cause.end > WINDOW_NANOS || found.len() >= LOOK_BACK {
            break;
        }
        if cause.group != effect.group
            && cause.end < effect.end
            && !found.iter().any(|(_, group)| *group == cause.group)
        {
            found.push((at, cause.group));
        }
    }
    found
}

/// Returns P(X >= k) for X ~ Binomial(n, p), summed in logarithms so that small values stay exact.
fn binomial_tail(k: u64, n: u64, p: f64) -> f64 {
    if k == 0 || p >= 1.0 {
        return 1.0;
    }
    if p <= 0.0 {
        return 0.0;
    }
    let mut log_choose = 0.0;
    let mut sum = 0.0;
    for i in 0..=n {
        if i >= k {
            sum += (log_choose + i as f64 * p.ln() + (n - i) as f64 * (1.0 - p).ln()).exp();
        }
        log_choose += ((n - i) as f64).ln() - ((i + 1) as f64).ln();
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::binomial_tail;

    #[test]
    fn the_tail_agrees_with_values_from_a_table() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
        near(binomial_tail(3, 3, 0.5), 0.125);
        near(binomial_tail(1, 4, 0.25), 1.0 - 0.75f64.powi(4));
        near(binomial_tail(0, 9, 0.1), 1.0);
        assert!(binomial_tail(15, 15, 0.5) < 1e-4);
    }
}
