//! Chooses among listed objects: by hour, by the time of writing, by name; and counts what it left out.
//! Leaves out listing and reading.

use object_store::ObjectMeta;

use super::Window;
use super::address::Address;
use super::layout::{is_log, sink_hour};
use super::listing::Found;
use crate::entry::Timestamp;
use crate::source::SourceError;

/// What an object written this long before the window cannot hold: entries of the window. A day covers
/// clocks that differ and times without a zone.
const WRITTEN_BEFORE: i64 = 24 * 3600 * 1_000_000_000;

/// The objects to read, and what was left out.
pub(super) struct Chosen {
    pub(super) objects: Vec<ObjectMeta>,
    pub(super) notes: Vec<String>,
}

/// What becomes of one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Read,
    OutsideHours,
    WrittenBefore,
    NoLog,
}

/// Chooses the objects to read; none at all is an error, as it says nothing about health.
pub(super) fn choose(address: &Address, found: Found, window: Window) -> Result<Chosen, SourceError> {
    let listed = found.objects.len();
    let exact = found.objects.len() == 1 && found.objects[0].location == address.prefix;
    let mut objects = Vec::new();
    let (mut outside, mut before, mut filed, mut no_logs) = (0, 0, 0, Vec::new());
    for object in found.objects {
        let key = object.location.as_ref();
        filed += usize::from(sink_hour(key).is_some());
        match fate(&object, window, exact) {
            Fate::Read => objects.push(object),
            Fate::OutsideHours => outside += 1,
            Fate::WrittenBefore => before += 1,
            Fate::NoLog => no_logs.push(key.to_owned()),
        }
    }
    let mut notes = Vec::new();
    let mut left_out = Vec::new();
    if outside > 0 {
        left_out.push(format!("{outside} of hours outside the window"));
    }
    if before > 0 {
        left_out.push(format!("{before} last written more than a day before the window"));
    }
    if let Some(first) = no_logs.first() {
        left_out.push(format!("{} without the name of a log (first: {first})", no_logs.len()));
    }
    let read = objects.len();
    let mut counts = format!("{address}: {listed} objects listed, {read} to read");
    if !left_out.is_empty() {
        counts.push_str(&format!("; left out: {}", left_out.join(", ")));
    }
    if found.passed_over > 0 {
        counts.push_str(&format!("; {} folders of days, months or years outside the window", found.passed_over));
    }
    notes.push(counts);
    if !window.is_open() && read > 0 && filed < listed - no_logs.len() {
        notes.push(format!(
            "{address}: not all objects are filed by the hour as a Cloud Logging sink does; those are read whatever their name says, unless last written a day before the window"
        ));
    }
    if read == 0 {
        return Err(nothing(address, window, &notes[0]));
    }
    Ok(Chosen { objects, notes })
}

fn fate(object: &ObjectMeta, window: Window, exact: bool) -> Fate {
    let key = object.location.as_ref();
    if exact {
        return Fate::Read;
    }
    if let Some(hour) = sink_hour(key) {
        return if window.reaches(hour) { Fate::Read } else { Fate::OutsideHours };
    }
    if !is_log(key) {
        return Fate::NoLog;
    }
    // An object is never older than its last entry; it may well be younger, so the other end says nothing.
    let written = Timestamp::from_chrono(&object.last_modified);
    let before = window.since.zip(written).is_some_and(|(since, written)| since.nanos_since(written) > WRITTEN_BEFORE);
    if before { Fate::WrittenBefore } else { Fate::Read }
}

fn nothing(address: &Address, window: Window, counts: &str) -> SourceError {
    let error = SourceError::new(format!("no logs in {address}"));
    let counts = counts.split_once(": ").map_or(counts, |(_, counts)| counts);
    if window.is_open() {
        return error.caused_by(counts).hint("check the prefix; logs end in .json, .ndjson, .log, .txt, .gz or .zst");
    }
    let end = |time: Option<Timestamp>| time.map_or_else(|| "open".to_owned(), |time| time.to_string());
    error
        .caused_by(format!("no object holds entries from {} to {}", end(window.since), end(window.until)))
        .caused_by(counts)
        .hint("no objects is no sign of health; check the prefix, the window (UTC) and whether the sink still writes")
}
