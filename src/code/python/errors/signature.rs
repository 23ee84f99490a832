//! Calls that do not fit: missing, unexpected or too many arguments. Which call it is, and what the function takes.
//! Leaves out functions of other packages, of which only the calls are known.

use std::rc::Rc;

use super::{Aim, Kind, Search, Site, weight};
use crate::code::cause::Target;
use crate::code::history::{Holds, Origin};
use crate::code::near::{nearness, words};
use crate::code::python::facts::{Call, Expr, Facts, Function, ParameterKind, ScopeKind};
use crate::code::python::fault::Unfit;
use crate::code::python::modules::Modules;
use crate::code::python::names::{At, Thing};
use crate::code::python::parameters::{Misfit, misfit};

/// The error.
#[derive(Debug)]
pub(crate) struct Signature {
    /// The function as logged.
    pub(crate) function: String,
    /// What does not fit.
    pub(crate) unfit: Unfit,
}

/// A definition that a call may mean, and whether its first parameter is filled by an object.
struct Meant {
    at: At,
    bound: bool,
    sure: f64,
}

impl Signature {
    fn name(&self) -> &str {
        self.function.rsplit('.').next().unwrap_or(&self.function)
    }

    fn class(&self) -> Option<&str> {
        let (before, _) = self.function.rsplit_once('.')?;
        before.rsplit('.').next().filter(|class| *class != "<locals>")
    }

    /// The name that a call is written with: that of the class for its `__init__`.
    fn called(&self) -> &str {
        match self.name() {
            "__init__" | "__new__" => self.class().unwrap_or("__init__"),
            name => name,
        }
    }

    /// Whether a message of this kind follows from a misfit.
    fn says(&self, found: &Misfit) -> bool {
        match (&self.unfit, found) {
            (Unfit::Missing(names), Misfit::Missing { names: lacking, .. }) => names == lacking,
            (Unfit::TooMany(most, given), Misfit::TooMany { most: takes, given: gets, .. }) => {
                most == takes && given == gets
            }
            // Python 2 counts a missing argument as a number that does not fit.
            (Unfit::TooMany(most, given), Misfit::Missing { names, .. }) => *given + names.len() == *most,
            (Unfit::Unexpected(name), Misfit::Unexpected(other)) => name == other,
            (Unfit::Twice(name), Misfit::Twice(other)) => name == other,
            _ => false,
        }
    }

    /// Returns the definitions of that name, where the class in the message allows.
    fn definitions(&self, modules: &Modules<'_>) -> Vec<At> {
        let mut found = Vec::new();
        for path in modules.with_word(self.name()) {
            found.extend(self.definitions_in(modules, &path));
        }
        found
    }

    fn definitions_in(&self, modules: &Modules<'_>, path: &str) -> Vec<At> {
        let Some(facts) = modules.facts(path) else { return Vec::new() };
        // At other times the class may have had another name: it is the call that leads to it.
        let strict = !modules.listed.is_empty();
        let fits = |scope: &crate::code::python::facts::Scope| {
            let class = &facts.scopes[scope.parent];
            scope.function.is_some()
                && scope.name() == self.name()
                && scope.qualname != class.qualname
                && (!strict || self.class().is_none_or(|wanted| class.name() == wanted))
        };
        let all = facts.scopes.iter().enumerate().filter(|(_, scope)| fits(scope));
        all.map(|(scope, _)| At { path: path.to_string(), scope }).collect()
    }

