//! One file per kind of error: which places can raise it, whether it holds at a commit, what the name should be.
//! Leaves out ranking by stack traces, history and telling, which are the same for all kinds (`answer`).

pub(crate) mod attribute;
mod callee;
pub(crate) mod coroutine;
pub(crate) mod image;
mod kept;
pub(crate) mod key;
mod meaning;
pub(crate) mod module;
pub(crate) mod name;
mod owner;
mod receiver;
pub(crate) mod signature;
pub(crate) mod undefined;

use std::ops::Range;
use std::rc::Rc;

use super::facts::Facts;
use super::modules::Modules;
use super::packages::{self, Listed};
use crate::code::cause::{Question, Target};
use crate::code::git::Oid;
use crate::code::history::{Holds, Origin};

/// A place that can raise the error.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Site {
    /// File.
    pub(crate) path: String,
    /// 1-based line.
    pub(crate) line: u32,
    /// Last line of the statement or call.
    pub(crate) last_line: u32,
    /// Function or class around it.
    pub(crate) scope: String,
    /// What identifies the place in other versions of the file: a receiver, a callee, a module.
    pub(crate) key: String,
    /// The bytes that a fix replaces.
    pub(crate) bytes: Range<usize>,
    /// From 0 to 1: how well it fits the error by itself.
    pub(crate) fit: f64,
    /// Whether the code alone shows that it fails so: nothing is guessed from names.
    pub(crate) certain: bool,
    /// Why it is a candidate, a phrase.
    pub(crate) why: String,
}

/// What the name should be, with the change of the file that makes it so.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Aim {
    /// Told to the user.
    pub(crate) target: Target,
    /// Bytes to replace, and by what.
    pub(crate) edits: Vec<(Range<usize>, String)>,
    /// What to mind about it.
    pub(crate) warnings: Vec<String>,
}

/// What a search works on.
pub(crate) struct Search<'a> {
    /// The files of the commit.
    pub(crate) modules: Modules<'a>,
    /// The question.
    pub(crate) question: &'a Question,
    /// All files of the commit, sorted.
    pub(crate) paths: Vec<String>,
    /// Frames of the service's own code that stand in the repository, innermost first: path, line.
    pub(crate) frames: Vec<(String, u32)>,
}

impl Search<'_> {
    /// Returns where a file that lists packages asks for the one that brings a module; one that every build installs
    /// goes before one of a group.
    pub(crate) fn required(&self, module: &str) -> Option<Listed> {
        self.required_at(&self.modules, module)
    }

    /// Returns the same of another commit, in the files that list packages now.
    pub(crate) fn required_at(&self, modules: &Modules<'_>, module: &str) -> Option<Listed> {
        let all = self.paths.iter().filter(|path| packages::is_list(path));
        let found = all.flat_map(|path| {
            let text = modules.text(path).unwrap_or_default();
            packages::listed(path, &text, module)
        });
        found.min_by_key(|listed| listed.group.is_some())
    }
}

/// What the commit shows at which a place begins to hold.
pub(crate) enum Dated {
    /// The defect began there, by the files that it changed.
    Plain,
    /// It began there, by this.
    By(String),
    /// It may have begun later; what is known, a sentence without a full stop.
    Unknown(String),
}

/// A kind of error.
pub(crate) trait Kind {
    /// Returns the places that can raise it.
    fn sites(&self, search: &Search<'_>) -> Vec<Site>;
    /// Returns whether a place can raise it at a commit.
    fn holds(&self, modules: &Modules<'_>, path: &str, site: &Site) -> Holds;
    /// Returns how a place that raises this error no more fails in another way.
    fn fails_otherwise(&self, _modules: &Modules<'_>, _path: &str, _site: &Site) -> Option<String> {
        None
    }
    /// Returns the paths beside the site's own that decide it at a commit.
    fn paths(&self, modules: &Modules<'_>, path: &str, site: &Site) -> Vec<String>;
    /// Returns what the name should be.
    fn aim(&self, search: &Search<'_>, site: &Site, origin: Option<&Origin>) -> Option<Aim>;
    /// Returns what the code says, a sentence without a full stop.
    fn verdict(&self, search: &Search<'_>, site: &Site) -> String;
    /// Whether all that the sentence says is read in the code or in the log.
    fn proves(&self, _search: &Search<'_>, _site: &Site) -> bool {
        true
    }
    /// Returns what a test of the fix has to use: the name that failed.
    fn probe(&self, site: &Site) -> String;
    /// Returns what the commit that the history leads to did, where that needs words of its own or shows nothing.
    fn dated(&self, _search: &Search<'_>, _site: &Site, _origin: &Origin) -> Dated {
        Dated::Plain
    }
    /// Returns what speaks against the error, where no place can raise it.
    fn contradictions(&self, _search: &Search<'_>) -> Vec<String> {
        Vec::new()
    }
}

/// Returns how likely a file is to run in the service: tests, examples and scripts are less.
pub(crate) fn weight(path: &str) -> f64 {
    let lower = path.to_lowercase();
    let parts: Vec<&str> = lower.split('/').collect();
    let name = parts.last().copied().unwrap_or("");
    let within = |words: &[&str]| parts.iter().any(|part| words.contains(part));
    let tests = name.starts_with("test_") || name.ends_with("_test.py") || name == "conftest.py";
    if tests || within(&["tests", "test", "testing", "fixtures"]) {
        0.4
    } else if within(&["examples", "example", "docs", "doc", "notebooks", "cookbooks", "benchmarks", "contrib"]) {
        0.55
    } else if within(&["scripts", "tools", "bin", "migrations", "versions"]) || name == "setup.py" {
        0.8
    } else {
        1.0
    }
}

/// Returns the files of two versions of a module before and at a commit, where a rename is known.
pub(crate) fn before_and_after<'a>(search: &Search<'a>, origin: &Origin) -> Option<(Modules<'a>, Modules<'a>)> {
    let parent: &Oid = origin.parents.first()?;
    Some((search.modules.at(parent), search.modules.at(&origin.commit)))
}

/// Returns the indentation of a line.
pub(crate) fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

/// Returns whether a scope of the same name exists in a file; the top always does.
pub(crate) fn has_scope(facts: &Rc<Facts>, qualname: &str) -> bool {
    qualname.is_empty() || facts.scopes.iter().any(|scope| scope.qualname == qualname)
}
