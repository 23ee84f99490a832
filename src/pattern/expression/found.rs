//! What an expression found, whichever way it was compiled. Leaves out finding it.

use std::ops::Range;

use regex::{Captures, bytes};

/// What one match captured in a text.
pub(crate) enum Found<'t> {
    /// Over characters.
    Characters(&'t str, Captures<'t>),
    /// Over bytes.
    Bytes(&'t str, bytes::Captures<'t>),
}

/// A part of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'t> {
    text: &'t str,
    start: usize,
    end: usize,
}

impl<'t> Found<'t> {
    /// Returns what a group captured; group 0 is the match.
    pub(crate) fn get(&self, group: usize) -> Option<Part<'t>> {
        match self {
            Found::Characters(text, found) => found.get(group).map(|part| Part::of(text, part.range())),
            Found::Bytes(text, found) => found.get(group).map(|part| Part::of(text, part.range())),
        }
    }

    /// Returns what the group of a name captured.
    pub(crate) fn name(&self, name: &str) -> Option<Part<'t>> {
        match self {
            Found::Characters(text, found) => found.name(name).map(|part| Part::of(text, part.range())),
            Found::Bytes(text, found) => found.name(name).map(|part| Part::of(text, part.range())),
        }
    }

    /// Writes `replacement` behind `out`, with `$name` and `$1` for what was captured.
    pub(crate) fn expand(&self, replacement: &str, out: &mut String) {
        match self {
            Found::Characters(_, found) => found.expand(replacement, out),
            Found::Bytes(_, found) => {
                let mut written = Vec::new();
                found.expand(replacement.as_bytes(), &mut written);
                out.push_str(&String::from_utf8_lossy(&written));
            }
        }
    }
}

impl<'t> Part<'t> {
    /// Returns the part of `text` at `range`.
    pub(super) fn of(text: &'t str, range: Range<usize>) -> Part<'t> {
        Part { text, start: range.start, end: range.end }
    }

    /// Returns where it begins, in bytes.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// Returns where it ends, in bytes.
    pub(crate) fn end(&self) -> usize {
        self.end
    }

    /// Returns where it stands.
    pub(crate) fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Returns whether nothing is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Returns what it says.
    pub(crate) fn as_str(&self) -> &'t str {
        &self.text[self.start..self.end]
    }
}
