//! Calls that do not fit: missing, unexpected or too many arguments. Which call it is, and what the function takes.
//! Leaves out functions of other packages, of which only the calls are known.

use std::rc::Rc;

use super::callee::Meant;
use super::{Aim, Kind, Search, Site, weight};
use crate::code::cause::Target;
use crate::code::history::{Holds, Origin};
use crate::code::near::nearness;
use crate::code::python::facts::{Binding, Bound, Call, Expr, Facts, Function, Parameter, ParameterKind, ScopeKind};
use crate::code::python::fault::Unfit;
use crate::code::python::modules::Modules;
use crate::code::python::names::At;
use crate::code::python::parameters::{Misfit, misfit};

/// The error.
#[derive(Debug)]
pub(crate) struct Signature {
    /// The function as logged.
    pub(crate) function: String,
    /// What does not fit.
    pub(crate) unfit: Unfit,
    /// Whether any misfit counts, whatever the message says.
    pub(crate) any: bool,
}

impl Signature {
    pub(super) fn name(&self) -> &str {
        self.function.rsplit('.').next().unwrap_or(&self.function)
    }

    pub(super) fn class(&self) -> Option<&str> {
        let (before, _) = self.function.rsplit_once('.')?;
        before.rsplit('.').next().filter(|class| *class != "<locals>")
    }

    /// The name that a call is written with: that of the class for its `__init__`.
    pub(super) fn called(&self) -> &str {
        match self.name() {
            "__init__" | "__new__" => self.class().unwrap_or("__init__"),
            name => name,
        }
    }

