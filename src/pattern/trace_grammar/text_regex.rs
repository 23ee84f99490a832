//! Regular expressions over text whose classes know ASCII and take every other letter as part of a word.
//! Leaves out Unicode's tables: they made loading the grammars many times slower, and no trace needs them.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

/// The names under which a pattern may capture.
const NAMES: [&str; 6] = ["type", "message", "file", "line", "function", "at"];

/// A pattern that was compiled.
#[derive(Debug)]
pub(crate) struct TextRegex {
    regex: Regex,
    /// The group of each of `NAMES`; 0 if it has none.
    groups: [usize; NAMES.len()],
}

/// A pattern that is compiled when it is first needed; most grammars are never needed.
#[derive(Debug)]
pub(crate) struct LazyRegex {
    pattern: String,
    compiled: OnceLock<Option<TextRegex>>,
}

/// Several patterns that are tried at once; compiled like one of them.
#[derive(Debug)]
pub(crate) struct TextRegexSet {
    patterns: Vec<String>,
    compiled: OnceLock<Option<RegexSet>>,
}

/// Where a pattern matched and captured, in bytes; what it did not capture ends before it begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spans {
    all: (u32, u32),
    named: [(u32, u32); NAMES.len()],
}

/// What a pattern captured.
pub(crate) struct Captured<'a> {
    text: &'a str,
    spans: Spans,
}

impl TextRegex {
    /// Compiles `pattern`.
    pub(crate) fn new(pattern: &str) -> Result<TextRegex, regex::Error> {
        let regex = RegexBuilder::new(&widened(pattern)).unicode(false).build()?;
        let group = |name: &str| regex.capture_names().position(|other| other == Some(name)).unwrap_or(0);
        let groups = NAMES.map(group);
        Ok(TextRegex { regex, groups })
    }

    /// Returns where the first match in `text` stands and captures.
    fn spans(&self, text: &str) -> Option<Spans> {
        let span = |found: regex::bytes::Match<'_>| (found.start() as u32, found.end() as u32);
        const NONE: (u32, u32) = (1, 0);
        if self.groups == [0; NAMES.len()] {
            let all = span(self.regex.find(text.as_bytes())?);
            return Some(Spans { all, named: [NONE; NAMES.len()] });
        }
        let found = self.regex.captures(text.as_bytes())?;
        let named = self.groups.map(|group| if group == 0 { NONE } else { found.get(group).map_or(NONE, span) });
        Some(Spans { all: found.get(0).map_or(NONE, span), named })
    }

    /// Returns what the first match in `text` captures.
    pub(crate) fn captures<'a>(&self, text: &'a str) -> Option<Captured<'a>> {
        Some(Captured::of(text, self.spans(text)?))
    }

    /// Returns the first match in `text`.
    pub(crate) fn find<'a>(&self, text: &'a str) -> Option<&'a str> {
        self.regex.find(text.as_bytes()).and_then(|found| text.get(found.range()))
    }
}

impl LazyRegex {
    /// Keeps `pattern`, which is known to compile.
    pub(crate) fn new(pattern: String) -> LazyRegex {
        LazyRegex { pattern, compiled: OnceLock::new() }
    }

    /// Compiles `pattern` now.
    pub(crate) fn compile(pattern: String) -> Result<LazyRegex, regex::Error> {
        let compiled = TextRegex::new(&pattern)?;
        Ok(LazyRegex { pattern, compiled: OnceLock::from(Some(compiled)) })
    }

    /// Returns whether the pattern is compiled.
    pub(crate) fn is_compiled(&self) -> bool {
        self.compiled.get().is_some()
    }

    /// Returns the pattern, compiled.
    fn get(&self) -> Option<&TextRegex> {
        self.compiled.get_or_init(|| TextRegex::new(&self.pattern).ok()).as_ref()
    }

