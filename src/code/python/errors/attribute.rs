//! `... has no attribute 'n'`: where it is read from such an object, and what it should be called.
//! Leaves out objects of other packages, of which only the reading place is known.

use std::cell::OnceCell;
use std::rc::Rc;

use super::receiver::{Fit, builtin_kinds};
use super::{Aim, Dated, Kind, Search, Site, before_and_after, has_scope, weight};
use crate::code::cause::Target;
use crate::code::history::{Holds, Origin};
use crate::code::near::{MOST_SIMILAR, NEAR, nearness, words};
use crate::code::python::facts::{Access, Bound, Facts};
use crate::code::python::fault::{Owner, meant};
use crate::code::python::modules::Modules;
use crate::code::python::names::{At, Has, Thing};

/// The error.
#[derive(Debug)]
pub(crate) struct NoAttribute {
    /// Of what.
    pub(crate) owner: Owner,
    /// The attribute.
    pub(crate) name: String,
    /// The classes of that name at the commit that was searched, once they were looked for.
    pub(crate) known: OnceCell<Rc<Vec<At>>>,
}

impl NoAttribute {
    fn reads<'f>(&self, facts: &'f Facts) -> impl Iterator<Item = &'f Access> {
        facts.accesses.iter().filter(move |access| access.name == self.name && !access.stored && !access.spot.type_only)
    }
}

impl Kind for NoAttribute {
    fn sites(&self, search: &Search<'_>) -> Vec<Site> {
        let modules = &search.modules;
        let mut sites = Vec::new();
        let owner = self.owner_in_all(modules);
        if matches!(owner, Has::Yes(..)) {
            return sites;
        }
        let builtin = matches!(&self.owner, Owner::Object(class) if builtin_kinds(class).is_some());
        let complete = owner == Has::No && !builtin;
        for path in modules.with_word(&self.name) {
            let Some(facts) = modules.facts(&path) else { continue };
            for access in self.reads(&facts) {
                let (fit, why) = match self.fit(modules, &path, &facts, access) {
                    Fit::Is(why) => (1.0, why),
                    Fit::May(fit, why) => (fit, why),
                    Fit::Other => continue,
                };
                // What is known to have it cannot fail here.
                let thing = modules.thing(&path, &facts, access.spot.scope, &access.receiver, 0);
                let has = match &thing {
                    Thing::Module(_, module) => module.path().map_or(Has::No, |file| modules.has(file, &self.name)),
                    Thing::Instance(class) => modules.class_has(class, &self.name, true),
                    Thing::Class(class) => modules.class_has(class, &self.name, false),
                    _ => Has::No,
                };
                if matches!(has, Has::Yes(..)) {
                    continue;
                }
                let caught = access.spot.handled.iter().any(|name| name == "AttributeError");
                let factor = if access.tested || caught { 0.3 } else { 1.0 };
                let key = match &thing {
                    Thing::Module(dotted, _) | Thing::Foreign(dotted) => dotted.clone(),
                    _ => access.receiver_text.clone(),
                };
                sites.push(Site {
                    path: path.clone(),
                    line: access.spot.line,
                    last_line: access.spot.line,
                    scope: facts.scope_name(access.spot.scope).to_string(),
                    key,
                    bytes: access.spot.bytes.clone(),
                    fit: fit * factor * weight(&path),
                    certain: fit >= 1.0 && factor >= 1.0 && has == Has::No && complete,
                    why: match access.tested || caught {
                        true => format!("{why}, but a missing {} is handled there", self.name),
                        false => why,
                    },
                });
            }
        }
        sites
    }