    /// Returns the definition that a call means, and how sure that is.
    fn meant(&self, modules: &Modules<'_>, path: &str, facts: &Rc<Facts>, call: &Call, all: &[At]) -> Option<Meant> {
        let thing = modules.thing(path, facts, call.spot.scope, &call.callee, 0);
        let is = |at: &At| all.contains(at);
        match thing {
            Thing::Function(at) if is(&at) => {
                // A method taken from its class gets the object by hand.
                Some(Meant { at, bound: false, sure: 1.0 })
            }
            Thing::Method(at) if is(&at) => Some(Meant { at, bound: true, sure: 1.0 }),
            Thing::Class(class) => {
                let at = all.iter().find(|at| {
                    modules.facts(&at.path).is_some_and(|facts| {
                        let class_of = At { path: at.path.clone(), scope: facts.scopes[at.scope].parent };
                        facts.scopes[at.scope].name() == "__init__" && modules.bases(&class).contains(&class_of)
                    })
                })?;
                Some(Meant { at: at.clone(), bound: true, sure: 1.0 })
            }
            // A method of an unknown object: by the name alone.
            Thing::Unknown | Thing::Value(..) => {
                let mut best: Option<Meant> = None;
                for at in all {
                    let Some(other) = modules.facts(&at.path) else { continue };
                    let scope = &other.scopes[at.scope];
                    let method = other.scopes[scope.parent].kind == ScopeKind::Class;
                    let static_method = decorated(scope.function.as_ref()?, "staticmethod");
                    let attribute = matches!(call.callee, Expr::Attribute(..));
                    let likely = match (method, attribute) {
                        (true, true) => 0.55 + 0.3 * receiver_likeness(call, other.scopes[scope.parent].name()),
                        (false, true) => {
                            0.35 + 0.3 * receiver_likeness(call, &modules.name_of(&at.path).replace('.', "_"))
                        }
                        (false, false) if at.path == path => 0.9,
                        _ => 0.2,
                    };
                    let found = Meant { at: at.clone(), bound: method && !static_method, sure: likely };
                    let fits = scope
                        .function
                        .as_ref()
                        .and_then(|function| misfit(&function.parameters, found.bound, call))
                        .is_some_and(|found| self.says(&found));
                    if fits && best.as_ref().is_none_or(|best| best.sure < likely) {
                        best = Some(found);
                    }
                }
                best
            }
            _ => None,
        }
    }

    /// Returns the names of the classes that are made by the function: the class of an `__init__`, and those
    /// derived from it without one of their own.
    fn makers(&self, modules: &Modules<'_>) -> Vec<String> {
        let mut names = vec![self.called().to_string()];
        let mut at = 0;
        while self.name() == "__init__" && at < names.len() && names.len() < 200 {
            let base = names[at].clone();
            at += 1;
            for path in modules.with_word(&base) {
                let Some(facts) = modules.facts(&path) else { continue };
                for scope in &facts.scopes {
                    let derived = scope
                        .class
                        .as_ref()
                        .is_some_and(|class| class.bases.iter().any(|one| one.tail() == Some(&base)));
                    if derived
                        && !scope.bindings.contains_key("__init__")
                        && !names.iter().any(|name| name == scope.name())
                    {
                        names.push(scope.name().to_string());
                    }
                }
            }
        }
        names
    }

    fn failing(
        &self,
        modules: &Modules<'_>,
        path: &str,
        facts: &Rc<Facts>,
        all: &[At],
        makers: &[String],
    ) -> Vec<(usize, Meant)> {
        let mut found = Vec::new();
        for (index, call) in facts.calls.iter().enumerate() {
            let named = match &call.callee {
                Expr::Name(name) => makers.iter().any(|maker| name == maker || imported_as(facts, name, maker)),
                Expr::Attribute(_, name) => makers.contains(name) || self.name() == "__init__" && name == "__init__",
                Expr::Call(inner) => self.name() == "__call__" && inner.tail().is_some(),
                _ => self.called() == "cls",
            };
            let own = self.name() == "__init__" && matches!(&call.callee, Expr::Name(name) if name == "cls");
            if !(named || own) {
                continue;
            }
            let Some(meant) = self.meant(modules, path, facts, call, all) else { continue };
            let Some(of) = modules.facts(&meant.at.path) else { continue };
            let Some(function) = of.scopes.get(meant.at.scope).and_then(|scope| scope.function.as_ref()) else {
                continue;
            };
            let judged = misfit(&function.parameters, meant.bound, call);
            if judged.is_some_and(|misfit| self.says(&misfit)) {
                found.push((index, meant));
            }
        }
        found
    }
}

