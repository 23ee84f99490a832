//! What a name means, across files: a module, a class, a function, an instance.
//! Leaves out running code: what only running tells is `Unknown`.

use std::collections::HashSet;
use std::rc::Rc;

use super::facts::{Binding, Bound, Expr, Facts, Scope, ScopeKind};
use super::modules::{Module, Modules, folder, join};

/// Names are followed through this many files.
const HOPS: usize = 12;

/// A class or function: its file and the index of its scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct At {
    /// Path of the file.
    pub(crate) path: String,
    /// Scope in the file.
    pub(crate) scope: usize,
}

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Thing {
    /// A module of the repository, by its dotted name.
    Module(String, Module),
    /// A class.
    Class(At),
    /// An object of a class.
    Instance(At),
    /// A function, or a method taken from its class.
    Function(At),
    /// A method taken from an object: its first parameter is filled.
    Method(At),
    /// Something with a value at a line of a file.
    Value(String, u32),
    /// Something of another package, by its dotted name.
    Foreign(String),
    /// Not to be told without running it.
    Unknown,
}

/// Whether something has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Has {
    /// It has; the file and the line say so.
    Yes(String, u32),
    /// It has not, as far as the repository goes.
    No,
    /// It may have, because of this.
    Unknown(String),
}

impl<'a> Modules<'a> {
    /// Returns whether a module has a name, through re-exports, star imports and submodules.
    pub(crate) fn has(&self, path: &str, name: &str) -> Has {
        self.has_within(path, name, &mut HashSet::new())
    }

    fn has_within(&self, path: &str, name: &str, seen: &mut HashSet<String>) -> Has {
        if !seen.insert(path.to_string()) || seen.len() > 200 {
            return Has::No;
        }
        let Some(facts) = self.facts(path) else { return Has::Unknown(format!("{path} cannot be read")) };
        let bindings = facts.top(name);
        // Where the file takes the name from itself, as `from . import name`, it is the submodule that counts.
        let binding = bindings.iter().find(|binding| !self.is_own_submodule(&facts, binding, path, name));
        if let Some(binding) = binding {
            return Has::Yes(path.to_string(), binding.line);
        }
        if matches!(name, "__name__" | "__file__" | "__doc__" | "__path__" | "__dict__" | "__package__" | "__spec__") {
            return Has::Yes(path.to_string(), 1);
        }
        if path.ends_with("__init__.py") {
            let below = join(folder(path), name);
            for file in [format!("{below}.py"), join(&below, "__init__.py")] {
                if self.file(&file).is_some() {
                    return Has::Yes(file, 1);
                }
            }
        }
        let mut unknown = None;
        if !facts.top("__getattr__").is_empty() {
            unknown = Some(format!("{path} has __getattr__"));
        }
        for import in facts.imports.iter().filter(|import| import.name.as_deref() == Some("*")) {
            let dotted = self.absolute(import, path);
            match self.resolve(&dotted, path) {
                Module::File(file) | Module::Package(file) => match self.has_within(&file, name, seen) {
                    Has::No => {}
                    Has::Yes(..) if name.starts_with('_') => {}
                    found @ Has::Yes(..) => return found,
                    Has::Unknown(why) => unknown = Some(why),
                },
                Module::Foreign => unknown = Some(format!("{path} imports all names of {dotted}")),
                _ => {}
            }
        }
        if unknown.is_none() && damaged(&facts) {
            unknown = Some(format!("{path} does not parse as a whole"));
        }
        unknown.map_or(Has::No, Has::Unknown)
    }

    fn is_own_submodule(&self, facts: &Facts, binding: &Binding, path: &str, name: &str) -> bool {
        let Bound::Import(at) = binding.bound else { return false };
        let import = &facts.imports[at];
        import.name.as_deref() == Some(name)
            && path.ends_with("__init__.py")
            && matches!(self.resolve(&self.absolute(import, path), path), Module::Package(file) if file == path)
    }

    /// Returns what a name at the top of a file means.
    pub(crate) fn top_thing(&self, path: &str, name: &str, hops: usize) -> Thing {
        self.step(|| self.top_found(path, name, hops)).unwrap_or(Thing::Unknown)
    }

