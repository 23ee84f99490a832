//! Links that the texts themselves show: a trace that names its cause, a line that quotes another.
//! Leaves out ids and traces (`together`) and declared rules (`ruled`).

use super::record::{EventRecord, Records};
use super::tally::{LinkKind, Tally};

/// A trace or a quoting line stands close to what it tells again: loggers flush within moments.
const NEAR_NANOS: i64 = 2_000_000_000;
/// The shared remainder of two lines proves less, so they must stand closer.
const BURST_NANOS: i64 = 1_000_000_000;

/// Records of the same words that are looked at on either side.
const LOOKED_AT: usize = 200;

/// Places of records by hash, in order.
struct Index(Vec<(u64, u32)>);

impl Index {
    fn of(places: impl Iterator<Item = (u64, u32)>) -> Index {
        let mut places: Vec<(u64, u32)> = places.collect();
        places.sort_unstable();
        Index(places)
    }

    /// Returns the places of the records with this hash, in order.
    fn get(&self, hash: u64) -> &[(u64, u32)] {
        let from = self.0.partition_point(|(other, _)| *other < hash);
        let length = self.0[from..].partition_point(|(other, _)| *other == hash);
        &self.0[from..from + length]
    }
}

/// Notes exception chains and quotations among `records`, which are in time order.
pub(super) fn note(records: &[EventRecord], words: &Records, tally: &mut Tally) {
    let all = || records.iter().zip(0u32..);
    let by_exception = Index::of(all().filter_map(|(record, at)| Some((record.exception()?, at))));
    let by_core = Index::of(all().map(|(record, at)| (record.core, at)));
    let by_tail = Index::of(all().flat_map(|(record, at)| words.tails(record).iter().map(move |tail| (*tail, at))));
    for (at, effect) in records.iter().enumerate() {
        if effect.is_request() {
            continue;
        }
        // The nearest teller counts even when it is of the effect's own group: then there is no link.
        let behind =
            words.behind(effect).iter().find_map(|key| nearest(records, &by_exception, *key, at, NEAR_NANOS, |_| true));
        if let Some(cause) = behind {
            tally.note(LinkKind::ExceptionChain, None, (cause, effect), at, || {
                Some(("exception".into(), words.quote(cause.core).to_string()))
            });
        }
        let quoted = |hash: u64| move || Some(("message".to_string(), words.quote(hash).to_string()));
        if let Some((hash, cause)) = words
            .tails(effect)
            .iter()
            .find_map(|tail| Some((*tail, nearest(records, &by_core, *tail, at, NEAR_NANOS, |_| true)?)))
        {
            tally.note(LinkKind::Correlation, None, (cause, effect), at, quoted(hash));
        } else if !effect.has_frames() {
            // The same words said by a trace and by a plain line: the line retells the trace.
            let traced = nearest(records, &by_core, effect.core, at, NEAR_NANOS, |cause| cause.has_frames());
            if let Some(cause) = traced {
                tally.note(LinkKind::Correlation, None, (cause, effect), at, quoted(effect.core));
            } else if let Some((hash, cause)) =
                words.tails(effect).iter().find_map(|tail| Some((*tail, first_of_burst(records, &by_tail, *tail, at)?)))
            {
                tally.note(LinkKind::Correlation, None, (cause, effect), at, quoted(hash));
            }
        }
    }
}

/// Returns the record that best tells what `records[at]` shares by `key`, in the same place.
fn nearest<'r>(
    records: &'r [EventRecord],
    index: &Index,
    key: u64,
    at: usize,
    within: i64,
    accept: impl Fn(&EventRecord) -> bool,
) -> Option<&'r EventRecord> {
    let effect = &records[at];
    let list = index.get(key);
    let start = list.partition_point(|&(_, other)| records[other as usize].end < effect.end.saturating_sub(within));
    // In a storm of the same words the nearest ones are enough.
    let place = list.partition_point(|&(_, other)| (other as usize) < at);
    let (start, end) = (start.max(place.saturating_sub(LOOKED_AT)), (place + LOOKED_AT).min(list.len()));
    list[start..end.max(start)]
        .iter()
        .map(|&(_, other)| &records[other as usize])
        .take_while(|cause| cause.end <= effect.end.saturating_add(within))
        .filter(|cause| !std::ptr::eq(*cause, effect) && !cause.is_request())
        .filter(|cause| same_place(cause, effect) && accept(cause))
        // A trace tells the failure itself; a line without frames only retells it.
        .min_by_key(|cause| (!cause.has_frames(), effect.end.abs_diff(cause.end), cause.group))
}

/// Returns the first record of the burst around `records[at]` that ends in the same words.
fn first_of_burst<'r>(records: &'r [EventRecord], index: &Index, key: u64, at: usize) -> Option<&'r EventRecord> {
    let effect = &records[at];
    let list = index.get(key);
    let start =
        list.partition_point(|&(_, other)| records[other as usize].end < effect.end.saturating_sub(BURST_NANOS));
    list[start..]
        .iter()
        .take_while(|&&(_, other)| (other as usize) < at)
        .map(|&(_, other)| &records[other as usize])
        .find(|cause| same_place(cause, effect))
        .filter(|cause| cause.group != effect.group && cause.end < effect.end)
}

/// Whether two events happened at one place: one trace, or one instance, or one service without instances.
fn same_place(a: &EventRecord, b: &EventRecord) -> bool {
    (a.trace != 0 && a.trace == b.trace) || (a.instance == b.instance && a.service == b.service)
}
