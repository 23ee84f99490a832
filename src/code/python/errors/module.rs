//! `No module named 'a.b'`: which import names a module that does not exist, and where it lives.
//! Leaves out modules that exist in the repository but not in the image (`image`).

use std::collections::{BTreeMap, BTreeSet};

use super::{Aim, Dated, Kind, Search, Site, before_and_after, weight};
use crate::code::cause::Target;
use crate::code::history::{Holds, Origin};
use crate::code::near::{NEAR, nearness};
use crate::code::python::answer::short;
use crate::code::python::facts::{Bound, Facts, Import};
use crate::code::python::modules::{Module, Modules, folder, join};
use crate::code::python::names::Has;
use crate::code::python::packages::{self, Listed};

/// The error.
#[derive(Debug)]
pub(crate) struct NoModule {
    /// The name in the message.
    pub(crate) module: String,
}

impl NoModule {
    /// Returns whether an import fails with this message.
    fn fails(&self, modules: &Modules<'_>, import: &Import, path: &str) -> Option<String> {
        if import.spot.type_only {
            return None;
        }
        let dotted = modules.absolute(import, path);
        if dotted.is_empty() || !self.may_mean(&dotted) || modules.link_to(&dotted, path).is_some() {
            return None;
        }
        match modules.resolve(&dotted, path) {
            // Old versions name only the last part.
            Module::Missing(prefix) if self.is(&prefix) => Some(dotted),
            // The name of a relative import depends on the folder that the process began in.
            Module::Missing(prefix) if import.level > 0 && self.module.ends_with(&format!(".{prefix}")) => Some(dotted),
            Module::Foreign if dotted == self.module || dotted.starts_with(&format!("{}.", self.module)) => {
                Some(dotted)
            }
            _ => None,
        }
    }

    fn may_mean(&self, dotted: &str) -> bool {
        let last = self.module.rsplit('.').next().unwrap_or(&self.module);
        dotted.split('.').any(|part| part == last)
    }

    fn is(&self, prefix: &str) -> bool {
        prefix == self.module || prefix.strip_suffix(&self.module).is_some_and(|rest| rest.ends_with('.'))
    }

    /// Returns the modules from which other files take the names, with the number of files.
    fn importers(&self, modules: &Modules<'_>, names: &[String], caller: &str) -> Vec<(String, usize)> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for name in names.iter().take(4) {
            for path in modules.with_word(name).iter().filter(|path| *path != caller) {
                let Some(facts) = modules.facts(path) else { continue };
                for import in facts.imports.iter().filter(|import| import.name.as_ref() == Some(name)) {
                    *counts.entry(modules.absolute(import, path)).or_default() += 1;
                }
            }
        }
        counts.into_iter().collect()
    }

    /// Returns the names that a file takes from a module.
    fn names(&self, modules: &Modules<'_>, facts: &Facts, path: &str, dotted: &str) -> Vec<String> {
        let taken = facts.imports.iter().filter(|import| modules.absolute(import, path) == dotted);
        let mut names: Vec<String> =
            taken.filter_map(|import| import.name.clone()).filter(|name| name != "*").collect();
        names.dedup();
        names
    }
}

impl Kind for NoModule {
    fn sites(&self, search: &Search<'_>) -> Vec<Site> {
        let modules = &search.modules;
        let last = self.module.rsplit('.').next().unwrap_or(&self.module);
        let mut sites = Vec::new();
        for path in modules.with_word(last) {
            let Some(facts) = modules.facts(&path) else { continue };
            let mut seen = BTreeSet::new();
            for import in &facts.imports {
                let Some(dotted) = self.fails(modules, import, &path) else { continue };
                if !seen.insert(import.statement.start) {
                    continue;
                }
                let caught = import
                    .spot
                    .handled
                    .iter()
                    .any(|name| name.ends_with("ImportError") || name.ends_with("ModuleNotFoundError"));
                let scope = facts.scope_name(import.spot.scope).to_string();
                // An import at the top fails at start-up, before one in a function can.
                let fit = weight(&path) * if caught { 0.6 } else { 1.0 } * if scope.is_empty() { 1.0 } else { 0.98 };
                sites.push(Site {
                    line: import.statement_line,
                    last_line: facts.line_of(import.statement.end.saturating_sub(1)),
                    scope,
                    bytes: import.module_bytes.clone(),
                    fit,
                    certain: !caught,
                    why: if caught {
                        format!("it imports {dotted}, and handles the failure itself")
                    } else {
                        match dotted == self.module {
                            true => format!("it imports {dotted}"),
                            false => format!("it imports {dotted}, and {} does not exist", self.module),
                        }
                    },
                    key: dotted,
                    path: path.clone(),
                });
            }
            // Names of modules also stand in settings and in calls of `import_module`.
            for text in facts
                .texts
                .iter()
                .filter(|text| text.value == self.module || text.value.starts_with(&format!("{}.", self.module)))
            {
                if !text.spot.type_only
                    && matches!(modules.resolve(&self.module, &path), Module::Missing(_) | Module::Foreign)
                {
                    sites.push(Site {
                        path: path.clone(),
                        line: text.spot.line,
                        last_line: text.spot.line,
                        scope: facts.scope_name(text.spot.scope).to_string(),
                        key: text.value.clone(),
                        bytes: text.spot.bytes.clone(),
                        fit: weight(&path) * 0.5,
                        certain: false,
                        why: format!("it names {} in a text, which may be imported by name", text.value),
                    });
                }
            }
        }
        sites
    }

