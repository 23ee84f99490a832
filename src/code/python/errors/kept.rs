//! Where a key comes from: the dictionary that is written out, the files that set a variable of the environment.
//! Leaves out where it is read, and what is put in while the program runs.

use std::rc::Rc;

use regex::Regex;

use super::key::{NoKey, is_environment};
use super::{Dated, Search, Site};
use crate::code::history::{Holds, Origin};
use crate::code::python::answer::short;
use crate::code::python::facts::{Bound, Expr, Facts, Item, Table};
use crate::code::python::modules::Modules;
use crate::code::python::names::Thing;

/// Files of settings looked at in the history.
const SETTINGS: usize = 60;

/// What shows at the commit that was searched where the key comes from.
#[derive(Debug)]
pub(crate) struct Known {
    /// Whether keys of some dictionary are put in or taken out while the program runs, so that a list of keys is not all.
    pub(super) changed: bool,
    /// Files that can set variables of the environment.
    settings: Vec<String>,
    /// Those of them that set this one, and evidently not where it was missing.
    idle: Vec<String>,
    /// How a variable is set in such a file.
    sets: Option<Regex>,
}

/// Whether a dictionary holds the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeps {
    /// It does.
    Has,
    /// All its keys are written out, and the key is none of them.
    Lacks,
    /// The code does not say.
    Unknown,
}

/// Imports followed from a name to the dictionary that it means.
const IMPORTS: usize = 6;

/// Methods that change the keys of a dictionary.
const CHANGES: [&str; 6] = ["update", "setdefault", "pop", "popitem", "clear", "__setitem__"];

impl NoKey {
    /// Looks at the files of the commit that is searched.
    pub(super) fn known(&self, search: &Search<'_>) -> Known {
        let modules = &search.modules;
        let name = regex::escape(&self.key);
        let sets = Regex::new(&format!(
            r#"(?m)^\s*(?:(?:-\s*)?["']?{name}["']?\s*[:=]|ENV\s+(?:\S+=\S+\s+)*{name}[=\s]|(?:-\s*)?name:\s*["']?{name}["']?\s*$)"#
        ));
        let sets = sets.ok();
        let settings: Vec<String> =
            search.paths.iter().filter(|path| is_setting(path)).take(SETTINGS).cloned().collect();
        let sets_it =
            |path: &&String| modules.text(path).zip(sets.as_ref()).is_some_and(|(text, sets)| sets.is_match(&text));
        let idle = settings.iter().filter(sets_it).cloned().collect();
        // Keys that are put in or taken out by a method or a computed key, of anything of that name.
        let changes = |facts: &Facts, tail: &String| {
            let method = |name: &str| CHANGES.contains(&name);
            facts.changed_by_key.contains(tail)
                || facts
                    .accesses
                    .iter()
                    .any(|access| access.called && method(&access.name) && access.receiver.tail() == Some(tail))
        };
        let changed = self.receivers(modules).iter().any(|tail| {
            modules.with_word(tail).iter().any(|path| modules.facts(path).is_some_and(|facts| changes(&facts, tail)))
        });
        Known { changed, settings, idle, sets }
    }

    /// The last names of what the key is read from.
    fn receivers(&self, modules: &Modules<'_>) -> Vec<String> {
        let word = self.key.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
        let word = word.max_by_key(|word| word.len()).unwrap_or("");
        let mut found = Vec::new();
        for path in modules.with_word(word) {
            let Some(facts) = modules.facts(&path) else { continue };
            found.extend(self.reads(&facts).filter_map(|item| item.receiver.tail().map(str::to_string)));
        }
        found.sort();
        found.dedup();
        found.retain(|tail| tail != "environ");
        found
    }

    /// Returns the dictionary from which an item is read, where it is written out at the top of a file.
    fn table(&self, modules: &Modules<'_>, path: &str, facts: &Rc<Facts>, item: &Item) -> Option<(String, Table)> {
        let (file, name) = match &item.receiver {
            Expr::Name(name) => {
                let mut at = item.spot.scope;
                while at != 0 {
                    if facts.scopes[at].bindings.contains_key(name) {
                        return None;
                    }
                    at = facts.scopes[at].parent;
                }
                (path.to_string(), name)
            }
            Expr::Attribute(inner, name) => match modules.thing(path, facts, item.spot.scope, inner, 0) {
                Thing::Module(_, module) => (module.path()?.to_string(), name),
                _ => return None,
            },
            _ => return None,
        };
        let (mut file, mut name) = (file, name.clone());
        for _ in 0..IMPORTS {
            let there = modules.facts(&file)?;
            // Bound once, and whatever happens.
            let bindings = there.top(&name);
            let [one] = &bindings[..] else { return None };
            match &one.bound {
                Bound::Value(_) if one.branch == 0 => {
                    let table = there.tables.iter().find(|table| table.scope == 0 && table.name == name)?;
                    return Some((file, table.clone()));
                }
                Bound::Import(at) => {
                    let import = &there.imports[*at];
                    let from = modules.resolve(&modules.absolute(import, &file), &file);
                    (file, name) = (from.path()?.to_string(), import.name.clone()?);
                }
                _ => return None,
            }
        }
        None
    }

