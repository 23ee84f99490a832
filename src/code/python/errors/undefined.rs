//! `name 'n' is not defined` and `cannot access local variable 'n'`: where a name is read that nothing binds.
//! Leaves out names that only running could bind.

use std::rc::Rc;

use super::name::works;
use super::{Aim, Kind, Search, Site, before_and_after, has_scope, weight};
use crate::code::cause::Target;
use crate::code::history::{Holds, Origin};
use crate::code::near::{NEAR, nearness};
use crate::code::python::facts::{Bound, Expr, Facts, Load, ScopeKind};
use crate::code::python::fault::meant;
use crate::code::python::modules::{Module, Modules};
use crate::code::python::names::Has;
use crate::code::python::parameters::misfit;

/// The modules of the standard library, of Python 3.11 and what was there before.
pub(crate) const STANDARD: &str = include_str!("../stdlib.txt");

/// What those modules export (`__all__`), of Python 3.11; a name that several have stands with the one it is usually
/// taken from.
const EXPORTED: &str = include_str!("../standard_names.txt");

/// The error.
#[derive(Debug)]
pub(crate) struct Undefined {
    /// The name.
    pub(crate) name: String,
    /// Whether it is a local variable without a value.
    pub(crate) local: bool,
}

impl Undefined {
    /// Returns the reads of the name that can fail, in order.
    fn failing<'f>(&self, modules: &Modules<'_>, path: &str, facts: &'f Rc<Facts>) -> Vec<&'f Load> {
        let reads = facts.loads.iter().filter(|load| load.name == self.name && !load.spot.type_only);
        let caught = |load: &&Load| {
            let kinds = ["NameError", "UnboundLocalError"];
            !load.spot.handled.iter().any(|name| kinds.contains(&name.rsplit('.').next().unwrap_or(name)))
        };
        let reads = reads.filter(|load| !(load.annotation && facts.lazy_annotations)).filter(caught);
        if self.local {
            return reads.filter(|load| is_unbound(facts, load)).collect();
        }
        let mut from_star = None;
        reads
            .filter(|load| !is_bound(facts, load))
            .filter(|_| {
                *from_star.get_or_insert_with(|| {
                    let star = facts.imports.iter().any(|import| import.name.as_deref() == Some("*"));
                    !(star && matches!(modules.has(path, &self.name), Has::Yes(..)))
                })
            })
            .collect()
    }
}

/// Whether something binds a name where it is read.
fn is_bound(facts: &Facts, load: &Load) -> bool {
    let mut at = load.spot.scope;
    let mut first = true;
    loop {
        let scope = &facts.scopes[at];
        // A class body is no scope for the functions in it.
        if first || scope.kind != ScopeKind::Class {
            if scope.globals.contains(&load.name) {
                return facts.scopes[0].bindings.contains_key(&load.name);
            }
            if let Some(all) = scope.bindings.get(&load.name) {
                let runs = all.iter().any(|binding| !binding.type_only);
                // What runs while the file loads sees only what stands above it.
                let loading = at == 0 && runs_at_load(facts, load.spot.scope) && !scope.bindings.is_empty();
                let above = all.iter().any(|binding| !binding.type_only && binding.line <= load.spot.line);
                if runs && (!loading || above || all.len() > 1) {
                    return true;
                }
                if runs && loading {
                    return false;
                }
            }
        }
        if at == 0 {
            return false;
        }
        first = scope.kind == ScopeKind::Comprehension;
        at = scope.parent;
    }
}

/// Whether a scope runs while the file is loaded: outside of functions.
fn runs_at_load(facts: &Facts, mut scope: usize) -> bool {
    while scope != 0 {
        if facts.scopes[scope].kind == ScopeKind::Function {
            return false;
        }
        scope = facts.scopes[scope].parent;
    }
    true
}

/// Whether a name is local where it is read and may have no value yet.
fn is_unbound(facts: &Facts, load: &Load) -> bool {
    let scope = &facts.scopes[load.spot.scope];
    if scope.kind != ScopeKind::Function || scope.globals.contains(&load.name) || scope.nonlocals.contains(&load.name) {
        return false;
    }
    let Some(all) = scope.bindings.get(&load.name) else { return false };
    if all.iter().any(|binding| binding.bound == Bound::Parameter) {
        return false;
    }
    let first = all.iter().map(|binding| binding.line).min().unwrap_or(0);
    // Bound deeper than it is read: in a branch, a loop or a `try` that may not run.
    let depth = |line: u32| super::indent(facts.line(line)).len();
    load.spot.line <= first || all.iter().all(|binding| depth(binding.line) > scope_depth(facts, load.spot.scope) && depth(binding.line) > 0)
}