    fn holds(&self, modules: &Modules<'_>, path: &str, site: &Site) -> Holds {
        let Some(facts) = modules.facts(path) else { return Holds::No };
        let fails = facts
            .imports
            .iter()
            .any(|import| self.fails(modules, import, path).is_some_and(|dotted| dotted == site.key));
        let named = || {
            facts.texts.iter().any(|text| text.value == site.key)
                && matches!(modules.resolve(&self.module, path), Module::Missing(_) | Module::Foreign)
        };
        let by_text = site.why.contains("in a text");
        match fails || by_text && named() {
            true => Holds::Yes,
            false if !facts.damage.is_empty() && facts.source.contains(last(&site.key)) => Holds::Unknown,
            false => Holds::No,
        }
    }

    fn paths(&self, modules: &Modules<'_>, path: &str, site: &Site) -> Vec<String> {
        modules.deciding_paths(&site.key, path)
    }

    fn aim(&self, search: &Search<'_>, site: &Site, origin: Option<&Origin>) -> Option<Aim> {
        let modules = &search.modules;
        let facts = modules.facts(&site.path)?;
        let names = self.names(modules, &facts, &site.path, &site.key);
        if matches!(modules.resolve(&site.key, &site.path), Module::Foreign) && !is_of_project(modules, &site.key) {
            return None;
        }
        let moved = origin.and_then(|origin| moved_module(search, origin, &site.key, &site.path));
        let importers = self.importers(modules, &names, &site.path);
        let mut best: Option<(f64, String, String)> = None;
        for (dotted, path) in candidates(modules, &site.key, &site.path, &names) {
            if dotted == site.key || path == site.path {
                continue;
            }
            let defined = names.iter().filter(|name| matches!(modules.has(&path, name), Has::Yes(..))).count();
            let share = if names.is_empty() { 0.5 } else { defined as f64 / names.len() as f64 };
            if !names.is_empty() && defined == 0 && moved.as_deref() != Some(path.as_str()) {
                continue;
            }
            let own = names.iter().filter(|name| defines(modules, &path, name)).count();
            let own = if names.is_empty() { 0.0 } else { own as f64 / names.len() as f64 };
            let near = nearness(&site.key, &dotted);
            let tail = nearness(last(&site.key), last(&dotted)).score;
            let likely = weight(&path);
            // Where the others take the names from says more than where one could.
            let taken = importers.iter().filter(|(module, _)| *module == dotted).map(|(_, count)| count).sum::<usize>();
            let all: usize = importers.iter().map(|(_, count)| count).sum();
            let custom = taken as f64 / all.max(1) as f64;
            let mut score = share + 0.5 * own + 0.8 * near.score + 0.5 * tail + 0.3 * likely + 0.6 * custom;
            let mut why = match (&names[..], defined) {
                ([], _) => format!("it is the nearest module: {}", near.why),
                (_, 0) => near.why.clone(),
                ([one], _) if own > 0.0 => format!("{one} is defined there"),
                ([one], _) => format!("{one} can be imported from there"),
                (all, some) => format!("{some} of the {} names taken from it are there", all.len()),
            };
            if moved.as_deref() == Some(path.as_str()) {
                score += 2.0;
                why = format!("the commit moved the module there; {why}");
            }
            if best.as_ref().is_none_or(|(most, ..)| score > *most + 1e-9) {
                best = Some((score, dotted, format!("{path}\0{why}")));
            }
        }
        let (_, dotted, rest) = best?;
        let (path, why) = rest.split_once('\0')?;
        let single = if let [name] = &names[..] { Some(name) } else { None };
        let line = single.map_or(1, |name| match modules.has(path, name) {
            Has::Yes(_, line) => line,
            _ => 1,
        });
        let mut warnings = Vec::new();
        for name in &names {
            if modules.has(path, name) == Has::No {
                warnings.push(format!("{dotted} has no {name}: the import fails there next"));
            }
        }
        let quoted = facts.text(&site.bytes).chars().next().filter(|first| matches!(first, '"' | '\''));
        let relative = facts.imports.iter().any(|import| import.level > 0 && import.module_bytes == site.bytes);
        let as_written = if relative { modules.relative(&dotted, &site.path) } else { dotted.clone() };
        let written = quoted.map_or(as_written, |quote| format!("{quote}{dotted}{quote}"));
        let edits = vec![(site.bytes.clone(), written)];
        let name = single.map_or(dotted.clone(), |name| format!("{dotted}.{name}"));
        Some(Aim {
            target: Target { name, place: Some((path.to_string(), line)), why: why.to_string() },
            edits,
            warnings,
        })
    }

    fn probe(&self, site: &Site) -> String {
        site.key.clone()
    }

