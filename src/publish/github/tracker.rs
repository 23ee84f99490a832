//! The calls that keeping issues true needs, on plain structs.
//! Leaves out how GitHub is asked (`client`) and what is asked when (`perform`).
//!
//! It is a trait because the tests wrap it: they let a run die between any two calls.

use super::fault::Fault;
use crate::decision::{Issue, IssueState};
use crate::entry::Timestamp;

/// An issue as the tracker has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteIssue {
    /// Its number.
    pub number: u64,
    /// One line.
    pub title: String,
    /// Markdown, with the line ends that it is stored with; empty if there is none.
    pub body: String,
    /// How it stands.
    pub state: IssueState,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// Names of its labels.
    pub labels: Vec<String>,
    /// Login of who opened it; empty for a deleted account.
    pub author: String,
    /// GitHub lists pull requests among the issues.
    pub is_pull_request: bool,
    /// The page for people.
    pub url: String,
    /// Last change of anything.
    pub updated_at: Option<Timestamp>,
}

impl RemoteIssue {
    /// Returns what is to be remembered of it; `marked` says whether it carries our marker.
    pub fn as_issue(&self, marked: bool) -> Issue {
        Issue { number: self.number, state: self.state, closed_at: self.closed_at, marked }
    }
}

/// Which issues are listed: all of them, newest first, unless something says otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Only with this label.
    pub label: Option<String>,
    /// Only open ones.
    pub open_only: bool,
    /// Not more than so many.
    pub at_most: Option<usize>,
}

/// An issue to be opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewIssue {
    /// One line.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// Names.
    pub labels: Vec<String>,
    /// Logins.
    pub assignees: Vec<String>,
}

/// What of an issue is to change; `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// One line.
    pub title: Option<String>,
    /// Markdown.
    pub body: Option<String>,
    /// `Open` or `Completed`; no other state is ever set.
    pub state: Option<IssueState>,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Markdown.
    pub body: String,
    /// Login of who wrote it.
    pub author: String,
    /// Its place on the page for people.
    pub url: String,
    /// When it was written.
    pub at: Option<Timestamp>,
}

/// One version of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyVersion {
    /// When it was saved.
    pub at: Option<Timestamp>,
    /// Login of who saved it; empty when unknown.
    pub editor: String,
    /// The whole body as saved; `None` when a person deleted the version from the history.
    pub text: Option<String>,
}

/// One change of a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// The title before.
    pub from: String,
    /// The title after.
    pub to: String,
}

/// What became of an issue's body and title.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Versions of the body, newest first, at most the newest fifty; empty when it was never edited.
    pub bodies: Vec<BodyVersion>,
    /// Changes of the title, newest first, at most the newest ten.
    pub renames: Vec<Rename>,
}

/// A place where issues are kept.
pub trait Tracker {
    /// Lists issues (pull requests left out) over all pages; strongly consistent, unlike a search.
    fn issues(&mut self, listing: &Listing) -> Result<Vec<RemoteIssue>, Fault>;
    /// Returns an issue as it is now.
    fn issue(&mut self, number: u64) -> Result<RemoteIssue, Fault>;
    /// Opens an issue.
    fn create(&mut self, new: &NewIssue) -> Result<RemoteIssue, Fault>;
    /// Changes an issue and returns it as it is then.
    fn edit(&mut self, number: u64, change: &Change) -> Result<RemoteIssue, Fault>;
    /// Adds labels that exist; those it has already do no harm.
    fn add_labels(&mut self, number: u64, labels: &[String]) -> Result<(), Fault>;
    /// Removes a label; a label that it does not have does no harm.
    fn remove_label(&mut self, number: u64, label: &str) -> Result<(), Fault>;
    /// Returns whether the repository has a label, after creating it if `create` says so.
    fn ensure_label(&mut self, label: &str, create: bool) -> Result<bool, Fault>;
    /// Returns whether an issue can be assigned to a login.
    fn can_be_assigned(&mut self, login: &str) -> Result<bool, Fault>;
    /// Lists the comments of an issue over all pages, oldest first.
    fn comments(&mut self, number: u64) -> Result<Vec<Comment>, Fault>;
    /// Adds a comment.
    fn comment(&mut self, number: u64, text: &str) -> Result<Comment, Fault>;
    /// Returns what became of an issue's body and title.
    fn history(&mut self, number: u64) -> Result<History, Fault>;
}
