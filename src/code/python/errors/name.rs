//! `cannot import name 'n' from 'm'`: which import asks a module for a name that it does not have, and who has it.
//! Leaves out what the name does.

use super::module::{defines, moved_module};
use super::{Aim, Kind, Search, Site, before_and_after, weight};
use crate::code::cause::Target;
use crate::code::history::{Holds, Origin};
use crate::code::near::{NEAR, nearness};
use crate::code::python::facts::{Bound, Facts, Import};
use crate::code::python::fault::meant;
use crate::code::python::modules::{Module, Modules};
use crate::code::python::names::Has;

/// The error.
#[derive(Debug)]
pub(crate) struct NoName {
    /// The module in the message, where it says one.
    pub(crate) module: Option<String>,
    /// The name.
    pub(crate) name: String,
    /// Whether the message blames a circle of imports.
    pub(crate) circular: bool,
}

impl NoName {
    /// Returns the module of an import that fails with this message.
    fn fails(&self, modules: &Modules<'_>, import: &Import, path: &str) -> Option<(String, Has)> {
        if import.name.as_deref() != Some(&self.name) || import.spot.type_only {
            return None;
        }
        let dotted = modules.absolute(import, path);
        if modules.link_to(&dotted, path).is_some() {
            return None;
        }
        // The name of a relative import depends on the folder that the process began in.
        let ends = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.ends_with('.'));
        let same =
            |module: &String| *module == dotted || import.level > 0 && (ends(module, &dotted) || ends(&dotted, module));
        if !self.module.as_ref().is_none_or(same) {
            return None;
        }
        let has = match modules.resolve(&dotted, path) {
            Module::File(file) | Module::Package(file) => modules.has(&file, &self.name),
            Module::Namespace(_) if modules.resolve(&format!("{dotted}.{}", self.name), path).exists() => {
                Has::Yes(String::new(), 1)
            }
            Module::Namespace(_) => Has::No,
            Module::Foreign if self.module.is_some() => Has::Unknown(format!("{dotted} is not in the repository")),
            _ => return None,
        };
        let fails = self.circular || !matches!(has, Has::Yes(..));
        fails.then_some((dotted, has))
    }
}

impl Kind for NoName {
    fn sites(&self, search: &Search<'_>) -> Vec<Site> {
        let modules = &search.modules;
        let mut sites = Vec::new();
        for path in modules.with_word(&self.name) {
            let Some(facts) = modules.facts(&path) else { continue };
            for import in &facts.imports {
                let Some((dotted, has)) = self.fails(modules, import, &path) else { continue };
                let caught = import.spot.handled.iter().any(|name| name.ends_with("ImportError"));
                let top = import.spot.scope == 0;
                // Only imports that run while the modules load can be part of a circle.
                let late = if self.circular && !top { 0.3 } else { 1.0 };
                let sure = if matches!(has, Has::No) || self.circular { 1.0 } else { 0.9 };
                sites.push(Site {
                    path: path.clone(),
                    line: import.spot.line,
                    last_line: import.spot.line,
                    scope: facts.scope_name(import.spot.scope).to_string(),
                    bytes: import.name_bytes.clone(),
                    fit: weight(&path) * if caught { 0.6 } else { 1.0 } * late * sure,
                    certain: !caught && matches!(has, Has::No) && !self.circular,
                    why: format!("it imports {} from {dotted}", self.name),
                    key: dotted,
                });
                if self.circular && top {
                    sites.extend(self.way_back(modules, &path, import));
                }
            }
        }
        sites
    }

    fn holds(&self, modules: &Modules<'_>, path: &str, site: &Site) -> Holds {
        let Some(facts) = modules.facts(path) else { return Holds::No };
        let found = facts
            .imports
            .iter()
            .filter_map(|import| self.fails(modules, import, path))
            .find(|(dotted, _)| *dotted == site.key);
        match found {
            Some((_, Has::Unknown(why))) if why.ends_with("does not parse as a whole") => Holds::Unknown,
            Some(_) => Holds::Yes,
            None if !facts.damage.is_empty() && facts.source.contains(&self.name) => {
                let asked = facts.imports.iter().any(|import| import.name.as_deref() == Some(&self.name));
                if asked { Holds::No } else { Holds::Unknown }
            }
            None => Holds::No,
        }
    }

