//! A checkout of the service: which files it has, who owns them, what a commit touched.
//! Leaves out judging code. Runs `git` and nothing else, and nothing of the repository's own making.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::publish::github::codeowners::{CodeOwners, PLACES};
use crate::report::view::{CommitView, IncidentView};

use super::failure::{Exit, Failure};

/// A git checkout.
#[derive(Debug)]
pub(super) struct Checkout {
    root: PathBuf,
    /// File name -> paths that end in it.
    files: BTreeMap<String, Vec<String>>,
    owners: CodeOwners,
}

impl Checkout {
    /// Lists the files of a checkout.
    pub(super) fn open(root: &Path) -> Result<Checkout, Failure> {
        let listed = git(root, &["ls-files", "-z"])?;
        let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for path in listed.split('\0').filter(|path| !path.is_empty()) {
            let name = path.rsplit('/').next().unwrap_or(path);
            files.entry(name.to_string()).or_default().push(path.to_string());
        }
        // The text at HEAD, not the file: a link could lead anywhere.
        let text = PLACES.iter().find_map(|place| git(root, &["show", &format!("HEAD:{place}")]).ok());
        let owners = CodeOwners::parse(text.as_deref().unwrap_or(""));
        Ok(Checkout { root: root.to_path_buf(), files, owners })
    }

    /// Returns the file of the checkout that a trace names, if exactly one fits best.
    ///
    /// Containers hold the repository below some folder, so the longest common end of the paths counts.
    pub(super) fn file(&self, traced: &str) -> Option<&str> {
        let parts = |path: &str| {
            path.split(['/', '\\']).filter(|part| !part.is_empty()).map(str::to_string).collect::<Vec<_>>()
        };
        let wanted = parts(traced);
        let fitting = self.files.get(wanted.last()?)?;
        let common = |path: &str| {
            let has = parts(path);
            has.iter().rev().zip(wanted.iter().rev()).take_while(|(a, b)| a == b).count()
        };
        let best = fitting.iter().map(|path| common(path)).max()?;
        let mut best = fitting.iter().filter(|path| common(path) == best);
        match (best.next(), best.next()) {
            (Some(path), None) => Some(path),
            _ => None,
        }
    }

    /// Returns the owners of the file in which an incident's root failed, `@login` or `@org/team`.
    pub(super) fn owners(&self, incident: &IncidentView) -> Vec<String> {
        let root = incident.groups.iter().find(|group| group.id == incident.root);
        let exception = root.and_then(|group| group.exception.as_ref());
        let frame = exception.and_then(|exception| exception.innermost_in_app());
        let file = frame.and_then(|frame| frame.file.as_deref()).and_then(|file| self.file(file));
        let Some(owners) = file.and_then(|file| self.owners.owners(file)) else { return Vec::new() };
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
        let shown = git(&self.root, &["show", "--no-patch", "--format=%H%n%s", &format!("{id}^{{commit}}"), "--"])?;
        let mut lines = shown.lines();
        let full = lines.next().unwrap_or(id).to_string();
        let subject = lines.next().map(str::to_string);
        let names =
            git(&self.root, &["diff-tree", "--root", "--no-commit-id", "--name-only", "-r", "-z", &full, "--"])?;
        let files = names.split('\0').filter(|path| !path.is_empty()).map(str::to_string).collect();
        Ok(CommitView { id: full, subject, files })
    }
}

/// Runs git in the checkout, with everything switched off that could run a program of the repository's choice.
fn git(root: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let failed = |cause: String| {
        Failure::new(Exit::Usage, format!("cannot use the checkout {}", root.display()))
            .because(cause)
            .hint("name the top folder of a git checkout with --repo")
    };
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["--no-optional-locks", "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"])
        .args(["-c", "log.showSignature=false", "-c", "diff.external="])
        .args(arguments)
        .env("LC_ALL", "C")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(format!("cannot run git: {error}")))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(failed(text.lines().next().unwrap_or("git failed").trim().to_string()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
