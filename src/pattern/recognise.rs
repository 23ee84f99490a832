//! Finds the pattern that knows an event. Leaves out what a match means for grouping or reports.
//!
//! Several patterns may match; the most specific one wins, by this order:
//! 1. a user's pattern before ours;
//! 2. the higher `rank` (0 unless a pattern says otherwise);
//! 3. a wrapper after everything else, because who names the error itself knows more;
//! 4. the one with more constraints: message, exception, status (an exact one counts double), method,
//!    path, client;
//! 5. the one whose matches must contain the longer word;
//! 6. the one that stands first, files by name.

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::AhoCorasick;
use regex::{RegexSet, RegexSetBuilder};
use serde::Deserialize;

use crate::pattern::Known;
use crate::pattern::law::{self, Report};
use crate::pattern::literal::literals;
use crate::pattern::problem::parse_toml;
use crate::pattern::rule::Rule;
use crate::pattern::{ErrorPattern, Problem, Subject};

/// The default 2 MB make the set fall back to an engine that is 50 times slower.
const SET_LIMIT: usize = 256 << 20;

/// All patterns, most specific first, with an index that spares most regexes most messages.
#[derive(Debug)]
pub struct ErrorPatterns {
    rules: Vec<Rule>,
    words: AhoCorasick,
    /// The rules that each word of `words` stands for.
    word_rules: Vec<Vec<usize>>,
    wordless: RegexSet,
    wordless_rules: Vec<usize>,
    /// Rules without a message regex; their other constraints are cheap to check.
    always: Vec<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    pattern: Vec<ErrorPattern>,
}

/// One answer of [`ErrorPatterns::explain`]: a pattern's id with its captures, or why it does not win.
pub type Explained = (String, Result<BTreeMap<String, String>, String>);

impl ErrorPatterns {
    /// Reads pattern files, as pairs of name and text; a user's pattern replaces ours of the same id.
    pub fn load(builtin: &[(String, String)], user: &[(String, String)]) -> Result<ErrorPatterns, Vec<Problem>> {
        let mut problems = Vec::new();
        let ours = read(builtin, false, &mut problems);
        let mut rules = read(user, true, &mut problems);
        let ids: BTreeSet<String> = rules.iter().map(|rule| rule.pattern.id.to_string()).collect();
        rules.extend(ours.into_iter().filter(|rule| !ids.contains(&*rule.pattern.id)));
        if !problems.is_empty() {
            return Err(problems);
        }
        rules.sort_by_key(Rule::precedence);
        index(rules).map_err(|cause| {
            let (file, text) = user.last().or(builtin.last()).map_or(("", ""), |(file, text)| (file, text));
            let hint = "give the patterns words that must occur (`any`), or make their expressions smaller";
            vec![Problem::at(file, text, 0..0, format!("the patterns together are too large: {cause}"), hint)]
        })
    }

    /// Returns the pattern at `index`, which a [`Known`] names.
    pub fn get(&self, index: usize) -> &ErrorPattern {
        &self.rules[index].pattern
    }

