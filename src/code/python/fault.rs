//! What a message of Python says is wrong, as data.
//! Leaves out the code. The words are CPython's, of the versions 2.7 to 3.14; the service's own words may stand around them.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::code::cause::Question;

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// `No module named 'a.b'`
    NoModule(String),
    /// `cannot import name 'n' from 'm'`
    NoName {
        /// The module; old versions do not say it.
        module: Option<String>,
        /// The name.
        name: String,
        /// Whether the message blames a circle of imports.
        circular: bool,
    },
    /// `... has no attribute 'n'`
    NoAttribute {
        /// Of what.
        owner: Owner,
        /// The attribute.
        name: String,
    },
    /// `name 'n' is not defined`
    Undefined(String),
    /// `cannot access local variable 'n' ...`
    Unbound(String),
    /// A call that does not fit.
    Signature {
        /// The function as logged: `f`, `C.f`, `C.f.<locals>.g`.
        function: String,
        /// What does not fit.
        misfit: Unfit,
    },
    /// `coroutine 'f' was never awaited`
    NeverAwaited(String),
    /// A coroutine used as if it were its result: by the attribute, where one is read.
    CoroutineUsed(Option<String>),
    /// `object X can't be used in 'await' expression`
    NotAwaitable(String),
    /// `KeyError: 'n'`
    NoKey(String),
    /// `No such file or directory: 'p'`
    NoFile(String),
}

/// Of what an attribute is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A module.
    Module(String),
    /// A class itself: `type object 'C'`.
    Class(String),
    /// An object of a class.
    Object(String),
}

/// What does not fit, as far as the message says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// Names of required arguments.
    Missing(Vec<String>),
    /// Taken at most and given.
    TooMany(usize, usize),
    /// A name that is not taken.
    Unexpected(String),
    /// A parameter given twice.
    Twice(String),
}

const NAME: &str = r"[\p{L}_][\p{L}\p{N}_]*";
const DOTTED: &str = r"[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*";
const CALLED: &str =
    r"((?:[\p{L}_][\p{L}\p{N}_]*|<locals>|<lambda>)(?:\.(?:[\p{L}_][\p{L}\p{N}_]*|<locals>|<lambda>))*)\(\)";