    fn top_found(&self, path: &str, name: &str, hops: usize) -> Thing {
        let Some(facts) = self.facts(path) else { return Thing::Unknown };
        if let Some(binding) = facts.top(name).last() {
            return self.bound_thing(path, &facts, 0, binding, hops);
        }
        if path.ends_with("__init__.py") {
            let dotted = format!("{}.{name}", self.name_of(path));
            let module = self.resolve(&dotted, path);
            if module.exists() {
                return Thing::Module(dotted, module);
            }
        }
        if hops < HOPS {
            for import in facts.imports.iter().filter(|import| import.name.as_deref() == Some("*")) {
                let module = self.resolve(&self.absolute(import, path), path);
                if let Some(file) = module.path().filter(|file| *file != path) {
                    let found = self.top_thing(file, name, hops + 1);
                    if found != Thing::Unknown {
                        return found;
                    }
                }
            }
        }
        Thing::Unknown
    }

    /// Returns what an import binds.
    fn imported(&self, path: &str, facts: &Facts, at: usize, hops: usize) -> Thing {
        if hops >= HOPS {
            return Thing::Unknown;
        }
        let import = &facts.imports[at];
        let dotted = self.absolute(import, path);
        let Some(name) = &import.name else {
            // `import a.b` binds a; `import a.b as c` binds a.b.
            let whole = import.binds.as_deref() != dotted.split('.').next();
            let bound = if whole { dotted.clone() } else { dotted.split('.').next().unwrap_or("").to_string() };
            return match self.resolve(&bound, path) {
                Module::Foreign => Thing::Foreign(bound),
                module if module.exists() => Thing::Module(bound, module),
                _ => Thing::Unknown,
            };
        };
        match self.resolve(&dotted, path) {
            Module::Foreign => Thing::Foreign(format!("{dotted}.{name}")),
            Module::File(file) | Module::Package(file) => {
                let submodule = format!("{dotted}.{name}");
                let found = if file == path && import.name == import.binds {
                    Thing::Unknown
                } else {
                    self.top_thing(&file, name, hops + 1)
                };
                match found {
                    Thing::Unknown => match self.resolve(&submodule, path) {
                        module if module.exists() => Thing::Module(submodule, module),
                        _ => Thing::Unknown,
                    },
                    found => found,
                }
            }
            Module::Namespace(_) => {
                let submodule = format!("{dotted}.{name}");
                match self.resolve(&submodule, path) {
                    module if module.exists() => Thing::Module(submodule, module),
                    _ => Thing::Unknown,
                }
            }
            Module::Missing(_) => Thing::Unknown,
        }
    }

    fn bound_thing(&self, path: &str, facts: &Rc<Facts>, scope: usize, binding: &Binding, hops: usize) -> Thing {
        let at = |scope: usize| At { path: path.to_string(), scope };
        match &binding.bound {
            Bound::Class(inner) => Thing::Class(at(*inner)),
            Bound::Function(inner) => Thing::Function(at(*inner)),
            Bound::Import(import) => self.imported(path, facts, *import, hops),
            Bound::Value(value) if hops < HOPS => {
                if let Some(annotation) = &binding.annotation
                    && let Thing::Class(class) = self.thing(path, facts, scope, annotation, hops + 1)
                {
                    return Thing::Instance(class);
                }
                match value {
                    Expr::Name(_) | Expr::Attribute(..) | Expr::Call(_) | Expr::Await(_) => {
                        match self.thing(path, facts, scope, value, hops + 1) {
                            Thing::Unknown => Thing::Value(path.to_string(), binding.line),
                            thing => thing,
                        }
                    }
                    _ => Thing::Value(path.to_string(), binding.line),
                }
            }
            Bound::Parameter if hops < HOPS => match &binding.annotation {
                Some(annotation) => match self.thing(path, facts, scope, annotation, hops + 1) {
                    Thing::Class(class) => Thing::Instance(class),
                    Thing::Foreign(name) => Thing::Foreign(name),
                    _ => Thing::Unknown,
                },
                None => Thing::Unknown,
            },
            _ => Thing::Unknown,
        }
    }

    /// Returns what an expression in a scope of a file means.
    pub(crate) fn thing(&self, path: &str, facts: &Rc<Facts>, scope: usize, expr: &Expr, hops: usize) -> Thing {
        self.step(|| self.meant(path, facts, scope, expr, hops)).unwrap_or(Thing::Unknown)
    }

