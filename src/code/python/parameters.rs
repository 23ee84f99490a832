//! Signatures: what a function takes, and whether a call fits.
//! Leaves out finding the function that a call means.
//!
//! The words of the errors are those of CPython (`Objects/call.c`, `Python/ceval.c`: `missing_arguments`, `too_many_positional`).

use tree_sitter::Node;

use super::facts::{Call, Parameter, ParameterKind};
use super::read::annotation_expr;

/// Reads the parameters of a function or lambda.
pub(super) fn read(source: &str, list: Node<'_>) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> = Vec::new();
    let mut kind = ParameterKind::Standard;
    let mut cursor = list.walk();
    let text = |node: Node<'_>| source.get(node.byte_range()).unwrap_or("").to_string();
    for node in list.named_children(&mut cursor) {
        let name_node = match node.kind() {
            "identifier" => Some(node),
            "default_parameter" | "typed_default_parameter" => node.child_by_field_name("name"),
            "typed_parameter" | "list_splat_pattern" | "dictionary_splat_pattern" => node.named_child(0),
            "positional_separator" => {
                parameters.iter_mut().for_each(|parameter| parameter.kind = ParameterKind::PositionalOnly);
                None
            }
            "keyword_separator" => {
                kind = ParameterKind::KeywordOnly;
                None
            }
            _ => None,
        };
        let Some(name_node) = name_node else { continue };
        let shape = if node.kind() == "typed_parameter" { name_node.kind() } else { node.kind() };
        let inner =
            if name_node.kind().ends_with("splat_pattern") { name_node.named_child(0) } else { Some(name_node) };
        let Some(inner) = inner else { continue };
        let own = match shape {
            "list_splat_pattern" => ParameterKind::Rest,
            "dictionary_splat_pattern" => ParameterKind::Keywords,
            _ => kind,
        };
        if own == ParameterKind::Rest {
            kind = ParameterKind::KeywordOnly;
        }
        parameters.push(Parameter {
            name: text(inner),
            kind: own,
            optional: node.kind().contains("default"),
            annotation: node.child_by_field_name("type").map(|kind| annotation_expr(source, kind)),
        });
    }
    parameters
}

/// Why a call does not fit a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// Required arguments that are not given: by place, or only by name.
    Missing {
        /// Their names.
        names: Vec<String>,
        /// Whether they can only be given by name.
        keyword_only: bool,
    },
    /// More arguments by place than there are parameters: fewest and most taken, and given.
    TooMany {
        /// Fewest.
        least: usize,
        /// Most.
        most: usize,
        /// Given, with the bound object.
        given: usize,
    },
    /// A name that no parameter has.
    Unexpected(String),
    /// A parameter that is given twice.
    Twice(String),
}

impl std::fmt::Display for Misfit {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Misfit::Missing { names, .. } => write!(out, "it lacks {}", names.join(", ")),
            Misfit::TooMany { most, given, .. } => {
                write!(out, "{given} arguments by place, and the most it takes is {most}")
            }
            Misfit::Unexpected(name) => write!(out, "{name} is not taken"),
            Misfit::Twice(name) => write!(out, "{name} is given twice"),
        }
    }
}

/// Returns why a call does not fit; `None` where it fits or cannot be judged.
///
/// `bound` says that the first parameter is filled by the object on which the method is called.
pub(crate) fn misfit(parameters: &[Parameter], bound: bool, call: &Call) -> Option<Misfit> {
    let by_place: Vec<&Parameter> = parameters
        .iter()
        .filter(|parameter| matches!(parameter.kind, ParameterKind::PositionalOnly | ParameterKind::Standard))
        .collect();
    let rest = parameters.iter().any(|parameter| parameter.kind == ParameterKind::Rest);
    let open = parameters.iter().any(|parameter| parameter.kind == ParameterKind::Keywords);
    let own = usize::from(bound);
    let given = call.positional.len() + own;
    let nameable = |name: &str| {
        parameters.iter().any(|parameter| {
            parameter.name == name && matches!(parameter.kind, ParameterKind::Standard | ParameterKind::KeywordOnly)
        })
    };
    // CPython looks at names first, then at places.
    for (name, _) in &call.keywords {
        if !nameable(name) && !open {
            return Some(Misfit::Unexpected(name.clone()));
        }
        if by_place.iter().take(given).any(|parameter| parameter.name == *name && nameable(name)) && !call.unpacks {
            return Some(Misfit::Twice(name.clone()));
        }
    }
    if given > by_place.len() && !rest {
        let least = by_place.iter().filter(|parameter| !parameter.optional).count();
        return Some(Misfit::TooMany { least, most: by_place.len(), given });
    }
    if call.unpacks || call.unpacks_keywords {
        return None;
    }
    let named = |name: &str| call.keywords.iter().any(|(given, _)| given == name);
    let lacking: Vec<String> = by_place
        .iter()
        .skip(given)
        .filter(|parameter| !parameter.optional && !named(&parameter.name))
        .map(|parameter| parameter.name.clone())
        .collect();
    if !lacking.is_empty() {
        return Some(Misfit::Missing { names: lacking, keyword_only: false });
    }
    let lacking: Vec<String> = parameters
        .iter()
        .filter(|parameter| {
            parameter.kind == ParameterKind::KeywordOnly && !parameter.optional && !named(&parameter.name)
        })
        .map(|parameter| parameter.name.clone())
        .collect();
    (!lacking.is_empty()).then_some(Misfit::Missing { names: lacking, keyword_only: true })
}

#[cfg(test)]
mod tests {
    use super::super::read::read as facts;
    use super::*;

    fn judged(definition: &str, call: &str) -> Option<String> {
        let read = facts(format!("def f({definition}): ...\nf({call})\n"));
        let function = read.scopes[1].function.clone().unwrap();
        misfit(&function.parameters, false, &read.calls[0]).map(|found| found.to_string())
    }

    #[test]
    fn calls_are_judged_as_the_interpreter_does() {
        for (definition, call, expected) in [
            ("a, b", "1, 2", None),
            ("a, b", "1", Some("it lacks b")),
            ("a, b=2", "1", None),
            ("a, *, b", "1", Some("it lacks b")),
            ("a, *, b=1", "1, 2", Some("2 arguments by place, and the most it takes is 1")),
            ("a", "1, a=2", Some("a is given twice")),
            ("a", "b=2", Some("b is not taken")),
            ("a, **k", "a=1, b=2", None),
            ("a, /, b", "a=1, b=2", Some("a is not taken")),
            ("*a, b", "1, 2, b=3", None),
            ("a, b", "*x", None),
            ("a, b", "**x", None),
            ("a: int, b: str = 'x', *rest, c, d=1, **k", "1, c=2", None),
            ("", "1", Some("1 arguments by place, and the most it takes is 0")),
        ] {
            assert_eq!(judged(definition, call).as_deref(), expected, "def f({definition}), f({call})");
        }
    }
}
