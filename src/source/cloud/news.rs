//! What happens to a stream besides its entries, as a reader of the result must know it.
//! Leaves out printing.

use std::fmt;

use super::query::Gap;
use crate::entry::Timestamp;

/// A piece of news about the stream itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveNews {
    /// The stream ended or could not be opened, and is opened again.
    Lost {
        /// Why, in one line.
        cause: String,
        /// Which attempt in a row this was, from 1.
        attempt: u32,
    },
    /// The stream is heard again.
    Back,
    /// The server did not send entries that match; they are searched for in the list.
    Suppressed {
        /// How many.
        count: u64,
        /// Why, as the API names it: `rate limit`, `not consumed`.
        reason: String,
    },
    /// What was received in this time may be missing.
    Gap(Gap),
    /// The gap is closed: everything received from this time on was found after all.
    Filled {
        /// Where the gap began.
        from: Timestamp,
    },
    /// An entry that is none.
    Unreadable(String),
    /// The following is over.
    Ended(Followed),
}

/// What was heard from beginning to end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Followed {
    /// Entries, each once.
    pub entries: u64,
    /// Times that an entry was told again, by the list after the stream or the other way round.
    pub repeated: u64,
    /// Gaps that were not closed.
    pub gaps: u64,
}

impl LiveNews {
    /// Returns the word that names this kind of news in the JSON.
    pub fn word(&self) -> &'static str {
        match self {
            LiveNews::Lost { .. } => "lost",
            LiveNews::Back => "back",
            LiveNews::Suppressed { .. } => "suppressed",
            LiveNews::Gap(_) => "gap",
            LiveNews::Filled { .. } => "filled",
            LiveNews::Unreadable(_) => "unreadable",
            LiveNews::Ended(_) => "ended",
        }
    }
}

impl fmt::Display for LiveNews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LiveNews::Lost { cause, attempt: 1 } => write!(f, "the stream is down ({cause}); opening it again"),
            LiveNews::Lost { cause, attempt } => {
                write!(f, "the stream could not be opened {attempt} times in a row ({cause}); trying on")
            }
            LiveNews::Back => f.write_str("the stream is open again; what it missed is asked for"),
            LiveNews::Suppressed { count, reason } => {
                let entries = if *count == 1 { "entry" } else { "entries" };
                write!(f, "Cloud Logging held back {count} {entries} ({reason}); asking for them")
            }
            LiveNews::Gap(Gap { window, cause }) => write!(
                f,
                "GAP: entries received from {} to {} may be missing, for they could not be asked for: {cause}",
                window.from, window.to
            ),
            LiveNews::Filled { from } => {
                write!(f, "the gap from {from} on is closed: its entries were found after all")
            }
            LiveNews::Unreadable(reason) => write!(f, "an entry could not be read: {reason}"),
            LiveNews::Ended(Followed { entries, gaps, .. }) => {
                let entries = if *entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") };
                let gaps = match gaps {
                    0 => "without a gap".to_owned(),
                    1 => "with 1 gap".to_owned(),
                    more => format!("with {more} gaps"),
                };
                write!(f, "{entries} heard, {gaps}")
            }
        }
    }
}
