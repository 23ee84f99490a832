//! A regular expression that is compiled when it is first needed: most runs meet few of the errors we know.
//! Leaves out whether it compiles: the law on a user's files asks that at load, a test of ours asks it of each of ours.

use std::ops::Deref;
use std::sync::OnceLock;

use regex::Regex;

use super::lean::lean;

/// A regular expression, compiled or not yet.
#[derive(Debug)]
pub(crate) struct Expression {
    text: String,
    compiled: OnceLock<Regex>,
}

impl Expression {
    /// Keeps one that is compiled.
    pub(crate) fn compiled(regex: Regex) -> Expression {
        Expression { text: regex.as_str().to_string(), compiled: OnceLock::from(regex) }
    }

    /// Keeps one of ours, which is known to compile.
    pub(crate) fn proven(text: &str) -> Expression {
        Expression { text: text.to_string(), compiled: OnceLock::new() }
    }

    /// Returns it as it is written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether it is compiled.
    pub(crate) fn is_compiled(&self) -> bool {
        self.compiled.get().is_some()
    }
}

impl Deref for Expression {
    type Target = Regex;

    fn deref(&self) -> &Regex {
        let ours = || Regex::new(&lean(&self.text)).expect("each of ours compiles, `patterns.rs` sees to it");
        self.compiled.get_or_init(ours)
    }
}

/// Returns how many of these are compiled, and how many there are.
pub(crate) fn count<'e>(expressions: impl Iterator<Item = &'e Expression>) -> (usize, usize) {
    expressions.fold((0, 0), |(done, all), expression| (done + usize::from(expression.is_compiled()), all + 1))
}