fn scope_depth(facts: &Facts, scope: usize) -> usize {
    let from = facts.scopes[scope].lines.0;
    super::indent(facts.line(from)).len() + 4
}

impl Kind for Undefined {
    fn sites(&self, search: &Search<'_>) -> Vec<Site> {
        let modules = &search.modules;
        let mut sites = Vec::new();
        for path in modules.with_word(&self.name) {
            let Some(facts) = modules.facts(&path) else { continue };
            for load in self.failing(modules, &path, &facts) {
                let scope = facts.scope_name(load.spot.scope).to_string();
                let early = self.local && facts.scopes[load.spot.scope].bindings.get(&self.name).is_some_and(|all| all.iter().all(|one| one.line >= load.spot.line));
                let star = facts.imports.iter().any(|import| import.name.as_deref() == Some("*"));
                let fit = weight(&path) * if star { 0.8 } else { 1.0 } * if self.local && !early { 0.9 } else { 1.0 };
                sites.push(Site {
                    path: path.clone(),
                    line: load.spot.line,
                    last_line: load.spot.line,
                    key: facts.line(load.spot.line).trim().to_string(),
                    bytes: load.spot.bytes.clone(),
                    fit,
                    why: match (self.local, scope.as_str()) {
                        (true, _) => format!("{} is local to {scope} and may have no value there", self.name),
                        (_, "") => format!("it reads {}, which nothing above it binds", self.name),
                        _ => format!("{scope} reads {}, which neither it nor the file binds", self.name),
                    },
                    scope,
                });
            }
        }
        sites
    }

    fn holds(&self, modules: &Modules<'_>, path: &str, site: &Site) -> Holds {
        let Some(facts) = modules.facts(path) else { return Holds::No };
        let failing = self.failing(modules, path, &facts);
        let here = |load: &&&Load| facts.scope_name(load.spot.scope) == site.scope;
        let same = |load: &&&Load| facts.line(load.spot.line).trim() == site.key;
        let found = match has_scope(&facts, &site.scope) {
            true => failing.iter().find(here),
            false => failing.iter().find(same),
        };
        let damaged = |line: u32| facts.damage.iter().any(|(from, to)| (*from..=*to).contains(&line));
        match found {
            // A binding may stand in what does not parse.
            Some(_) if !facts.damage.is_empty() && bound_in_damage(&facts, &self.name) => Holds::Unknown,
            Some(_) => Holds::Yes,
            None if !facts.damage.is_empty() && facts.loads.iter().any(|load| load.name == self.name && damaged(load.spot.line)) => Holds::Unknown,
            None => Holds::No,
        }
    }

    fn paths(&self, modules: &Modules<'_>, path: &str, _: &Site) -> Vec<String> {
        let Some(facts) = modules.facts(path) else { return vec![path.to_string()] };
        let stars = facts.imports.iter().filter(|import| import.name.as_deref() == Some("*"));
        let mut paths: Vec<String> = stars.flat_map(|import| modules.deciding_paths(&modules.absolute(import, path), path)).collect();
        paths.push(path.to_string());
        paths
    }

    fn aim(&self, search: &Search<'_>, site: &Site, origin: Option<&Origin>) -> Option<Aim> {
        let facts = search.modules.facts(&site.path)?;
        if self.local {
            return None;
        }
        let mut options = self.options(search, site, origin, &facts);
        options.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.target.name.cmp(&b.target.name)));
        let best = options.into_iter().next()?;
        let edits = match best.statement {
            Some(statement) => add_import(&facts, &statement),
            None => vec![(site.bytes.clone(), best.target.name.clone())],
        };
        Some(Aim { target: best.target, edits, warnings: Vec::new() })
    }

    fn verdict(&self, search: &Search<'_>, site: &Site) -> String {
        let facts = search.modules.facts(&site.path);
        let below = facts.as_ref().and_then(|facts| facts.top(&self.name).first().map(|binding| binding.line));
        match (self.local, below) {
            (false, Some(line)) => format!("{} is read while {} loads, before line {line} binds it", self.name, site.path),
            (true, _) => format!("{} assigns {} only on some paths, or after it is read", site.scope, self.name),
            (false, None) => format!("nothing in {} binds {}: no import, no assignment, no parameter", site.path, self.name),
        }
    }
}

/// A meaning that the name may have been meant to have.
struct Meaning {
    target: Target,
    score: f64,
    statement: Option<String>,
}