fn decorated(function: &Function, word: &str) -> bool {
    function.decorators.iter().any(|decorator| decorator.tail() == Some(word))
}

fn imported_as(facts: &Facts, name: &str, wanted: &str) -> bool {
    facts.imports.iter().any(|import| import.binds.as_deref() == Some(name) && import.name.as_deref() == Some(wanted))
}

/// Returns a call as it is written, without what reformatting changes: spaces, quotes, a comma at the end.
fn written(facts: &Facts, call: &Call) -> String {
    let text = facts.text(&(call.spot.bytes.start..call.arguments.end));
    let plain: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    plain.replace('\'', "\"").replace(",)", ")").replace(",]", "]").replace(",}", "}")
}

/// How much what stands in front of the call is named like a class or module.
fn receiver_likeness(call: &Call, owner: &str) -> f64 {
    let Expr::Attribute(receiver, _) = &call.callee else { return 0.0 };
    let Some(tail) = receiver.tail() else { return 0.0 };
    let (a, b) = (words(tail), words(owner));
    let common = a.iter().filter(|word| b.contains(word)).count();
    2.0 * common as f64 / (a.len() + b.len()).max(1) as f64
}

impl Kind for Signature {
    fn sites(&self, search: &Search<'_>) -> Vec<Site> {
        let modules = &search.modules;
        let all = self.definitions(modules);
        let mut sites = Vec::new();
        let makers = self.makers(modules);
        let mut paths: Vec<String> = makers.iter().flat_map(|maker| modules.with_word(maker)).collect();
        if self.name() == "__init__" {
            paths.extend(all.iter().map(|at| at.path.clone()));
        }
        paths.sort();
        paths.dedup();
        for path in paths {
            let Some(facts) = modules.facts(&path) else { continue };
            for (index, meant) in self.failing(modules, &path, &facts, &all, &makers) {
                let call = &facts.calls[index];
                let of = modules.facts(&meant.at.path);
                let line = of.as_ref().map_or(1, |facts| facts.scopes[meant.at.scope].lines.0);
                let caught = call.spot.handled.iter().any(|name| name == "TypeError");
                sites.push(Site {
                    path: path.clone(),
                    line: call.spot.line,
                    last_line: call.lines.1,
                    scope: facts.scope_name(call.spot.scope).to_string(),
                    key: written(&facts, call),
                    bytes: call.spot.bytes.clone(),
                    // What is unpacked may be empty, or fill what seems to lack.
                    fit: meant.sure
                        * weight(&path)
                        * if caught { 0.5 } else { 1.0 }
                        * if call.unpacks || call.unpacks_keywords { 0.9 } else { 1.0 },
                    why: match meant.sure >= 1.0 {
                        true => format!("the call does not fit the definition at {}:{line}", meant.at.path),
                        false => format!(
                            "the call would not fit the definition at {}:{line}, which it may mean",
                            meant.at.path
                        ),
                    },
                });
            }
        }
        sites
    }

    fn holds(&self, modules: &Modules<'_>, path: &str, site: &Site) -> Holds {
        let Some(facts) = modules.facts(path) else { return Holds::No };
        let all = self.definitions_near(modules, path, &facts, site);
        // Only the call itself matters, whatever the class is called.
        let makers: Vec<String> = facts
            .calls
            .iter()
            .filter(|call| written(&facts, call) == site.key)
            .filter_map(|call| call.callee.tail().map(str::to_string))
            .take(1)
            .collect();
        let failing = self.failing(modules, path, &facts, &all, &makers);
        let found = failing.iter().any(|(index, _)| written(&facts, &facts.calls[*index]) == site.key);
        match found {
            true => Holds::Yes,
            false if !facts.damage.is_empty() && facts.source.contains(self.called()) => {
                let parsed = facts.calls.iter().any(|call| call.callee.tail() == Some(self.called()));
                if parsed { Holds::No } else { Holds::Unknown }
            }
            false => Holds::No,
        }
    }

