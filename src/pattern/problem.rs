//! What is wrong with a pattern or template file: where, what, and what to do.
//! Leaves out printing: `cli` shows it as `error / caused by / hint`.

use std::fmt;
use std::ops::Range;

/// A fault in a file that a person wrote, with its place and the way to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file as the user knows it.
    pub file: String,
    /// 1-based line.
    pub line: usize,
    /// 1-based column, in characters.
    pub column: usize,
    /// The line in question.
    pub source_line: String,
    /// How many characters the caret underlines, at least 1.
    pub width: usize,
    /// What is wrong, lower case, without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Problem {
    /// Returns the fault that spans the bytes `span` of `text`.
    pub fn at(
        file: &str,
        text: &str,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Problem {
        let mut start = span.start.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let before = &text[..start];
        let line = before.matches('\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let source_line = text[line_start..].lines().next().unwrap_or("").to_string();
        let column = text[line_start..start].chars().count() + 1;
        let room = source_line.chars().count().saturating_sub(column - 1).max(1);
        let width = text.get(start..span.end.min(text.len())).map_or(1, |part| part.chars().count());
        Problem {
            file: file.to_string(),
            line,
            column,
            source_line,
            width: width.clamp(1, room),
            message: message.into(),
            hint: hint.into(),
        }
    }
}

impl fmt::Display for Problem {
    /// Writes `file:line:column`, the line with a caret below it, and the message.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gutter = self.line.to_string().len();
        let indent = " ".repeat(self.column - 1);
        writeln!(f, "{} in {}:{}:{}", self.message, self.file, self.line, self.column)?;
        writeln!(f, "{:gutter$} |", "")?;
        writeln!(f, "{} | {}", self.line, self.source_line)?;
        write!(f, "{:gutter$} | {indent}{}", "", "^".repeat(self.width))
    }
}

/// Reads one TOML file into `T`, turning a syntax or schema fault into a [`Problem`].
pub(crate) fn parse_toml<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, Problem> {
    toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        Problem::at(
            file,
            text,
            span,
            error.message().to_string(),
            "see the comments at the top of the file of the same name in patterns/",
        )
    })
}
