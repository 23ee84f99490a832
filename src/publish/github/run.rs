//! What a run knows of the repository, so that it asks once: which issues may be ours, which labels exist.
//! Leaves out carrying out orders: see `perform`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fault::Fault;
use super::tracker::{RemoteIssue, Tracker};

/// How orders are carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishSettings {
    /// The label of every generated issue; with it they are listed.
    pub label: String,
    /// Whether labels that the repository lacks are created; else they are left out, with a note.
    pub create_labels: bool,
    /// Wait before looking for what a request with a lost answer did, which may still be under way.
    pub settle: Duration,
}

impl Default for PublishSettings {
    fn default() -> PublishSettings {
        PublishSettings { label: "generated-issue".to_owned(), create_labels: true, settle: Duration::from_secs(3) }
    }
}

/// What a run knows of the repository, so that it asks once.
#[derive(Debug, Clone)]
pub struct Run {
    pub(super) settings: PublishSettings,
    /// Issues that may be ours; this run's own are added.
    pub(super) listed: Option<Vec<RemoteIssue>>,
    /// Label -> whether the repository has it.
    labels: BTreeMap<String, bool>,
}

impl Run {
    /// Returns a run that knows nothing yet.
    pub fn new(settings: PublishSettings) -> Run {
        Run { settings, listed: None, labels: BTreeMap::new() }
    }

    /// Returns those of the labels that may be used, creating what is missing.
    pub(super) fn labels(
        &mut self,
        tracker: &mut dyn Tracker,
        wanted: &[String],
        notes: &mut Vec<String>,
    ) -> Result<Vec<String>, Fault> {
        let mut usable = Vec::new();
        for label in wanted {
            let there = match self.labels.get(label) {
                Some(there) => *there,
                None => tracker.ensure_label(label, self.settings.create_labels)?,
            };
            self.labels.insert(label.clone(), there);
            if there {
                usable.push(label.clone());
            } else {
                notes.push(format!("the repository has no label `{label}`"));
            }
        }
        Ok(usable)
    }
}
