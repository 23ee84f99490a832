//! Coroutines: called and not awaited, used as if they were their result, and awaited where there is none.
//! Leaves out coroutines of other packages, of which only the calls are known.

use std::rc::Rc;

use super::{Aim, Kind, Search, Site, weight};
use crate::code::cause::Target;
use crate::code::history::{Holds, Origin};
use crate::code::python::facts::{Access, Bound, Call, Expr, Facts, Function, ScopeKind};
use crate::code::python::modules::Modules;
use crate::code::python::names::{At, Thing};

/// The error.
#[derive(Debug)]
pub(crate) enum Coroutine {
    /// `coroutine 'C.f' was never awaited`
    NeverAwaited(String),
    /// `'coroutine' object has no attribute 'n'`, or another use of it.
    Used(Option<String>),
    /// `object X can't be used in 'await' expression`
    NotAwaitable(String),
}

/// What takes a coroutine to run it.
const RUNNERS: [&str; 16] = [
    "create_task",
    "ensure_future",
    "gather",
    "run",
    "wait_for",
    "run_until_complete",
    "run_coroutine_threadsafe",
    "shield",
    "wait",
    "as_completed",
    "start_soon",
    "spawn",
    "async_to_sync",
    "add_task",
    "run_sync",
    "timeout",
];

/// How many calls before one are looked at for the call that holds it.
const OUTER: usize = 200;

/// A call that fails, or that makes something else fail.
struct Failing {
    call: usize,
    /// Where the result is used wrongly, where that is another line.
    used_at: Option<u32>,
    fit: f64,
    why: String,
    at: Option<At>,
}

impl Coroutine {
    /// Returns the function that a call means, where the code shows it.
    fn function(modules: &Modules<'_>, path: &str, facts: &Rc<Facts>, call: &Call) -> Option<(At, Function)> {
        let (Thing::Function(at) | Thing::Method(at)) = modules.thing(path, facts, call.spot.scope, &call.callee, 0)
        else {
            return None;
        };
        let of = modules.facts(&at.path)?;
        let function = of.scopes.get(at.scope)?.function.clone()?;
        Some((at, function))
    }

    fn failing(&self, modules: &Modules<'_>, path: &str, facts: &Rc<Facts>) -> Vec<Failing> {
        let mut found = Vec::new();
        for (index, call) in facts.calls.iter().enumerate() {
            let failing = match self {
                Coroutine::NeverAwaited(name) => self.never_awaited(modules, path, facts, index, call, name),
                Coroutine::Used(attribute) => self.used(modules, path, facts, index, call, attribute.as_deref()),
                Coroutine::NotAwaitable(kind) => not_awaitable(modules, path, facts, index, call, kind),
            };
            found.extend(failing);
        }
        found
    }

    fn never_awaited(
        &self,
        modules: &Modules<'_>,
        path: &str,
        facts: &Rc<Facts>,
        index: usize,
        call: &Call,
        name: &str,
    ) -> Option<Failing> {
        let last = name.rsplit('.').next().unwrap_or(name);
        if call.callee.tail() != Some(last) || call.awaited || matches!(call.callee, Expr::Call(_)) {
            return None;
        }
        let (sure, at) = match Self::function(modules, path, facts, call) {
            Some((at, function)) if function.is_async && !function.is_generator => (1.0, Some(at)),
            Some(_) => return None,
            // A method of an unknown object, by its name.
            None => (0.7, None),
        };
        let fit = match () {
            () if is_run(facts, call) => return None,
            () if !call.used => 1.0,
            () if call.passed_on => 0.3,
            () => 0.8,
        };
        let why = if call.used { "its result is used without await" } else { "it stands alone, without await" };
        Some(Failing {
            call: index,
            used_at: None,
            fit: fit * sure,
            why: format!("{last} is a coroutine function; {why}"),
            at,
        })
    }

    fn used(
        &self,
        modules: &Modules<'_>,
        path: &str,
        facts: &Rc<Facts>,
        index: usize,
        call: &Call,
        attribute: Option<&str>,
    ) -> Option<Failing> {
        if call.awaited || !call.used {
            return None;
        }
        let variable = variable_of(facts, call);
        let read = |access: &Access| match &access.receiver {
            Expr::Call(callee) => **callee == call.callee && access.spot.bytes.start >= call.whole.end,
            Expr::Name(name) => Some(name) == variable.as_ref() && access.spot.scope == call.spot.scope,
            _ => false,
        };
        // Cheap questions first: files with many calls are common.
        let named = attribute.map(|name| facts.accesses.iter().find(|access| access.name == name && read(access)));
        if named.is_some_and(|found| found.is_none()) || is_run(facts, call) {
            return None;
        }
        let (at, function) = Self::function(modules, path, facts, call)?;
        if !function.is_async || function.is_generator {
            return None;
        }
        let name = call.callee.tail().unwrap_or("it").to_string();
        let line = named.flatten().map_or(call.lines.1, |access| access.spot.line);
        let why = format!("{name} is a coroutine function and is not awaited; its coroutine is used in line {line}");
        let fit = if attribute.is_some() {
            1.0
        } else if variable.is_some() {
            0.8
        } else {
            0.6
        };
        let used_at = Some(line).filter(|line| !(call.lines.0..=call.lines.1).contains(line));
        Some(Failing { call: index, used_at, fit, why, at: Some(at) })
    }
}