    /// Returns whether the dictionary from which an item is read holds the key.
    pub(super) fn keeps(&self, modules: &Modules<'_>, path: &str, facts: &Rc<Facts>, item: &Item) -> Keeps {
        let Some((file, table)) = self.table(modules, path, facts, item) else { return Keeps::Unknown };
        let files: Vec<String> = match modules.listed.is_empty() {
            true => vec![file, path.to_string()],
            false => modules.with_word(&table.name),
        };
        let mut of_it = Vec::new();
        for facts in files.iter().filter_map(|path| modules.facts(path)) {
            let stored = facts.items.iter().filter(|item| item.stored && item.receiver.tail() == Some(&table.name));
            of_it.extend(stored.map(|item| item.key.clone()));
        }
        match () {
            () if of_it.contains(&self.key) => Keeps::Unknown,
            () if table.keys.contains(&self.key) => Keeps::Has,
            () if table.whole => Keeps::Lacks,
            () => Keeps::Unknown,
        }
    }

    /// Returns whether what is read has no such key at a commit, as far as the commit that was searched can be judged.
    pub(super) fn lacks(
        &self,
        modules: &Modules<'_>,
        path: &str,
        facts: &Rc<Facts>,
        item: &Item,
        site: &Site,
    ) -> Holds {
        if is_environment(&site.key) {
            return if self.setter(modules).is_some() { Holds::No } else { Holds::Yes };
        }
        if !judged(site) {
            return Holds::Yes;
        }
        match self.keeps(modules, path, facts, item) {
            Keeps::Has => Holds::No,
            Keeps::Lacks => Holds::Yes,
            Keeps::Unknown => Holds::Unknown,
        }
    }

    /// Returns the file that sets the variable at a commit.
    fn setter(&self, modules: &Modules<'_>) -> Option<&String> {
        let known = self.known.get()?;
        let sets = known.sets.as_ref()?;
        let mut others = known.settings.iter().filter(|path| !known.idle.contains(path));
        others.find(|path| modules.text(path).is_some_and(|text| sets.is_match(&text)))
    }

    /// Returns the files beside the reading one that decide whether the key is there.
    pub(super) fn keepers(&self, modules: &Modules<'_>, path: &str, site: &Site) -> Vec<String> {
        if is_environment(&site.key) {
            return self.known.get().map(|known| known.settings.clone()).unwrap_or_default();
        }
        let Some(facts) = modules.facts(path).filter(|_| judged(site)) else { return Vec::new() };
        let items = self.reads(&facts).filter(|item| item.receiver_text == site.key);
        items.filter_map(|item| Some(self.table(modules, path, &facts, item)?.0)).collect()
    }

    /// Returns what the commit did from which on the place reads the key in vain, where the code shows that.
    pub(super) fn since(&self, search: &Search<'_>, site: &Site, origin: &Origin) -> Dated {
        let before = origin.parents.first().map(|parent| search.modules.at(parent));
        let read_before = before.as_ref().and_then(|before| {
            let facts = before.facts(&origin.path)?;
            let item = self.reads(&facts).find(|item| item.receiver_text == site.key)?.clone();
            Some((before, facts, item))
        });
        if is_environment(&site.key)
            && let Some((before, ..)) = &read_before
            && let Some(file) = self.setter(before)
        {
            return Dated::By(format!("it took {} out of {file}", self.key));
        }
        if judged(site) && !origin.unsure {
            let taken = read_before.and_then(|(before, facts, item)| {
                let (file, table) = self.table(before, &origin.path, &facts, &item)?;
                table
                    .keys
                    .contains(&self.key)
                    .then(|| format!("it took the key {} out of {} in {file}", self.key, table.name))
            });
            return taken.map_or(Dated::Plain, Dated::By);
        }
        let commit = short(origin.commit.as_str());
        Dated::Unknown(match is_environment(&site.key) {
            true => format!(
                "since when the process has no {} is not known; {} needs it since commit {commit}",
                self.key, origin.path
            ),
            false => format!(
                "since when the key {} is missing from {} is not known; {} reads it since commit {commit}",
                self.key, site.key, origin.path
            ),
        })
    }
}

/// How the reason of a place ends whose dictionary is written out without the key.
pub(super) const WRITTEN_OUT: &str = "whose keys are written out without it";

/// Whether the code shows at the commit that was searched that the key is missing.
fn judged(site: &Site) -> bool {
    site.why.ends_with(WRITTEN_OUT)
}

/// Whether a file can set variables of the environment.
fn is_setting(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with("Dockerfile")
        || name == ".env"
        || name.starts_with(".env.")
        || [".env", ".yaml", ".yml"].iter().any(|end| name.ends_with(end))
        || name == "Procfile"
}