    /// Whether a message of this kind follows from a misfit.
    pub(super) fn says(&self, found: &Misfit) -> bool {
        match (&self.unfit, found) {
            _ if self.any => true,
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

    /// Returns the calls that fit their definition in no way, with what is wrong, where the definition is certain.
    fn unfit(&self, modules: &Modules<'_>, path: &str, all: &[At]) -> Vec<(u32, String, Misfit)> {
        let any = Signature { function: self.function.clone(), unfit: self.unfit.clone(), any: true };
        let Some(facts) = modules.facts(path) else { return Vec::new() };
        let failing = any.failing(modules, path, &facts, all, &self.makers(modules));
        let sure = failing.into_iter().filter(|(index, meant)| {
            let call = &facts.calls[*index];
            meant.sure >= 1.0 && !call.unpacks && !call.unpacks_keywords
        });
        let told = sure.filter_map(|(index, meant)| {
            let call = &facts.calls[index];
            let of = modules.facts(&meant.at.path)?;
            let function = of.scopes.get(meant.at.scope)?.function.as_ref()?;
            Some((call.spot.line, written(&facts, call), misfit(&function.parameters, meant.bound, call)?))
        });
        told.collect()
    }
}

fn imported_as(facts: &Facts, name: &str, wanted: &str) -> bool {
    facts.imports.iter().any(|import| import.binds.as_deref() == Some(name) && import.name.as_deref() == Some(wanted))
}

/// Returns a call as it is written, without what reformatting changes: spaces, quotes, a comma at the end.
pub(super) fn written(facts: &Facts, call: &Call) -> String {
    let text = facts.text(&(call.spot.bytes.start..call.arguments.end));
    let plain: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    plain.replace('\'', "\"").replace(",)", ")").replace(",]", "]").replace(",}", "}")
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
                    certain: meant.sure >= 1.0 && !caught && !call.unpacks && !call.unpacks_keywords,
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

    fn fails_otherwise(&self, modules: &Modules<'_>, path: &str, site: &Site) -> Option<String> {
        let facts = modules.facts(path)?;
        let all = self.definitions_near(modules, path, &facts, site);
        let (line, _, wrong) = self.unfit(modules, path, &all).into_iter().find(|(_, text, _)| *text == site.key)?;
        Some(format!("the call at {path}:{line} there fits no better: {wrong}"))
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
        let found = self.failing(modules, &site.path, &facts, &all, &makers);
        let (index, meant) = found.iter().find(|(index, _)| facts.calls[*index].spot.bytes == site.bytes)?;
        let call = &facts.calls[*index];
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
        // The same mistake in the same function is mended with it.
        let same = found
            .iter()
            .filter(|(other, theirs)| theirs.at == meant.at && facts.calls[*other].spot.scope == call.spot.scope);
        let each = same.map(|(other, theirs)| self.edits(&facts, &facts.calls[*other], function, theirs.bound));
        let edits = each.flatten().collect();
        let mut warnings = Vec::new();
        if function.is_async && !call.awaited && !function.is_generator {
            warnings.push(format!("{} is a coroutine function and is not awaited here", scope.name()));
        }
        Some(Aim { target, edits, warnings })
    }

    fn probe(&self, site: &Site) -> String {
        site.key.split('(').next().unwrap_or("").to_string()
    }

    fn verdict(&self, search: &Search<'_>, site: &Site) -> String {
        let with_object = || {
            let modules = &search.modules;
            let facts = modules.facts(&site.path)?;
            let found = self.failing(modules, &site.path, &facts, &self.definitions(modules), &self.makers(modules));
            let here = found.iter().find(|(index, _)| facts.calls[*index].spot.bytes == site.bytes)?;
            Some(here.1.bound)
        };
        let what = match &self.unfit {
            Unfit::Missing(names) => format!("does not pass {}", names.join(", ")),
            Unfit::TooMany(most, given) => format!(
                "passes {given} arguments by place, and the most it takes is {most}{}",
                if with_object() == Some(true) { ", the object itself among them" } else { "" }
            ),
            Unfit::Unexpected(name) => format!("passes {name}, which is not taken"),
            Unfit::Twice(name) => format!("passes {name} twice, by place and by name"),
        };
        format!(
            "the call of {} in {} {what}",
            site.key.split('(').next().unwrap_or(""),
            if site.scope.is_empty() { &site.path } else { &site.scope }
        )
    }

    fn contradictions(&self, search: &Search<'_>) -> Vec<String> {
        let all = self.definitions(&search.modules);
        let Some(first) = all.first() else { return Vec::new() };
        let Some(facts) = search.modules.facts(&first.path) else { return Vec::new() };
        let line = facts.scopes[first.scope].lines.0;
        let paths =
            self.makers(&search.modules).iter().flat_map(|maker| search.modules.with_word(maker)).collect::<Vec<_>>();
        let wrong = paths.iter().find_map(|path| {
            let (line, _, wrong) = self.unfit(&search.modules, path, &all).into_iter().next()?;
            Some(format!("{path}:{line} calls {} otherwise than it is defined as well ({wrong})", self.function))
        });
        if let Some(wrong) = wrong {
            return vec![format!("no call here fails with this message, though {wrong}: another revision was running")];
        }
        vec![format!(
            "every call of {} that the code shows fits its definition ({}:{line}): another revision was running, or it is called by a name that only running tells",
            self.function, first.path
        )]
    }
}

impl Signature {
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
                // A value, bound above the call if in the same scope: no module, class or function.
                let here = &facts.scopes[at];
                let fits = |one: &Binding| {
                    !matches!(one.bound, Bound::Import(_) | Bound::Class(_) | Bound::Function(_))
                        && (at != call.spot.scope || one.line < call.spot.line || one.bound == Bound::Parameter)
                        && one.branch == 0
                };
                if let Some(all) = here.bindings.get(name).filter(|_| here.kind != ScopeKind::Class) {
                    return all.iter().any(fits);
                }
                if at == 0 {
                    return false;
                }
                at = facts.scopes[at].parent;
            }
        };
        let by_name = |name: &str| {
            let of = function.parameters.iter().find(|parameter| parameter.name == name);
            of.is_some_and(|of| matches!(of.kind, ParameterKind::Standard | ParameterKind::KeywordOnly))
        };
        let end = call.arguments.end - 1;
        match &self.unfit {
            // What is lacking stands in the caller under the same name.
            // An argument by place stands where the caller has something of the parameter's own name: it was left
            // out there, and all behind it moved up.
            Unfit::Missing(_) if shifted(&by_place, call, &visible).is_some() => {
                let Some(at) = shifted(&by_place, call, &visible) else { return Vec::new() };
                let before = call.positional[at].bytes.start;
                vec![(before..before, format!("{}, ", by_place[at].name))]
            }
            // The object is passed by hand, and once more by the call itself.
            Unfit::TooMany(..) | Unfit::Twice(_)
                if bound
                    && matches!(call.positional.first().map(|first| &first.value), Some(Expr::Name(name)) if name == "self" || name == "cls") =>
            {
                let first = &call.positional[0].bytes;
                let next = call.positional.get(1).map(|next| next.bytes.start);
                let next = next.or(call.keywords.first().map(|(_, next)| next.bytes.start)).unwrap_or(first.end);
                vec![(first.start..next, String::new())]
            }
            Unfit::Missing(names) if names.iter().all(|name| visible(name) && by_name(name)) => {
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
                    // Of those that are near, one that is needed anyway.
                    let score = nearness(name, &parameter.name).score;
                    (score + if parameter.optional || score < 0.5 { 0.0 } else { 0.2 }, &parameter.name)
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

/// Returns the first argument by place whose parameter the caller has under that very name, and passes something else.
fn shifted(by_place: &[&Parameter], call: &Call, visible: &dyn Fn(&str) -> bool) -> Option<usize> {
    let pairs = call.positional.iter().zip(by_place).enumerate();
    let mut other = pairs.filter(|(_, (argument, parameter))| {
        visible(&parameter.name) && argument.value.tail() != Some(&parameter.name)
    });
    let (at, _) = other.next()?;
    // Where an earlier parameter's namesake is passed too, nothing moved.
    let passed = call.positional.iter().any(|argument| argument.value == Expr::Name(by_place[at].name.clone()));
    (!passed).then_some(at)
}
