//! Runs the examples that trace grammars carry, as the gate for our files and the user's alike.
//! Leaves out that examples must exist: the loader sees to that.

use super::parse_text;
use crate::event::{Exception, StackFrame};
use crate::pattern::trace_grammar::{ShouldMatch, TraceGrammar};
use crate::pattern::{Problem, TraceGrammars};

/// Returns what is wrong with the grammars by their own examples: a trace not found or read otherwise,
/// or a trace found where there is none.
pub fn check_examples(grammars: &TraceGrammars) -> Vec<Problem> {
    let mut problems = Vec::new();
    for grammar in &grammars.grammars {
        for example in &grammar.should_match {
            let span = example.text.span();
            let found = parse_text(example.text.get_ref(), grammars);
            let hint = "mend the pattern, or the example if it is wrong";
            match found {
                None => {
                    problems.push(Problem::at(
                        &grammar.file,
                        &grammar.text,
                        span,
                        "no trace is found in this example",
                        hint,
                    ));
                }
                Some((exception, _)) => {
                    if let Some(fault) = difference(grammar, example, &exception) {
                        problems.push(Problem::at(&grammar.file, &grammar.text, span, fault, hint));
                    }
                }
            }
        }
        for example in &grammar.should_not_match {
            if let Some((exception, _)) = parse_text(example.text.get_ref(), grammars) {
                let language = exception.language.unwrap_or_default();
                let message =
                    format!("this example is read as a {language} trace, though: {}", example.reason.get_ref());
                let hint = "make the pattern that matches it stricter";
                problems.push(Problem::at(&grammar.file, &grammar.text, example.text.span(), message, hint));
            }
        }
    }
    problems
}

fn difference(grammar: &TraceGrammar, example: &ShouldMatch, found: &Exception) -> Option<String> {
    let frame = found.innermost_in_app().map(show);
    let chain: Vec<String> = found
        .chain
        .iter()
        .map(|cause| format!("{} {}", cause.relation, cause.type_name.as_deref().unwrap_or("-")))
        .collect();
    let language = (&Some(grammar.language.clone()), &found.language);
    let pairs = [
        ("language", language.0, language.1),
        ("type", &example.type_name, &found.type_name),
        ("message", &example.message, &found.message),
        ("frame", &example.frame, &frame),
    ];
    for (what, expected, read) in pairs {
        if expected != read {
            return Some(format!("the {what} is read as {read:?}, the example says {expected:?}"));
        }
    }
    (chain != example.chain).then(|| format!("the chain is read as {chain:?}, the example says {:?}", example.chain))
}

fn show(frame: &StackFrame) -> String {
    let place = match (&frame.file, frame.line) {
        (Some(file), Some(line)) => Some(format!("{file}:{line}")),
        (Some(file), None) => Some(file.clone()),
        (None, _) => None,
    };
    [place, frame.function.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ")
}
