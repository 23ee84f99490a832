//! Links between events that carry one trace or one id.
//! Leaves out what merely stands close in time: see `ordered`.
//!
//! Within one trace the first error is the cause of the later ones. This is a reading, not a proof:
//! the kind of link and the lag are always shown with it.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashMap;

use crate::group::binomial::upper_tail;

use super::chance::beyond;
use super::record::{EventRecord, Records};
use super::tally::{LinkKind, Tally};
use super::timeline::Timeline;

/// Ids are reused and users stay logged in: events further apart are not one operation.
const SPAN_NANOS: i64 = 60_000_000_000;
/// An id that so many events carry names a session of the whole service, not an operation.
const BUCKET_LIMIT: usize = 200;

/// A cause after which less often anything fails must lead to the effect more often than chance allows.
const LEAST_FOLLOWED: f64 = 0.5;
/// The largest share of wrong links among the partial ones of a kind.
const BOUND: f64 = 0.01;

/// Notes pairs with equal trace, and pairs with equal ids, among `records`, which are in time order.
///
/// `tally` holds nothing that others noted, for what proves to mean nothing is taken back.
pub(super) fn note(records: &[EventRecord], words: &Records, tally: &mut Tally) {
    let all = || records.iter().zip(0u32..);
    let traces = by_word(all().filter(|(record, _)| record.trace != 0).map(|(record, at)| (record.trace, at)));
    let ids = by_word(all().flat_map(|(record, at)| words.shared(record).map(move |id| (id, at))));
    let mut lift = Lift::default();
    for bucket in buckets(&traces, words) {
        let shared = || ("trace".into(), words.word(bucket[0].0));
        lift.bucket(words, bucket, LinkKind::Trace, tally, shared);
    }
    lift.settle(records, LinkKind::Trace, tally);
    let mut lift = Lift::default();
    for bucket in buckets(&ids, words) {
        lift.bucket(words, bucket, LinkKind::Correlation, tally, || {
            let word = words.word(bucket[0].0);
            let (key, value) = word.split_once('=').unwrap_or(("id", ""));
            (key.to_string(), value.to_string())
        });
    }
    lift.settle(records, LinkKind::Correlation, tally);
}

/// Returns words and places of records, by word and in order.
fn by_word(pairs: impl Iterator<Item = (u32, u32)>) -> Vec<(u32, u32)> {
    let mut pairs: Vec<(u32, u32)> = pairs.collect();
    pairs.sort_unstable();
    pairs
}

/// Returns the records of each word, first occurrences first: numbers of words depend on the order of the input.
fn buckets<'p>(pairs: &'p [(u32, u32)], words: &Records) -> Vec<&'p [(u32, u32)]> {
    let mut buckets: Vec<&[(u32, u32)]> = pairs.chunk_by(|one, other| one.0 == other.0).collect();
    let word = |bucket: &[(u32, u32)]| words.word(bucket[0].0);
    buckets.sort_by(|one, other| one[0].1.cmp(&other[0].1).then_with(|| word(one).cmp(&word(other))));
    buckets
}

/// How often groups share a trace or an id, and how often each stands in one at all: what a cause explains of an
/// effect that mostly happens without it is a link if it is more than chance.
#[derive(Default)]
struct Lift {
    buckets: u64,
    causes: HashMap<u32, u64>,
    /// Of `causes`, how often an event of another group followed.
    followed: HashMap<u32, u64>,
    effects: HashMap<u32, u64>,
    pairs: BTreeMap<(u32, u32), Shared>,
}

/// How often two groups share a bucket, the one before the other.
#[derive(Default, Clone, Copy)]
struct Shared {
    buckets: u64,
    lag_max: i64,
}

/// How long after its cause an effect may lie when the chance is asked by time; the shortest that fits is taken.
const WINDOWS: [i64; 4] = [1_000_000_000, 5_000_000_000, 20_000_000_000, SPAN_NANOS];

