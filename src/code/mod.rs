//! The cause in the source code: from an error to the line, the right name, the commit and the patch.
//! Leaves out running anything of the repository and changing it; it is read through git alone.
//!
//! `find` asks a checkout about one error. Everything it says was read in the files of one commit.

mod cause;
mod git;
mod history;
mod image;
mod near;
mod patch;
mod paths;
pub(crate) mod python;
pub mod revision;

pub use cause::{Candidate, Cause, Culprit, Frame, Question, Target};
pub use git::{Commit, GitFault, History, Oid, Place, Repository, TreeFile};
pub use paths::{FileNames, PathMap};

use std::time::Duration;

/// The files of one commit, read when they are asked for.
#[derive(Debug)]
pub struct Snapshot<'a> {
    /// The repository.
    pub repository: &'a Repository,
    /// The commit.
    pub commit: Oid,
    /// The commit that is newest now; what is mended there is told. Nothing where it is not to be looked at.
    pub head: Option<Oid>,
    /// Its links and submodules, which are not followed.
    pub links: Vec<String>,
    /// Its files, sorted by path.
    pub files: Vec<TreeFile>,
    parsed: python::modules::Parsed,
}

impl<'a> Snapshot<'a> {
    /// Lists the files of a commit.
    pub fn open(repository: &'a Repository, commit: Oid) -> Result<Snapshot<'a>, GitFault> {
        let files = repository.files(&commit)?;
        let head = repository.head().ok();
        let links = repository.links(&commit)?;
        Ok(Snapshot { repository, commit, head, links, files, parsed: Default::default() })
    }
}

/// Looks for the cause of an error in the files of a commit and in the history behind it.
///
/// `None` where the error is of no kind that source code answers, or the code has no place that could raise it.
pub fn find(snapshot: &Snapshot<'_>, question: &Question, budget: Duration) -> Option<Cause> {
    python::answer::answer(snapshot, &snapshot.parsed, question, budget)
}
