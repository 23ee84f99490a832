//! What is to be written to the tracker, as data: it can be stored, shown, carried out and looked up.
//! Leaves out carrying it out: see `publish`.

use serde::{Deserialize, Serialize};

use super::Published;

/// One write to the tracker, such that carrying it out twice does the same as once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Order {
    /// Open an issue, unless one with this fingerprint's marker exists; then `Edit` it.
    Open {
        /// The incident.
        fingerprint: String,
        /// Plain text.
        title: String,
        /// The managed block, without its markers.
        block: String,
        /// Labels, all of which may be created if missing.
        labels: Vec<String>,
        /// Logins.
        assignees: Vec<String>,
        /// What the issue says once this is done.
        #[serde(default)]
        says: Option<Box<Published>>,
    },
    /// Write the managed block below the text of an issue that a person opened.
    Adopt {
        /// The issue.
        number: u64,
        /// The incident.
        fingerprint: String,
        /// The managed block, without its markers.
        block: String,
        /// Labels to have.
        labels: Vec<String>,
        /// What the issue says once this is done.
        #[serde(default)]
        says: Option<Box<Published>>,
    },
    /// Replace the managed block, the title and our labels of an open or closed issue; people's text stays.
    Edit {
        /// The issue.
        number: u64,
        /// The incident, whose marker the body must carry.
        fingerprint: String,
        /// The title, if it is to change; left alone when a person changed it from `old_title`.
        title: Option<String>,
        /// The title that we wrote last.
        old_title: Option<String>,
        /// The managed block, without its markers.
        block: String,
        /// Labels to have.
        add_labels: Vec<String>,
        /// Labels of ours that no longer hold.
        remove_labels: Vec<String>,
        /// What the issue says once this is done.
        #[serde(default)]
        says: Option<Box<Published>>,
    },
    /// Add a comment, unless one with this key exists.
    Comment {
        /// The issue.
        number: u64,
        /// The incident, whose marker the body must carry.
        fingerprint: String,
        /// Makes the comment the only one of its kind; letters, digits, dashes.
        key: String,
        /// Markdown.
        text: String,
    },
    /// Close as completed, if it is open.
    Close {
        /// The issue.
        number: u64,
        /// The incident, whose marker the body must carry.
        fingerprint: String,
    },
    /// Open again, if it is closed as completed.
    Reopen {
        /// The issue.
        number: u64,
        /// The incident, whose marker the body must carry.
        fingerprint: String,
    },
}

impl Order {
    /// Returns the word for it: `open`, `adopt`, `edit`, `comment`, `close`, `reopen`.
    pub fn name(&self) -> &'static str {
        match self {
            Order::Open { .. } => "open",
            Order::Adopt { .. } => "adopt",
            Order::Edit { .. } => "edit",
            Order::Comment { .. } => "comment",
            Order::Close { .. } => "close",
            Order::Reopen { .. } => "reopen",
        }
    }

    /// Returns an opening as the order to take up an issue that a person opened; any other order as it is.
    pub fn into_adoption(self, number: u64) -> Order {
        match self {
            Order::Open { fingerprint, block, labels, says, .. } => {
                Order::Adopt { number, fingerprint, block, labels, says }
            }
            order => order,
        }
    }

    /// Returns what the issue says once this is done, if it changes what it says.
    pub fn says(&self) -> Option<&Published> {
        match self {
            Order::Open { says, .. } | Order::Adopt { says, .. } | Order::Edit { says, .. } => says.as_deref(),
            _ => None,
        }
    }

    /// Returns the order without its long texts: what is worth keeping of it once it is carried out.
    #[must_use]
    pub fn without_texts(mut self) -> Order {
        match &mut self {
            Order::Open { block, says, .. } | Order::Adopt { block, says, .. } | Order::Edit { block, says, .. } => {
                block.clear();
                if let Some(says) = says {
                    says.body.clear();
                }
            }
            Order::Comment { text, .. } => text.clear(),
            Order::Close { .. } | Order::Reopen { .. } => {}
        }
        self
    }

    /// Returns the incident that it is about.
    pub fn fingerprint(&self) -> &str {
        match self {
            Order::Open { fingerprint, .. }
            | Order::Adopt { fingerprint, .. }
            | Order::Edit { fingerprint, .. }
            | Order::Comment { fingerprint, .. }
            | Order::Close { fingerprint, .. }
            | Order::Reopen { fingerprint, .. } => fingerprint,
        }
    }
}
