//! Whose attribute is missing: the classes and modules that a message means, and whether they have it.
//! Leaves out where it is read.

use std::rc::Rc;

use super::Site;
use super::attribute::NoAttribute;
use super::weight;
use crate::code::python::facts::{Expr, Facts};
use crate::code::python::fault::Owner;
use crate::code::python::modules::{Module, Modules};
use crate::code::python::names::{At, Has, Thing};

/// Bases of Python itself that bring no attributes of their own at run time.
fn is_plain(base: &str) -> bool {
    let last = base.rsplit('.').next().unwrap_or(base);
    matches!(
        last,
        "object"
            | "Exception"
            | "ValueError"
            | "RuntimeError"
            | "Enum"
            | "IntEnum"
            | "StrEnum"
            | "Flag"
            | "ABC"
            | "Protocol"
            | "Generic"
            | "NamedTuple"
            | "TypedDict"
            | "dict"
            | "list"
            | "str"
            | "int"
    )
}

impl NoAttribute {
    pub(super) fn class(&self) -> Option<&str> {
        match &self.owner {
            Owner::Class(name) | Owner::Object(name) => Some(name.rsplit('.').next().unwrap_or(name)),
            Owner::Module(_) => None,
        }
    }

    /// Returns the classes of the name in the message, those of the service before those of tests.
    pub(super) fn classes(&self, modules: &Modules<'_>) -> Rc<Vec<At>> {
        if modules.listed.is_empty() {
            return Rc::new(self.search_classes(modules));
        }
        self.known.get_or_init(|| Rc::new(self.search_classes(modules))).clone()
    }

    fn search_classes(&self, modules: &Modules<'_>) -> Vec<At> {
        let Some(name) = self.class() else { return Vec::new() };
        let mut found = Vec::new();
        for path in modules.with_word(name) {
            let Some(facts) = modules.facts(&path) else { continue };
            let own =
                facts.scopes.iter().enumerate().filter(|(_, scope)| scope.class.is_some() && scope.name() == name);
            found.extend(own.map(|(scope, _)| At { path: path.clone(), scope }));
        }
        found.sort_by(|a, b| weight(&b.path).total_cmp(&weight(&a.path)).then_with(|| a.cmp(b)));
        found
    }

    /// Returns whether the owner has the attribute at this commit.
    pub(super) fn owner_has(&self, modules: &Modules<'_>, path: &str, site: &Site, facts: &Rc<Facts>) -> Has {
        match &self.owner {
            Owner::Module(wanted) => {
                let dotted = if wanted.is_empty() { site.key.clone() } else { wanted.clone() };
                match modules.resolve(&dotted, path) {
                    Module::File(file) | Module::Package(file) => modules.has(&file, &self.name),
                    _ => Has::No,
                }
            }
            Owner::Class(_) | Owner::Object(_) => {
                let instance = matches!(self.owner, Owner::Object(_));
                // With several classes of that name, one that lacks it is enough.
                let mut all = None;
                for class in self.classes_at(modules, path, facts) {
                    match modules.class_has(&class, &self.name, instance) {
                        Has::No => return Has::No,
                        found => all = Some(found),
                    }
                }
                all.unwrap_or(Has::No)
            }
        }
    }

    /// Returns the classes of the name that a file at a commit can mean, without searching all files.
    pub(super) fn classes_at(&self, modules: &Modules<'_>, path: &str, facts: &Rc<Facts>) -> Vec<At> {
        if !modules.listed.is_empty() {
            return self.classes(modules).to_vec();
        }
        let wanted = self.class().unwrap_or("");
        if let Thing::Class(class) = modules.thing(path, facts, 0, &Expr::Name(wanted.to_string()), 0) {
            return vec![class];
        }
        let named = |path: &str, facts: &Facts| -> Vec<At> {
            let own =
                facts.scopes.iter().enumerate().filter(|(_, scope)| scope.class.is_some() && scope.name() == wanted);
            own.map(|(scope, _)| At { path: path.to_string(), scope }).collect()
        };
        let mut found = named(path, facts);
        for hint in modules.hints.borrow().iter().filter(|hint| *hint != path) {
            found.extend(modules.facts(hint).iter().flat_map(|facts| named(hint, facts)));
        }
        if found.is_empty() {
            // It stood elsewhere then: git knows where the word stood.
            for path in modules.files_with(&format!("class {wanted}")) {
                found.extend(modules.facts(&path).iter().flat_map(|facts| named(&path, facts)));
                // It will have stood there at the commits before as well.
                modules.hints.borrow_mut().push(path);
            }
        }
        found
    }

    /// Returns whether the owner has the attribute, where every class of that name does; what only bases of other
    /// packages or `__getattr__` could tell is unknown.
    pub(super) fn owner_in_all(&self, modules: &Modules<'_>) -> Has {
        if let Owner::Module(dotted) = &self.owner {
            return match modules.resolve(dotted, "").path() {
                Some(path) if !dotted.is_empty() => modules.has(path, &self.name),
                _ => Has::No,
            };
        }
        let instance = matches!(self.owner, Owner::Object(_));
        let classes = self.classes(modules);
        let mut all = None;
        for class in classes.iter() {
            match modules.class_has(class, &self.name, instance) {
                Has::No => {
                    let foreign = modules.foreign_bases(class).into_iter().find(|base| !is_plain(base));
                    return foreign.map_or(Has::No, |base| Has::Unknown(format!("{base} is of another package")));
                }
                found => all = Some(found),
            }
        }
        all.unwrap_or(Has::No)
    }
}
