//! Private keys whose lines are entries of their own: what is key in them is replaced before they are joined or read.
//! Leaves out keys within one entry, which `redact` finds; here it is known which entry follows which.

use std::borrow::Cow;
use std::collections::BTreeMap;

use foldhash::HashMap;

use crate::entry::{LogEntry, Position, Timestamp};
use crate::pattern::{KeyState, Redactions, Tally};

use super::assemble::{NEAR_NANOS, stream_hash, stream_of};

/// Streams in which a key is open; beyond these all are forgotten.
const MOST_STREAMS: usize = 4096;

/// Private keys that earlier entries began, stream by stream.
#[derive(Debug, Default)]
pub struct Keys {
    /// By the hash of the stream.
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
            let Some((entry, rest)) = entries[at..].split_first_mut() else { break };
            let after = rest.first().map(|next| next.message.as_str());
            let tally = replace(entry, after, (&mut state, &mut last), rules);
            if !tally.is_empty() {
                replaced.insert(entry.at.clone(), tally);
            }
        }
        self.keep(stream, state, last);
        replaced
    }

    /// Replaces what is private key in the next entry of a log that is read in the order of its times.
    pub fn next(&mut self, entry: &mut LogEntry, rules: &Redactions) {
        let stream = stream_hash(stream_of(entry));
        let (mut state, mut last) = self.open.remove(&stream).unwrap_or_default();
        replace(entry, None, (&mut state, &mut last), rules);
        self.keep(Some(stream), state, last);
    }

    fn keep(&mut self, stream: Option<u64>, state: KeyState, last: Option<Timestamp>) {
        if let Some(stream) = stream.filter(|_| state.is_open()) {
            if self.open.len() >= MOST_STREAMS {
                self.open.clear();
            }
            self.open.insert(stream, (state, last));
        }
    }
}

/// Replaces what is private key in an entry that follows one of the time `last`.
fn replace(
    entry: &mut LogEntry,
    after: Option<&str>,
    (state, last): (&mut KeyState, &mut Option<Timestamp>),
    rules: &Redactions,
) -> Tally {
    if let (Some(last), Some(time)) = (*last, entry.timestamp)
        && time.nanos_since(last).abs() > NEAR_NANOS
    {
        *state = KeyState::default();
    }
    *last = entry.timestamp;
    let mut tally = Tally::default();
    if let Cow::Owned(text) = rules.follow_key(&entry.message, after, state, &mut tally) {
        entry.message = text;
    }
    tally
}
