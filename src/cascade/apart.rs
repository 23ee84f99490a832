//! What two effects of one cause have to do with each other: nothing, though they always come in one order.
//! Leaves out finding the pairs.
//!
//! For a cause R of both A and B, the pair A -> B is asked again where R is absent, and R -> B where A does not lie
//! between (conditional independence, as in P. Spirtes, C. Glymour, R. Scheines, "Causation, Prediction, and
//! Search", 1993). The pair that occurs only together with the other is explained by it; where both occur only
//! together nothing tells a chain from a star, and the star from the first of them is told, for R is no effect.

use std::collections::{BTreeMap, HashMap};

use super::ordered::{LEAST_OCCURRENCES, WINDOW_NANOS};
use super::record::EventRecord;

/// A pair of groups in an order beyond chance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'o> {
    /// (cause event, effect event), by place among the records.
    pub(super) forward: &'o [(u32, u32)],
    /// The probability of so many by chance.
    pub(super) chance: f64,
}

/// (cause group, effect group) -> the pair.
pub(super) type Pairs<'o> = BTreeMap<(u32, u32), Pair<'o>>;

/// Causes of one effect that are held against each other.
const MOST_CAUSES: usize = 24;
/// A pair stands on its own if this share of its occurrences does.
const OWN_SHARE: f64 = 0.1;

/// The cause of another pair that explains a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<Group> {
    /// It comes before both and leads to both.
    Before(Group),
    /// It lies between them: the one leads to the other through it.
    Between(Group),
}

/// Returns the pairs that another pair of the same effect explains, each with the cause of that other pair.
pub(super) fn explained_away(found: &Pairs<'_>, records: &[EventRecord]) -> BTreeMap<(u32, u32), By<u32>> {
    let mut causes: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (cause, effect) in found.keys() {
        causes.entry(*effect).or_default().push(*cause);
    }
    for (effect, causes) in &mut causes {
        // In a storm everything precedes everything; the strongest are enough to tell who is whose cause.
        causes.sort_by_key(|cause| (std::cmp::Reverse(found[&(*cause, *effect)].forward.len()), *cause));
        causes.truncate(MOST_CAUSES);
    }
    let mut gone = BTreeMap::new();
    for (effect, causes) in &causes {
        for &nearer in causes {
            for &farther in causes.iter().filter(|&&farther| found.contains_key(&(farther, nearer))) {
                // Only one of two that are each other's cause can be the farther one.
                if found.contains_key(&(nearer, farther)) && farther > nearer {
                    continue;
                }
                let (near, far) = (&found[&(nearer, *effect)], &found[&(farther, *effect)]);
                let alone = without(near, far, records, WINDOW_NANOS);
                let direct = not_through(far, near, records);
                if !stands(alone, near) {
                    gone.entry((nearer, *effect)).or_insert(By::Before(farther));
                } else if !stands(direct, far) {
                    gone.entry((farther, *effect)).or_insert(By::Between(nearer));
                }
            }
        }
    }
    gone
}

fn stands(own: u64, pair: &Pair<'_>) -> bool {
    own >= LEAST_OCCURRENCES && own as f64 >= OWN_SHARE * pair.forward.len() as f64
}

/// Returns how many occurrences of `pair` have no event of the other's cause before the same effect, nor shortly
/// before their own cause.
fn without(pair: &Pair<'_>, other: &Pair<'_>, records: &[EventRecord], window: i64) -> u64 {
    let explained: HashMap<u32, u32> = other.forward.iter().map(|(cause, effect)| (*effect, *cause)).collect();
    let times: Vec<(u32, i64)> = {
        let mut times: Vec<(u32, i64)> = other
            .forward
            .iter()
            .map(|(cause, _)| (records[*cause as usize].instance, records[*cause as usize].end))
            .collect();
        times.sort_unstable();
        times
    };
    let shortly_before = |cause: &EventRecord| {
        let next = times.partition_point(|time| *time <= (cause.instance, cause.end));
        next > 0 && times[next - 1].0 == cause.instance && cause.end.saturating_sub(times[next - 1].1) <= window
    };
    let own = pair
        .forward
        .iter()
        .filter(|(cause, effect)| !explained.contains_key(effect) && !shortly_before(&records[*cause as usize]));
    own.count() as u64
}

/// Returns how many occurrences of `pair` have no cause of `nearer` between their cause and their effect.
fn not_through(pair: &Pair<'_>, nearer: &Pair<'_>, records: &[EventRecord]) -> u64 {
    let between: HashMap<u32, u32> = nearer.forward.iter().map(|(cause, effect)| (*effect, *cause)).collect();
    let through = |cause: &u32, effect: &u32| {
        between.get(effect).is_some_and(|between| records[*between as usize].end >= records[*cause as usize].end)
    };
    pair.forward.iter().filter(|(cause, effect)| !through(cause, effect)).count() as u64
}