/// Whether a call's result is handed to something that runs coroutines.
fn is_run(facts: &Facts, call: &Call) -> bool {
    // Calls stand in the order of their beginnings: what holds this one begins before it, and not far.
    let at = facts.calls.partition_point(|other| other.whole.start < call.whole.start);
    facts.calls[..at].iter().rev().take(OUTER).any(|outer| {
        let holds = outer.arguments.start < call.whole.start && call.whole.end <= outer.arguments.end;
        holds && outer.callee.tail().is_some_and(|name| RUNNERS.contains(&name))
    })
}

/// Returns the variable that a call's result is bound to.
fn variable_of(facts: &Facts, call: &Call) -> Option<String> {
    // Only a call at the end of its statement can be all of what is bound.
    let before = facts.line(call.lines.0).split('=').next().unwrap_or("").trim();
    let scope = facts.scopes.get(call.spot.scope)?;
    if !scope.bindings.contains_key(before.split(':').next().unwrap_or("").trim()) {
        return None;
    }
    let value = Expr::Call(Box::new(call.callee.clone()));
    let bound = scope.bindings.iter().find(|(_, all)| {
        all.iter()
            .any(|one| one.bound == Bound::Value(value.clone()) && (call.lines.0..=call.lines.1).contains(&one.line))
    });
    bound.map(|(name, _)| name.clone())
}

fn not_awaitable(
    modules: &Modules<'_>,
    path: &str,
    facts: &Rc<Facts>,
    index: usize,
    call: &Call,
    kind: &str,
) -> Option<Failing> {
    if !call.awaited {
        return None;
    }
    let name = call.callee.tail().unwrap_or("it").to_string();
    let Some((at, function)) = Coroutine::function(modules, path, facts, call) else {
        let thing = modules.thing(path, facts, call.spot.scope, &call.callee, 0);
        if let Thing::Class(class) = &thing {
            let of = modules.facts(&class.path)?;
            let named = of.scopes[class.scope].name() == kind;
            return named.then(|| Failing {
                call: index,
                used_at: None,
                fit: 1.0,
                why: format!("{name} is a class, not a coroutine function"),
                at: None,
            });
        }
        return matches!(thing, Thing::Unknown).then(|| Failing {
            call: index,
            used_at: None,
            fit: 0.25,
            why: format!("{name} may be no coroutine function"),
            at: None,
        });
    };
    if function.is_async {
        return None;
    }
    let annotated = function.returns.as_ref().and_then(Expr::tail);
    let literals: Vec<&Expr> = function.returned.iter().collect();
    let gives = |value: &&Expr| {
        matches!(value, Expr::Literal(name) if *name == kind)
            || matches!(value, Expr::Call(callee) if callee.tail() == Some(kind))
    };
    let fit = match () {
        () if annotated == Some(kind) || literals.iter().any(gives) => 1.0,
        () if kind == "NoneType" && literals.is_empty() => 1.0,
        () if annotated.is_some_and(|name| name != "Any") => 0.5,
        () => 0.75,
    };
    Some(Failing {
        call: index,
        used_at: None,
        fit,
        why: format!("{name} is a plain function: what it returns cannot be awaited"),
        at: Some(at),
    })
}

/// Returns a call as written, without what reformatting changes.
fn written(facts: &Facts, call: &Call) -> String {
    let plain: String = facts.text(&call.whole).chars().filter(|letter| !letter.is_whitespace()).collect();
    plain.replace('\'', "\"").replace(",)", ")")
}