    fn paths(&self, modules: &Modules<'_>, path: &str, site: &Site) -> Vec<String> {
        let Some(facts) = modules.facts(path) else { return vec![path.to_string()] };
        let all = self.definitions_near(modules, path, &facts, site);
        let mut paths: Vec<String> = all.into_iter().map(|at| at.path).collect();
        paths.push(path.to_string());
        paths.sort();
        paths.dedup();
        paths
    }

    fn aim(&self, search: &Search<'_>, site: &Site, _: Option<&Origin>) -> Option<Aim> {
        let modules = &search.modules;
        let facts = modules.facts(&site.path)?;
        let all = self.definitions(modules);
        let makers = self.makers(modules);
        let failing = self.failing(modules, &site.path, &facts, &all, &makers);
        let (index, meant) = failing.into_iter().find(|(index, _)| facts.calls[*index].spot.bytes == site.bytes)?;
        let call = &facts.calls[index];
        let of = modules.facts(&meant.at.path)?;
        let scope = &of.scopes[meant.at.scope];
        let function = scope.function.as_ref()?;
        let taken: Vec<String> = function.parameters.iter().map(|parameter| parameter.name.clone()).collect();
        let class = &of.scopes[scope.parent];
        let name = match class.kind {
            ScopeKind::Class => format!("{}.{}", class.name(), scope.name()),
            _ => scope.name().to_string(),
        };
        let why = format!("it takes ({})", taken.join(", "));
        let target = Target { name, place: Some((meant.at.path.clone(), scope.lines.0)), why };
        let edits = self.edits(&facts, call, function, meant.bound);
        let mut warnings = Vec::new();
        if function.is_async && !call.awaited && !function.is_generator {
            warnings.push(format!("{} is a coroutine function and is not awaited here", scope.name()));
        }
        Some(Aim { target, edits, warnings })
    }

    fn verdict(&self, search: &Search<'_>, site: &Site) -> String {
        let what = match &self.unfit {
            Unfit::Missing(names) => format!("does not pass {}", names.join(", ")),
            Unfit::TooMany(most, given) => format!(
                "passes {given} arguments by place, and the most it takes is {most}{}",
                if self.function.contains('.') { ", the object itself among them" } else { "" }
            ),
            Unfit::Unexpected(name) => format!("passes {name}, which is not taken"),
            Unfit::Twice(name) => format!("passes {name} twice, by place and by name"),
        };
        let _ = search;
        format!(
            "the call of {} in {} {what}",
            self.called(),
            if site.scope.is_empty() { &site.path } else { &site.scope }
        )
    }

    fn contradictions(&self, search: &Search<'_>) -> Vec<String> {
        let all = self.definitions(&search.modules);
        let Some(first) = all.first() else { return Vec::new() };
        let Some(facts) = search.modules.facts(&first.path) else { return Vec::new() };
        let line = facts.scopes[first.scope].lines.0;
        vec![format!(
            "every call of {} that the code shows fits its definition ({}:{line}): another revision was running, or it is called by a name that only running tells",
            self.function, first.path
        )]
    }
}

