//! A string of a pattern file that remembers its place, and the placeholders in it.
//! Leaves out what is wrong with it: `problem` says that.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde::{Deserialize, Deserializer};

/// A string of a pattern file that knows where it stands, so that a fault can be shown there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(toml::Spanned<String>);

// `%{http_code}` and `${HOME}` belong to commands that a text quotes.
static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?<mark>[%$\\]?)\{(?<name>[a-z][a-z0-9_]*)\}").expect("constant"));

/// Returns the names between braces: `{module}` is `module`.
pub(crate) fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    let plain = PLACEHOLDER.captures_iter(text).filter(|found| found["mark"].is_empty());
    plain.filter_map(|found| found.name("name")).map(|name| name.as_str())
}

impl Text {
    /// Returns the bytes of the file at which it stands, quotes included.
    pub fn span(&self) -> Range<usize> {
        self.0.span()
    }

    /// Returns the text with every `{name}` replaced by its value; what has none becomes `(not stated)`.
    ///
    /// `value` decides how a value is escaped: it comes from a log.
    pub fn fill(&self, value: impl Fn(&str) -> Option<String>) -> String {
        let replace = |found: &Captures<'_>| match &found["mark"] {
            "" => value(&found["name"]).unwrap_or_else(|| "(not stated)".to_string()),
            _ => found[0].to_string(),
        };
        PLACEHOLDER.replace_all(self, replace).into_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_what_is_known_and_leaves_commands_alone() {
        let text = Text(toml::Spanned::new(0..0, "{a}{b} of `${HOME}`, curl -w %{http_code}".to_string()));
        let value = |name: &str| (name == "a").then(|| "x".to_string());
        assert_eq!(text.fill(value), "x(not stated) of `${HOME}`, curl -w %{http_code}");
    }
}
