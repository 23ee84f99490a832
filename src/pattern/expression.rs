//! A regular expression that is compiled when it is first needed: most runs meet few of the errors we know.
//! Leaves out whether it compiles: the law on a user's files asks that at load, a test of ours asks it of each of ours.
//!
//! Ours run over bytes where a text is ASCII, as nearly all are: that compiles several times quicker than over characters.
//! Other texts are read by characters, since a counted class counts those.

mod found;

use std::sync::OnceLock;

use regex::{Regex, bytes};

use super::lean::lean;

pub(crate) use found::{Found, Part};

/// A regular expression, compiled or not yet.
#[derive(Debug)]
pub(crate) struct Expression {
    text: String,
    /// For texts of ASCII; nothing where a class names other letters, and for a user's, which mean what `regex` says.
    bytes: OnceLock<Option<bytes::Regex>>,
    characters: OnceLock<Regex>,
}

/// An expression in the form for a text.
pub(crate) enum Compiled<'e> {
    Characters(&'e Regex),
    Bytes(&'e bytes::Regex),
}

/// Asks an expression in the form for a text.
macro_rules! ask {
    ($expression:expr, $text:expr, $characters:ident => $one:expr, $bytes:ident => $other:expr) => {
        match $expression.get($text) {
            Compiled::Characters($characters) => $one,
            Compiled::Bytes($bytes) => $other,
        }
    };
}

impl Expression {
    /// Keeps one that is compiled.
    pub(crate) fn compiled(regex: Regex) -> Expression {
        Expression { text: regex.as_str().to_string(), bytes: OnceLock::from(None), characters: OnceLock::from(regex) }
    }

    /// Keeps one of ours, which is known to compile.
    pub(crate) fn proven(text: &str) -> Expression {
        Expression { text: text.to_string(), bytes: OnceLock::new(), characters: OnceLock::new() }
    }

    /// Returns it as it is written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether it is compiled.
    pub(crate) fn is_compiled(&self) -> bool {
        self.characters.get().is_some() || matches!(self.bytes.get(), Some(Some(_)))
    }

    /// Returns whether it matches anywhere in `text`.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        ask!(self, text, regex => regex.is_match(text), regex => regex.is_match(text.as_bytes()))
    }

    /// Returns all matches that do not overlap, in order.
    pub(crate) fn find_iter<'t>(&self, text: &'t str) -> impl Iterator<Item = Part<'t>> {
        let (characters, bytes) = ask!(self, text,
            regex => (Some(regex.find_iter(text)), None),
            regex => (None, Some(regex.find_iter(text.as_bytes()))));
        let characters = characters.into_iter().flatten().map(|found| found.range());
        characters.chain(bytes.into_iter().flatten().map(|found| found.range())).map(|range| Part::of(text, range))
    }

    /// Returns what the first match captures.
    pub(crate) fn captures<'t>(&self, text: &'t str) -> Option<Found<'t>> {
        ask!(self, text,
            regex => regex.captures(text).map(|found| Found::Characters(text, found)),
            regex => regex.captures(text.as_bytes()).map(|found| Found::Bytes(text, found)))
    }

    /// Returns what each match captures, as `find_iter` finds them.
    pub(crate) fn captures_iter<'t>(&self, text: &'t str) -> impl Iterator<Item = Found<'t>> {
        let (characters, bytes) = ask!(self, text,
            regex => (Some(regex.captures_iter(text)), None),
            regex => (None, Some(regex.captures_iter(text.as_bytes()))));
        let characters = characters.into_iter().flatten().map(move |found| Found::Characters(text, found));
        characters.chain(bytes.into_iter().flatten().map(move |found| Found::Bytes(text, found)))
    }

    /// Returns the names of what it captures.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let (characters, bytes) = ask!(self, "",
            regex => (Some(regex.capture_names()), None),
            regex => (None, Some(regex.capture_names())));
        characters.into_iter().flatten().chain(bytes.into_iter().flatten()).flatten()
    }

    /// Returns it in the form for `text`, which is looked at as a whole: whoever asks more than once keeps the form.
    pub(crate) fn get(&self, text: &str) -> Compiled<'_> {
        let bytes = || bytes::RegexBuilder::new(&self.text).unicode(false).build().ok();
        match text.is_ascii().then(|| self.bytes.get_or_init(bytes).as_ref()).flatten() {
            Some(bytes) => Compiled::Bytes(bytes),
            None => Compiled::Characters(self.characters()),
        }
    }

    fn characters(&self) -> &Regex {
        let ours =
            || Regex::new(&lean(&self.text)).expect("each of ours compiles, `ours_compile_for_every_text` sees to it");
        self.characters.get_or_init(ours)
    }
}