impl Kind for Coroutine {
    fn sites(&self, search: &Search<'_>) -> Vec<Site> {
        let modules = &search.modules;
        let word = match self {
            Coroutine::NeverAwaited(name) => name.rsplit('.').next().unwrap_or(name).to_string(),
            Coroutine::Used(Some(attribute)) => attribute.clone(),
            Coroutine::Used(None) => "async".to_string(),
            Coroutine::NotAwaitable(_) => "await".to_string(),
        };
        let mut paths = modules.with_word(&word);
        // With a trace only the files in it can be meant, where the message names nothing.
        if matches!(self, Coroutine::Used(None) | Coroutine::NotAwaitable(_)) && !search.frames.is_empty() {
            paths.retain(|path| search.frames.iter().any(|(file, _)| file == path));
        }
        let mut sites = Vec::new();
        for path in paths {
            let Some(facts) = modules.facts(&path) else { continue };
            for failing in self.failing(modules, &path, &facts) {
                let call = &facts.calls[failing.call];
                sites.push(Site {
                    path: path.clone(),
                    line: call.spot.line,
                    last_line: call.lines.1.max(failing.used_at.unwrap_or(0)),
                    scope: facts.scope_name(call.spot.scope).to_string(),
                    key: written(&facts, call),
                    bytes: call.whole.clone(),
                    fit: failing.fit * weight(&path),
                    certain: failing.fit >= 1.0 && failing.at.is_some(),
                    why: failing.why,
                });
            }
        }
        sites
    }

    fn holds(&self, modules: &Modules<'_>, path: &str, site: &Site) -> Holds {
        let Some(facts) = modules.facts(path) else { return Holds::No };
        let found = self
            .failing(modules, path, &facts)
            .iter()
            .any(|failing| written(&facts, &facts.calls[failing.call]) == site.key);
        match found {
            true => Holds::Yes,
            false if !facts.damage.is_empty() && !facts.calls.iter().any(|call| written(&facts, call) == site.key) => {
                Holds::Unknown
            }
            false => Holds::No,
        }
    }

    fn paths(&self, modules: &Modules<'_>, path: &str, site: &Site) -> Vec<String> {
        let mut paths = vec![path.to_string()];
        if let Some(facts) = modules.facts(path) {
            let calls = facts.calls.iter().filter(|call| written(&facts, call) == site.key);
            paths.extend(calls.filter_map(|call| Some(Self::function(modules, path, &facts, call)?.0.path)));
        }
        paths
    }

    fn aim(&self, search: &Search<'_>, site: &Site, _: Option<&Origin>) -> Option<Aim> {
        let modules = &search.modules;
        let facts = modules.facts(&site.path)?;
        let failing = self
            .failing(modules, &site.path, &facts)
            .into_iter()
            .find(|failing| facts.calls[failing.call].whole == site.bytes)?;
        let call = &facts.calls[failing.call];
        let place = failing
            .at
            .as_ref()
            .and_then(|at| Some((at.path.clone(), modules.facts(&at.path)?.scopes[at.scope].lines.0)));
        let name = failing.at.as_ref().and_then(|at| Some(modules.facts(&at.path)?.scope_name(at.scope).to_string()));
        let name = name.or_else(|| call.callee.tail().map(str::to_string))?;
        let mut warnings = Vec::new();
        let (edits, why) = match self {
            Coroutine::NotAwaitable(_) => {
                let word = facts.awaits.iter().find(|awaited| awaited.spot.bytes == call.whole)?.word.clone();
                (vec![(word, String::new())], "it is defined without async")
            }
            _ => {
                let mut at = call.spot.scope;
                while at != 0 && facts.scopes[at].kind == ScopeKind::Comprehension {
                    at = facts.scopes[at].parent;
                }
                let around = facts.scopes[at].function.as_ref();
                if around.is_some_and(|function| function.is_async) {
                    // `await f().x` would await the attribute.
                    let read_on = facts.source[call.whole.end..].starts_with(['.', '[']);
                    let call_text = facts.text(&call.whole);
                    let text = if read_on { format!("(await {call_text})") } else { format!("await {call_text}") };
                    (vec![(call.whole.clone(), text)], "it is defined with async")
                } else {
                    let within = if site.scope.is_empty() { "the top of the file" } else { &site.scope };
                    warnings.push(format!("{within} is not async, so await cannot stand there: it and what calls it have to become async, or the coroutine has to be run"));
                    (Vec::new(), "it is defined with async")
                }
            }
        };
        Some(Aim { target: Target { name, place, why: why.to_string() }, edits, warnings })
    }

    fn probe(&self, site: &Site) -> String {
        site.key.split('(').next().unwrap_or("").to_string()
    }

    fn verdict(&self, _: &Search<'_>, site: &Site) -> String {
        let within = if site.scope.is_empty() { &site.path } else { &site.scope };
        match self {
            Coroutine::NeverAwaited(name) => {
                format!("{within} calls the coroutine function {name} and does not await it, so its body never runs")
            }
            Coroutine::Used(_) => format!("{within} uses a coroutine as if it were its result: an await is missing"),
            Coroutine::NotAwaitable(kind) => {
                format!("{within} awaits a call that gives {kind}, which cannot be awaited")
            }
        }
    }
}
