//! What stands beside a fetched file: the question it answers, its coverage, its gaps.
//! Leaves out writing it; reading it makes the file as truthful offline as its source was.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::entry::Timestamp;
use crate::source::SourceSummary;
use crate::source::cloud::{FORMAT, Window};

/// The schema of a manifest.
pub(super) const SCHEMA: &str = "log-gardener/manifest/1";

/// A part of time, as RFC 3339.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Span {
    /// Start, included.
    pub(super) from: String,
    /// End, excluded.
    pub(super) to: String,
}

/// A part that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ManifestGap {
    /// Start, included.
    pub(super) from: String,
    /// End, excluded.
    pub(super) to: String,
    /// Why.
    pub(super) cause: String,
}

/// What is known of a fetched file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) schema: String,
    /// The program and its version.
    pub(super) tool: String,
    pub(super) fetched_at: String,
    pub(super) source: String,
    pub(super) resource_names: Vec<String>,
    pub(super) filter: String,
    pub(super) asked: Span,
    /// First and last entry.
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) entries: u64,
    pub(super) gaps: Vec<ManifestGap>,
    pub(super) truncated: bool,
    pub(super) notes: Vec<String>,
    /// Of the file as it is stored.
    pub(super) sha256: String,
}

/// Writes a window as RFC 3339.
pub(super) fn span(window: Window) -> Span {
    Span { from: window.from.to_string(), to: window.to.to_string() }
}

/// Reads a time as it stands in a manifest.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    chrono::DateTime::parse_from_rfc3339(text).ok().as_ref().and_then(Timestamp::from_chrono)
}

/// Returns the name of what stands beside `file`.
pub(super) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Tells the summary of a file what its manifest knows: the window asked for, gaps, a limit.
pub(super) fn recall(file: &Path, summary: &mut SourceSummary) {
    let Ok(text) = std::fs::read_to_string(beside(file, ".manifest.json")) else { return };
    let manifest: Manifest = match serde_json::from_str(&text) {
        Ok(manifest) => manifest,
        Err(error) => return summary.notes.push(format!("its manifest cannot be read: {error}")),
    };
    if manifest.schema != SCHEMA || summary.sha256.as_deref() != Some(manifest.sha256.as_str()) {
        summary.notes.push("its manifest belongs to other bytes and was not used".to_owned());
        return;
    }
    summary.format = FORMAT;
    summary.asked_from = time(&manifest.asked.from);
    summary.asked_to = time(&manifest.asked.to);
    summary.truncated = manifest.truncated;
    summary.notes.push(format!("fetched from {} at {}", manifest.source, manifest.fetched_at));
    summary.notes.extend(manifest.notes);
    for gap in manifest.gaps {
        summary.complete = false;
        summary.notes.push(format!("GAP: from {} to {} could not be read: {}", gap.from, gap.to, gap.cause));
    }
}