    fn holds(&self, modules: &Modules<'_>, path: &str, site: &Site) -> Holds {
        let Some(facts) = modules.facts(path) else { return Holds::No };
        let scoped = has_scope(&facts, &site.scope);
        let reads = self.reads(&facts).any(|access| {
            let here = !scoped || facts.scope_name(access.spot.scope) == site.scope;
            let thing = || modules.thing(path, &facts, access.spot.scope, &access.receiver, 0);
            here && (access.receiver_text == site.key
                || matches!(thing(), Thing::Module(dotted, _) | Thing::Foreign(dotted) if dotted == site.key))
        });
        if !reads {
            let damaged = !facts.damage.is_empty() && facts.source.contains(&self.name);
            let parsed = self.reads(&facts).next().is_some();
            return if damaged && !parsed { Holds::Unknown } else { Holds::No };
        }
        match self.owner_has(modules, path, site, &facts) {
            Has::Yes(..) => Holds::No,
            Has::Unknown(why) if why.ends_with("does not parse as a whole") => Holds::Unknown,
            _ => Holds::Yes,
        }
    }

    fn paths(&self, modules: &Modules<'_>, path: &str, site: &Site) -> Vec<String> {
        let mut paths = vec![path.to_string()];
        match &self.owner {
            Owner::Module(wanted) => {
                let dotted = if wanted.is_empty() { &site.key } else { wanted };
                paths.extend(modules.deciding_paths(dotted, path));
                paths.extend(modules.deciding_paths(&format!("{dotted}.{}", self.name), path));
            }
            _ => {
                if let Some(facts) = modules.facts(path) {
                    for class in self.classes_at(modules, path, &facts) {
                        paths.extend(modules.bases(&class).into_iter().map(|at| at.path));
                    }
                }
            }
        }
        paths.sort();
        paths.dedup();
        paths
    }

    fn aim(&self, search: &Search<'_>, site: &Site, origin: Option<&Origin>) -> Option<Aim> {
        let modules = &search.modules;
        let facts = modules.facts(&site.path)?;
        let access = self.reads(&facts).find(|access| access.spot.bytes == site.bytes)?;
        let said = meant(&search.question.message);
        let mut options: Vec<(String, String, u32, String)> = Vec::new();
        match &self.owner {
            Owner::Module(wanted) => {
                let dotted = if wanted.is_empty() { &site.key } else { wanted };
                let file = modules.resolve(dotted, &site.path).path()?.to_string();
                options.extend(
                    modules
                        .module_names(&file)
                        .into_iter()
                        .map(|(name, path, line)| (name, path, line, dotted.clone())),
                );
            }
            owner => {
                let instance = matches!(owner, Owner::Object(_));
                for class in self.classes(modules).iter() {
                    let prefix = self.class().unwrap_or("").to_string();
                    options.extend(
                        modules
                            .class_names(class, instance)
                            .into_iter()
                            .map(|(name, path, line)| (name, path, line, prefix.clone())),
                    );
                }
            }
        }
        // What was there until a commit took it away was no slip of the pen: only what came in its place can be meant.
        let (removed, gained) = match origin.and_then(|origin| self.gained(search, origin, site)) {
            Some(gained) => (true, gained),
            None => (false, Vec::new()),
        };
        let mut best: Option<(f64, Target)> = None;
        for (name, path, line, prefix) in options {
            let proposed = said.as_deref() == Some(&name);
            if name == self.name || name.starts_with("__") || removed && !gained.contains(&name) && !proposed {
                continue;
            }
            let near = nearness(&self.name, &name);
            let mut score = near.score;
            let mut why = near.why;
            if access.called != is_callable(modules, &path, &name) {
                score -= 0.15;
            }
            // Of names that are equally near, the one that speaks of its owner is meant: `order_total` of an `Order`.
            let owner = self.class().map(words).unwrap_or_default();
            if words(&name).iter().any(|word| owner.contains(word) && !words(&self.name).contains(word)) {
                score += 0.02;
            }
            if gained.contains(&name)
                && (near.score >= 0.25 || gained.len() == 1)
                && access.called == is_callable(modules, &path, &name)
            {
                score += 0.35;
                why = format!("the commit that removed {} added it", self.name);
            }
            if proposed {
                score += 0.5;
                why = "the interpreter proposes it".to_string();
            }
            if score > best.as_ref().map_or(NEAR - 0.1, |(most, _)| *most + 1e-9) {
                let told =
                    if matches!(self.owner, Owner::Module(_)) { name.clone() } else { format!("{prefix}.{name}") };
                best = Some((score, Target { name: told, place: Some((path, line)), why }));
            }
        }
        let Some((_, target)) = best else {
            // What it is read from is not in the repository, and the interpreter knows it.
            let name = said.filter(|_| !removed)?;
            let prefix = self.class().map(|class| format!("{class}.")).unwrap_or_default();
            let why = format!("the interpreter proposes it: \"Did you mean: '{name}'?\"");
            let target = Target { name: format!("{prefix}{name}"), place: None, why };
            return Some(Aim { target, edits: Vec::new(), warnings: Vec::new() });
        };
        let new = target.name.rsplit('.').next().unwrap_or(&target.name).to_string();
        let same = self.reads(&facts).filter(|other| {
            other.receiver_text == access.receiver_text && facts.scope_name(other.spot.scope) == site.scope
        });
        let edits = same.map(|access| (access.spot.bytes.clone(), new.clone())).collect();
        let warnings = self.behind(modules, &facts, access, &target);
        if target.why == MOST_SIMILAR && !warnings.is_empty() {
            return None;
        }
        Some(Aim { target, edits, warnings })
    }