    fn paths(&self, modules: &Modules<'_>, path: &str, site: &Site) -> Vec<String> {
        let mut paths = modules.deciding_paths(&site.key, path);
        paths.extend(modules.deciding_paths(&format!("{}.{}", site.key, self.name), path));
        // What it takes from others by `*` decides as well.
        if let Some(file) = modules.resolve(&site.key, path).path()
            && let Some(facts) = modules.facts(file)
        {
            for import in facts.imports.iter().filter(|import| import.name.as_deref() == Some("*")) {
                paths.extend(modules.deciding_paths(&modules.absolute(import, file), file));
            }
        }
        paths
    }

    fn aim(&self, search: &Search<'_>, site: &Site, origin: Option<&Origin>) -> Option<Aim> {
        if self.circular {
            return None;
        }
        let modules = &search.modules;
        let facts = modules.facts(&site.path)?;
        let import = facts.imports.iter().find(|import| import.name_bytes == site.bytes)?;
        let mut options: Vec<Option_> = Vec::new();
        let module = modules.resolve(&site.key, &site.path);
        let gone =
            origin.map(|origin| renamed_in(search, origin, &site.key, &site.path, &self.name)).unwrap_or_default();
        let before = origin.and_then(|origin| before_and_after(search, origin)).map(|(before, _)| before);
        // What was there until a commit took it away was no slip of the pen: only what came in its place can be meant.
        let removed = before.is_some_and(|before| {
            let file = before.resolve(&site.key, &site.path).path().map(str::to_string);
            file.is_some_and(|file| matches!(before.has(&file, &self.name), Has::Yes(..)))
        });
        if let Some(file) = module.path() {
            for (name, place, line) in modules.module_names(file) {
                let came = gone.iter().any(|(gained, _)| *gained == name);
                let proposed = meant(&search.question.message).as_deref() == Some(&name);
                if name == self.name || name.starts_with("__") || removed && !came && !proposed {
                    continue;
                }
                let near = nearness(&self.name, &name);
                let mut score = near.score;
                let mut why = format!("{} has no {}; {}", site.key, self.name, near.why);
                if proposed {
                    score += 0.5;
                    why = "the interpreter proposes it".to_string();
                }
                if let Some((_, alike)) = gone.iter().find(|(gained, _)| *gained == name) {
                    // The same body under another name is a rename, however different the names are.
                    score += if *alike >= SAME_BODY { 1.2 } else { 0.4 };
                    why = match *alike >= SAME_BODY {
                        true => format!("the commit renamed {} to it: the bodies agree", self.name),
                        false => format!("the commit that removed {} from {} added it", self.name, site.key),
                    };
                }
                // What the module took from elsewhere is not its own.
                if !defines(modules, file, &name) && modules.has(file, &name) == Has::Yes(file.to_string(), line) {
                    score -= 0.1;
                }
                options.push(Option_ { module: site.key.clone(), name, place: (place, line), score, why });
            }
        }
        options.extend(self.elsewhere(search, site, origin));
        options.retain(|option| option.score >= NEAR);
        let best = options.into_iter().reduce(|best, next| if next.score > best.score + 1e-9 { next } else { best })?;
        let mut edits = Vec::new();
        let alone = names_of_statement(&facts, import) == 1;
        let renamed = |name: &str| match &import.binds {
            // What the file calls it stays.
            Some(binds) if *binds == self.name && name != self.name => format!("{name} as {}", self.name),
            _ => name.to_string(),
        };
        if best.module == site.key {
            edits.extend(rename_uses(&facts, import, &self.name, &best.name));
        } else if alone {
            edits.push((import.module_bytes.clone(), best.module.clone()));
            if best.name != self.name {
                edits.push((import.name_bytes.clone(), renamed(&best.name)));
            }
        }
        let target = Target { name: format!("{}.{}", best.module, best.name), place: Some(best.place), why: best.why };
        Some(Aim { target, edits, warnings: Vec::new() })
    }

    fn probe(&self, site: &Site) -> String {
        format!("{}.{}", site.key, self.name)
    }

    fn verdict(&self, search: &Search<'_>, site: &Site) -> String {
        let modules = &search.modules;
        match modules.resolve(&site.key, &site.path) {
            _ if self.circular => {
                format!(
                    "{} imports {} while {} is still being loaded: the modules import each other",
                    site.path, self.name, site.key
                )
            }
            Module::Foreign => {
                format!("{} is not in the repository; the version that is installed has no {}", site.key, self.name)
            }
            module => format!("{} ({}) has no {}", site.key, module.path().unwrap_or("a folder"), self.name),
        }
    }