impl Undefined {
    fn options(&self, search: &Search<'_>, site: &Site, origin: Option<&Origin>, facts: &Rc<Facts>) -> Vec<Meaning> {
        let modules = &search.modules;
        let mut options: Vec<Meaning> = Vec::new();
        let failing = self.failing(modules, &site.path, facts);
        let then: Vec<&str> = failing.iter().filter_map(|load| load.then.as_deref()).collect();
        let mut add = |name: String, place: Option<(String, u32)>, score: f64, why: String, statement: Option<String>| {
            match options.iter_mut().find(|known| known.target.name == name) {
                Some(known) if known.score >= score => {}
                Some(known) => *known = Meaning { target: Target { name, place, why }, score, statement },
                None => options.push(Meaning { target: Target { name, place, why }, score, statement }),
            }
        };
        // What the file itself called so before says most.
        if let Some((before, _)) = origin.and_then(|origin| before_and_after(search, origin)) {
            let path = origin.map_or(site.path.as_str(), |origin| origin.path.as_str());
            for parent in origin.iter().flat_map(|origin| &origin.parents) {
                let before = before.at(parent);
                let Some(old) = before.facts(path) else { continue };
                for binding in old.top(&self.name) {
                    let Bound::Import(at) = binding.bound else { continue };
                    let (name, statement) = told(&before, &old, at, path);
                    if self.still_works(modules, &old, at, path) {
                        // Another package may have moved on: where no other file takes anything from there any more,
                        // what they do instead says more.
                        let module = name.strip_suffix(&format!(".{}", self.name)).unwrap_or(&name);
                        let kept = self.is_in_use(modules, module, &site.path);
                        let why = "the file imported it so before that commit".to_string();
                        add(name, None, if kept { 3.0 } else { 1.2 }, why, Some(statement));
                    }
                }
            }
        }
        // How the other files of the project come by the name.
        let mut votes: Vec<(String, String, usize, f64)> = Vec::new();
        for path in modules.with_word(&self.name) {
            if path == site.path {
                continue;
            }
            let Some(other) = modules.facts(&path) else { continue };
            for binding in other.top(&self.name) {
                let near = nearness(&site.path, &path).score;
                if let Bound::Import(at) = binding.bound {
                    if !self.still_works(modules, &other, at, &path) {
                        continue;
                    }
                    let (name, statement) = told(modules, &other, at, &path);
                    match votes.iter_mut().find(|vote| vote.1 == statement) {
                        Some(vote) => (vote.2, vote.3) = (vote.2 + 1, vote.3.max(near)),
                        None => votes.push((name, statement, 1, near)),
                    }
                } else if weight(&path) > 0.7 {
                    let dotted = format!("{}.{}", modules.name_of(&path), self.name);
                    let statement = format!("from {} import {}", modules.name_of(&path), self.name);
                    let why = format!("{} is defined there", self.name);
                    let kind = if matches!(binding.bound, Bound::Class(_) | Bound::Function(_)) { 0.15 } else { 0.0 };
                    let beside = self.taken_beside(modules, facts, &site.path, &modules.name_of(&path))
                        + self.fits_call(facts, &other, binding);
                    add(dotted, Some((path.clone(), binding.line)), 0.5 + 0.6 * near + kind + beside, why, Some(statement));
                }
            }
        }
        let all: usize = votes.iter().map(|vote| vote.2).sum();
        for (name, statement, count, near) in votes {
            let share = count as f64 / all.max(1) as f64;
            // `datetime.now()` means the class of that name, `datetime.timedelta` the module.
            let fits = self.fits_use(&name, &statement, &then);
            // One file alone is a weak custom.
            let custom = share * count as f64 / (count as f64 + 1.0);
            let module = name.strip_suffix(&format!(".{}", self.name)).unwrap_or(&name).to_string();
            let beside = self.taken_beside(modules, facts, &site.path, &module);
            let score = 0.6 + 0.8 * custom + 0.5 * near + fits + beside;
            let why = format!("{count} other {} it so", if count == 1 { "file imports" } else { "files import" });
            add(name, None, score, why, Some(statement));
        }
        if STANDARD.lines().any(|module| module == self.name) {
            let why = "it is a module of the standard library".to_string();
            add(self.name.clone(), None, 1.0 + self.fits_use(&self.name, &format!("import {}", self.name), &then), why, Some(format!("import {}", self.name)));
            if let Some(class) = same_named_class(&self.name).filter(|_| self.is_class_use(&then)) {
                let why = "it is the class of that name in the standard library".to_string();
                add(format!("{}.{class}", self.name), None, 1.6, why, Some(format!("from {} import {class}", self.name)));
            }
        }
        let exported = EXPORTED.lines().filter_map(|line| line.split_once(": "));
        for (module, _) in exported.filter(|(_, names)| names.split(' ').any(|name| name == self.name)) {
            let beside = self.taken_beside(modules, facts, &site.path, module);
            let why = format!("{module} of the standard library has it");
            add(format!("{module}.{}", self.name), None, 0.8 + beside, why, Some(format!("from {module} import {}", self.name)));
        }
        // Submodules of the repository are modules by this name.
        for (path, _) in &modules.listed {
            let stem = path.strip_suffix("/__init__.py").unwrap_or(path.trim_end_matches(".py"));
            if stem.rsplit('/').next() == Some(&self.name) && weight(path) > 0.7 {
                let dotted = modules.name_of(path);
                let near = nearness(&site.path, path).score;
                let has = then.iter().filter(|name| matches!(modules.has(path, name), Has::Yes(..))).count();
                let used = if then.is_empty() { 0.0 } else { 0.5 * has as f64 / then.len() as f64 };
                let statement = match dotted.rsplit_once('.') {
                    Some((package, name)) => format!("from {package} import {name}"),
                    None => format!("import {dotted}"),
                };
                let why = "the repository has a module of that name".to_string();
                add(dotted, Some((path.clone(), 1)), 0.3 + 0.5 * near + used, why, Some(statement));
            }
        }
        // A slip of the pen: something nearby is called almost so.
        let said = meant(&search.question.message);
        let scope = facts.scopes.iter().position(|scope| scope.qualname == site.scope).unwrap_or(0);
        let mut at = scope;
        loop {
            for (name, all) in &facts.scopes[at].bindings {
                let near = nearness(&self.name, name);
                let letters = crate::code::near::edits(&self.name, name);
                let said = said.as_deref() == Some(name);
                if *name != self.name && (near.score > 0.85 && letters <= 2 || said) && near.score > NEAR {
                    let line = all.first().map_or(1, |binding| binding.line);
                    let why = if said { "the interpreter proposes it".to_string() } else { near.why };
                    let score = 0.9 * near.score + if said { 1.0 } else { 0.3 };
                    add(name.clone(), Some((site.path.clone(), line)), score, why, None);
                }
            }
            if at == 0 {
                break;
            }
            at = facts.scopes[at].parent;
        }
        options
    }