    fn dated(&self, search: &Search<'_>, site: &Site, origin: &Origin) -> Dated {
        let nothing_new = self.gained(search, origin, site).is_some_and(|gained| gained.is_empty());
        let of = match &self.owner {
            Owner::Module(wanted) if wanted.is_empty() => &site.key,
            Owner::Module(of) | Owner::Class(of) | Owner::Object(of) => of,
        };
        match nothing_new && origin.parents.len() == 1 {
            true => Dated::By(format!("it removed {} from {of}, which got no new name in its place", self.name)),
            false => Dated::Plain,
        }
    }

    fn probe(&self, site: &Site) -> String {
        format!("{}.{}", site.key, self.name)
    }

    fn verdict(&self, search: &Search<'_>, site: &Site) -> String {
        let modules = &search.modules;
        match &self.owner {
            Owner::Module(wanted) => {
                let dotted = if wanted.is_empty() { &site.key } else { wanted };
                match modules.resolve(dotted, &site.path).path() {
                    Some(file) => format!("{dotted} ({file}) has no {}", self.name),
                    None => format!("{dotted} is not in the repository, and as installed it has no {}", self.name),
                }
            }
            _ => {
                let class = self.class().unwrap_or("");
                match self.classes(modules).first() {
                    Some(at) => {
                        let line = modules.facts(&at.path).map_or(1, |facts| facts.scopes[at.scope].lines.0);
                        let bases = modules.bases(at).len() - 1;
                        let foreign = modules.foreign_bases(at);
                        let of = match (bases, &foreign[..]) {
                            (0, []) => String::new(),
                            (0, _) => format!(", nor is it known of {}", foreign.join(", ")),
                            (1, []) => ", nor has its base in the repository".to_string(),
                            (many, []) => format!(", nor have its {many} bases in the repository"),
                            (_, _) => format!(
                                ", nor have its bases in the repository; {} is of other packages",
                                foreign.join(", ")
                            ),
                        };
                        format!("{class} ({}:{line}) has no {}{of}", at.path, self.name)
                    }
                    None if builtin_kinds(class).is_some() => {
                        let kind = if class == "NoneType" { "None" } else { class };
                        format!("{} can be {kind} where {} is read from it", site.key, self.name)
                    }
                    None => format!("{class} is not defined in the repository; {} is read from it", self.name),
                }
            }
        }
    }

