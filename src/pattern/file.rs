//! A pattern file to load: one of ours, which the build script has parsed, or a text that is held to the law.
//! Leaves out what is in it.

use serde::de::DeserializeOwned;

use super::problem::parse_toml;
use super::{NamedText, Problem, tree};

/// A pattern file to load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PatternFile<'a> {
    /// The file as the user knows it.
    pub(crate) name: &'a str,
    /// Its text.
    pub(crate) text: &'a str,
    /// What the build script made of it; the law holds as far as tests can tell, so loading need not ask again.
    tree: Option<&'static [u8]>,
}

impl<'a> PatternFile<'a> {
    /// Returns a file that is held to the law.
    pub(crate) fn new((name, text): &'a NamedText) -> PatternFile<'a> {
        PatternFile { name, text, tree: None }
    }

    /// Returns the same file, held to the law whosever it is.
    pub(crate) fn unproven(self) -> PatternFile<'a> {
        PatternFile { tree: None, ..self }
    }

    /// Returns whether the file is ours: its expressions compile and its examples are as stated.
    pub(crate) fn is_proven(&self) -> bool {
        self.tree.is_some()
    }

    /// Reads the file into `T`.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        match self.tree.map(tree::read) {
            Some(Ok(read)) => Ok(read),
            // What is wrong with a file of ours is told as it is for a user's.
            Some(Err(_)) | None => parse_toml(self.name, self.text),
        }
    }
}

/// Returns the files that the program carries.
pub(crate) fn ours() -> impl Iterator<Item = PatternFile<'static>> {
    let trees = crate::embedded::PATTERN_TREES.iter();
    crate::embedded::PATTERNS.iter().zip(trees).map(|((name, text), tree)| PatternFile { name, text, tree: Some(tree) })
}

/// Returns texts as files that are held to the law.
pub(crate) fn held_to_the_law(files: &[NamedText]) -> Vec<PatternFile<'_>> {
    files.iter().map(PatternFile::new).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_tree_says_what_its_text_says_and_where() {
        for file in ours() {
            let tree = tree::read::<toml::Table>(file.tree.unwrap_or_default());
            assert_eq!(tree, Ok(file.unproven().parse().expect("TOML")), "{}", file.name);
            type Places = BTreeMap<String, toml::Spanned<toml::Value>>;
            let places = |read: Places| read.into_values().map(|value| value.span()).collect::<Vec<_>>();
            let tree = tree::read::<Places>(file.tree.unwrap_or_default());
            assert_eq!(tree.map(places), Ok(places(file.unproven().parse().expect("TOML"))), "{}", file.name);
        }
    }
}