impl Compiled<'_> {
    /// Returns the first match at `at` or behind it; `text` is the one that this form is for.
    pub(crate) fn find_at<'t>(&self, text: &'t str, at: usize) -> Option<Part<'t>> {
        let range = match self {
            Compiled::Characters(regex) => regex.find_at(text, at).map(|found| found.range()),
            Compiled::Bytes(regex) => regex.find_at(text.as_bytes(), at).map(|found| found.range()),
        };
        range.map(|range| Part::of(text, range))
    }
}

/// Returns how many of these are compiled, and how many there are.
pub(crate) fn count<'e>(expressions: impl Iterator<Item = &'e Expression>) -> (usize, usize) {
    expressions.fold((0, 0), |(done, all), expression| (done + usize::from(expression.is_compiled()), all + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an expression finds over characters, with all it captures.
    fn spans(regex: &Regex, text: &str) -> Vec<Vec<Option<std::ops::Range<usize>>>> {
        regex
            .captures_iter(text)
            .map(|found| found.iter().map(|part| part.map(|part| part.range())).collect())
            .collect()
    }

    fn check(text: &str, ours: &Expression, full: &Regex) {
        let found: Vec<Vec<_>> = ours
            .captures_iter(text)
            .map(|found| (0..full.captures_len()).map(|group| found.get(group).map(|part| part.range())).collect())
            .collect();
        assert_eq!(found, spans(full, text), "{} in {text:?}", ours.text());
        assert_eq!(ours.is_match(text), full.is_match(text), "{} in {text:?}", ours.text());
    }

    #[test]
    fn ours_find_over_bytes_what_they_find_over_characters() {
        let catalog = crate::pattern::Catalog::with_user_files(&[]).expect("ours");
        let rules: Vec<_> = catalog.errors.rules().collect();
        let mut texts: Vec<String> = rules
            .iter()
            .flat_map(|rule| {
                let matching = rule.pattern.should_match.iter().map(|example| example.get_ref().text.to_string());
                matching.chain(rule.pattern.should_not_match.iter().map(|example| example.get_ref().text.to_string()))
            })
            .collect();
        assert!(texts.len() > 300, "{}", texts.len());
        let with_letters: Vec<String> = texts.iter().step_by(7).map(|text| format!("größe {text} année")).collect();
        texts.extend(with_letters);
        let mut others = 0;
        for ours in rules.iter().flat_map(|rule| rule.regexes.iter()) {
            let full = Regex::new(ours.text()).expect("compiles");
            texts.iter().for_each(|text| check(text, ours, &full));
            others += usize::from(matches!(ours.get(""), Compiled::Characters(_)));
        }
        assert_eq!(others, 0, "ours are all for bytes");
    }

    #[test]
    fn ours_compile_for_every_text() {
        let catalog = crate::pattern::Catalog::builtin().expect("ours");
        let errors = catalog.errors.expressions().chain(catalog.clients.expressions());
        let others = catalog.masks.expressions().chain(catalog.redactions.expressions());
        let mut tried = 0;
        for ours in errors.chain(others).chain(catalog.claims.expressions()) {
            // A line of a log may ask for either form, and one that did not compile would end the run.
            assert!(matches!(ours.get("a"), Compiled::Bytes(_)) || !ours.text().is_ascii(), "{}", ours.text());
            assert!(matches!(ours.get("\u{e9}"), Compiled::Characters(_)));
            tried += 1;
        }
        assert!(tried > 300, "{tried}");
    }

    #[test]
    fn classes_match_what_they_did() {
        let texts = ["a b", "größe 12", "_9-", "", "\r\n\t", "año-2", "[x]", "a\\b", "x\u{1f980}y"];
        let patterns = [
            r"\d+",
            r"\w+",
            r"[\w.-]+",
            r"[^\w-]+",
            r"\W+",
            r"\S+",
            r"[^\s,]+",
            r"\bx\b",
            r"[\S]+",
            r"\\b",
            r"[\]\d]",
            r"(?x) \d # \d",
            r"(?i)[\W]A",
            r"(?i)a\W",
            r"größe",
            "[ö]",
        ];
        for pattern in patterns {
            let full = Regex::new(&lean(pattern)).expect("compiles");
            texts.iter().for_each(|text| check(text, &Expression::proven(pattern), &full));
        }
    }

    #[test]
    fn counted_classes_count_characters() {
        let ours = Expression::proven("a.{0,4}b(?P<rest>.{2})");
        let found = ours.captures("aöößßbéé").expect("a match");
        assert_eq!(found.name("rest").map(|part| part.as_str()), Some("éé"));
        assert!(Expression::proven("(?i)É=x").is_match("é=x"));
        assert_eq!(ours.names().collect::<Vec<_>>(), ["rest"]);
    }
}
