//! Private keys whose lines are entries of their own: what is key in them is replaced before they are joined or read.
//! Leaves out keys within one entry, which `redact` finds; here it is known which entry follows which.

use std::collections::BTreeMap;

use foldhash::HashMap;

use crate::entry::{LogEntry, Position, Timestamp};
use crate::pattern::{KeyState, Redactions, Tally};

use super::assemble::NEAR_NANOS;

/// Streams in which a key is open; beyond these all are forgotten.
const MOST_STREAMS: usize = 4096;

/// The keys that are open, by the hash of their stream.
#[derive(Debug, Default)]
pub(super) struct Keys {
    open: HashMap<u64, (KeyState, Option<Timestamp>)>,
}

impl Keys {
    /// Replaces what is private key in entries that follow each other in one stream; returns what was replaced in which.
    ///
    /// Without a stream nothing is remembered until its next entries.
    pub(super) fn follow(
        &mut self,
        stream: Option<u64>,
        entries: &mut [Box<LogEntry>],
        rules: &Redactions,
    ) -> BTreeMap<Position, Tally> {
        let mut replaced = BTreeMap::new();
        let (mut state, mut last) = stream.and_then(|stream| self.open.remove(&stream)).unwrap_or_default();
        for at in 0..entries.len() {
            let (entry, rest) = match entries[at..].split_first_mut() {
                Some((entry, rest)) => (entry, rest),
                None => break,
            };
            if let (Some(last), Some(time)) = (last, entry.timestamp)
                && time.nanos_since(last).abs() > NEAR_NANOS
            {
                state = KeyState::default();
            }
            last = entry.timestamp;
            let after = rest.first().map(|next| next.message.as_str());
            let mut tally = Tally::default();
            if let std::borrow::Cow::Owned(text) = rules.follow_key(&entry.message, after, &mut state, &mut tally) {
                entry.message = text;
            }
            if !tally.is_empty() {
                replaced.insert(entry.at.clone(), tally);
            }
        }
        if let Some(stream) = stream.filter(|_| state.is_open()) {
            if self.open.len() >= MOST_STREAMS {
                self.open.clear();
            }
            self.open.insert(stream, (state, last));
        }
        replaced
    }
}