impl Lift {
    fn bucket(
        &mut self,
        words: &Records,
        bucket: &[(u32, u32)],
        kind: LinkKind,
        tally: &mut Tally,
        shared: impl Fn() -> (String, String),
    ) {
        if bucket.len() > BUCKET_LIMIT {
            return;
        }
        self.buckets += 1;
        let records = words.in_order();
        // Most stand alone, and of them no more is to be counted.
        if let &[(_, at)] = bucket {
            let record = &records[at as usize];
            *self.effects.entry(record.group).or_default() += 1;
            if !record.is_request() {
                *self.causes.entry(record.group).or_default() += 1;
            }
            return;
        }
        let groups: BTreeSet<u32> = bucket.iter().map(|(_, at)| records[*at as usize].group).collect();
        groups.iter().for_each(|group| *self.effects.entry(*group).or_default() += 1);
        let mut pairs: BTreeMap<(u32, u32), i64> = BTreeMap::new();
        let mut cause: Option<&EventRecord> = None;
        for &(_, at) in bucket {
            let record = &records[at as usize];
            match cause {
                Some(first) if record.end.saturating_sub(first.start) <= SPAN_NANOS => {
                    tally.note(kind, None, (first, record), at as usize, || Some(shared()));
                    let lag = pairs.entry((first.group, record.group)).or_default();
                    *lag = (*lag).max(record.end.saturating_sub(first.end));
                }
                // A request entry stands at the edge: it can end an operation, never begin one.
                _ if !record.is_request() => {
                    cause = Some(record);
                    *self.causes.entry(record.group).or_default() += 1;
                }
                _ => {}
            }
        }
        let leading: BTreeSet<u32> = pairs.keys().filter(|pair| pair.0 != pair.1).map(|pair| pair.0).collect();
        leading.into_iter().for_each(|group| *self.followed.entry(group).or_default() += 1);
        for (pair, lag) in pairs {
            let shared = self.pairs.entry(pair).or_default();
            shared.buckets += 1;
            shared.lag_max = shared.lag_max.max(lag);
        }
    }

    /// Tells the tally which pairs are beyond chance.
    ///
    /// Two bounds of the chance are asked, and either is enough: how often the cause stands in a bucket at all, which
    /// is too much where only failed operations are in the input; and how much of the time lies shortly after an event
    /// of the cause, in whichever bucket.
    fn settle(self, records: &[EventRecord], kind: LinkKind, tally: &mut Tally) {
        let all: Vec<u32> = (0..records.len() as u32).collect();
        let of = |counts: &HashMap<u32, u64>, group: u32| counts.get(&group).copied().unwrap_or(0);
        let candidates: Vec<(&(u32, u32), &Shared)> = self.pairs.iter().filter(|(pair, _)| pair.0 != pair.1).collect();
        let mut chances: Vec<f64> = vec![1.0; candidates.len()];
        let within = |shared: &Shared| WINDOWS.into_iter().find(|window| shared.lag_max <= *window);
        // One window after the other, for the timeline of each takes as much room as all times.
        for window in WINDOWS {
            let mut timeline = None;
            for ((pair, shared), chance) in candidates.iter().zip(&mut chances) {
                if within(shared).unwrap_or(SPAN_NANOS) != window {
                    continue;
                }
                let timeline = timeline.get_or_insert_with(|| Timeline::of(records, &all, window));
                let effects = of(&self.effects, pair.1);
                let by_bucket = of(&self.causes, pair.0) as f64 / self.buckets.max(1) as f64;
                let by_time = timeline.expected(**pair) / effects.max(1) as f64;
                *chance = upper_tail(shared.buckets, effects, by_bucket.min(by_time));
            }
        }
        // What is seen once is common and is asked about by itself: it would only make the others harder to tell.
        let repeated: Vec<usize> = (0..candidates.len()).filter(|at| candidates[*at].1.buckets > 1).collect();
        let answers = beyond(&repeated.iter().map(|at| chances[*at]).collect::<Vec<_>>(), BOUND);
        let mut beyond: Vec<bool> = chances.iter().map(|chance| *chance <= BOUND).collect();
        repeated.into_iter().zip(answers).for_each(|(at, answer)| beyond[at] = answer);
        for (((pair, shared), chance), beyond) in candidates.iter().zip(&chances).zip(beyond) {
            let backward = self.pairs.get(&(pair.1, pair.0)).map_or(0, |shared| shared.buckets);
            let followed = of(&self.followed, pair.0) as f64 / of(&self.causes, pair.0).max(1) as f64;
            if backward * 2 > shared.buckets {
                // What comes first now this way and now the other has no direction.
                tally.forget(**pair, kind);
            } else if beyond {
                tally.beyond_chance(**pair, kind, *chance);
            } else if followed < LEAST_FOLLOWED {
                // It is in many operations in which nothing else fails: that it is in this one too says nothing.
                tally.forget(**pair, kind);
            }
        }
    }
}
