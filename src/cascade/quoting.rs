//! Links that the texts themselves show: a trace that names its cause, a line that quotes another.
//! Leaves out ids and traces (`together`) and declared rules (`ruled`).

use std::collections::HashMap;

use super::record::{EventRecord, Records};
use super::tally::{LinkKind, Tally};

/// A trace or a quoting line stands close to what it tells again: loggers flush within moments.
const NEAR_NANOS: i64 = 2_000_000_000;
/// The shared remainder of two lines proves less, so they must stand closer.
const BURST_NANOS: i64 = 1_000_000_000;

/// Records of the same words that are looked at on either side.
const LOOKED_AT: usize = 200;

type Index = HashMap<u64, Vec<u32>>;

/// Notes exception chains and quotations among `records`, which are in time order.
pub(super) fn note(records: &[EventRecord], words: &Records, tally: &mut Tally) {
    let mut by_exception = Index::new();
    let mut by_core = Index::new();
    let mut by_tail = Index::new();
    for (at, record) in records.iter().enumerate() {
        if let Some(key) = record.exception {
            by_exception.entry(key).or_default().push(at as u32);
        }
        by_core.entry(record.core).or_default().push(at as u32);
        for tail in &record.tails {
            by_tail.entry(*tail).or_default().push(at as u32);
        }
    }
    for (at, effect) in records.iter().enumerate() {
        if effect.is_request {
            continue;
        }
        // The nearest teller counts even when it is of the effect's own group: then there is no link.
        let behind =
            effect.behind.iter().find_map(|key| nearest(records, &by_exception, *key, at, NEAR_NANOS, |_| true));
        if let Some(cause) = behind {
            tally.note(LinkKind::ExceptionChain, None, (cause, effect), at, || {
                Some(("exception".into(), words.quote(cause.core).to_string()))
            });
        }
        let quoted = |hash: u64| move || Some(("message".to_string(), words.quote(hash).to_string()));
        if let Some((hash, cause)) = effect
            .tails
            .iter()
            .find_map(|tail| Some((*tail, nearest(records, &by_core, *tail, at, NEAR_NANOS, |_| true)?)))
        {
            tally.note(LinkKind::Correlation, None, (cause, effect), at, quoted(hash));
        } else if !effect.has_frames {
            // The same words said by a trace and by a plain line: the line retells the trace.
            let traced = nearest(records, &by_core, effect.core, at, NEAR_NANOS, |cause| cause.has_frames);
            if let Some(cause) = traced {
                tally.note(LinkKind::Correlation, None, (cause, effect), at, quoted(effect.core));
            } else if let Some((hash, cause)) =
                effect.tails.iter().find_map(|tail| Some((*tail, first_of_burst(records, &by_tail, *tail, at)?)))
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
    let list = index.get(&key)?;
    let start = list.partition_point(|&other| records[other as usize].end < effect.end.saturating_sub(within));
    // In a storm of the same words the nearest ones are enough.
    let place = list.partition_point(|&other| (other as usize) < at);
    let (start, end) = (start.max(place.saturating_sub(LOOKED_AT)), (place + LOOKED_AT).min(list.len()));
    list[start..end.max(start)]
        .iter()
        .map(|&other| &records[other as usize])
        .take_while(|cause| cause.end <= effect.end.saturating_add(within))
        .filter(|cause| !std::ptr::eq(*cause, effect) && !cause.is_request)
        .filter(|cause| same_place(cause, effect) && accept(cause))
        // A trace tells the failure itself; a line without frames only retells it.
        .min_by_key(|cause| (!cause.has_frames, effect.end.abs_diff(cause.end), cause.group))
}

/// Returns the first record of the burst around `records[at]` that ends in the same words.
fn first_of_burst<'r>(records: &'r [EventRecord], index: &Index, key: u64, at: usize) -> Option<&'r EventRecord> {
    let effect = &records[at];
    let list = index.get(&key)?;
    let start = list.partition_point(|&other| records[other as usize].end < effect.end.saturating_sub(BURST_NANOS));
    list[start..]
        .iter()
        .take_while(|&&other| (other as usize) < at)
        .map(|&other| &records[other as usize])
        .find(|cause| same_place(cause, effect))
        .filter(|cause| cause.group != effect.group && cause.end < effect.end)
}

/// Whether two events happened at one place: one trace, or one instance, or one service without instances.
fn same_place(a: &EventRecord, b: &EventRecord) -> bool {
    (a.trace != 0 && a.trace == b.trace) || (a.instance == b.instance && a.service == b.service)
}
