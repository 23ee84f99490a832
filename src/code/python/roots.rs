//! Where top modules are found: above packages, and where the imports themselves show it.
//! Leaves out what a start command sets at run time and no file shows.

use std::collections::{BTreeSet, HashMap};

use super::modules::{Modules, folder, join};
use crate::code::git::Oid;

impl Modules<'_> {
    /// Returns folders from which the files import, although packages lie above them: what a start command put on
    /// the path. The imports themselves are the evidence: of two packages at least, in five files at least.
    pub(super) fn roots_in_use(&self) -> Vec<String> {
        let mut tops: HashMap<&str, Vec<&str>> = HashMap::new();
        for (path, _) in &self.listed {
            // Packages only: many a file is called like a package of somebody else.
            let Some(package) = path.strip_suffix("/__init__.py") else { continue };
            let above = folder(package);
            if !self.roots.iter().any(|root| root == above) {
                tops.entry(package.rsplit('/').next().unwrap_or(package)).or_default().push(above);
            }
        }
        let mut votes: HashMap<&str, (BTreeSet<&str>, BTreeSet<usize>)> = HashMap::new();
        for (at, bytes) in self.texts() {
            for line in bytes.split(|byte| *byte == b'\n') {
                let rest = line.strip_prefix(b"from ").or(line.strip_prefix(b"import "));
                let Some(rest) = rest else { continue };
                let end = rest.iter().position(|byte| !(byte.is_ascii_alphanumeric() || b"_.".contains(byte)));
                let Ok(dotted) = std::str::from_utf8(&rest[..end.unwrap_or(rest.len())]) else { continue };
                let mut parts = dotted.split('.');
                let (Some(first), Some(second)) = (parts.next(), parts.next()) else { continue };
                let Some((known, above)) = tops.get_key_value(first) else { continue };
                for above in above {
                    // The second part has to be there too, or it is another package of that name.
                    let below = join(&join(above, first), second);
                    if self.has_listed(&format!("{below}.py")) || self.has_listed(&join(&below, "__init__.py")) {
                        let vote = votes.entry(above).or_default();
                        vote.0.insert(known);
                        vote.1.insert(*at);
                    }
                }
            }
        }
        let mut used: Vec<(&str, usize)> = votes
            .into_iter()
            .filter(|(_, (packages, files))| packages.len() >= 2 && files.len() >= 5)
            .map(|(root, (_, files))| (root, files.len()))
            .collect();
        used.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        used.into_iter().take(5).map(|(root, _)| root.to_string()).collect()
    }

    pub(super) fn has_listed(&self, path: &str) -> bool {
        self.listed.binary_search_by(|(listed, _)| listed.as_str().cmp(path)).is_ok()
    }

    /// Returns the folder above the topmost package that holds a file; folders in between without `__init__.py`
    /// are namespace packages of it.
    pub(super) fn root_of(&self, path: &str) -> String {
        let mut at = folder(path);
        let mut root = at;
        while !at.is_empty() {
            let above = folder(at);
            if self.file(&join(at, "__init__.py")).is_some() {
                root = above;
            }
            at = above;
        }
        root.to_string()
    }

    /// Returns the folders below which a file finds top modules, nearest first.
    pub(super) fn roots_for(&self, caller: &str) -> Vec<String> {
        let mut at = self.root_of(caller);
        let mut roots = vec![at.clone()];
        // A folder without `__init__.py` in between may also be where its own packages are found.
        let mut between = folder(caller);
        while between.len() > at.len() {
            if self.file(&join(between, "__init__.py")).is_none() {
                roots.push(between.to_string());
            }
            between = folder(between);
        }
        while !at.is_empty() {
            at = folder(&at).to_string();
            roots.push(at.clone());
        }
        for root in &self.roots {
            if !roots.contains(root) {
                roots.push(root.clone());
            }
        }
        roots
    }
}

/// Returns the folders below which top modules stand, those with most files first.
pub(super) fn packaged(listed: &[(String, Oid)]) -> Vec<String> {
    let packages: BTreeSet<&str> =
        listed.iter().filter(|(path, _)| path.ends_with("__init__.py")).map(|(path, _)| folder(path)).collect();
    let mut counts: HashMap<String, usize> = HashMap::new();
    for (path, _) in listed {
        let mut at = folder(path);
        let mut root = None;
        while !at.is_empty() {
            if packages.contains(at) {
                root = Some(folder(at));
            }
            at = folder(at);
        }
        if let Some(root) = root {
            *counts.entry(root.to_string()).or_default() += 1;
        }
    }
    for usual in ["", "src"] {
        counts.entry(usual.to_string()).or_default();
    }
    let mut roots: Vec<(String, usize)> = counts.into_iter().collect();
    roots.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    roots.into_iter().map(|(root, _)| root).take(40).collect()
}
