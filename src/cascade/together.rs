//! Links between events that carry one trace or one id.
//! Leaves out what merely stands close in time: see `ordered`.
//!
//! Within one trace the first error is the cause of the later ones. This is a reading, not a proof:
//! the kind of link and the lag are always shown with it.

use std::collections::BTreeMap;

use super::record::{EventRecord, Records};
use super::tally::{LinkKind, Tally};

/// Ids are reused and users stay logged in: events further apart are not one operation.
const SPAN_NANOS: i64 = 60_000_000_000;
/// An id that so many events carry names a session of the whole service, not an operation.
const BUCKET_LIMIT: usize = 200;

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
    for (trace, bucket) in traces {
        bucket_links(records, &bucket, LinkKind::Trace, tally, || ("trace".into(), words.word(trace).to_string()));
    }
    for (id, bucket) in ids {
        bucket_links(records, &bucket, LinkKind::Correlation, tally, || {
            let (key, value) = words.word(id).split_once('=').unwrap_or(("id", ""));
            (key.to_string(), value.to_string())
        });
    }
}

fn bucket_links(
    records: &[EventRecord],
    bucket: &[u32],
    kind: LinkKind,
    tally: &mut Tally,
    shared: impl Fn() -> (String, String),
) {
    if bucket.len() < 2 || bucket.len() > BUCKET_LIMIT {
        return;
    }
    let mut cause: Option<&EventRecord> = None;
    for &at in bucket {
        let record = &records[at as usize];
        match cause {
            Some(first) if record.end - first.start <= SPAN_NANOS => {
                tally.note(kind, None, (first, record), at as usize, || Some(shared()));
            }
            // A request entry stands at the edge: it can end an operation, never begin one.
            _ if !record.is_request => cause = Some(record),
            _ => {}
        }
    }
}
