//! The commit at which a defect appears: it holds there and at none of its parents.
//! Leaves out what the defect is; a predicate says whether it holds at a commit.
//!
//! Only commits that change a deciding file can change the answer, so git lists just these (history simplification
//! follows a merge to the parent from which all of them came); the answer is checked at the real parents.

use std::collections::HashMap;
use std::time::Instant;

use super::git::{GitFault, Oid, Place, Repository};

/// Whether a defect holds at a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// The files do not say, for example because they do not parse.
    Unknown,
}

/// A defect that can be looked for at any commit. `path` is where its file stood then.
pub(crate) trait Defect {
    /// Returns whether it holds.
    fn holds(&self, commit: &Oid, path: &str) -> Holds;
    /// Returns the paths that decide it.
    fn paths(&self, commit: &Oid, path: &str) -> Vec<String>;
}

/// What the walk found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The commit.
    pub(crate) commit: Oid,
    /// Where the file stood there.
    pub(crate) path: String,
    /// Its parents, at none of which it holds.
    pub(crate) parents: Vec<Oid>,
    /// Whether a parent could not be judged.
    pub(crate) unsure: bool,
    /// Commits looked at.
    pub(crate) looked_at: usize,
}

/// Why no commit was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The time was up after this many commits.
    Late(usize),
    /// The clone has no older commits.
    Shallow(Oid),
    /// Git failed.
    Git(GitFault),
    /// It does not hold at the start.
    NotThere,
}

/// Walks back from a commit at which a defect holds to the one at which it appears.
pub(crate) fn origin(
    repository: &Repository,
    start: &Oid,
    path: &str,
    defect: &dyn Defect,
    until: Instant,
) -> Result<Origin, Lost> {
    if defect.holds(start, path) != Holds::Yes {
        return Err(Lost::NotThere);
    }
    let shallow = repository.is_shallow();
    let (mut commit, mut path) = (start.clone(), path.to_string());
    let mut looked_at = 0;
    loop {
        let found = along(repository, &commit, &path, defect, until, &mut looked_at)?;
        let parents = repository.commit(&found).map_err(Lost::Git)?.parents;
        if parents.is_empty() && shallow {
            return Err(Lost::Shallow(found));
        }
        let mut unsure = false;
        let mut further = None;
        for parent in &parents {
            let before = path_before(repository, parent, &found, &path).map_err(Lost::Git)?;
            let Some(before) = before else { continue };
            looked_at += 1;
            match defect.holds(parent, &before) {
                Holds::Yes => {
                    further = Some((parent.clone(), before));
                    break;
                }
                Holds::Unknown => {
                    // What cannot be read is neither innocent nor guilty: the commits behind it decide.
                    match along_unknown(repository, parent, &before, defect, until, &mut looked_at)? {
                        Some(older) => {
                            further = Some((older, before));
                            break;
                        }
                        None => unsure = true,
                    }
                }
                Holds::No => {}
            }
        }
        match further {
            Some((parent, before)) if Instant::now() < until => (commit, path) = (parent, before),
            Some(_) => return Err(Lost::Late(looked_at)),
            None => return Ok(Origin { commit: found, path, parents, unsure, looked_at }),
        }
    }
}

/// Returns where a file stood in a parent: the same path, or the one it was moved from.
fn path_before(repository: &Repository, parent: &Oid, commit: &Oid, path: &str) -> Result<Option<String>, GitFault> {
    match repository.place(parent, path)? {
        Place::File(_) => Ok(Some(path.to_string())),
        _ => repository.renamed_from(parent, commit, path),
    }
}

/// Follows the commits that change a deciding path for as long as the defect holds; returns the last of them.
fn along(
    repository: &Repository,
    start: &Oid,
    path: &str,
    defect: &dyn Defect,
    until: Instant,
    looked_at: &mut usize,
) -> Result<Oid, Lost> {
    let mut history = repository.history(start, &defect.paths(start, path)).map_err(Lost::Git)?;
    let Some((mut at, mut parents)) = history.next(until) else {
        return if Instant::now() >= until { Err(Lost::Late(*looked_at)) } else { Ok(start.clone()) };
    };
    *looked_at += 1;
    if at != *start && defect.holds(&at, path) != Holds::Yes {
        // The nearest change of a deciding path did not make it: the answer lies in between.
        return Ok(start.clone());
    }
    // Rows come by date, which a wrong clock can mix up: what was passed is kept.
    let mut passed: HashMap<Oid, Vec<Oid>> = HashMap::new();
    loop {
        let next = parents.iter().find(|parent| {
            *looked_at += 1;
            Instant::now() < until && defect.holds(parent, path) == Holds::Yes
        });
        if Instant::now() >= until {
            return Err(Lost::Late(*looked_at));
        }
        let Some(next) = next.cloned() else { return Ok(at) };
        parents = loop {
            if let Some(parents) = passed.remove(&next) {
                break parents;
            }
            match history.next(until) {
                Some((commit, parents)) => passed.insert(commit, parents),
                None if Instant::now() >= until => return Err(Lost::Late(*looked_at)),
                None => return Ok(next),
            };
        };
        at = next;
    }
}

/// Looks behind commits that cannot be judged for one at which the defect holds.
fn along_unknown(
    repository: &Repository,
    start: &Oid,
    path: &str,
    defect: &dyn Defect,
    until: Instant,
    looked_at: &mut usize,
) -> Result<Option<Oid>, Lost> {
    let mut history = repository.history(start, &defect.paths(start, path)).map_err(Lost::Git)?;
    while let Some((commit, _)) = history.next(until) {
        *looked_at += 1;
        match defect.holds(&commit, path) {
            Holds::Yes => return Ok(Some(commit)),
            Holds::No => return Ok(None),
            Holds::Unknown => {}
        }
    }
    Ok(None)
}
