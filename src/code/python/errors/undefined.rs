//! `name 'n' is not defined` and `cannot access local variable 'n'`: where a name is read that nothing binds.
//! Leaves out names that only running could bind.

use std::rc::Rc;

use super::{Aim, Kind, Search, Site, has_scope, weight};
use crate::code::history::{Holds, Origin};
use crate::code::python::facts::{Binding, Bound, Facts, Load, ScopeKind};
use crate::code::python::modules::Modules;
use crate::code::python::names::Has;

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
    pub(super) fn failing<'f>(&self, modules: &Modules<'_>, path: &str, facts: &'f Rc<Facts>) -> Vec<&'f Load> {
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
    // Bound only within branches, loops or a `try`, and read outside of them.
    let elsewhere = |binding: &Binding| binding.branch != 0 && binding.branch != load.spot.branch;
    load.spot.line <= first || all.iter().all(elsewhere)
}

impl Kind for Undefined {
    fn sites(&self, search: &Search<'_>) -> Vec<Site> {
        let modules = &search.modules;
        let mut sites = Vec::new();
        for path in modules.with_word(&self.name) {
            let Some(facts) = modules.facts(&path) else { continue };
            for load in self.failing(modules, &path, &facts) {
                let scope = facts.scope_name(load.spot.scope).to_string();
                let early = self.local
                    && facts.scopes[load.spot.scope]
                        .bindings
                        .get(&self.name)
                        .is_some_and(|all| all.iter().all(|one| one.line >= load.spot.line));
                let star = facts.imports.iter().any(|import| import.name.as_deref() == Some("*"));
                let fit = weight(&path) * if star { 0.8 } else { 1.0 } * if self.local && !early { 0.9 } else { 1.0 };
                sites.push(Site {
                    path: path.clone(),
                    line: load.spot.line,
                    last_line: load.spot.line,
                    key: facts.line(load.spot.line).trim().to_string(),
                    bytes: load.spot.bytes.clone(),
                    fit,
                    certain: if self.local { early } else { !star },
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
            None if !facts.damage.is_empty()
                && facts.loads.iter().any(|load| load.name == self.name && damaged(load.spot.line)) =>
            {
                Holds::Unknown
            }
            None => Holds::No,
        }
    }

    fn paths(&self, modules: &Modules<'_>, path: &str, _: &Site) -> Vec<String> {
        let Some(facts) = modules.facts(path) else { return vec![path.to_string()] };
        let stars = facts.imports.iter().filter(|import| import.name.as_deref() == Some("*"));
        let mut paths: Vec<String> =
            stars.flat_map(|import| modules.deciding_paths(&modules.absolute(import, path), path)).collect();
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

    fn probe(&self, _: &Site) -> String {
        self.name.clone()
    }

    fn verdict(&self, search: &Search<'_>, site: &Site) -> String {
        let facts = search.modules.facts(&site.path);
        let below = facts.as_ref().and_then(|facts| facts.top(&self.name).first().map(|binding| binding.line));
        match (self.local, below) {
            (false, Some(line)) => {
                format!("{} is read while {} loads, before line {line} binds it", self.name, site.path)
            }
            (true, _) => format!("{} assigns {} only on some paths, or after it is read", site.scope, self.name),
            (false, None) => {
                format!("nothing in {} binds {}: no import, no assignment, no parameter", site.path, self.name)
            }
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
    let top = facts
        .imports
        .iter()
        .filter(|import| import.spot.scope == 0 && import.spot.handled.is_empty() && !import.spot.type_only);
    let indented =
        |import: &&crate::code::python::facts::Import| super::indent(facts.line(import.statement_line)).is_empty();
    let from = statement.starts_with("from ");
    let all: Vec<_> = top.filter(indented).collect();
    let first = |import: &str| import.split(' ').nth(1).unwrap_or("").split('.').next().unwrap_or("").to_string();
    // Next to an import of the same package, else of the same form, else the last one.
    let own = first(statement);
    let near = all
        .iter()
        .rev()
        .find(|import| import.module.split('.').next() == Some(&own) && import.level == 0 && own != "__future__");
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
    let gap =
        if all.is_empty() && !facts.source[at..].starts_with('\n') && at < facts.source.len() { "\n\n" } else { "" };
    // A mark of the byte order stays in front.
    let at = at.max(if facts.source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 });
    let end = if facts.source.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = gap.replace('\n', end);
    let ended = at == 0 || facts.source[..at].ends_with(['\n', '\u{feff}']);
    vec![(at..at, format!("{}{statement}{end}{gap}", if ended { "" } else { end }))]
}
