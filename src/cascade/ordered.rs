//! Links between groups that follow each other on one instance more often than chance allows.
//! Leaves out groups below ERROR: a warning that precedes an error proves nothing about it. What two effects
//! of one cause have to do with each other is left to `apart`.
//!
//! The measure, a count test of precedence: of the effect's events, how many have a cause event on the same
//! instance in the window before them (k of n), against the chance of that for each event, which is the share of
//! the instance's time, over the whole input or just around the event, whichever is larger, that lies in such a
//! window anyway. The second share keeps errors apart that merely rise together, in a burst or an outage.
//! A link needs a probability that stays beyond chance among all pairs asked about (`chance`), and the opposite
//! order at most half as frequent: what follows each other both ways has no direction.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use foldhash::HashMap;

use crate::entry::Severity;
use crate::group::ErrorGroup;
use crate::group::binomial::upper_tail;
use crate::pattern::Role;

use super::apart::{By, Pair, Pairs, explained_away};
use super::chance::beyond;
use super::record::{EventRecord, Records};
use super::tally::{LinkKind, Tally};
use super::timeline::Timeline;

/// How long before an effect its cause may lie.
pub(super) const WINDOW_NANOS: i64 = 5_000_000_000;
/// Fewer occurrences cannot tell order from accident.
pub(super) const LEAST_OCCURRENCES: u64 = 3;
/// How many different groups one effect may look back on; more is a storm, and order says nothing in it.
const LOOK_BACK: usize = 32;
/// The largest share of wrong links among those told.
const BOUND: f64 = 0.01;

/// What was counted for one ordered pair of groups.
#[derive(Debug, Clone, Default)]
pub(super) struct Order {
    /// (cause event, effect event), by place among the records.
    pub(super) forward: Vec<(u32, u32)>,
    /// On how many instances.
    instances: u32,
    /// The instance that was counted last.
    last: u32,
}

/// What was counted for all pairs.
#[derive(Debug, Default)]
pub(super) struct Orders {
    /// (cause group, effect group) -> what was counted, where it is enough to be asked about one way or the other.
    pub(super) pairs: BTreeMap<(u32, u32), Order>,
    /// Group -> events on an instance.
    pub(super) sizes: HashMap<u32, u64>,
    timelines: Vec<Timeline>,
}

/// What became of the pairs that were asked about.
pub(super) struct Judged<'o> {
    /// Beyond chance.
    pub(super) found: Pairs<'o>,
    /// Beyond chance, but another cause of the same effect explains them.
    pub(super) explained: BTreeMap<(u32, u32), By<u32>>,
}

impl Orders {
    /// Returns the probability of so many by chance.
    pub(super) fn probability(&self, pair: (u32, u32)) -> f64 {
        let (Some(order), Some(&size)) = (self.pairs.get(&pair), self.sizes.get(&pair.1)) else { return 1.0 };
        upper_tail(order.forward.len() as u64, size, self.expected(pair) / size.max(1) as f64)
    }

    /// Returns how many of the effect's events would have the cause in the window before them by chance.
    pub(super) fn expected(&self, pair: (u32, u32)) -> f64 {
        // Every effect event has its chance, not only those where it came true.
        self.timelines.iter().map(|timeline| timeline.expected(pair)).sum()
    }

    /// Returns how often the cause comes first.
    pub(super) fn forward(&self, pair: (u32, u32)) -> u64 {
        self.pairs.get(&pair).map_or(0, |order| order.forward.len() as u64)
    }

    /// Returns how often the effect comes first.
    pub(super) fn backward(&self, pair: (u32, u32)) -> u64 {
        self.forward((pair.1, pair.0))
    }

    /// Whether it looks like a script: once per instance on every instance is order without variation.
    pub(super) fn is_scripted(&self, pair: (u32, u32)) -> bool {
        self.pairs.get(&pair).is_some_and(|order| {
            order.forward.len() == order.instances as usize
                && Some(&u64::from(order.instances)) == self.sizes.get(&pair.1)
        })
    }

    /// Returns the pairs beyond chance, and which of them another pair explains.
    pub(super) fn judge(&self, records: &[EventRecord]) -> Judged<'_> {
        let candidates: Vec<(u32, u32)> = self.pairs.keys().copied().filter(|pair| self.is_candidate(*pair)).collect();
        let chances: Vec<f64> = candidates.iter().map(|pair| self.probability(*pair)).collect();
        let beyond = beyond(&chances, BOUND);
        let found: Pairs<'_> = candidates
            .iter()
            .zip(&chances)
            .zip(beyond)
            .filter(|(_, beyond)| *beyond)
            .map(|((pair, chance), _)| (*pair, Pair { forward: &self.pairs[pair].forward, chance: *chance }))
            .collect();
        let explained = explained_away(&found, records);
        Judged { found, explained }
    }

    /// Whether there is enough of it, in one direction, to be asked about.
    pub(super) fn is_candidate(&self, pair: (u32, u32)) -> bool {
        let occurrences = self.forward(pair);
        occurrences >= LEAST_OCCURRENCES && occurrences >= self.backward(pair) * 2 && !self.is_scripted(pair)
    }
}