    fn dated(&self, search: &Search<'_>, site: &Site, origin: &Origin) -> Dated {
        let modules = &search.modules;
        let first = site.key.split('.').next().unwrap_or(&site.key);
        if modules.resolve(&site.key, &site.path) != Module::Foreign {
            return Dated::Plain;
        }
        let then = search.required_at(&modules.at(&origin.commit), first);
        if then.is_none() && search.required(first).is_none() {
            return Dated::Plain;
        }
        let asked = then.map(|listed| format!(", where {}:{} asked for it", listed.file, listed.line));
        Dated::Unknown(format!(
            "since when the package of {first} is missing is not known; {} imports it since commit {}{}",
            origin.path,
            short(origin.commit.as_str()),
            asked.unwrap_or_default()
        ))
    }

    fn proves(&self, search: &Search<'_>, site: &Site) -> bool {
        let first = site.key.split('.').next().unwrap_or(&site.key);
        search.modules.resolve(&site.key, &site.path) != Module::Foreign
            || search.required(first).is_some()
            || packages::bringing(first).next().is_some()
    }

    fn verdict(&self, search: &Search<'_>, site: &Site) -> String {
        match search.modules.resolve(&site.key, &site.path) {
            Module::Foreign => {
                let first = site.key.split('.').next().unwrap_or(&site.key);
                let asked = |listed: &Listed| match listed.is_called(first) {
                    true => "a package of that name".to_string(),
                    false => format!("the package {}, which brings it", listed.name),
                };
                match search.required(first) {
                    Some(listed) => format!(
                        "{first} is no module of the repository; {}:{} asks for {}{}; it was not there when this was logged",
                        listed.file,
                        listed.line,
                        asked(&listed),
                        listed.group.as_ref().map(|group| format!(" in the group {group} only")).unwrap_or_default(),
                    ),
                    None => match packages::bringing(first).collect::<Vec<_>>().join(" or ") {
                        names if !names.is_empty() => format!(
                            "{first} is no module of the repository, and no file that lists its packages has {names}, which brings it"
                        ),
                        _ => format!(
                            "{first} is no module of the repository, and no file that lists its packages has a line with that name; the package that brings it may have another"
                        ),
                    },
                }
            }
            _ => format!("no file of the repository is the module {}", site.key),
        }
    }
}

fn last(dotted: &str) -> &str {
    dotted.rsplit('.').next().unwrap_or(dotted)
}

/// Whether a file defines a name itself: not by an import.
pub(super) fn defines(modules: &Modules<'_>, path: &str, name: &str) -> bool {
    let Some(facts) = modules.facts(path) else { return false };
    facts.top(name).iter().any(|binding| !matches!(binding.bound, Bound::Import(_)))
}

/// Whether the first part of a name is near to a top module of the repository.
fn is_of_project(modules: &Modules<'_>, dotted: &str) -> bool {
    let first = dotted.split('.').next().unwrap_or(dotted);
    let tops: BTreeSet<String> = modules
        .listed
        .iter()
        .map(|(path, _)| modules.name_of(path).split('.').next().unwrap_or("").to_string())
        .collect();
    dotted.contains('.') && tops.iter().any(|top| nearness(first, top).score > 0.8)
        || modules.listed.iter().any(|(path, _)| {
            let name = modules.name_of(path);
            name != dotted && last(&name) == last(dotted)
        })
}

/// Returns modules that may be meant: those that have a name taken from it, and those of a similar name.
fn candidates(modules: &Modules<'_>, wrong: &str, caller: &str, names: &[String]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for name in names.iter().take(8) {
        for path in modules.with_word(name) {
            if matches!(modules.has(&path, name), Has::Yes(..)) {
                found.insert(modules.name_for(&path, caller, wrong), path);
            }
        }
    }
    for (path, _) in &modules.listed {
        let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".py");
        let stem = if stem == "__init__" { folder(path).rsplit('/').next().unwrap_or("") } else { stem };
        if stem == last(wrong) || nearness(last(wrong), stem).score > 0.7 {
            let dotted = modules.name_for(path, caller, wrong);
            if nearness(wrong, &dotted).score > NEAR {
                found.insert(dotted, path.clone());
            }
        }
    }
    found
}

/// Returns where the file of a module went at a commit, by git's measure of likeness.
pub(super) fn moved_module(search: &Search<'_>, origin: &Origin, dotted: &str, caller: &str) -> Option<String> {
    let (before, _) = before_and_after(search, origin)?;
    let old = before.resolve(dotted, caller);
    let old_path = old.path()?.to_string();
    let renames = search.modules.repository.renames(&before.commit, &origin.commit).ok()?;
    let direct = renames.iter().find(|(from, _)| *from == old_path).map(|(_, to)| to.clone());
    direct.or_else(|| {
        // A package's `__init__.py` is often empty, and git does not follow it: its other files tell.
        let from = format!("{}/", folder(&old_path));
        let package = old_path.ends_with("__init__.py");
        let to =
            renames.iter().find(|(old, _)| package && old.starts_with(&from)).map(|(_, to)| folder(to).to_string())?;
        Some(join(&to, "__init__.py"))
    })
}