    fn contradictions(&self, search: &Search<'_>) -> Vec<String> {
        let modules = &search.modules;
        let has = match &self.owner {
            Owner::Module(dotted) => modules.resolve(dotted, "").path().map(|path| modules.has(path, &self.name)),
            _ => Some(self.owner_in_all(modules)),
        };
        match (has, &self.owner) {
            (Some(Has::Yes(path, line)), Owner::Module(of) | Owner::Class(of) | Owner::Object(of)) => vec![format!(
                "{of} has {} here ({path}:{line}), so this code cannot raise the error: another revision was running, or something removed it",
                self.name
            )],
            _ => Vec::new(),
        }
    }
}

impl NoAttribute {
    /// Returns the names that the owner gained at the commit at which it lost the attribute; nothing where it had none.
    fn gained(&self, search: &Search<'_>, origin: &Origin, site: &Site) -> Option<Vec<String>> {
        let (before, after) = before_and_after(search, origin)?;
        let names = |modules: &Modules<'_>| -> Vec<String> {
            let found = match &self.owner {
                Owner::Module(wanted) => {
                    let dotted = if wanted.is_empty() { &site.key } else { wanted };
                    let file = modules.resolve(dotted, &origin.path).path().map(str::to_string);
                    file.map(|file| modules.module_names(&file)).unwrap_or_default()
                }
                owner => {
                    let instance = matches!(owner, Owner::Object(_));
                    let class = self.classes(&search.modules).first().cloned();
                    let class = class.and_then(|class| {
                        let facts = modules.facts(&class.path)?;
                        let scope = facts
                            .scopes
                            .iter()
                            .position(|scope| Some(scope.name()) == self.class() && scope.class.is_some())?;
                        Some(At { path: class.path, scope })
                    });
                    class.map(|class| modules.class_names(&class, instance)).unwrap_or_default()
                }
            };
            found.into_iter().map(|(name, ..)| name).collect()
        };
        let (old, new) = (names(&before), names(&after));
        let was_there = old.contains(&self.name) && !new.contains(&self.name);
        was_there.then(|| new.into_iter().filter(|name| !old.contains(name)).collect())
    }

    /// Returns the next failure behind the fix: another signature, a coroutine that is not awaited.
    fn behind(&self, modules: &Modules<'_>, facts: &Facts, access: &Access, target: &Target) -> Vec<String> {
        let Some((path, line)) = &target.place else { return Vec::new() };
        let Some(other) = modules.facts(path) else { return Vec::new() };
        let scope = other.scopes.iter().find(|scope| {
            scope.lines.0 <= *line
                && *line <= scope.lines.1
                && scope.function.is_some()
                && target.name.ends_with(scope.name())
        });
        let Some((scope, function)) = scope.and_then(|scope| Some((scope, scope.function.as_ref()?))) else {
            return Vec::new();
        };
        let call = facts.calls.iter().find(|call| call.spot.bytes == access.spot.bytes);
        let mut warnings = Vec::new();
        if let Some(call) = call {
            let bound = other.scopes[scope.parent].class.is_some();
            if let Some(misfit) = crate::code::python::parameters::misfit(&function.parameters, bound, call) {
                warnings.push(format!(
                    "{} has another signature ({path}:{line}): the call fails there next, {misfit}",
                    target.name
                ));
            }
            if function.is_async && !call.awaited && !function.is_generator {
                warnings
                    .push(format!("{} is a coroutine function ({path}:{line}) and is not awaited here", target.name));
            }
        }
        warnings
    }
}

fn is_callable(modules: &Modules<'_>, path: &str, name: &str) -> bool {
    let Some(facts) = modules.facts(path) else { return false };
    facts.scopes.iter().any(|scope| {
        scope.bindings.get(name).is_some_and(|all| {
            all.iter()
                .any(|one| matches!(one.bound, Bound::Function(at) | Bound::Class(at) if !is_property(&facts, at)))
        })
    })
}

fn is_property(facts: &Facts, at: usize) -> bool {
    let decorators =
        facts.scopes.get(at).and_then(|scope| scope.function.as_ref()).map(|function| &function.decorators);
    decorators.is_some_and(|all| {
        all.iter().any(|one| matches!(one.tail(), Some("property" | "cached_property" | "hybrid_property")))
    })
}
