//! Cloud Logging as a source: `gcp://PROJECT` and its relatives, read to the end or with stated gaps.
//! Leaves out what entries mean, and files: a saved window is read like any other file.
//!
//! One request after the other from this thread, and two threads where it is followed (`live`); the core
//! stays synchronous.

mod address;
mod client;
mod credential_trouble;
mod credentials;
mod doctor;
mod fault;
mod filter;
mod limiter;
mod listen;
mod live;
mod news;
mod page;
mod query;
mod query_text;
mod read;
mod record;
mod seen;
mod services;
mod settings;
mod slice;
mod stream;
mod sweep;
mod window;

use std::sync::Arc;

use sha2::{Digest, Sha256};

pub use address::CloudAddress;
pub use credentials::CredentialChoice;
pub use doctor::{Check, examine};
pub use filter::Selection;
pub use live::Live;
pub use news::{Followed, LiveNews};
pub use page::Unreadable;
pub use query::{Arrived, CloudQuery, Gap, SliceDone, WindowRead};
pub use record::Record;
pub use settings::{CloudSettings, ENDPOINT};
pub use window::Window;

use super::{Sink, SourceError, SourceSummary};
use crate::entry::{Decoder, Position, ReadOptions, TraceHints};
use client::Api;

/// The format that the coverage names for entries from the API.
pub const FORMAT: &str = "cloud-logging";

/// Reads what the query asks for and pushes the entries into `sink`; `progress` hears the bytes of
/// their JSON. What could not be read stands in the summary as a gap.
pub fn read(
    query: &CloudQuery,
    settings: &CloudSettings,
    options: &ReadOptions,
    hints: &dyn TraceHints,
    progress: &mut dyn FnMut(u64),
    sink: &mut dyn Sink,
) -> Result<SourceSummary, SourceError> {
    let name = query.address.to_string();
    let mut summary = SourceSummary::new(&name);
    summary.set_format(FORMAT);
    let source: Arc<str> = Arc::from(name.as_str());
    let decoder = Decoder::new(options, hints);
    let mut hash = Sha256::new();
    let mut take = |arrived: Arrived| {
        match arrived {
            Arrived::Record(record) => {
                let line = record.json.to_string();
                hash.update(line.as_bytes());
                hash.update(b"\n");
                summary.bytes += line.len() as u64 + 1;
                let index = summary.entries + summary.skipped_total;
                let at = Position { source: Arc::clone(&source), index, line: 0, end_line: 0 };
                match decoder.value(&record.json, at) {
                    Ok(decoded) => {
                        summary.count(&decoded);
                        sink.entry(decoded.entry);
                    }
                    Err(reason) => summary.skip(format!("entry {index}"), reason),
                }
                progress(summary.bytes);
            }
            Arrived::Unreadable(entry) => {
                let index = summary.entries + summary.skipped_total;
                summary.skip(format!("entry {index}"), entry.reason);
            }
            Arrived::SliceRead(_) => {}
        }
        true
    };
    let read = fetch(query, settings, hints, Resumed::default(), &mut take)?;
    summary.sha256 = Some(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
    summary.asked_from = Some(read.window.from);
    summary.asked_to = Some(read.window.to);
    summary.truncated = read.limited;
    for gap in &read.gaps {
        summary.damaged(gap.note());
    }
    for note in read.notes {
        summary.note(note);
    }
    Ok(summary)
}

/// What a run before this one already has.
#[derive(Debug, Clone, Default)]
pub struct Resumed {
    /// Slices read to their end.
    pub slices: Vec<SliceDone>,
    /// Entries read.
    pub entries: u64,
    /// Records that arrived after the first run began.
    pub arrived: Vec<Record>,
    /// The keys of what could not be read.
    pub unreadable: Vec<u64>,
}

/// Reads what the query asks for and hands on the records as they are.
pub fn fetch(
    query: &CloudQuery,
    settings: &CloudSettings,
    hints: &dyn TraceHints,
    resumed: Resumed,
    take: &mut dyn FnMut(Arrived) -> bool,
) -> Result<WindowRead, SourceError> {
    let mut api = Api::connect(&query.address, settings)
        .map_err(|fault| fault.into_error(format!("cannot read {}", query.address)))?;
    let mut reading = read::Reading::new(&mut api, query, hints, take);
    reading.done = &resumed.slices;
    reading.entries = resumed.entries;
    reading.unreadable.extend(resumed.unreadable);
    reading.arrived.extend(resumed.arrived.iter().filter_map(|record| record.key));
    let mut read = reading.run()?;
    if read.entries == 0 && read.gaps.is_empty() {
        read.notes.extend(services::explain_silence(&mut api, query)?);
    }
    Ok(read)
}
