//! Links between events that carry one trace or one id.
//! Leaves out what merely stands close in time: see `ordered`.
//!
//! Within one trace the first error is the cause of the later ones; a warning is one only where it stands beyond chance in
//! the traces that fail, or a pattern knows it. This is a reading, not a proof:
//! the kind of link and the lag are always shown with it.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashMap;

use crate::entry::Severity;
use crate::group::ErrorGroup;
use crate::group::binomial::upper_tail;

use super::chance::beyond;
use super::record::{EventRecord, Records};
use super::tally::{LinkKind, Tally};
use super::timeline::Timeline;

/// Ids are reused and users stay logged in: events further apart are not one operation.
const SPAN_NANOS: i64 = 60_000_000_000;
/// An id that so many events carry names a session of the whole service, not an operation.
const BUCKET_LIMIT: usize = 200;

/// A cause after which less often anything fails is doubtful: it must lead to the effect beyond chance.
const LEAST_FOLLOWED: f64 = 0.5;
/// The largest share of wrong links among the partial ones of a kind.
const BOUND: f64 = 0.01;
/// How often what is passed over may make another event the first of an operation.
const MOST_ROUNDS: usize = 8;

/// Notes pairs with equal trace, and pairs with equal ids, among `records`, which are in time order.
pub(super) fn note(records: &[EventRecord], words: &Records, groups: &[ErrorGroup], tally: &mut Tally) {
    let says_little: Vec<bool> =
        groups.iter().map(|group| group.severity < Severity::Error && group.pattern.is_none()).collect();
    let all = || records.iter().zip(0u32..);
    let traces = by_word(all().filter(|(record, _)| record.trace != 0).map(|(record, at)| (record.trace, at)));
    let ids = by_word(all().flat_map(|(record, at)| words.shared(record).map(move |id| (id, at))));
    by_buckets(&buckets(&traces, words), words, &says_little, LinkKind::Trace, tally, |word| ("trace".into(), word));
    by_buckets(&buckets(&ids, words), words, &says_little, LinkKind::Correlation, tally, |word| {
        let (key, value) = word.split_once('=').unwrap_or(("id", ""));
        (key.to_string(), value.to_string())
    });
}