    fn meant(&self, path: &str, facts: &Rc<Facts>, scope: usize, expr: &Expr, hops: usize) -> Thing {
        if hops >= HOPS {
            return Thing::Unknown;
        }
        match expr {
            Expr::Name(name) => self.named(path, facts, scope, name, hops),
            Expr::Attribute(inner, name) => {
                // `import a.b.c` binds only `a`, and `a.b.c` means the module.
                if let Some(dotted) = expr.dotted()
                    && facts.imports.iter().any(|import| import.name.is_none() && import.module == dotted)
                {
                    let module = self.resolve(&dotted, path);
                    if module.exists() {
                        return Thing::Module(dotted, module);
                    }
                }
                let inner = self.thing(path, facts, scope, inner, hops + 1);
                self.attribute_thing(&inner, name, hops + 1)
            }
            Expr::Call(callee) if **callee == Expr::Name("super".to_string()) => self.above(path, facts, scope),
            Expr::Call(callee) => match self.thing(path, facts, scope, callee, hops + 1) {
                Thing::Class(class) => Thing::Instance(class),
                Thing::Function(function) | Thing::Method(function) => self.returned(&function, hops + 1),
                Thing::Foreign(name) => Thing::Foreign(format!("{name}()")),
                _ => Thing::Unknown,
            },
            Expr::Await(inner) => self.thing(path, facts, scope, inner, hops + 1),
            _ => Thing::Unknown,
        }
    }

    /// Returns what `super()` means: an object as its first base in the repository sees it.
    fn above(&self, path: &str, facts: &Facts, mut scope: usize) -> Thing {
        while scope != 0 && facts.scopes[scope].kind != ScopeKind::Class {
            scope = facts.scopes[scope].parent;
        }
        let class = At { path: path.to_string(), scope };
        match self.bases(&class).into_iter().nth(1) {
            Some(base) if scope != 0 => Thing::Instance(base),
            _ => Thing::Unknown,
        }
    }

    fn returned(&self, function: &At, hops: usize) -> Thing {
        let Some(facts) = self.facts(&function.path) else { return Thing::Unknown };
        let Some(of) = facts.scopes.get(function.scope).and_then(|scope| scope.function.as_ref()) else {
            return Thing::Unknown;
        };
        if let Some(returns) = &of.returns {
            return match self.thing(&function.path, &facts, 0, returns, hops + 1) {
                Thing::Class(class) => Thing::Instance(class),
                Thing::Foreign(name) => Thing::Foreign(name),
                _ => Thing::Unknown,
            };
        }
        // Without an annotation, what it returns everywhere tells, where that is one thing.
        let mut found = None;
        for value in of.returned.iter().filter(|value| **value != Expr::Literal("NoneType")) {
            let thing = self.thing(&function.path, &facts, function.scope, value, hops + 2);
            match found.replace(thing.clone()) {
                Some(before) if before != thing => return Thing::Unknown,
                _ => {}
            }
        }
        found.unwrap_or(Thing::Unknown)
    }

    fn named(&self, path: &str, facts: &Rc<Facts>, scope: usize, name: &str, hops: usize) -> Thing {
        let mut at = scope;
        let mut first = true;
        loop {
            let Some(here) = facts.scopes.get(at) else { return Thing::Unknown };
            let visible = first || here.kind != ScopeKind::Class;
            if visible {
                if let Some(object) = self.own_object(path, facts, here, name) {
                    return object;
                }
                if let Some(binding) = here.bindings.get(name).and_then(|all| all.last()) {
                    return self.bound_thing(path, facts, at, binding, hops);
                }
            }
            if at == 0 {
                return self.top_thing(path, name, hops + 1);
            }
            first = false;
            at = here.parent;
        }
    }

    /// Returns what `self` and `cls` mean in a method.
    fn own_object(&self, path: &str, facts: &Facts, scope: &Scope, name: &str) -> Option<Thing> {
        let function = scope.function.as_ref()?;
        if function.parameters.first()?.name != name || facts.scopes.get(scope.parent)?.kind != ScopeKind::Class {
            return None;
        }
        let decorated = |word: &str| function.decorators.iter().any(|decorator| decorator.tail() == Some(word));
        let class = At { path: path.to_string(), scope: scope.parent };
        match () {
            () if decorated("staticmethod") => None,
            () if decorated("classmethod") || matches!(name, "cls" | "mcs") => Some(Thing::Class(class)),
            () => Some(Thing::Instance(class)),
        }
    }