    /// Returns how much a definition speaks for itself by the calls in the file: they fit it, or they do not, and
    /// what they pass is called as its parameters are.
    fn fits_call(&self, facts: &Facts, other: &Facts, binding: &crate::code::python::facts::Binding) -> f64 {
        let Bound::Function(scope) = binding.bound else { return 0.0 };
        let Some(function) = other.scopes[scope].function.as_ref() else { return 0.0 };
        let mut best = 0.0_f64;
        for call in facts.calls.iter().filter(|call| call.callee == Expr::Name(self.name.clone())) {
            if misfit(&function.parameters, false, call).is_some() {
                return -0.5;
            }
            let placed = call.positional.iter().zip(&function.parameters);
            let same = placed.filter(|(argument, parameter)| argument.value.tail() == Some(&parameter.name)).count();
            let named = call.keywords.len();
            let given = call.positional.len() + named;
            best = best.max(0.5 * (same + named) as f64 / given.max(1) as f64);
        }
        best
    }

    /// Returns how much the file's other imports speak for a module: it takes names from it, or from its neighbours.
    fn taken_beside(&self, modules: &Modules<'_>, facts: &Facts, path: &str, module: &str) -> f64 {
        let package = module.rsplit_once('.').map(|(package, _)| package);
        let mut best = 0.0_f64;
        for import in facts.imports.iter().filter(|import| !import.spot.type_only) {
            let taken = modules.absolute(import, path);
            let neighbour = taken.rsplit_once('.').map(|(package, _)| package);
            let worth = match () {
                () if taken == module && import.name.is_some() => 0.6,
                () if package.is_some() && neighbour == package => 0.5,
                () if taken.split('.').next() == module.split('.').next() && !taken.is_empty() => 0.1,
                () => 0.0,
            };
            best = best.max(worth);
        }
        best
    }

    /// Whether a module stands in the repository, or another file still imports it.
    fn is_in_use(&self, modules: &Modules<'_>, module: &str, path: &str) -> bool {
        let last = module.rsplit('.').next().unwrap_or(module);
        modules.resolve(module, path).exists()
            || STANDARD.lines().any(|standard| Some(standard) == module.split('.').next())
            || modules.with_word(last).iter().filter(|other| *other != path).any(|other| {
                let facts = modules.facts(other);
                facts.is_some_and(|facts| facts.imports.iter().any(|import| modules.absolute(import, other) == module))
            })
    }

