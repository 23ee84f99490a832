//! What an interrupted `fetch` leaves beside its part, and how the next run goes on with it.
//! Leaves out the entries: they stand in the part itself.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::entry::Timestamp;
use crate::source::cloud::{CloudQuery, Record, Resumed, SliceDone, Window};

use super::archive::{self, Stored};
use super::failure::{Exit, Failure};
use super::manifest::{Span, span, time};
use super::print;

/// Entries that were received this long before the run began, or later, may come again as late ones,
/// nanoseconds.
const LATE: i64 = 60_000_000_000;

/// How far a run came.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    /// The window, and with it the clock, as the first run had it.
    asked: Span,
    now: String,
    /// The question without its window.
    question: String,
    pub(super) slices: Vec<Slice>,
    pub(super) entries: u64,
    /// The keys of entries that could not be read.
    pub(super) unreadable: Vec<u64>,
    pub(super) first_unreadable: Option<String>,
    /// Bytes of the part that hold these slices.
    pub(super) bytes: u64,
    pub(super) first: Option<String>,
    pub(super) last: Option<String>,
}

/// A slice that was read to its end, and whether errors lie at the ends of the window that it holds:
/// without that a window could not be widened as if nothing had happened.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Slice {
    #[serde(flatten)]
    window: Span,
    errors_at_start: bool,
    errors_at_end: bool,
}

impl From<SliceDone> for Slice {
    fn from(done: SliceDone) -> Slice {
        let SliceDone { window, errors_at_start, errors_at_end } = done;
        Slice { window: span(window), errors_at_start, errors_at_end }
    }
}

impl Slice {
    fn done(&self) -> Option<SliceDone> {
        let Slice { errors_at_start, errors_at_end, .. } = *self;
        Some(SliceDone { window: window(&self.window)?, errors_at_start, errors_at_end })
    }
}

impl State {
    /// Returns the state of a run that begins.
    pub(super) fn new(query: &CloudQuery) -> State {
        State {
            asked: span(query.window),
            now: query.now.to_string(),
            question: question(query),
            slices: Vec::new(),
            entries: 0,
            unreadable: Vec::new(),
            first_unreadable: None,
            bytes: 0,
            first: None,
            last: None,
        }
    }

    /// Returns the times of the first and the last entry.
    pub(super) fn span(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        let known = |text: &Option<String>| text.as_deref().and_then(time);
        (known(&self.first), known(&self.last))
    }

    /// Returns what the source needs to know, partly from the entries in the part.
    pub(super) fn resumed(&self, query: &CloudQuery, part: &Path, stored: Stored) -> std::io::Result<Resumed> {
        let mut resumed = Resumed {
            slices: self.slices.iter().filter_map(Slice::done).collect(),
            entries: self.entries,
            arrived: Vec::new(),
            unreadable: self.unreadable.clone(),
        };
        if self.bytes > 0 {
            let began = query.now.plus_nanos(-LATE);
            archive::entries(part, stored, &mut |json| {
                let record = Record::of_json(json);
                if record.received.is_some_and(|received| received >= began) {
                    resumed.arrived.push(record);
                }
            })?;
        }
        Ok(resumed)
    }
}

/// Reads what an earlier run left; the question takes over its window and its clock.
pub(super) fn earlier(state_file: &Path, query: &mut CloudQuery) -> Result<Option<State>, Failure> {
    let Ok(text) = std::fs::read_to_string(state_file) else {
        print::note("note: there is no part to go on with; everything is fetched");
        return Ok(None);
    };
    let broken = |cause: String| {
        Failure::new(Exit::Usage, format!("cannot go on with {}", state_file.display()))
            .because(cause)
            .hint("give the options of the first run, or start anew without --resume")
    };
    let state: State = serde_json::from_str(&text).map_err(|error| broken(error.to_string()))?;
    if state.question != question(query) {
        return Err(broken("it is the part of another question".to_owned()));
    }
    match (window(&state.asked), time(&state.now)) {
        (Some(window), Some(now)) => (query.window, query.now) = (window, now),
        _ => return Err(broken("its window cannot be read".to_owned())),
    }
    Ok(Some(state))
}

/// The question without its window, so that runs at different times can be compared.
fn question(query: &CloudQuery) -> String {
    let zero = Timestamp(0);
    let filter = query.selection.filter(&query.address, zero, zero);
    format!("{} limit {:?} widen {}: {filter}", query.address, query.limit, query.widen)
}

fn window(span: &Span) -> Option<Window> {
    Some(Window { from: time(&span.from)?, to: time(&span.to)? })
}
