//! Whether what an attribute is read from can be the object in the message: by its type, or by what it is called.
//! Leaves out whether that object has the attribute.

use std::rc::Rc;

use super::attribute::NoAttribute;
use crate::code::near::words;
use crate::code::python::facts::{Access, Bound, Expr, Facts};
use crate::code::python::fault::Owner;
use crate::code::python::modules::Modules;
use crate::code::python::names::{At, Thing};

/// How a receiver stands to the owner in the message.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fit {
    /// It is the owner: proven by the code.
    Is(String),
    /// It may be, more or less likely.
    May(f64, String),
    /// It is something else.
    Other,
}

impl NoAttribute {
    /// Judges a receiver.
    pub(super) fn fit(&self, modules: &Modules<'_>, path: &str, facts: &Rc<Facts>, access: &Access) -> Fit {
        let thing = modules.thing(path, facts, access.spot.scope, &access.receiver, 0);
        match &self.owner {
            Owner::Module(wanted) => match thing {
                Thing::Module(dotted, _) if wanted.is_empty() || dotted == *wanted => {
                    Fit::Is(format!("{} is the module {dotted}", access.receiver_text))
                }
                Thing::Foreign(dotted) if wanted.is_empty() || dotted == *wanted => {
                    Fit::Is(format!("{} is {dotted}", access.receiver_text))
                }
                Thing::Unknown if wanted.rsplit('.').next() == access.receiver.tail() => {
                    Fit::May(0.5, format!("{} has the name of the module", access.receiver_text))
                }
                _ => Fit::Other,
            },
            Owner::Class(_) | Owner::Object(_) => {
                let instance = matches!(self.owner, Owner::Object(_));
                let wanted = self.class().unwrap_or("");
                self.class_fit(modules, facts, access, &thing, wanted, instance)
            }
        }
    }

    fn class_fit(
        &self,
        modules: &Modules<'_>,
        facts: &Rc<Facts>,
        access: &Access,
        thing: &Thing,
        wanted: &str,
        instance: bool,
    ) -> Fit {
        let named = |class: &At| modules.facts(&class.path).map(|facts| facts.scopes[class.scope].name().to_string());
        match thing {
            Thing::Instance(class) | Thing::Class(class) => {
                let right_side = matches!(thing, Thing::Instance(_)) == instance;
                let name = named(class).unwrap_or_default();
                let verb = if matches!(thing, Thing::Instance(_)) { "is an object of" } else { "is" };
                if name == wanted && right_side {
                    return Fit::Is(match access.receiver_text == wanted {
                        true => "it is read from the class itself".to_string(),
                        false => format!("{} {verb} {wanted}", access.receiver_text),
                    });
                }
                // An object of a base may be one of a derived class: `self` in a base, a variable annotated with it.
                if right_side && self.classes(modules).iter().any(|one| modules.bases(one).contains(class)) {
                    return Fit::May(
                        0.85,
                        format!("{} is {name} or a class derived from it, as {wanted} is", access.receiver_text),
                    );
                }
                if name == wanted {
                    Fit::May(0.4, format!("{} {verb} {wanted}", access.receiver_text))
                } else {
                    Fit::Other
                }
            }
            Thing::Module(..) | Thing::Function(_) | Thing::Method(_) => Fit::Other,
            Thing::Foreign(dotted) if dotted.rsplit('.').next() == Some(&format!("{wanted}()")) && instance => {
                Fit::Is(format!("{} is an object of {dotted}", access.receiver_text))
            }
            Thing::Foreign(dotted) if dotted.rsplit('.').next() == Some(wanted) => {
                Fit::Is(format!("{} is {dotted}", access.receiver_text))
            }
            _ => self.by_name(facts, access, wanted),
        }
    }