    /// Whether an import of another file or time works here and now.
    fn still_works(&self, modules: &Modules<'_>, facts: &Facts, at: usize, path: &str) -> bool {
        let import = &facts.imports[at];
        let dotted = modules.absolute(import, path);
        match &import.name {
            Some(name) => works(modules, &dotted, name, path),
            None => !matches!(modules.resolve(&dotted, path), Module::Missing(_)),
        }
    }

    fn is_class_use(&self, then: &[&str]) -> bool {
        let of_class = ["now", "utcnow", "today", "fromtimestamp", "strptime", "fromisoformat", "combine", "utcfromtimestamp", "pformat"];
        then.iter().any(|name| of_class.contains(name))
    }

    fn fits_use(&self, name: &str, statement: &str, then: &[&str]) -> f64 {
        let class = same_named_class(&self.name).is_some_and(|class| name == format!("{}.{class}", self.name));
        let whole = statement == format!("import {}", self.name);
        match (same_named_class(&self.name).is_some(), self.is_class_use(then)) {
            (true, true) if class => 0.6,
            (true, false) if whole && !then.is_empty() => 0.6,
            (true, true) if whole => -0.6,
            (true, false) if class && !then.is_empty() => -0.3,
            _ => 0.0,
        }
    }
}

/// Modules of the standard library that hold something of their own name.
fn same_named_class(module: &str) -> Option<&'static str> {
    ["datetime", "time", "glob", "copy", "pprint", "dis", "shelve"].into_iter().find(|name| *name == module && *name == "datetime" || *name == module && *name == "pprint")
}

/// Returns what an import binds as a dotted name, and the statement that does so from anywhere.
fn told(modules: &Modules<'_>, facts: &Facts, at: usize, path: &str) -> (String, String) {
    let import = &facts.imports[at];
    let dotted = modules.absolute(import, path);
    let renamed = |written: &str| match &import.binds {
        Some(binds) if binds != written => format!(" as {binds}"),
        _ => String::new(),
    };
    match &import.name {
        Some(name) => (format!("{dotted}.{name}"), format!("from {dotted} import {name}{}", renamed(name))),
        None => {
            let first = dotted.split('.').next().unwrap_or("");
            (dotted.clone(), format!("import {dotted}{}", renamed(first)))
        }
    }
}

fn bound_in_damage(facts: &Facts, name: &str) -> bool {
    facts.damage.iter().any(|(from, to)| {
        (*from..=*to).any(|line| {
            let text = facts.line(line);
            text.contains("import") && text.contains(name)
        })
    })
}

/// Returns the edit that adds an import behind the other imports at the top.
fn add_import(facts: &Facts, statement: &str) -> Vec<(std::ops::Range<usize>, String)> {
    let top = facts.imports.iter().filter(|import| import.spot.scope == 0 && import.spot.handled.is_empty() && !import.spot.type_only);
    let indented = |import: &&crate::code::python::facts::Import| super::indent(facts.line(import.statement_line)).is_empty();
    let from = statement.starts_with("from ");
    let all: Vec<_> = top.filter(indented).collect();
    let first = |import: &str| import.split(' ').nth(1).unwrap_or("").split('.').next().unwrap_or("").to_string();
    // Next to an import of the same package, else of the same form, else the last one.
    let own = first(statement);
    let near = all.iter().rev().find(|import| import.module.split('.').next() == Some(&own) && import.level == 0 && own != "__future__");
    let alike = all.iter().rev().find(|import| import.name.is_some() == from && import.module != "__future__");
    let line_end = |byte: usize| facts.source[byte..].find('\n').map_or(facts.source.len(), |end| byte + end + 1);
    let at = match near.or(alike).or(all.last()) {
        Some(import) => line_end(import.statement.end),
        None => {
            // Behind a docstring or a first comment.
            let mut at = 0;
            for line in 1..=facts.line_starts.len() as u32 {
                let text = facts.line(line);
                if !(text.starts_with('#') || text.trim().is_empty()) {
                    break;
                }
                at = facts.line_starts.get(line as usize).copied().unwrap_or(at);
            }
            let doc = facts.texts.iter().find(|text| text.spot.bytes.start == at);
            doc.map_or(at, |doc| line_end(doc.spot.bytes.end))
        }
    };
    // What follows directly is code where there was no import before.
    let gap = if all.is_empty() && !facts.source[at..].starts_with('\n') && at < facts.source.len() { "\n\n" } else { "" };
    let ended = at == 0 || facts.source[..at].ends_with('\n');
    vec![(at..at, format!("{}{statement}\n{gap}", if ended { "" } else { "\n" }))]
}
