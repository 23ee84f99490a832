//! `KeyError: 'n'`: where the key is read without a default, and which keys are there.
//! Leaves out keys that are computed.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::kept::{Keeps, Known, WRITTEN_OUT};
use super::{Aim, Dated, Kind, Search, Site, has_scope, weight};
use crate::code::cause::Target;
use crate::code::history::{Holds, Origin};
use crate::code::near::nearness;
use crate::code::python::facts::{Facts, Item};
use crate::code::python::modules::Modules;

/// The error.
#[derive(Debug)]
pub(crate) struct NoKey {
    /// The key.
    pub(crate) key: String,
    /// What shows at the commit that was searched where the key comes from, once that was looked for.
    pub(crate) known: OnceCell<Known>,
}

/// Below this a key is not proposed: any two settings share words.
const ALIKE: f64 = 0.75;

impl NoKey {
    pub(super) fn reads<'f>(&self, facts: &'f Facts) -> impl Iterator<Item = &'f Item> {
        facts.items.iter().filter(move |item| item.key == self.key && !item.stored && !item.spot.type_only)
    }
}

pub(super) fn is_environment(receiver: &str) -> bool {
    receiver == "environ" || receiver.ends_with(".environ")
}

fn is_settings(receiver: &str) -> bool {
    let lower = receiver.to_lowercase();
    ["config", "settings", "conf", "secrets", "options", "env"].iter().any(|word| lower.contains(word))
}

impl Kind for NoKey {
    fn sites(&self, search: &Search<'_>) -> Vec<Site> {
        let modules = &search.modules;
        let word: &str = self
            .key
            .split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
            .max_by_key(|word| word.len())
            .unwrap_or("");
        if word.is_empty() {
            return Vec::new();
        }
        let known = self.known.get_or_init(|| self.known(search));
        let upper = self.key.chars().all(|letter| !letter.is_lowercase());
        let mut sites = Vec::new();
        for path in modules.with_word(word) {
            let Some(facts) = modules.facts(&path) else { continue };
            for item in self.reads(&facts) {
                let traced = search.frames.iter().any(|(file, line)| *file == path && *line == item.spot.line);
                let keeps = match known.changed {
                    true => Keeps::Unknown,
                    false => self.keeps(modules, &path, &facts, item),
                };
                if keeps == Keeps::Has && !traced {
                    continue;
                }
                let caught = item.spot.handled.iter().any(|name| name == "KeyError" || name == "LookupError");
                let scope = facts.scope_name(item.spot.scope).to_string();
                // What the same function puts in before is there.
                let put = facts.items.iter().any(|other| {
                    other.stored
                        && other.key == self.key
                        && other.receiver_text == item.receiver_text
                        && other.spot.scope == item.spot.scope
                        && other.spot.line < item.spot.line
                });
                let (fit, why) = match () {
                    () if keeps == Keeps::Lacks => {
                        (1.0, format!("it reads {} from {}, {WRITTEN_OUT}", self.key, item.receiver_text))
                    }
                    () if is_environment(&item.receiver_text) && upper => {
                        (1.0, format!("it reads {} from the environment without a default", self.key))
                    }
                    () if is_settings(&item.receiver_text) => {
                        (0.9, format!("it reads {} from {} without a default", self.key, item.receiver_text))
                    }
                    () => (
                        if upper { 0.6 } else { 0.75 },
                        format!("it reads {} from {} without a default", self.key, item.receiver_text),
                    ),
                };
                sites.push(Site {
                    path: path.clone(),
                    line: item.spot.line,
                    last_line: item.spot.line,
                    scope,
                    key: item.receiver_text.clone(),
                    bytes: item.spot.bytes.clone(),
                    certain: fit >= 1.0 && keeps != Keeps::Lacks && !caught && !put,
                    fit: fit * weight(&path) * if caught || put { 0.3 } else { 1.0 },
                    why,
                });
            }
        }
        sites
    }

    fn holds(&self, modules: &Modules<'_>, path: &str, site: &Site) -> Holds {
        let Some(facts) = modules.facts(path) else { return Holds::No };
        let scoped = has_scope(&facts, &site.scope);
        let found = self.reads(&facts).find(|item| {
            item.receiver_text == site.key && (!scoped || facts.scope_name(item.spot.scope) == site.scope)
        });
        match found {
            Some(item) => self.lacks(modules, path, &facts, item, site),
            None if !facts.damage.is_empty()
                && facts.source.contains(&self.key)
                && self.reads(&facts).next().is_none() =>
            {
                Holds::Unknown
            }
            None => Holds::No,
        }
    }

    fn paths(&self, modules: &Modules<'_>, path: &str, site: &Site) -> Vec<String> {
        let mut paths = self.keepers(modules, path, site);
        paths.push(path.to_string());
        paths
    }

    fn dated(&self, search: &Search<'_>, site: &Site, origin: &Origin) -> Dated {
        self.since(search, site, origin)
    }

    fn aim(&self, search: &Search<'_>, site: &Site, _: Option<&Origin>) -> Option<Aim> {
        let modules = &search.modules;
        // Keys that are put into, or read from, something of the same name.
        let tail = site.key.rsplit('.').next().unwrap_or(&site.key).to_string();
        let mut keys: BTreeMap<String, (String, u32, bool)> = BTreeMap::new();
        for path in modules.with_word(tail.split(['(', '[']).next().unwrap_or(&tail)) {
            let Some(facts) = modules.facts(&path) else { continue };
            for item in facts.items.iter().filter(|item| item.key != self.key && item.receiver_text.ends_with(&tail)) {
                let known = keys.entry(item.key.clone()).or_insert((path.clone(), item.spot.line, item.stored));
                if item.stored && !known.2 {
                    *known = (path.clone(), item.spot.line, true);
                }
            }
        }
        let near = keys.into_iter().map(|(key, place)| {
            let near = nearness(&self.key, &key);
            (near.score + if place.2 { 0.1 } else { 0.0 }, key, place, near)
        });
        let (_, key, (path, line, stored), near) = near
            .filter(|(.., near)| near.score >= ALIKE)
            .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(&a.1)))?;
        let verb = if stored { "put in" } else { "read elsewhere" };
        let facts = modules.facts(&site.path)?;
        let quote = facts.text(&site.bytes).chars().next().filter(|first| matches!(first, '"' | '\''))?;
        let edits = if stored { vec![(site.bytes.clone(), format!("{quote}{key}{quote}"))] } else { Vec::new() };
        let target =
            Target { name: key, place: Some((path, line)), why: format!("a key of that name is {verb}; {}", near.why) };
        Some(Aim { target, edits, warnings: Vec::new() })
    }

    fn probe(&self, site: &Site) -> String {
        format!("{}['{}']", site.key, self.key)
    }

    fn verdict(&self, _: &Search<'_>, site: &Site) -> String {
        match is_environment(&site.key) {
            true => format!(
                "{} needs the environment variable {}, and the process that logged this had none",
                site.path, self.key
            ),
            false => format!("{} reads the key {} from {}, which had none", site.path, self.key, site.key),
        }
    }
}