impl Signature {
    /// Returns the definitions that a file at a commit can mean, without searching all files.
    fn definitions_near(&self, modules: &Modules<'_>, path: &str, facts: &Rc<Facts>, site: &Site) -> Vec<At> {
        if !modules.listed.is_empty() {
            return self.definitions(modules);
        }
        let mut paths = vec![path.to_string()];
        for call in &facts.calls {
            if written(facts, call) != site.key {
                continue;
            }
            match modules.thing(path, facts, call.spot.scope, &call.callee, 0) {
                Thing::Function(at) | Thing::Method(at) => paths.push(at.path),
                Thing::Class(class) => paths.extend(modules.bases(&class).into_iter().map(|at| at.path)),
                _ => paths.extend(self.known_paths(modules)),
            }
        }
        paths.sort();
        paths.dedup();
        paths.iter().flat_map(|path| self.definitions_in(modules, path)).collect()
    }

    /// Where the definitions stood at the commit that was searched as a whole.
    fn known_paths(&self, modules: &Modules<'_>) -> Vec<String> {
        modules.hints.borrow().clone()
    }

    /// Returns the change of the call that makes it fit, where one follows from the code.
    fn edits(
        &self,
        facts: &Facts,
        call: &Call,
        function: &Function,
        bound: bool,
    ) -> Vec<(std::ops::Range<usize>, String)> {
        let own = usize::from(bound);
        let by_place: Vec<_> = function
            .parameters
            .iter()
            .filter(|parameter| matches!(parameter.kind, ParameterKind::Standard | ParameterKind::PositionalOnly))
            .skip(own)
            .collect();
        let visible = |name: &str| {
            let mut at = call.spot.scope;
            loop {
                if facts.scopes[at].bindings.contains_key(name) && facts.scopes[at].kind != ScopeKind::Class {
                    return true;
                }
                if at == 0 {
                    return false;
                }
                at = facts.scopes[at].parent;
            }
        };
        let end = call.arguments.end - 1;
        match &self.unfit {
            // What is lacking stands in the caller under the same name.
            Unfit::Missing(names) if names.iter().all(|name| visible(name)) => {
                let inside = facts.text(&(call.arguments.start + 1..end));
                let empty = inside.trim().is_empty();
                let trailing = inside.trim_end().ends_with(',');
                let given: Vec<String> = names.iter().map(|name| format!("{name}={name}")).collect();
                let at = call.arguments.start + 1 + inside.trim_end().len();
                let lead = if empty {
                    ""
                } else if trailing {
                    " "
                } else {
                    ", "
                };
                vec![(at..at, format!("{lead}{}", given.join(", ")))]
            }
            Unfit::Unexpected(name) => {
                let given: Vec<&str> = call.keywords.iter().map(|(name, _)| name.as_str()).collect();
                let free = function.parameters.iter().enumerate().filter(|(at, parameter)| {
                    let placed = *at < call.positional.len() + own;
                    !placed
                        && !given.contains(&parameter.name.as_str())
                        && matches!(parameter.kind, ParameterKind::Standard | ParameterKind::KeywordOnly)
                });
                let near = free.map(|(_, parameter)| {
                    (
                        nearness(name, &parameter.name).score + if parameter.optional { 0.0 } else { 0.3 },
                        &parameter.name,
                    )
                });
                let best = near.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(score, _)| *score >= 0.6);
                let written = call.keywords.iter().find(|(known, _)| known == name);
                match (best, written) {
                    (Some((_, new)), Some((_, argument))) => vec![(argument.name_bytes.clone(), new.clone())],
                    _ => Vec::new(),
                }
            }
            // Arguments by place for a function that takes them by name only.
            Unfit::TooMany(..) if by_place.is_empty() => {
                let only: Vec<&String> = function
                    .parameters
                    .iter()
                    .filter(|parameter| parameter.kind == ParameterKind::KeywordOnly)
                    .map(|parameter| &parameter.name)
                    .collect();
                let named = call.positional.iter().map(|argument| {
                    let text = facts.text(&argument.bytes);
                    let name = only.iter().find(|name| argument.value == Expr::Name(name.to_string()))?;
                    Some((argument.bytes.clone(), format!("{name}={text}")))
                });
                named.collect::<Option<Vec<_>>>().unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }
}