    fn contradictions(&self, search: &Search<'_>) -> Vec<String> {
        let modules = &search.modules;
        let Some(module) = &self.module else { return Vec::new() };
        let found = modules.resolve(module, "");
        match found.path().map(|path| modules.has(path, &self.name)) {
            Some(Has::Yes(path, line)) => vec![format!(
                "{module} has {} here ({path}:{line}): another revision was running, or the modules import each other",
                self.name
            )],
            _ => Vec::new(),
        }
    }
}

impl NoName {
    /// Returns the import by which the module that is still loading leads back to the file.
    fn way_back(&self, modules: &Modules<'_>, path: &str, import: &Import) -> Option<Site> {
        let module = modules.resolve(&modules.absolute(import, path), path);
        let file = module.path().filter(|file| *file != path)?;
        let facts = modules.facts(file)?;
        let back = facts.imports.iter().find(|back| {
            let dotted = modules.absolute(back, file);
            let whole = modules.resolve(&dotted, file);
            let below = back.name.as_ref().map(|name| modules.resolve(&format!("{dotted}.{name}"), file));
            back.spot.scope == 0
                && (whole.path() == Some(path) || below.is_some_and(|below| below.path() == Some(path)))
        })?;
        Some(Site {
            path: file.to_string(),
            line: back.statement_line,
            last_line: back.spot.line,
            scope: String::new(),
            key: modules.absolute(back, file),
            bytes: back.name_bytes.clone(),
            fit: 0.5 * weight(file),
            certain: false,
            why: format!("it leads to {path} before {} is bound", self.name),
        })
    }
}

struct Option_ {
    module: String,
    name: String,
    place: (String, u32),
    score: f64,
    why: String,
}

impl NoName {
    /// Returns other modules that have the name, and what others call by this name.
    fn elsewhere(&self, search: &Search<'_>, site: &Site, origin: Option<&Origin>) -> Vec<Option_> {
        let modules = &search.modules;
        let mut options: Vec<Option_> = Vec::new();
        let mut votes: Vec<(String, String, usize)> = Vec::new();
        let moved = origin.and_then(|origin| moved_module(search, origin, &site.key, &site.path));
        let was = origin.and_then(|origin| {
            let (before, _) = before_and_after(search, origin)?;
            let file = before.resolve(&site.key, &site.path).path()?.to_string();
            let facts = before.facts(&file)?;
            facts.top(&self.name).iter().find_map(|binding| match binding.bound {
                Bound::Import(at) => {
                    let import = &facts.imports[at];
                    Some((before.absolute(import, &file), import.name.clone()))
                }
                _ => None,
            })
        });
        for path in modules.with_word(&self.name) {
            let Some(facts) = modules.facts(&path) else { continue };
            for import in &facts.imports {
                let named = import.binds.as_deref() == Some(&self.name) || import.name.as_deref() == Some(&self.name);
                if !named || path == site.path && import.name_bytes == site.bytes {
                    continue;
                }
                let dotted = modules.absolute(import, &path);
                let Some(name) = &import.name else { continue };
                if dotted == site.key && *name == self.name || !works(modules, &dotted, name, &path) {
                    continue;
                }
                match votes.iter_mut().find(|(module, known, _)| *module == dotted && known == name) {
                    Some(vote) => vote.2 += 1,
                    None => votes.push((dotted, name.clone(), 1)),
                }
            }
            if defines(modules, &path, &self.name) {
                let line = facts.top(&self.name).first().map_or(1, |binding| binding.line);
                let dotted = modules.name_for(&path, &site.path, &site.key);
                options.push(self.option(&site.key, dotted, self.name.clone(), (path.clone(), line), &path));
            }
        }
        for (path, _) in &modules.listed {
            let stem = path.strip_suffix("/__init__.py").unwrap_or(path.trim_end_matches(".py"));
            if stem.rsplit('/').next() == Some(&self.name) && *path != site.path {
                let dotted = modules.name_for(path, &site.path, &site.key);
                if let Some((package, _)) = dotted.rsplit_once('.') {
                    options.push(self.option(
                        &site.key,
                        package.to_string(),
                        self.name.clone(),
                        (path.clone(), 1),
                        path,
                    ));
                }
            }
        }
        for (module, name, count) in votes {
            let known = options.iter_mut().find(|option| option.module == module && option.name == name);
            let told =
                format!("{count} other {} it from there", if count == 1 { "file imports" } else { "files import" });
            match known {
                Some(option) => {
                    option.score += 0.1 + 0.02 * count.min(10) as f64;
                    option.why = format!("{}; {told}", option.why);
                }
                None => {
                    let file = modules.resolve(&module, &site.path);
                    let line = file.path().map(|path| modules.has(path, &name));
                    let place = match line {
                        Some(Has::Yes(path, line)) => (path, line),
                        _ => (file.path().unwrap_or("").to_string(), 1),
                    };
                    let mut option = self.option(&site.key, module, name, place, &site.path);
                    option.score += 0.05 + 0.02 * count.min(10) as f64;
                    option.why = told;
                    options.push(option);
                }
            }
        }
        for option in &mut options {
            let resolved = modules.resolve(&option.module, &site.path);
            if moved.is_some() && resolved.path() == moved.as_deref() {
                option.score += 1.0;
                option.why = format!("the commit moved {} there", site.key);
            }
            if let Some((module, name)) = &was
                && *module == option.module
                && name.as_ref().is_none_or(|name| *name == option.name)
            {
                option.score += 1.0;
                option.why = format!("{} took it from there until that commit", site.key);
            }
        }
        options
    }

