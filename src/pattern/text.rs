//! A string of a pattern file that remembers its place.
//! Leaves out what is wrong with it: `problem` says that.

use std::fmt;
use std::ops::{Deref, Range};

use serde::{Deserialize, Deserializer};

/// A string of a pattern file that knows where it stands, so that a fault can be shown there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(toml::Spanned<String>);

impl Text {
    /// Returns the bytes of the file at which it stands, quotes included.
    pub fn span(&self) -> Range<usize> {
        self.0.span()
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.get_ref()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        toml::Spanned::deserialize(deserializer).map(Text)
    }
}

/// Fills `{name}` in a text with what `value` returns for the name.
///
/// A name without a value stays as the word itself: a sentence with a hole would be worse.
pub(crate) fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let Some(end) = rest[start..].find('}').map(|at| start + at) else { break };
        let name = &rest[start + 1..end];
        filled.push_str(&rest[..start]);
        filled.push_str(&value(name).unwrap_or_else(|| name.to_string()));
        rest = &rest[end + 1..];
    }
    filled.push_str(rest);
    filled
}
