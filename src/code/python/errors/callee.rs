//! Which definition a call means: by its imports and types, or by the name alone.
//! Leaves out whether the call fits it.

use std::rc::Rc;

use super::Site;
use super::signature::{Signature, written};
use crate::code::near::words;
use crate::code::python::facts::{Call, Expr, Facts, Function, Scope, ScopeKind};
use crate::code::python::modules::Modules;
use crate::code::python::names::{At, Thing};
use crate::code::python::parameters::misfit;

/// A definition that a call may mean, and whether its first parameter is filled by an object.
pub(super) struct Meant {
    /// The definition.
    pub(super) at: At,
    /// Whether an object fills its first parameter.
    pub(super) bound: bool,
    /// From 0 to 1.
    pub(super) sure: f64,
}

impl Signature {
    /// Returns the definitions of that name, where the class in the message allows.
    pub(super) fn definitions(&self, modules: &Modules<'_>) -> Vec<At> {
        let mut found = Vec::new();
        for path in modules.with_word(self.name()) {
            found.extend(self.definitions_in(modules, &path));
        }
        found
    }

    pub(super) fn definitions_in(&self, modules: &Modules<'_>, path: &str) -> Vec<At> {
        let Some(facts) = modules.facts(path) else { return Vec::new() };
        // At other times the class may have had another name: it is the call that leads to it.
        let strict = !modules.listed.is_empty();
        let fits = |scope: &Scope| {
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
    pub(super) fn meant(
        &self,
        modules: &Modules<'_>,
        path: &str,
        facts: &Rc<Facts>,
        call: &Call,
        all: &[At],
    ) -> Option<Meant> {
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
    pub(super) fn makers(&self, modules: &Modules<'_>) -> Vec<String> {
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

    /// Returns the definitions that a file at a commit can mean, without searching all files.
    pub(super) fn definitions_near(
        &self,
        modules: &Modules<'_>,
        path: &str,
        facts: &Rc<Facts>,
        site: &Site,
    ) -> Vec<At> {
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
}

fn decorated(function: &Function, word: &str) -> bool {
    function.decorators.iter().any(|decorator| decorator.tail() == Some(word))
}

/// How much what stands in front of the call is named like a class or module.
fn receiver_likeness(call: &Call, owner: &str) -> f64 {
    let Expr::Attribute(receiver, _) = &call.callee else { return 0.0 };
    let Some(tail) = receiver.tail() else { return 0.0 };
    let (a, b) = (words(tail), words(owner));
    let common = a.iter().filter(|word| b.contains(word)).count();
    2.0 * common as f64 / (a.len() + b.len()).max(1) as f64
}
