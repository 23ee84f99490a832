//! Links between events that carry one trace or one id.
//! Leaves out what merely stands close in time: see `ordered`.
//!
//! Within one trace the first error is the cause of the later ones. This is a reading, not a proof:
//! the kind of link and the lag are always shown with it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::chance::{beyond, binomial_tail};
use super::record::{EventRecord, Records};
use super::tally::{LinkKind, Tally};

/// Ids are reused and users stay logged in: events further apart are not one operation.
const SPAN_NANOS: i64 = 60_000_000_000;
/// An id that so many events carry names a session of the whole service, not an operation.
const BUCKET_LIMIT: usize = 200;

/// The largest share of wrong links among the partial ones of a kind.
const BOUND: f64 = 0.01;

/// Notes pairs with equal trace, and pairs with equal ids, among `records`, which are in time order.
pub(super) fn note(records: &[EventRecord], words: &Records, tally: &mut Tally) {
    let mut traces: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut ids: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (at, record) in records.iter().enumerate() {
        if record.trace != 0 {
            traces.entry(record.trace).or_default().push(at as u32);
        }
        for id in &record.shared {
            ids.entry(*id).or_default().push(at as u32);
        }
    }
    let mut lift = Lift::default();
    for (trace, bucket) in traces {
        lift.bucket(records, &bucket, LinkKind::Trace, tally, || ("trace".into(), words.word(trace).to_string()));
    }
    lift.settle(LinkKind::Trace, tally);
    let mut lift = Lift::default();
    for (id, bucket) in ids {
        lift.bucket(records, &bucket, LinkKind::Correlation, tally, || {
            let (key, value) = words.word(id).split_once('=').unwrap_or(("id", ""));
            (key.to_string(), value.to_string())
        });
    }
    lift.settle(LinkKind::Correlation, tally);
}

/// How often groups share a trace or an id, and how often each stands in one at all: what a cause explains of an
/// effect that mostly happens without it is a link if it is more than chance.
#[derive(Default)]
struct Lift {
    buckets: u64,
    causes: HashMap<u32, u64>,
    effects: HashMap<u32, u64>,
    pairs: BTreeMap<(u32, u32), u64>,
}

impl Lift {
    fn bucket(
        &mut self,
        records: &[EventRecord],
        bucket: &[u32],
        kind: LinkKind,
        tally: &mut Tally,
        shared: impl Fn() -> (String, String),
    ) {
        if bucket.len() > BUCKET_LIMIT {
            return;
        }
        self.buckets += 1;
        let groups: BTreeSet<u32> = bucket.iter().map(|at| records[*at as usize].group).collect();
        groups.iter().for_each(|group| *self.effects.entry(*group).or_default() += 1);
        let mut pairs = BTreeSet::new();
        let mut cause: Option<&EventRecord> = None;
        for &at in bucket {
            let record = &records[at as usize];
            match cause {
                Some(first) if record.end - first.start <= SPAN_NANOS => {
                    tally.note(kind, None, (first, record), at as usize, || Some(shared()));
                    pairs.insert((first.group, record.group));
                }
                // A request entry stands at the edge: it can end an operation, never begin one.
                _ if !record.is_request => {
                    cause = Some(record);
                    *self.causes.entry(record.group).or_default() += 1;
                }
                _ => {}
            }
        }
        pairs.iter().for_each(|pair| *self.pairs.entry(*pair).or_default() += 1);
    }

    /// Tells the tally which pairs are beyond chance.
    fn settle(self, kind: LinkKind, tally: &mut Tally) {
        let candidates: Vec<((u32, u32), u64)> =
            self.pairs.iter().filter(|(pair, _)| pair.0 != pair.1).map(|(pair, count)| (*pair, *count)).collect();
        let of = |counts: &HashMap<u32, u64>, group: u32| counts.get(&group).copied().unwrap_or(0);
        let chances: Vec<f64> = candidates
            .iter()
            .map(|((cause, effect), count)| {
                let chance = of(&self.causes, *cause) as f64 / self.buckets.max(1) as f64;
                binomial_tail(*count, of(&self.effects, *effect), chance)
            })
            .collect();
        let beyond = beyond(&chances, BOUND);
        for (((pair, _), chance), _) in candidates.iter().zip(&chances).zip(beyond).filter(|(_, beyond)| *beyond) {
            tally.beyond_chance(*pair, kind, *chance);
        }
    }
}