    /// Returns what the first match in `text` captures.
    pub(crate) fn captures<'a>(&self, text: &'a str) -> Option<Captured<'a>> {
        self.get()?.captures(text)
    }

    /// Returns where the first match in `text` stands and captures.
    pub(crate) fn spans(&self, text: &str) -> Option<Spans> {
        self.get()?.spans(text)
    }

    /// Returns the first match in `text`.
    pub(crate) fn find<'a>(&self, text: &'a str) -> Option<&'a str> {
        self.get()?.find(text)
    }
}

impl TextRegexSet {
    /// Keeps `patterns`, which are known to compile.
    pub(crate) fn new(patterns: Vec<String>) -> TextRegexSet {
        TextRegexSet { patterns, compiled: OnceLock::new() }
    }

    /// Compiles `patterns` now.
    pub(crate) fn compile(patterns: Vec<String>) -> Result<TextRegexSet, regex::Error> {
        let compiled = set(&patterns)?;
        Ok(TextRegexSet { patterns, compiled: OnceLock::from(Some(compiled)) })
    }

    /// Returns how many patterns are compiled, and how many there are.
    pub(crate) fn compiled(&self) -> (usize, usize) {
        (self.compiled.get().map_or(0, |_| self.patterns.len()), self.patterns.len())
    }

    fn get(&self) -> Option<&RegexSet> {
        self.compiled.get_or_init(|| set(&self.patterns).ok()).as_ref()
    }

    /// Returns the indexes of the patterns that match in `text`, in their order.
    pub(crate) fn matches(&self, text: &str) -> Vec<usize> {
        self.get().map_or_else(Vec::new, |set| set.matches(text.as_bytes()).into_iter().collect())
    }

    /// Tells whether one of the patterns matches in `text`.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.get().is_some_and(|set| set.is_match(text.as_bytes()))
    }
}

fn set(patterns: &[String]) -> Result<RegexSet, regex::Error> {
    RegexSetBuilder::new(patterns.iter().map(|pattern| widened(pattern))).unicode(false).build()
}

impl<'a> Captured<'a> {
    /// Returns what was captured in `text` at `spans`.
    pub(crate) fn of(text: &'a str, spans: Spans) -> Captured<'a> {
        Captured { text, spans }
    }

    fn span(&self, name: &str) -> Option<(usize, usize)> {
        let (start, end) = self.spans.named[NAMES.iter().position(|other| *other == name)?];
        (start <= end).then_some((start as usize, end as usize))
    }

    /// Returns the text captured as `name`; nothing if it ends inside a letter.
    pub(crate) fn name(&self, name: &str) -> Option<&'a str> {
        self.span(name).and_then(|(start, end)| self.text.get(start..end))
    }

    /// Returns where the text captured as `name` begins.
    pub(crate) fn start(&self, name: &str) -> Option<usize> {
        self.span(name).map(|(start, _)| start)
    }

    /// Returns the whole match.
    pub(crate) fn all(&self) -> &'a str {
        self.text.get(self.spans.all.0 as usize..self.spans.all.1 as usize).unwrap_or_default()
    }
}

/// Lets `\w` take every byte of a letter outside ASCII: names may be written in any script.
fn widened(pattern: &str) -> String {
    let mut wide = String::with_capacity(pattern.len() * 2);
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match (character, if character == '\\' { characters.next() } else { None }) {
            ('\\', Some('w')) => wide.push_str(r"[\w\x80-\xFF]"),
            ('\\', Some(escaped)) => wide.extend(['\\', escaped]),
            _ => wide.push(character),
        }
    }
    wide
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_script_are_words() {
        let regex = TextRegex::new(r"(?<file>[\w.]+):\\w").expect("a plain pattern");
        let captured = regex.captures("größe.Teekanne:\\w").expect("a match");
        assert_eq!(captured.name("file"), Some("größe.Teekanne"));
        assert!(TextRegex::new("a)(b").is_err());
    }
}