    /// Returns what an attribute of something means.
    pub(crate) fn attribute_thing(&self, of: &Thing, name: &str, hops: usize) -> Thing {
        if hops >= HOPS {
            return Thing::Unknown;
        }
        match of {
            Thing::Module(dotted, module) => {
                if let Some(path) = module.path() {
                    let found = self.top_thing(path, name, hops + 1);
                    if found != Thing::Unknown {
                        return found;
                    }
                }
                let below = format!("{dotted}.{name}");
                match self.resolve(&below, module.path().unwrap_or("")) {
                    found if found.exists() => Thing::Module(below, found),
                    _ => Thing::Unknown,
                }
            }
            Thing::Foreign(dotted) => Thing::Foreign(format!("{dotted}.{name}")),
            Thing::Class(class) | Thing::Instance(class) => {
                let instance = matches!(of, Thing::Instance(_));
                for at in self.bases(class) {
                    let Some(facts) = self.facts(&at.path) else { continue };
                    let Some(scope) = facts.scopes.get(at.scope) else { continue };
                    if let Some(binding) = scope.bindings.get(name).and_then(|all| all.last()) {
                        let thing = self.bound_thing(&at.path, &facts, at.scope, binding, hops + 1);
                        return match thing {
                            Thing::Function(function) => self.bound_method(function, instance, hops),
                            thing => thing,
                        };
                    }
                    let value = scope.class.as_ref().and_then(|class| class.instance_values.get(name));
                    if let Some(value) = value.filter(|_| instance) {
                        let method = scope.bindings.values().flatten().find_map(|binding| match binding.bound {
                            Bound::Function(method) => Some(method),
                            _ => None,
                        });
                        let init = scope.bindings.get("__init__").and_then(|all| all.last());
                        let within = match init.map(|binding| &binding.bound) {
                            Some(Bound::Function(init)) => *init,
                            _ => method.unwrap_or(at.scope),
                        };
                        return self.thing(&at.path, &facts, within, value, hops + 1);
                    }
                }
                Thing::Unknown
            }
            _ => Thing::Unknown,
        }
    }

    fn bound_method(&self, function: At, instance: bool, hops: usize) -> Thing {
        let Some(facts) = self.facts(&function.path) else { return Thing::Unknown };
        let decorators = facts.scopes[function.scope].function.as_ref().map(|function| &function.decorators);
        let decorated = |word: &str| decorators.is_some_and(|all| all.iter().any(|one| one.tail() == Some(word)));
        if decorated("property") || decorated("cached_property") || decorated("hybrid_property") {
            return self.returned(&function, hops + 1);
        }
        match decorated("classmethod") || (instance && !decorated("staticmethod")) {
            true => Thing::Method(function),
            false => Thing::Function(function),
        }
    }

    /// Returns the names of a module with file and line, with its submodules.
    pub(crate) fn module_names(&self, path: &str) -> Vec<(String, String, u32)> {
        let Some(facts) = self.facts(path) else { return Vec::new() };
        let mut names: Vec<(String, String, u32)> = Vec::new();
        if let Some(top) = facts.scopes.first() {
            let running = |all: &Vec<Binding>| all.iter().find(|one| !one.type_only).map(|one| one.line);
            names.extend(
                top.bindings.iter().filter_map(|(name, all)| Some((name.clone(), path.to_string(), running(all)?))),
            );
        }
        // What it takes from others by `*` is its own as well, as far as one step goes.
        for import in facts.imports.iter().filter(|import| import.name.as_deref() == Some("*")) {
            let module = self.resolve(&self.absolute(import, path), path);
            let Some((file, taken)) =
                module.path().filter(|file| *file != path).and_then(|file| Some((file, self.facts(file)?)))
            else {
                continue;
            };
            let own = taken.scopes.first().map(|top| &top.bindings).into_iter().flatten();
            let own = own.filter(|(name, all)| {
                !name.starts_with('_') && all.iter().any(|one| !one.type_only && !matches!(one.bound, Bound::Import(_)))
            });
            names.extend(own.filter_map(|(name, all)| Some((name.clone(), file.to_string(), all.first()?.line))));
        }
        if path.ends_with("__init__.py") {
            let prefix = format!("{}/", folder(path));
            for (file, _) in self.listed.iter().filter(|(file, _)| file.starts_with(&prefix) && file != path) {
                let rest = &file[prefix.len()..];
                let name = rest.strip_suffix(".py").filter(|name| !name.contains('/'));
                if let Some(name) = name.or(rest.strip_suffix("/__init__.py").filter(|name| !name.contains('/'))) {
                    names.push((name.to_string(), file.clone(), 1));
                }
            }
        }
        names
    }
}

/// Whether so much of a file does not parse that what is absent proves nothing.
pub(crate) fn damaged(facts: &Facts) -> bool {
    !facts.damage.is_empty()
}
