//! A checkout of the service: which files it has, who owns them, what a commit touched.
//! Leaves out judging code and running git (`code`). Files are read as they are at a commit, never from the folder.

use std::path::Path;

use crate::code::{FileNames, GitFault, Oid, Place, Repository};
use crate::entry::Timestamp;
use crate::publish::github::codeowners::{CodeOwners, PLACES};
use crate::report::view::{CommitView, CulpritView, IncidentView};
use crate::verify::Code;

use super::failure::{Exit, Failure};

/// A git checkout.
#[derive(Debug)]
pub(super) struct Checkout {
    /// The repository.
    pub(super) repository: Repository,
    /// The commit at HEAD.
    pub(super) head: Oid,
    /// As the user named it.
    pub(super) name: String,
    files: FileNames,
    owners: CodeOwners,
}

impl Checkout {
    /// Lists the files of a checkout.
    pub(super) fn open(root: &Path) -> Result<Checkout, Failure> {
        let failed = |fault: GitFault| {
            let hint = mends(&fault.0);
            Failure::new(Exit::Usage, format!("cannot use the checkout {}", root.display())).because(fault).hint(hint)
        };
        let repository = Repository::open(root).map_err(failed)?;
        let head = repository.head().map_err(failed)?;
        let mut checkout = Checkout {
            files: FileNames::default(),
            owners: CodeOwners::default(),
            name: root.display().to_string(),
            repository,
            head,
        };
        checkout.files = checkout.names(&checkout.head).map_err(failed)?;
        let text = PLACES.iter().find_map(|place| checkout.text(&checkout.head, place));
        checkout.owners = CodeOwners::parse(text.as_deref().unwrap_or(""));
        Ok(checkout)
    }

    /// Returns the names of the files of a commit.
    pub(super) fn names(&self, commit: &Oid) -> Result<FileNames, GitFault> {
        let files = self.repository.files(commit)?;
        Ok(FileNames::of(files.iter().map(|file| file.path.as_str())))
    }

    /// Returns a file of a commit as text.
    pub(super) fn text(&self, commit: &Oid, path: &str) -> Option<String> {
        let Place::File(content) = self.repository.place(commit, path).ok()? else { return None };
        Some(String::from_utf8_lossy(&self.repository.content(&content).ok()??).into_owned())
    }

    /// Returns a line of a file of a commit, trimmed.
    pub(super) fn line(&self, commit: &Oid, path: &str, line: u32) -> Option<String> {
        let at = usize::try_from(line).ok()?.checked_sub(1)?;
        self.text(commit, path)?.lines().nth(at).map(|line| line.trim().to_string())
    }

    /// Returns the owners of the file in which an incident's root failed, `@login` or `@org/team`.
    pub(super) fn owners(&self, incident: &IncidentView) -> Vec<String> {
        let place = incident.cause.as_ref().and_then(|cause| cause.candidates.first());
        let root = incident.groups.iter().find(|group| group.id == incident.root);
        let exception = root.and_then(|group| group.exception.as_ref());
        let frame = exception.and_then(|exception| exception.innermost_in_app());
        let traced = || frame.and_then(|frame| frame.file.as_deref()).and_then(|file| self.files.nearest(file));
        place.map(|place| place.file.as_str()).or_else(traced).map_or(Vec::new(), |file| self.owners_of(file))
    }

    /// Returns the owners of a file, `@login` or `@org/team`.
    pub(super) fn owners_of(&self, file: &str) -> Vec<String> {
        let Some(owners) = self.owners.owners(file) else { return Vec::new() };
        let named = owners.users.iter().chain(&owners.teams).map(|name| format!("@{name}"));
        named.chain(owners.emails.iter().cloned()).collect()
    }

    /// Returns what git knows of a commit.
    pub(super) fn commit(&self, id: &str) -> Result<CommitView, Failure> {
        let hex = (4..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hex {
            return Err(
                Failure::new(Exit::Usage, format!("`{id}` is no commit")).hint("write its hash, at least four digits")
            );
        }
        let failed = |fault: GitFault| {
            Failure::new(Exit::Usage, format!("cannot use the checkout {}", self.name))
                .because(fault)
                .hint("fetch the commit, or name the checkout that has it with --repo")
        };
        let commit = self.repository.commit_named(id).and_then(|id| self.repository.commit(&id)).map_err(failed)?;
        let full = commit.id.as_str();
        let arguments = ["diff-tree", "--root", "--no-commit-id", "--name-only", "-r", "-z", full, "--"];
        let names = self.repository.run(&arguments).map_err(failed)?;
        let files = names.split('\0').filter(|path| !path.is_empty()).map(str::to_string).collect();
        Ok(CommitView { id: full.to_string(), subject: Some(commit.subject), files })
    }
}

impl Code for Checkout {
    fn commit(&self, id: &str) -> Option<String> {
        let id = self.repository.commit_named(id).ok().filter(|full| full.as_str().starts_with(id))?;
        let commit = self.repository.commit(&id).ok()?;
        let date = Timestamp(commit.time.saturating_mul(1_000_000_000));
        let (id, subject, merge) = (id.as_str().to_string(), commit.subject, commit.parents.len() > 1);
        Some(CulpritView { id, subject, date, merge, why: String::new() }.line())
    }

    fn line(&self, commit: &str, file: &str, line: u32) -> Option<String> {
        self.line(&self.repository.commit_named(commit).ok()?, file, line)
    }
}

/// Says what mends a checkout that cannot be used, by what git said.
fn mends(said: &str) -> &'static str {
    match said {
        said if said.contains("cannot run git") => "install git; the source code is read through it",
        said if said.contains("dubious ownership") => {
            "it belongs to somebody else: `git config --global --add safe.directory FOLDER` lets git read it"
        }
        said if said.contains("no commit `HEAD`") => {
            "nothing is committed there yet; commit, or name another checkout with --repo"
        }
        _ => "name the folder of a git checkout with --repo",
    }
}
