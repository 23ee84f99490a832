//! Which entries were handed on already, so that what stream and list both tell is told once.
//! Leaves out entries without an insertId: nothing tells whether two of them are one.

use std::collections::{HashMap, VecDeque};

use super::record::Record;
use super::window::MINUTE;
use crate::entry::Timestamp;

/// Keys received this long before anything that may be told again are forgotten.
const MARGIN: i64 = 10 * MINUTE;
/// Keys kept at most, 40 bytes each; beyond, the older half is forgotten.
const MOST: usize = 1 << 20;

/// The keys of recent entries.
#[derive(Debug, Default)]
pub(super) struct Seen {
    received: HashMap<u128, Timestamp>,
    newest: Option<Timestamp>,
    /// From when on each search asks that has not ended yet, oldest search first, and whether it is asked for in vain.
    searches: VecDeque<(Timestamp, bool)>,
    forget_at: usize,
}

impl Seen {
    /// Returns whether the record was not handed on before, and remembers it.
    pub(super) fn is_new(&mut self, record: &Record) -> bool {
        let (Some(key), Some(received)) = (record.key, record.received.or(record.timestamp)) else { return true };
        self.newest = self.newest.max(Some(received));
        if self.received.insert(key, received).is_some() {
            return false;
        }
        if self.received.len() > self.forget_at.max(4096) {
            self.forget();
        }
        true
    }

    /// A search will tell again what was received from this time on.
    pub(super) fn searched_from(&mut self, since: Timestamp) {
        self.searches.push_back((since, false));
    }

    /// The same for a search that may come too late to be made, and that is not needed then.
    pub(super) fn searched_in_vain(&mut self, since: Timestamp) {
        self.searches.push_back((since, true));
    }

    /// No search is made any more.
    pub(super) fn forget_vain(&mut self) {
        self.searches.retain(|(_, in_vain)| !in_vain);
    }

    /// So many searches, the oldest first, have ended.
    pub(super) fn searched(&mut self, count: usize) {
        self.searches.drain(..count.min(self.searches.len()));
    }

    /// Returns from when on entries are still searched for.
    pub(super) fn outstanding(&self) -> Option<Timestamp> {
        self.searches.iter().map(|(since, _)| *since).min()
    }

    fn forget(&mut self) {
        let told_again = self.outstanding().into_iter().chain(self.newest).min();
        if let Some(from) = told_again.map(|time| time.plus_nanos(-MARGIN)) {
            self.received.retain(|_, received| *received >= from);
        }
        if self.received.len() > MOST {
            let mut times: Vec<Timestamp> = self.received.values().copied().collect();
            let (_, median, _) = times.select_nth_unstable(MOST / 2);
            let median = *median;
            self.received.retain(|_, received| *received > median);
        }
        self.forget_at = self.received.len() * 2;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(id: u64, minute: i64) -> Record {
        let time = Timestamp(minute * MINUTE).to_utc().to_rfc3339();
        let json = json!({"logName": "projects/p/logs/l", "insertId": id.to_string(), "timestamp": time, "receiveTimestamp": time});
        Record::of_json(json)
    }

    #[test]
    fn an_entry_is_new_once_however_much_comes_between_while_it_is_searched_for() {
        let mut seen = Seen::default();
        let first = record(0, 0);
        assert!(seen.is_new(&first) && !seen.is_new(&first));
        seen.searched_from(Timestamp(0));
        for id in 1..10_000 {
            assert!(seen.is_new(&record(id, 60)));
        }
        assert!(!seen.is_new(&first), "a search from before it may still tell it again");
        seen.searched(1);
        for id in 10_000..30_000 {
            seen.is_new(&record(id, 120));
        }
        assert!(seen.received.len() < 25_000, "what nobody will tell again is forgotten");
    }
}