    /// Judges a receiver of unknown type by what it is called.
    fn by_name(&self, facts: &Facts, access: &Access, wanted: &str) -> Fit {
        if let Owner::Object(_) = self.owner
            && let Some(kinds) = builtin_kinds(wanted)
        {
            return by_value(facts, access, wanted, kinds);
        }
        let class_words = words(wanted);
        // `ai_plugin.instance` tells more by its plugin than by its instance.
        let mut best = 0.0_f64;
        let mut expr = Some(&access.receiver);
        let mut share = 1.0;
        while let Some(at) = expr {
            if let Some(tail) = at.tail() {
                let name_words = words(tail);
                let joined = name_words.concat();
                let same = name_words == class_words || joined == class_words.concat();
                let plural = joined.strip_suffix('s').is_some_and(|one| one == class_words.concat());
                let common = name_words.iter().filter(|word| class_words.contains(word)).count();
                let initials: String = class_words.iter().filter_map(|word| word.chars().next()).collect();
                let short =
                    name_words.iter().filter(|word| word.len() > 1 && initials.starts_with(word.as_str())).count();
                let likeness = match () {
                    () if same => 1.0,
                    () if plural => 0.5,
                    () => (2.0 * (common + short) as f64 / (name_words.len() + class_words.len()) as f64).min(0.9),
                };
                best = best.max(likeness * share);
            }
            share *= 0.7;
            expr = match at {
                Expr::Attribute(inner, _) | Expr::Call(inner) | Expr::Item(inner) | Expr::Await(inner) => Some(inner),
                _ => None,
            };
        }
        let why = match best {
            1.0 => format!("{} is named like {wanted}", access.receiver_text),
            best if best > 0.0 => format!("{} is named somewhat like {wanted}", access.receiver_text),
            _ => format!("{} may be of any class", access.receiver_text),
        };
        Fit::May(0.3 + 0.5 * best, why)
    }
}

/// Values of Python's own types, by what makes them.
pub(super) fn builtin_kinds(class: &str) -> Option<&'static [&'static str]> {
    Some(match class {
        "NoneType" => &["None"],
        "str" | "unicode" | "bytes" => &["str"],
        "dict" => &["dict"],
        "list" => &["list"],
        "tuple" => &["tuple"],
        "set" => &["set"],
        "int" | "float" | "bool" => &["number"],
        "function" | "method" | "builtin_function_or_method" => &["function"],
        _ => return None,
    })
}

/// Judges a receiver for an object of Python's own types by what it is bound to in its scope.
fn by_value(facts: &Facts, access: &Access, wanted: &str, kinds: &[&str]) -> Fit {
    let Some(name) = (match &access.receiver {
        Expr::Name(name) => Some(name),
        _ => None,
    }) else {
        // A call or an item gives None more often than anything else does.
        let loose = matches!(access.receiver, Expr::Call(_) | Expr::Item(_)) && kinds == ["None"];
        return Fit::May(if loose { 0.5 } else { 0.3 }, format!("{} may be {wanted}", access.receiver_text));
    };
    let bindings = facts.scopes[access.spot.scope].bindings.get(name);
    let bound = bindings.into_iter().flatten().filter_map(|binding| match &binding.bound {
        Bound::Value(value) => Some(value),
        _ => None,
    });
    for value in bound {
        match value {
            Expr::Literal(kind) if *kind == wanted => {
                return Fit::May(0.75, format!("{name} is bound to {wanted} in the same scope, and may be so there"));
            }
            Expr::Call(callee)
                if kinds == ["None"]
                    && matches!(
                        callee.tail(),
                        Some("get" | "first" | "search" | "match" | "find" | "pop" | "one_or_none" | "scalar")
                    ) =>
            {
                return Fit::May(
                    0.7,
                    format!(
                        "{name} comes from {}(), which gives None where nothing is found",
                        callee.tail().unwrap_or("")
                    ),
                );
            }
            _ => {}
        }
    }
    Fit::May(0.35, format!("{name} may be {wanted}"))
}
