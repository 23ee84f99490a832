//! One pattern, ready to match: all its constraints, and what it captures.
//! Leaves out choosing between patterns: see `recognise`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::pattern::expression::Expression;
use crate::pattern::law::Regexes;
use crate::pattern::route;
use crate::pattern::subject::Searched;
use crate::pattern::{ErrorPattern, Role, Subject};

/// A pattern, ready to match.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) pattern: ErrorPattern,
    pub(crate) file: String,
    pub(crate) user: bool,
    pub(crate) regexes: Regexes,
    /// Words that the prefilter looks for.
    pub(crate) words: Vec<String>,
    /// The pattern's `any` in lower case.
    pub(crate) any: Vec<String>,
    /// Its place in the files.
    pub(crate) order: usize,
}

impl Rule {
    /// Returns the key by which rules are sorted; see `recognise` for the order it stands for.
    pub(crate) fn precedence(&self) -> (Reverse<bool>, Reverse<i32>, bool, Reverse<usize>, Reverse<usize>, usize) {
        let pattern = &self.pattern;
        let mut constraints = usize::from(pattern.message.is_some()) + usize::from(pattern.exception.is_some());
        constraints += usize::from(pattern.raised_in.is_some());
        if let Some(http) = &pattern.http {
            let exact = http.status.iter().all(|status| !status.ends_with('x'));
            constraints += 1 + usize::from(exact && !http.status.is_empty());
            constraints += usize::from(!http.method.is_empty()) + usize::from(!http.client.is_empty());
            constraints += usize::from(http.path.is_some());
        }
        let word = self.words.iter().map(String::len).min().unwrap_or(0);
        let wrapper = pattern.role == Role::Wrapper;
        (Reverse(self.user), Reverse(pattern.rank), wrapper, Reverse(constraints), Reverse(word), self.order)
    }

    /// Returns whether the expression for messages matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.regexes.message.as_ref().is_some_and(|regex| regex.is_match(text))
    }

    /// Returns the captures of a match, or why the event is not known to this pattern.
    pub(crate) fn captures(
        &self,
        texts: &[Searched],
        subject: &Subject<'_>,
    ) -> Result<BTreeMap<String, String>, String> {
        let mut captures = BTreeMap::new();
        let type_name = subject.exception.and_then(|exception| exception.type_name.as_deref());
        if let Some(regex) = &self.regexes.exception {
            match (type_name, subject.exception) {
                (Some(type_name), _) if regex.is_match(type_name) => keep(regex, type_name, &mut captures),
                (Some(type_name), _) => return Err(format!("the exception is {type_name}, which `exception` refuses")),
                (None, Some(_)) => return Err("the exception has no type".to_string()),
                (None, None) if self.regexes.message.is_none() => return Err("there is no exception".to_string()),
                (None, None) => {}
            }
        }
        if let Some(regex) = &self.regexes.raised_in {
            let Some(place) = raised_in(subject) else { return Err("no frame says where it was raised".to_string()) };
            if !regex.is_match(&place) {
                return Err(format!("it was raised in {place}, which `raised_in` refuses"));
            }
            keep(regex, &place, &mut captures);
        }
        if let Some(type_name) = type_name {
            captures.insert("type".to_string(), type_name.to_string());
        }
        self.request(subject, &mut captures)?;
        if let Some(regex) = &self.regexes.message {
            let Some(text) = texts.iter().find(|text| self.has_word(text) && regex.is_match(&text.text)) else {
                let word =
                    self.words.first().map(|word| format!("a word like `{word}` is there, but ")).unwrap_or_default();
                return Err(format!("{word}`message` does not match"));
            };
            keep(regex, &text.text, &mut captures);
        }
        Ok(captures)
    }

    /// Returns whether the event may be known to this pattern, by what is quickly asked and mostly is not so.
    pub(crate) fn may_know(&self, texts: &[Searched], subject: &Subject<'_>) -> bool {
        if self.pattern.http.is_some() && subject.http.is_none() {
            return false;
        }
        let type_name = subject.exception.and_then(|exception| exception.type_name.as_deref());
        if let (Some(regex), Some(type_name)) = (&self.regexes.exception, type_name)
            && !regex.is_match(type_name)
        {
            return false;
        }
        let regex = self.regexes.message.as_ref();
        regex.is_none_or(|regex| texts.iter().any(|text| self.has_word(text) && regex.is_match(&text.text)))
    }

    /// `any` is a condition of its own: it may ask for a word that stands anywhere, before or after the match.
    fn has_word(&self, text: &Searched) -> bool {
        self.any.is_empty() || self.any.iter().any(|word| text.folded.contains(word.as_str()))
    }

    fn request(&self, subject: &Subject<'_>, captures: &mut BTreeMap<String, String>) -> Result<(), String> {
        let Some(rule) = &self.pattern.http else { return Ok(()) };
        let Some(http) = subject.http else { return Err("there is no request".to_string()) };
        let status = http.status.map(|status| status.to_string()).unwrap_or_default();
        let class = |wanted: &str| wanted.strip_suffix("xx").is_some_and(|digit| status.starts_with(digit));
        if !rule.status.iter().any(|wanted| **wanted == *status || class(wanted)) {
            return Err(format!("the status is {status}"));
        }
        let method = http.method.as_deref().unwrap_or_default();
        if !rule.method.is_empty() && !rule.method.iter().any(|wanted| wanted == method) {
            return Err(format!("the method is {method}"));
        }
        if !rule.client.is_empty() && !subject.client.is_some_and(|client| rule.client.contains(&client)) {
            return Err("another kind of client sent it".to_string());
        }
        let path = http.path.as_deref().unwrap_or_default();
        if let Some(regex) = &self.regexes.path {
            if !regex.is_match(path) {
                return Err(format!("the path is {path}"));
            }
            keep(regex, path, captures);
        }
        let client = subject.client.map_or("other", |client| client.name());
        let named =
            [("status", &*status), ("method", method), ("path", path), ("route", &route(path)), ("client", client)];
        captures.extend(named.map(|(name, value)| (name.to_string(), printable(value))));
        Ok(())
    }
}

/// Returns `file function` of the frame that raised the exception.
fn raised_in(subject: &Subject<'_>) -> Option<String> {
    let frame = subject.exception?.frames.first()?;
    Some(format!("{} {}", frame.file.as_deref().unwrap_or_default(), frame.function.as_deref().unwrap_or_default()))
}

fn keep(regex: &Expression, text: &str, captures: &mut BTreeMap<String, String>) {
    let Some(found) = regex.captures(text) else { return };
    for name in regex.names() {
        if let Some(value) = found.name(name) {
            captures.insert(name.to_string(), printable(value.as_str()));
        }
    }
}

/// Writes control characters as escapes: a line end inside a name is a fault worth showing on one line.
fn printable(value: &str) -> String {
    if !value.contains(char::is_control) {
        return value.to_string();
    }
    let escape =
        |letter: char| if letter.is_control() { letter.escape_default().to_string() } else { letter.to_string() };
    value.chars().map(escape).collect()
}
