//! What a name without a binding was meant to be: what the file, its neighbours and the standard library call so.
//! Leaves out where it fails.

use std::rc::Rc;

use super::name::works;
use super::undefined::Undefined;
use super::{Search, Site, before_and_after, weight};
use crate::code::cause::Target;
use crate::code::history::Origin;
use crate::code::near::{NEAR, nearness};
use crate::code::python::facts::{Bound, Expr, Facts};
use crate::code::python::fault::meant;
use crate::code::python::modules::{Module, Modules};
use crate::code::python::names::Has;
use crate::code::python::parameters::misfit;

/// The modules of the standard library, of Python 3.11 and what was there before.
pub(crate) const STANDARD: &str = include_str!("../stdlib.txt");

/// What those modules export (`__all__`), of Python 3.11; a name that several have stands with the one it is usually
/// taken from.
const EXPORTED: &str = include_str!("../standard_names.txt");

/// A meaning that the name may have been meant to have.
pub(super) struct Meaning {
    /// Told to the user.
    pub(super) target: Target,
    /// More is likelier; from 0 to about 4.
    pub(super) score: f64,
    /// The import that binds it so; nothing where another name of the file is meant.
    pub(super) statement: Option<String>,
}

impl Undefined {
    /// Returns the meanings, in no order.
    pub(super) fn options(
        &self,
        search: &Search<'_>,
        site: &Site,
        origin: Option<&Origin>,
        facts: &Rc<Facts>,
    ) -> Vec<Meaning> {
        let modules = &search.modules;
        let mut options: Vec<Meaning> = Vec::new();
        let failing = self.failing(modules, &site.path, facts);
        let then: Vec<&str> = failing.iter().filter_map(|load| load.then.as_deref()).collect();
        let mut add =
            |name: String, place: Option<(String, u32)>, score: f64, why: String, statement: Option<String>| {
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
                    add(
                        dotted,
                        Some((path.clone(), binding.line)),
                        0.5 + 0.6 * near + kind + beside,
                        why,
                        Some(statement),
                    );
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
            add(
                self.name.clone(),
                None,
                1.0 + self.fits_use(&self.name, &format!("import {}", self.name), &then),
                why,
                Some(format!("import {}", self.name)),
            );
            if let Some(class) = same_named_class(&self.name).filter(|_| self.is_class_use(&then)) {
                let why = "it is the class of that name in the standard library".to_string();
                add(
                    format!("{}.{class}", self.name),
                    None,
                    1.6,
                    why,
                    Some(format!("from {} import {class}", self.name)),
                );
            }
        }
        // `from yaml.constructor import ConstructorError` stands there, and `constructor.ConstructorError` is read.
        for import in &facts.imports {
            let dotted = modules.absolute(import, &site.path);
            let Some((package, last)) = dotted.rsplit_once('.') else { continue };
            if last == self.name && import.name.is_some() {
                let read = import.name.as_deref().is_some_and(|name| then.contains(&name));
                let why = "the file imports from a module of that name".to_string();
                let score = if read { 2.0 } else { 1.0 };
                add(dotted.clone(), None, score, why, Some(format!("from {package} import {last}")));
            }
        }
        let exported = EXPORTED.lines().filter_map(|line| line.split_once(": "));
        for (module, _) in exported.filter(|(_, names)| names.split(' ').any(|name| name == self.name)) {
            let beside = self.taken_beside(modules, facts, &site.path, module);
            let why = format!("{module} of the standard library has it");
            add(
                format!("{module}.{}", self.name),
                None,
                0.8 + beside,
                why,
                Some(format!("from {module} import {}", self.name)),
            );
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
        let of_class = [
            "now",
            "utcnow",
            "today",
            "fromtimestamp",
            "strptime",
            "fromisoformat",
            "combine",
            "utcfromtimestamp",
            "pformat",
        ];
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
    ["datetime", "pprint", "copy", "glob", "time"].into_iter().find(|name| *name == module)
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
