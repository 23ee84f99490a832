//! What goes wrong for a user, always in one form: `error: / caused by: / hint:`.
//! Leaves out what went wrong inside a source: that is coverage, not failure.

use std::fmt;
use std::path::Path;

use crate::pattern::Problem;

/// Exit codes; the README holds the table, `tests/cli.rs` asserts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done.
    Done = 0,
    /// An incident at or above `--fail-on`.
    Found = 1,
    /// Wrong arguments, settings, patterns or templates.
    Usage = 2,
    /// A source could not be read, or not completely, or held no entries: cannot say.
    CannotSay = 3,
    /// Publishing (writing results) failed.
    Publish = 4,
}

/// A failure with its causes, a hint and the exit code it leads to.
#[derive(Debug)]
pub(super) struct Failure {
    /// What could not be done, lower case.
    pub(super) message: String,
    /// Why, nearest first.
    pub(super) causes: Vec<String>,
    /// What to do about it.
    pub(super) hint: Option<String>,
    /// How the program ends.
    pub(super) exit: Exit,
}

impl Failure {
    /// Returns a failure without causes and hint.
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Failure {
        Failure { message: message.into(), causes: Vec::new(), hint: None, exit }
    }

    /// Adds a cause.
    pub(super) fn because(mut self, cause: impl ToString) -> Failure {
        self.causes.push(cause.to_string());
        self
    }

    /// Adds the hint.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hint = Some(hint.into());
        self
    }

    /// Returns the failure of writing the file that `option` names.
    pub(super) fn unwritable(file: &Path, error: &std::io::Error, option: &str) -> Failure {
        Failure::new(Exit::Publish, format!("cannot write {}", file.display()))
            .because(error)
            .hint(format!("choose another file with {option}"))
    }

    /// Returns the failure that faults in pattern or template files lead to.
    pub(super) fn of_problems(what: &str, problems: &[Problem]) -> Failure {
        const SHOWN: usize = 5;
        let mut failure = Failure::new(Exit::Usage, format!("cannot load the {what}"));
        for problem in problems.iter().take(SHOWN) {
            failure = failure.because(problem);
        }
        if problems.len() > SHOWN {
            failure = failure.because(format!("{} more faults", problems.len() - SHOWN));
        }
        match problems.first() {
            Some(first) => failure.hint(first.hint.clone()),
            None => failure,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        for cause in &self.causes {
            write!(f, "\ncaused by: {cause}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl From<crate::source::SourceError> for Failure {
    fn from(error: crate::source::SourceError) -> Failure {
        Failure { message: error.message, causes: error.causes, hint: error.hint, exit: Exit::CannotSay }
    }
}