    fn option(&self, wrong: &str, module: String, name: String, place: (String, u32), path: &str) -> Option_ {
        let near = nearness(wrong, &module).score;
        let score = (0.62 + 0.3 * near) * weight(path).max(0.6);
        let why = format!("{} is defined there", self.name);
        Option_ { module, name, place, score, why }
    }
}

/// Whether `from dotted import name` works.
pub(super) fn works(modules: &Modules<'_>, dotted: &str, name: &str, path: &str) -> bool {
    match modules.resolve(dotted, path) {
        Module::File(file) | Module::Package(file) => !matches!(modules.has(&file, name), Has::No),
        Module::Namespace(_) => modules.resolve(&format!("{dotted}.{name}"), path).exists(),
        Module::Foreign => true,
        Module::Missing(_) => false,
    }
}

/// Returns the names that a module gained at the commit at which it lost one,
/// and how much of the lost one's body each has, from 0 to 1.
fn renamed_in(search: &Search<'_>, origin: &Origin, dotted: &str, caller: &str, name: &str) -> Vec<(String, f64)> {
    let Some((before, after)) = before_and_after(search, origin) else { return Vec::new() };
    let names = |modules: &Modules<'_>| {
        let file = modules.resolve(dotted, caller).path().map(str::to_string);
        file.map(|file| modules.module_names(&file))
            .unwrap_or_default()
            .into_iter()
            .map(|(name, ..)| name)
            .collect::<Vec<_>>()
    };
    let (old, new) = (names(&before), names(&after));
    if !old.iter().any(|known| known == name) {
        return Vec::new();
    }
    let lost = body(&before, dotted, caller, name);
    let gained = new.into_iter().filter(|name| !old.contains(name));
    gained
        .map(|gained| {
            let alike = match (&lost, body(&after, dotted, caller, &gained)) {
                (Some(lost), Some(has)) => common_share(lost, &has),
                _ => 0.0,
            };
            (gained, alike)
        })
        .collect()
}

/// From this share of common lines on, two definitions are one that was renamed.
const SAME_BODY: f64 = 0.6;

/// Returns the lines of a class or function behind its first.
fn body(modules: &Modules<'_>, dotted: &str, caller: &str, name: &str) -> Option<Vec<String>> {
    let file = modules.resolve(dotted, caller).path()?.to_string();
    let facts = modules.facts(&file)?;
    let scope = facts.scopes.iter().find(|scope| scope.qualname == name)?;
    let lines = (scope.lines.0 + 1..=scope.lines.1).map(|line| facts.line(line).trim().to_string());
    Some(lines.filter(|line| !line.is_empty()).collect())
}

/// Returns the share of lines that two bodies have in common; bodies of one line prove nothing.
fn common_share(a: &[String], b: &[String]) -> f64 {
    if a.len() < 2 || b.len() < 2 {
        return 0.0;
    }
    let common = a.iter().filter(|line| b.contains(line)).count();
    2.0 * common as f64 / (a.len() + b.len()) as f64
}

fn names_of_statement(facts: &Facts, import: &Import) -> usize {
    facts.imports.iter().filter(|other| other.statement == import.statement).count()
}

/// Returns the edits that rename an imported name and its uses in the file.
fn rename_uses(facts: &Facts, import: &Import, old: &str, new: &str) -> Vec<(std::ops::Range<usize>, String)> {
    let mut edits = vec![(import.name_bytes.clone(), new.to_string())];
    if import.binds.as_deref() == Some(old) {
        let uses = facts.loads.iter().filter(|load| load.name == old);
        edits.extend(uses.map(|load| (load.spot.bytes.clone(), new.to_string())));
    }
    edits
}