type Made = fn(&Captures<'_>) -> Option<Fault>;

static RULES: LazyLock<Vec<(Regex, Made)>> = LazyLock::new(|| {
    let rules: [(String, Made); 18] = [
        (format!(r#"No module named ['"]?({DOTTED})"#), |found| Some(Fault::NoModule(text(found, 1)))),
        (format!(r#"cannot import name ['"]?({NAME})['"]?(?: from (partially initialized module )?['"]({DOTTED})['"])?"#), |found| {
            Some(Fault::NoName {
                module: found.get(3).map(|module| module.as_str().to_string()),
                name: text(found, 1),
                circular: found.get(2).is_some(),
            })
        }),
        (format!(r"'coroutine' object has no attribute '({NAME})'"), |found| Some(Fault::CoroutineUsed(Some(text(found, 1))))),
        (r"'coroutine' object is not (?:subscriptable|iterable|callable|an iterator)|argument of type 'coroutine' is not|object of type 'coroutine' has no len|Object of type coroutine is not JSON serializable".to_string(), |_| {
            Some(Fault::CoroutineUsed(None))
        }),
        (format!(r#"module ['"]({DOTTED})['"] has no attribute ['"]({NAME})['"]"#), |found| {
            Some(Fault::NoAttribute { owner: Owner::Module(text(found, 1)), name: text(found, 2) })
        }),
        (format!(r#"'module' object has no attribute '({NAME})'"#), |found| {
            Some(Fault::NoAttribute { owner: Owner::Module(String::new()), name: text(found, 1) })
        }),
        (format!(r#"type object ['"]({DOTTED})['"] has no attribute ['"]({NAME})['"]"#), |found| {
            Some(Fault::NoAttribute { owner: Owner::Class(text(found, 1)), name: text(found, 2) })
        }),
        (format!(r#"['"]({DOTTED})['"] (?:object|instance) has no attribute ['"]({NAME})['"]"#), |found| {
            Some(Fault::NoAttribute { owner: Owner::Object(text(found, 1)), name: text(found, 2) })
        }),
        (format!(r#"({NAME}) instance has no attribute ['"]({NAME})['"]"#), |found| {
            Some(Fault::NoAttribute { owner: Owner::Object(text(found, 1)), name: text(found, 2) })
        }),
        (format!(r#"(?:local variable ['"]({NAME})['"] referenced before assignment|cannot access (?:local|free) variable ['"]({NAME})['"])"#), |found| {
            Some(Fault::Unbound(found.get(1).or(found.get(2))?.as_str().to_string()))
        }),
        (format!(r#"name ['"]({NAME})['"] is not defined"#), |found| Some(Fault::Undefined(text(found, 1)))),
        (format!(r"{CALLED} missing \d+ required (?:positional|keyword-only) arguments?: (.+)"), |found| {
            let names = text(found, 2);
            let names: Vec<String> = names.split('\'').skip(1).step_by(2).map(str::to_string).collect();
            (!names.is_empty()).then(|| Fault::Signature { function: text(found, 1), misfit: Unfit::Missing(names) })
        }),
        (format!(r"{CALLED} takes (?:exactly |at most |at least |from \d+ to )?(\d+|no) (?:positional |keyword )?arguments?(?: but |; | \()(\d+)"), |found| {
            let most = text(found, 2).parse().unwrap_or(0);
            let misfit = Unfit::TooMany(most, text(found, 3).parse().ok()?);
            Some(Fault::Signature { function: text(found, 1), misfit })
        }),
        (format!(r#"{CALLED} got an unexpected keyword argument ['"]({NAME})['"]"#), |found| {
            Some(Fault::Signature { function: text(found, 1), misfit: Unfit::Unexpected(text(found, 2)) })
        }),
        (format!(r#"{CALLED} got multiple values for (?:keyword )?argument ['"]({NAME})['"]"#), |found| {
            Some(Fault::Signature { function: text(found, 1), misfit: Unfit::Twice(text(found, 2)) })
        }),
        (r"coroutine '([^']+)' was never awaited".to_string(), |found| Some(Fault::NeverAwaited(text(found, 1)))),
        (format!(r"object ({DOTTED}) can't be used in 'await' expression|'({DOTTED})' object can't be awaited"), |found| {
            Some(Fault::NotAwaitable(found.get(1).or(found.get(2))?.as_str().to_string()))
        }),
        (r#"No such file or directory: ['"]([^'"\n]+)['"]"#.to_string(), |found| Some(Fault::NoFile(text(found, 1)))),
    ];
    let made = rules.into_iter().filter_map(|(rule, make)| Some((Regex::new(&rule).ok()?, make)));
    made.collect()
});

static KEY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"KeyError: ['"]([^'"\n]{1,120})['"]"#).ok());
static MEANT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"[Dd]id you (?:mean|forget)[^'"]{0,40}['"]([^'"\n]{1,120})['"]"#).ok());

fn text(found: &Captures<'_>, group: usize) -> String {
    found.get(group).map_or("", |group| group.as_str()).to_string()
}

impl Fault {
    /// Reads the message of a question; nothing where it is of no known kind.
    pub(crate) fn of(question: &Question) -> Option<Fault> {
        let message = &question.message;
        // The error that is named last is the one that propagated.
        let found = RULES.iter().enumerate().filter_map(|(order, (rule, make))| {
            let last = rule.captures_iter(message).last()?;
            Some((last.get(0)?.end(), usize::MAX - order, make(&last)?))
        });
        if let Some((_, _, fault)) = found.max_by_key(|(end, order, _)| (*end, *order)) {
            return Some(fault);
        }
        let last = question.type_name.as_deref().map(|name| name.rsplit('.').next().unwrap_or(name));
        if last == Some("KeyError") {
            let key = message.trim().trim_matches(['\'', '"']);
            let plain = !key.is_empty() && key.len() <= 120 && !key.contains('\n') && !key.contains(": ");
            if plain {
                return Some(Fault::NoKey(key.to_string()));
            }
        }
        KEY.as_ref()?.captures_iter(message).last().map(|found| Fault::NoKey(text(&found, 1)))
    }
}

/// Returns the name that the interpreter itself proposes: `Did you mean: 'x'?`.
pub(crate) fn meant(message: &str) -> Option<String> {
    let found = MEANT.as_ref()?.captures_iter(message).last()?;
    Some(text(&found, 1).trim_start_matches("self.").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(message: &str) -> Option<Fault> {
        Fault::of(&Question { message: message.to_string(), ..Question::default() })
    }

    #[test]
    fn words_around_the_message_do_not_matter() {
        assert_eq!(
            fault("Setup failed: No module named 'a.b'; 'a' is not a package"),
            Some(Fault::NoModule("a.b".into()))
        );
        assert_eq!(fault("No module named a.b"), Some(Fault::NoModule("a.b".into())));
        assert_eq!(
            fault("ImportError: cannot import name 'N' from 'm.n' (/app/m/n.py)"),
            Some(Fault::NoName { module: Some("m.n".into()), name: "N".into(), circular: false })
        );
        assert_eq!(
            fault("cannot import name N"),
            Some(Fault::NoName { module: None, name: "N".into(), circular: false })
        );
    }

    #[test]
    fn attributes_say_of_what() {
        let no = |owner| Some(Fault::NoAttribute { owner, name: "x".into() });
        assert_eq!(fault("module 'a.b' has no attribute 'x'"), no(Owner::Module("a.b".into())));
        assert_eq!(fault("type object 'C' has no attribute 'x'"), no(Owner::Class("C".into())));
        assert_eq!(fault("'C' object has no attribute 'x'"), no(Owner::Object("C".into())));
        assert_eq!(fault("'coroutine' object has no attribute 'x'"), Some(Fault::CoroutineUsed(Some("x".into()))));
    }

    #[test]
    fn calls_say_what_does_not_fit() {
        let unfit = |message: &str| match fault(message) {
            Some(Fault::Signature { function, misfit }) => (function, misfit),
            other => panic!("{message}: {other:?}"),
        };
        assert_eq!(
            unfit("C.f() missing 2 required positional arguments: 'a' and 'b'"),
            ("C.f".into(), Unfit::Missing(vec!["a".into(), "b".into()]))
        );
        assert_eq!(
            unfit("f() takes from 2 to 3 positional arguments but 4 were given"),
            ("f".into(), Unfit::TooMany(3, 4))
        );
        assert_eq!(unfit("f() takes 1 positional argument but 2 were given"), ("f".into(), Unfit::TooMany(1, 2)));
        assert_eq!(unfit("f() takes exactly 2 arguments (3 given)"), ("f".into(), Unfit::TooMany(2, 3)));
        assert_eq!(unfit("f() got an unexpected keyword argument 'k'"), ("f".into(), Unfit::Unexpected("k".into())));
        assert_eq!(unfit("f() got multiple values for argument 'k'"), ("f".into(), Unfit::Twice("k".into())));
    }

    #[test]
    fn what_is_no_fault_of_code_is_none() {
        for message in ["connection refused", "name is not defined yet", "KeyError", "404 Not Found", ""] {
            assert_eq!(fault(message), None, "{message}");
        }
    }
}
