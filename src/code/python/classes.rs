//! What an object of a class has: by the class, its bases across files, and what its methods set.
//! Leaves out bases of other packages; their names are told.

use super::modules::Modules;
use super::names::{At, Has, Thing};

impl Modules<'_> {
    /// Returns a class and its bases in the repository, in the order in which attributes are looked up (depth first).
    pub(crate) fn bases(&self, class: &At) -> Vec<At> {
        let mut order = Vec::new();
        self.add_bases(class, &mut order, 0);
        order
    }

    fn add_bases(&self, class: &At, order: &mut Vec<At>, depth: usize) {
        if order.contains(class) || order.len() > 60 || depth > 20 {
            return;
        }
        order.push(class.clone());
        let Some(facts) = self.facts(&class.path) else { return };
        let Some(scope) = facts.scopes.get(class.scope) else { return };
        for base in scope.class.iter().flat_map(|class| &class.bases) {
            if let Thing::Class(base) = self.thing(&class.path, &facts, scope.parent, base, 1) {
                self.add_bases(&base, order, depth + 1);
            }
        }
    }

    /// Returns the bases of a class that are not in the repository, as written.
    pub(crate) fn foreign_bases(&self, class: &At) -> Vec<String> {
        let mut foreign = Vec::new();
        for at in self.bases(class) {
            let Some(facts) = self.facts(&at.path) else { continue };
            let Some(scope) = facts.scopes.get(at.scope) else { continue };
            for base in scope.class.iter().flat_map(|class| &class.bases) {
                if !matches!(self.thing(&at.path, &facts, scope.parent, base, 1), Thing::Class(_))
                    && let Some(name) = base.dotted().filter(|name| name != "object")
                {
                    foreign.push(name);
                }
            }
        }
        foreign
    }

    /// Returns whether an object of a class has an attribute, by the class, its bases and what its methods set.
    pub(crate) fn class_has(&self, class: &At, name: &str, instance: bool) -> Has {
        for at in self.bases(class) {
            let Some(facts) = self.facts(&at.path) else { continue };
            let Some(scope) = facts.scopes.get(at.scope) else { continue };
            if let Some(binding) = scope.bindings.get(name).and_then(|all| all.first()) {
                return Has::Yes(at.path.clone(), binding.line);
            }
            let set = scope.class.as_ref().and_then(|class| class.instance.get(name)).filter(|_| instance);
            if let Some(line) = set {
                return Has::Yes(at.path.clone(), *line);
            }
            let open = ["__getattr__", "__getattribute__"].into_iter().find(|open| scope.bindings.contains_key(*open));
            if let Some(open) = open.filter(|_| instance) {
                return Has::Unknown(format!("{} has {open}", scope.qualname));
            }
            if facts.damage.iter().any(|(from, to)| scope.lines.0 <= *to && *from <= scope.lines.1) {
                return Has::Unknown(format!("{} does not parse as a whole", at.path));
            }
        }
        Has::No
    }

    /// Returns the names of a class, its bases and what its methods set, with file and line.
    pub(crate) fn class_names(&self, class: &At, instance: bool) -> Vec<(String, String, u32)> {
        let mut names: Vec<(String, String, u32)> = Vec::new();
        for at in self.bases(class) {
            let Some(facts) = self.facts(&at.path) else { continue };
            let Some(scope) = facts.scopes.get(at.scope) else { continue };
            let own = scope.bindings.iter().filter_map(|(name, all)| Some((name.clone(), all.first()?.line)));
            let set = scope.class.iter().filter(|_| instance).flat_map(|class| class.instance.clone());
            for (name, line) in own.chain(set) {
                if !names.iter().any(|(known, ..)| *known == name) {
                    names.push((name, at.path.clone(), line));
                }
            }
        }
        names
    }
}
