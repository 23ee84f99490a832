//! Writes elements: names come from this program, values are escaped on their way in, and there is no third way.
//! Leaves out which elements there are (`chart`, `graph`, `outline`).

use std::fmt::{Display, Write as _};

use super::super::escape::html;

/// Attributes of an element: their names stand in the source code, their values may come from anywhere.
pub(super) type Attributes<'a> = [(&'static str, &'a dyn Display)];

/// A piece of a page under construction.
#[derive(Debug, Default)]
pub(super) struct Markup {
    text: String,
    open: Vec<&'static str>,
}

impl Markup {
    /// Opens an element.
    pub(super) fn open(&mut self, name: &'static str, attributes: &Attributes<'_>) -> &mut Markup {
        self.tag(name, attributes, ">");
        self.open.push(name);
        self
    }

    /// Writes an element that holds nothing; only SVG has such.
    pub(super) fn empty(&mut self, name: &'static str, attributes: &Attributes<'_>) -> &mut Markup {
        self.tag(name, attributes, "/>");
        self.line()
    }

    /// Writes text.
    pub(super) fn text(&mut self, text: &str) -> &mut Markup {
        self.text.push_str(&html::text(text));
        self
    }

    /// Writes text in which names between backticks are set as code.
    pub(super) fn prose(&mut self, text: &str) -> &mut Markup {
        self.text.push_str(&html::prose(text));
        self
    }

    /// Closes the element opened last.
    pub(super) fn close(&mut self) -> &mut Markup {
        if let Some(name) = self.open.pop() {
            self.text.push_str("</");
            self.text.push_str(name);
            self.text.push('>');
        }
        self
    }

    /// Ends the line, for people who read the source.
    pub(super) fn line(&mut self) -> &mut Markup {
        self.text.push('\n');
        self
    }

    /// Opens, fills and closes an element on a line of its own.
    pub(super) fn whole(&mut self, name: &'static str, attributes: &Attributes<'_>, text: &str) -> &mut Markup {
        self.open(name, attributes).text(text).close().line()
    }

    /// Returns what was written, with everything closed.
    pub(super) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.text
    }

    fn tag(&mut self, name: &'static str, attributes: &Attributes<'_>, end: &str) {
        self.text.push('<');
        self.text.push_str(name);
        for (attribute, value) in attributes {
            // Writing into a `String` does not fail.
            let _ = write!(self.text, " {attribute}=\"{}\"", html::text(&value.to_string()));
        }
        self.text.push_str(end);
    }
}
