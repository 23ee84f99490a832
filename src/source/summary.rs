//! What was read from one source, and what was not; the coverage is made of these.
//! Leaves out judging it (caps, gaps, age): that needs the other sources and the clock.

use std::collections::BTreeMap;

use crate::entry::{Calm, Decoded, Severity, Skipped, Timestamp};

/// Skipped records named one by one; the rest is only counted, or a hostile input would fill memory.
const MOST_SKIPPED: usize = 20;
/// Notes kept; each is said once.
const MOST_NOTES: usize = 20;

/// What was read from one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSummary {
    /// The source as the user named it.
    pub name: String,
    /// SHA-256 of the stored bytes (before decompression); `None` when they were not read to the end.
    pub sha256: Option<String>,
    /// The shape of the first record: `gcloud-array`, `ndjson`, `python-dump`, `text`, ...
    pub format: &'static str,
    /// Entries read.
    pub entries: u64,
    /// The first records that could not be read.
    pub skipped: Vec<Skipped>,
    /// How many could not be read.
    pub skipped_total: u64,
    /// Earliest timestamp read.
    pub first: Option<Timestamp>,
    /// Latest timestamp read.
    pub last: Option<Timestamp>,
    /// Start of the window that was asked for, where the source tells.
    pub asked_from: Option<Timestamp>,
    /// End of the window that was asked for, where the source tells.
    pub asked_to: Option<Timestamp>,
    /// Entries whose time named no zone.
    pub zoneless: u64,
    /// Entries that state no level: Cloud Logging entries without a severity field, others without any.
    pub without_severity: u64,
    /// Entries without payload and request.
    pub without_payload: u64,
    /// Entries by effective severity; exports are often capped a severity.
    pub per_severity: BTreeMap<Severity, u64>,
    /// Records with bytes that are not UTF-8.
    pub invalid_utf8: u64,
    /// What else a reader of the result should know.
    pub notes: Vec<String>,
    /// Whether the source was read to its end without damage.
    pub complete: bool,
    /// Whether a limit that the user set ended the reading.
    pub truncated: bool,
    /// Stored bytes read.
    pub bytes: u64,
}

impl SourceSummary {
    pub(super) fn new(name: &str) -> SourceSummary {
        SourceSummary {
            name: name.to_owned(),
            sha256: None,
            format: "empty",
            entries: 0,
            skipped: Vec::new(),
            skipped_total: 0,
            first: None,
            last: None,
            asked_from: None,
            asked_to: None,
            zoneless: 0,
            without_severity: 0,
            without_payload: 0,
            per_severity: BTreeMap::new(),
            invalid_utf8: 0,
            notes: Vec::new(),
            complete: true,
            truncated: false,
            bytes: 0,
        }
    }

    pub(super) fn count(&mut self, decoded: &Decoded) {
        let entry = &decoded.entry;
        self.entries += 1;
        self.zoneless += u64::from(decoded.zoneless);
        self.without_severity += u64::from(!entry.severity_stated);
        self.without_payload += u64::from(!entry.has_payload);
        *self.per_severity.entry(entry.severity).or_insert(0) += 1;
        if let Some(time) = entry.timestamp {
            self.first = Some(self.first.map_or(time, |first| first.min(time)));
            self.last = Some(self.last.map_or(time, |last| last.max(time)));
        }
    }

    /// Counts calm entries, which state a level, a payload and a time with its zone.
    pub(super) fn count_calm(&mut self, calm: &[Calm]) {
        self.entries += calm.len() as u64;
        let (mut first, mut last) =
            (self.first.unwrap_or(Timestamp(i64::MAX)), self.last.unwrap_or(Timestamp(i64::MIN)));
        let mut counts = [0u64; 9];
        for entry in calm {
            counts[(entry.severity as usize / 100).min(8)] += 1;
            first = first.min(entry.timestamp);
            last = last.max(entry.timestamp);
        }
        for severity in [Severity::Debug, Severity::Info, Severity::Notice, Severity::Warning, Severity::Error] {
            let count = counts[severity as usize / 100];
            if count > 0 {
                *self.per_severity.entry(severity).or_insert(0) += count;
            }
        }
        if !calm.is_empty() {
            (self.first, self.last) = (Some(first), Some(last));
        }
    }

    pub(super) fn skip(&mut self, at: String, reason: impl Into<String>) {
        self.skipped_total += 1;
        if self.skipped.len() < MOST_SKIPPED {
            self.skipped.push(Skipped { at, reason: reason.into() });
        }
    }

    pub(super) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if self.notes.len() < MOST_NOTES && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Names the format once: by the first record that tells it.
    pub(super) fn set_format(&mut self, format: &'static str) {
        if self.format == "empty" {
            self.format = format;
        }
    }

    pub(super) fn damaged(&mut self, note: impl Into<String>) {
        self.complete = false;
        self.note(note);
    }
}
