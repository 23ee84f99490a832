//! Finds a record's end by how records are laid out: on one line, or down to the bracket under its first.
//! A guess counts only when the text parses; what it leaves out is measured bracket by bracket
//! (`json_measure`), which takes longer than to parse.

use super::json_wrapper::is_list_key;
use super::scanner::Scanner;
use crate::entry::{Json, Object, parse_json_strictly};

/// A source whose records lie otherwise is not searched for ends in vain: after so many the guessing stops.
const MOST_MISSES: u8 = 8;
/// An element further right follows others on its line, and does not reach to the line's end.
const RIGHTMOST: usize = 16;
/// Bytes kept for the next record; what one giant needed is given back.
const MOST_SPARE: usize = 1 << 20;

/// Whether guessing is worth it in this source.
#[derive(Debug, Default)]
pub(super) struct Guesses {
    misses: u8,
    /// What the last record was copied into.
    spare: String,
}

impl Guesses {
    /// Hears that a record lay as records mostly do.
    pub(super) fn held(&mut self) {
        self.misses = 0;
    }

    /// Returns the record at the window's start, should it lie there as records mostly do.
    pub(super) fn record(&mut self, scanner: &Scanner<'_>, limit: usize) -> Option<String> {
        if self.misses >= MOST_MISSES {
            return None;
        }
        let end = end(scanner.window(), scanner.column).filter(|end| *end <= limit);
        let Some(text) = end.and_then(|end| std::str::from_utf8(&scanner.window()[..end]).ok()) else {
            self.misses += 1;
            return None;
        };
        let mut copied = std::mem::take(&mut self.spare);
        copied.clear();
        copied.push_str(text);
        Some(copied)
    }

    /// Takes back the text of a record that has been read, to be used again.
    pub(super) fn done(&mut self, text: String) {
        if text.capacity() <= MOST_SPARE {
            self.spare = text;
        }
    }

    /// Returns the fields of a guessed record. Bytes that are no single object, or that may be a wrapper
    /// of entries, are for the measure to judge.
    pub(super) fn fields<'a>(&mut self, text: &'a str) -> Option<Object<'a>> {
        match parse_json_strictly(text) {
            Ok(Json::Object(fields)) if !fields.keys().any(is_list_key) => {
                self.misses = 0;
                Some(fields)
            }
            _ => {
                self.misses += 1;
                None
            }
        }
    }
}

/// Returns where the object at the window's start ends by its layout.
fn end(window: &[u8], column: usize) -> Option<usize> {
    let first = memchr::memchr(b'\n', window)?;
    let line = window[..first].trim_ascii_end();
    if line == b"{" {
        let mut under = vec![b' '; column + 2];
        (under[0], under[column + 1]) = (b'\n', b'}');
        return memchr::memmem::find(&window[first..], &under).map(|at| first + at + under.len());
    }
    let line = line.strip_suffix(b",").unwrap_or(line);
    (column <= RIGHTMOST && line.ends_with(b"}")).then_some(line.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_by_layout() {
        let check = |window: &str, column, expect: Option<&str>| {
            let end = end(window.as_bytes(), column);
            assert_eq!(end.map(|end| &window[..end]), expect, "{window:?}");
        };
        check("{\"a\":1}\n{", 0, Some("{\"a\":1}"));
        check("{\"a\":1},  \r\n{", 0, Some("{\"a\":1}"));
        check("{\"a\":1}", 0, None);
        check("{\"a\":\n1}\n", 0, None);
        check("{\n    \"a\": {\n    }\n  },\n  {", 2, Some("{\n    \"a\": {\n    }\n  }"));
        check("{\r\n}\r\n", 0, Some("{\r\n}"));
        check("{\n  }", 0, None);
        check("{\"a\":1},{\"a\":1}\n", 90, None);
    }
}