/// Notes the pairs of all buckets that mean something; `shared` makes of a bucket's word what the two share.
///
/// What stands first in many operations to no effect is passed over, and then another may be the first; what it leads
/// to is asked again, `MOST_ROUNDS` times at most.
fn by_buckets(
    buckets: &[&[(u32, u32)]],
    words: &Records,
    says_little: &[bool],
    kind: LinkKind,
    tally: &mut Tally,
    shared: impl Fn(String) -> (String, String),
) {
    let records = words.in_order();
    let mut idle = BTreeSet::new();
    let mut judged = Lift::of(buckets, records, &idle).judge(records, says_little);
    for _ in 1..MOST_ROUNDS {
        if judged.idle.is_empty() {
            break;
        }
        idle.append(&mut judged.idle);
        judged = Lift::of(buckets, records, &idle).judge(records, says_little);
    }
    for bucket in buckets.iter().filter(|bucket| bucket.len() <= BUCKET_LIMIT) {
        pairs_in(bucket, records, &idle, |cause, effect, at| {
            if !judged.idle.contains(&(cause.group, effect.group)) {
                tally.note(kind, None, (cause, effect), at, || Some(shared(words.word(bucket[0].0))));
            }
        });
    }
    judged.beyond.into_iter().for_each(|(pair, chance)| tally.beyond_chance(pair, kind, chance));
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

/// What the counts say of the pairs.
struct Judged {
    /// Pairs that mean nothing.
    idle: BTreeSet<(u32, u32)>,
    /// Pairs that chance does not make, with the probability that it does.
    beyond: Vec<((u32, u32), f64)>,
}

impl Lift {
    /// Counts the pairs in all buckets, where those that are `idle` are passed over.
    fn of(buckets: &[&[(u32, u32)]], records: &[EventRecord], idle: &BTreeSet<(u32, u32)>) -> Lift {
        let mut lift = Lift::default();
        for bucket in buckets.iter().filter(|bucket| bucket.len() <= BUCKET_LIMIT) {
            lift.count(bucket, records, idle);
        }
        lift
    }

    fn count(&mut self, bucket: &[(u32, u32)], records: &[EventRecord], idle: &BTreeSet<(u32, u32)>) {
        self.buckets += 1;
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
        let begun = pairs_in(bucket, records, idle, |first, record, _| {
            let lag = pairs.entry((first.group, record.group)).or_default();
            *lag = (*lag).max(record.end.saturating_sub(first.end));
        });
        begun.into_iter().for_each(|first| *self.causes.entry(first.group).or_default() += 1);
        let leading: BTreeSet<u32> = pairs.keys().filter(|pair| pair.0 != pair.1).map(|pair| pair.0).collect();
        leading.into_iter().for_each(|group| *self.followed.entry(group).or_default() += 1);
        for (pair, lag) in pairs {
            let shared = self.pairs.entry(pair).or_default();
            shared.buckets += 1;
            shared.lag_max = shared.lag_max.max(lag);
        }
    }

    /// Returns which pairs are beyond chance, and which mean nothing.
    ///
    /// Two bounds of the chance are asked, and either is enough: how often the cause stands in a bucket at all, which
    /// is too much where only failed operations are in the input; and how much of the time lies shortly after an event
    /// of the cause, in whichever bucket. Of a doubtful cause only the first is asked: it may stand in every operation,
    /// and then all that happens in one happens shortly after it.
    fn judge(&self, records: &[EventRecord], says_little: &[bool]) -> Judged {
        let all: Vec<u32> = (0..records.len() as u32).collect();
        let of = |counts: &HashMap<u32, u64>, group: u32| counts.get(&group).copied().unwrap_or(0);
        let candidates: Vec<(&(u32, u32), &Shared)> = self.pairs.iter().filter(|(pair, _)| pair.0 != pair.1).collect();
        let followed = |group: u32| of(&self.followed, group) as f64 / of(&self.causes, group).max(1) as f64;
        // A warning that no pattern knows, and what stands in many operations in which nothing else fails.
        let doubtful = |group: u32| {
            followed(group) < LEAST_FOLLOWED || says_little.get(group as usize).copied().unwrap_or_default()
        };
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
                let share = if doubtful(pair.0) { by_bucket } else { by_bucket.min(by_time) };
                *chance = upper_tail(shared.buckets, effects, share);
            }
        }
        // What is seen once is common and is asked about by itself: it would only make the others harder to tell.
        let repeated: Vec<usize> = (0..candidates.len()).filter(|at| candidates[*at].1.buckets > 1).collect();
        let answers = beyond(&repeated.iter().map(|at| chances[*at]).collect::<Vec<_>>(), BOUND);
        let mut beyond: Vec<bool> = chances.iter().map(|chance| *chance <= BOUND).collect();
        repeated.into_iter().zip(answers).for_each(|(at, answer)| beyond[at] = answer);
        let mut judged = Judged { idle: BTreeSet::new(), beyond: Vec::new() };
        for (((pair, shared), chance), beyond) in candidates.iter().zip(&chances).zip(beyond) {
            let backward = self.pairs.get(&(pair.1, pair.0)).map_or(0, |shared| shared.buckets);
            if backward * 2 > shared.buckets {
                // What comes first now this way and now the other has no direction.
                judged.idle.insert(**pair);
            } else if beyond {
                judged.beyond.push((**pair, *chance));
            } else if doubtful(pair.0) {
                // That it is in this operation too says nothing.
                judged.idle.insert(**pair);
            }
        }
        judged
    }
}

/// Calls `see` with each effect in a bucket, the event that began it, and the effect's place; returns the events that
/// nothing in the bucket began.
fn pairs_in<'r>(
    bucket: &[(u32, u32)],
    records: &'r [EventRecord],
    idle: &BTreeSet<(u32, u32)>,
    mut see: impl FnMut(&'r EventRecord, &'r EventRecord, usize),
) -> Vec<&'r EventRecord> {
    let mut begun: Vec<&EventRecord> = Vec::new();
    for &(_, at) in bucket {
        let record = &records[at as usize];
        let cause = begun.iter().find(|first| {
            record.end.saturating_sub(first.start) <= SPAN_NANOS && !idle.contains(&(first.group, record.group))
        });
        match cause {
            Some(first) => see(first, record, at as usize),
            // A request entry stands at the edge: it can end an operation, never begin one.
            None if !record.is_request() => begun.push(record),
            None => {}
        }
    }
    begun
}