/// Notes significant orders among `records`, which are in time order.
pub(super) fn note(records: &[EventRecord], words: &Records, groups: &[ErrorGroup], tally: &mut Tally) {
    let orders = count(records, groups, LEAST_OCCURRENCES as u8);
    let Judged { mut found, explained } = orders.judge(records);
    found.retain(|pair, _| !explained.contains_key(pair));
    for pair in found.values() {
        for (cause_at, effect_at) in pair.forward {
            let (cause, effect) = (&records[*cause_at as usize], &records[*effect_at as usize]);
            tally.note(LinkKind::Instance, None, (cause, effect), *effect_at as usize, || {
                Some(("instance".into(), words.word(effect.instance)))
            });
        }
        if let Some((cause, effect)) = pair.forward.first() {
            let groups = (records[*cause as usize].group, records[*effect as usize].group);
            tally.beyond_chance(groups, LinkKind::Instance, pair.chance);
        }
    }
}

/// Returns why a group is not asked about, if it is not.
pub(super) fn left_out(group: &ErrorGroup) -> Option<&'static str> {
    if group.is_request {
        Some("a request is no event of its instance's log")
    } else if matches!(group.role, Role::Finding | Role::Noise) {
        Some("a finding or noise is there all the time")
    } else if group.severity < Severity::Error {
        Some("order proves nothing below ERROR")
    } else {
        None
    }
}

/// Counts how groups follow each other on instances; pairs that occur less often than `least` either way may be left out.
pub(super) fn count(records: &[EventRecord], groups: &[ErrorGroup], least: u8) -> Orders {
    let asked: Vec<bool> = groups.iter().map(|group| left_out(group).is_none()).collect();
    let speaks = |record: &EventRecord| record.instance != 0 && !record.is_request() && asked[record.group as usize];
    let mut by_instance: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (at, record) in records.iter().enumerate() {
        if speaks(record) {
            by_instance.entry(record.instance).or_default().push(at as u32);
        }
    }
    let mut orders = Orders::default();
    let mut found = Vec::new();
    // Nearly all pairs occur once or twice; what is known of each would take more memory than all records.
    let mut often = Often::default();
    for list in by_instance.values().filter(|_| least > 1) {
        for (place, &at) in list.iter().enumerate() {
            look_back(records, list, place, &mut found);
            found.iter().for_each(|(_, cause)| often.count((*cause, records[at as usize].group)));
        }
    }
    for (instance, list) in &by_instance {
        for (place, &at) in list.iter().enumerate() {
            let effect = &records[at as usize];
            *orders.sizes.entry(effect.group).or_default() += 1;
            look_back(records, list, place, &mut found);
            for &(cause_at, cause_group) in &found {
                let pair = (cause_group, effect.group);
                if least > 1 && !often.may_reach(pair, least) {
                    continue;
                }
                let order = orders.pairs.entry(pair).or_default();
                order.forward.push((cause_at, at));
                order.instances += u32::from(order.last != *instance);
                order.last = *instance;
            }
        }
        orders.timelines.push(Timeline::of(records, list, WINDOW_NANOS));
    }
    orders
}

/// How often pairs occur at most: several may share a count, so that it may be too high and is never too low.
#[derive(Default)]
struct Often(Vec<u8>);

/// Counts for pairs.
const COUNTS: usize = 1 << 20;

impl Often {
    fn place(pair: (u32, u32)) -> usize {
        foldhash::fast::FixedState::default().hash_one(pair) as usize % COUNTS
    }

    fn count(&mut self, pair: (u32, u32)) {
        self.0.resize(COUNTS, 0);
        let count = &mut self.0[Often::place(pair)];
        *count = count.saturating_add(1);
    }

    /// Whether the pair, one way or the other, may occur so often.
    fn may_reach(&self, pair: (u32, u32), least: u8) -> bool {
        let of = |pair| self.0.get(Often::place(pair)).is_some_and(|count| *count >= least);
        of(pair) || of((pair.1, pair.0))
    }
}

/// Finds the nearest earlier event of each other group within the window.
fn look_back(records: &[EventRecord], list: &[u32], place: usize, found: &mut Vec<(u32, u32)>) {
    let effect = &records[list[place] as usize];
    found.clear();
    for &at in list[..place].iter().rev().take(8 * LOOK_BACK) {
        let cause = &records[at as usize];
        if effect.end.saturating_sub(cause.end) > WINDOW_NANOS || found.len() >= LOOK_BACK {
            break;
        }
        if cause.group != effect.group
            && cause.end < effect.end
            && !found.iter().any(|(_, group)| *group == cause.group)
        {
            found.push((at, cause.group));
        }
    }
}