    /// Returns the index of the pattern called `id`.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.rules.iter().position(|rule| &*rule.pattern.id == id)
    }

    /// Returns all patterns, most specific first.
    pub fn iter(&self) -> impl Iterator<Item = &ErrorPattern> {
        self.rules.iter().map(|rule| &rule.pattern)
    }

    /// Returns the most specific pattern that knows the event.
    pub fn recognise(&self, subject: &Subject<'_>) -> Option<Known> {
        let texts = subject.texts();
        let candidates = self.candidates(&texts);
        candidates.into_iter().find_map(|pattern| {
            self.rules[pattern].captures(&texts, subject).ok().map(|captures| Known { pattern, captures })
        })
    }

    /// Tells which pattern knows a message, which others match it and lose, and which nearly match.
    pub fn explain(&self, text: &str) -> Vec<Explained> {
        let severity = crate::entry::Severity::Default;
        let subject = Subject { message: text, exception: None, http: None, severity, client: None };
        let texts = subject.texts();
        let (mut matching, mut others) = (Vec::<Explained>::new(), Vec::new());
        for candidate in self.candidates(&texts) {
            let rule = &self.rules[candidate];
            let id = rule.pattern.id.to_string();
            match (rule.captures(&texts, &subject), matching.first()) {
                (Ok(captures), None) => matching.push((id, Ok(captures))),
                (Ok(_), Some((winner, _))) => {
                    let why = format!("matches too, but `{winner}` comes first: {}", self.advantage(winner, rule));
                    matching.push((id, Err(why)));
                }
                // A request rule has nothing to do with a text.
                (Err(why), _) if rule.regexes.message.is_some() => others.push((id, Err(why))),
                (Err(_), _) => {}
            }
        }
        matching.extend(others);
        matching
    }

    pub(crate) fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }

    fn advantage(&self, winner: &str, loser: &Rule) -> &'static str {
        let Some(first) = self.rules.iter().find(|rule| &*rule.pattern.id == winner) else { return "" };
        let (first, second) = (first.precedence(), loser.precedence());
        if first.0 != second.0 {
            "it is the user's"
        } else if first.1 != second.1 {
            "its rank is higher"
        } else if first.2 != second.2 {
            "it names the error that the other only wraps"
        } else if first.3 != second.3 {
            "it has more constraints"
        } else if first.4 != second.4 {
            "the word that it requires is longer"
        } else {
            "it stands earlier in the files"
        }
    }

    /// Returns the rules that may match, most specific first.
    fn candidates(&self, texts: &[String]) -> BTreeSet<usize> {
        let mut candidates: BTreeSet<usize> = self.always.iter().copied().collect();
        for text in texts {
            for found in self.words.find_overlapping_iter(text) {
                candidates.extend(&self.word_rules[found.pattern().as_usize()]);
            }
            candidates.extend(self.wordless.matches(text).iter().map(|at| self.wordless_rules[at]));
        }
        candidates
    }
}

fn read(files: &[(String, String)], user: bool, problems: &mut Vec<Problem>) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for (file, text) in files {
        let parsed: File = match parse_toml(file, text) {
            Ok(parsed) => parsed,
            Err(mut problem) => {
                problem.hint = "the keys are explained at the top of patterns/errors/import.toml".to_string();
                problems.push(problem);
                continue;
            }
        };
        for pattern in parsed.pattern {
            let mut report = Report::new(file, text, problems);
            if let Some(twin) = rules.iter().find(|rule| *rule.pattern.id == *pattern.id) {
                let hint = format!("it stands in {} already; give one of them another id, or remove it", twin.file);
                report.add(&pattern.id, format!("duplicate id `{}`", pattern.id), hint);
            }
            let regexes = law::inspect(&pattern, &mut report);
            let hints: Vec<String> = pattern.any.iter().map(|word| word.to_string()).collect();
            let words = match (&pattern.message, hints.is_empty()) {
                (Some(regex), true) => literals(regex),
                (Some(_), false) => hints,
                (None, _) => Vec::new(),
            };
            rules.push(Rule { pattern, file: file.clone(), user, regexes, words, order: rules.len() });
        }
    }
    rules
}

/// Indexes the rules by the words that must occur; fails when all together are too large to be tried at once.
fn index(rules: Vec<Rule>) -> Result<ErrorPatterns, String> {
    let mut by_word: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let (mut wordless, mut wordless_rules, mut always) = (Vec::new(), Vec::new(), Vec::new());
    for (at, rule) in rules.iter().enumerate() {
        match &rule.regexes.message {
            None => always.push(at),
            Some(regex) if rule.words.is_empty() => {
                wordless.push(regex.as_str().to_string());
                wordless_rules.push(at);
            }
            Some(_) => {
                for word in &rule.words {
                    by_word.entry(word.to_ascii_lowercase()).or_default().push(at);
                }
            }
        }
    }
    let (words, word_rules): (Vec<String>, Vec<Vec<usize>>) = by_word.into_iter().unzip();
    // Each regex compiled alone before; together they may still be too large.
    let words = AhoCorasick::builder().ascii_case_insensitive(true).build(words).map_err(|error| error.to_string())?;
    let wordless = RegexSetBuilder::new(wordless).size_limit(SET_LIMIT).dfa_size_limit(SET_LIMIT).build();
    let wordless = wordless.map_err(|error| error.to_string())?;
    Ok(ErrorPatterns { rules, words, word_rules, wordless, wordless_rules, always })
}
