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
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use regex::{RegexSet, RegexSetBuilder};
use serde::Deserialize;

use crate::pattern::Known;
use crate::pattern::expression::{Expression, count};
use crate::pattern::file::{PatternFile, held_to_the_law};
use crate::pattern::law::{self, Report};
use crate::pattern::lean::lean;
use crate::pattern::literal::{literals, needles};
use crate::pattern::rule::Rule;
use crate::pattern::subject::Searched;
use crate::pattern::{ErrorPattern, Problem, Subject};

/// The default 2 MB make the set fall back to an engine that is 50 times slower.
const SET_LIMIT: usize = 256 << 20;

/// All patterns, most specific first, with an index that spares most regexes most messages.
#[derive(Debug)]
pub struct ErrorPatterns {
    rules: Vec<Rule>,
    /// In lower case.
    words: AhoCorasick,
    /// The rules that each word of `words` stands for.
    word_rules: Vec<Vec<usize>>,
    /// The rules, sorted, for which a word is not enough: their expression has to match as well.
    hinted: Vec<usize>,
    wordless: Wordless,
    /// Rules without a message regex; their other constraints are cheap to check.
    always: Vec<usize>,
}

/// The rules whose matches need not contain a word that is known, tried at once; compiled when the first event comes.
#[derive(Debug)]
struct Wordless {
    /// Lean ones, if all rules are ours.
    texts: Vec<String>,
    set: OnceLock<RegexSet>,
    /// The rules that the members of the set stand for.
    rules: Vec<usize>,
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
        ErrorPatterns::read(&held_to_the_law(builtin), &held_to_the_law(user))
    }

    /// The same for files of which ours may be known to keep the law.
    pub(crate) fn read(builtin: &[PatternFile], user: &[PatternFile]) -> Result<ErrorPatterns, Vec<Problem>> {
        let mut problems = Vec::new();
        let ours = read(builtin, false, &mut problems);
        let mut rules = read(user, true, &mut problems);
        let ids: BTreeSet<String> = rules.iter().map(|rule| rule.pattern.id.to_string()).collect();
        rules.extend(ours.into_iter().filter(|rule| !ids.contains(&*rule.pattern.id)));
        if !problems.is_empty() {
            return Err(problems);
        }
        rules.sort_by_key(Rule::precedence);
        // What is known to keep the law fits together as well.
        let proven = user.iter().chain(builtin).all(PatternFile::is_proven);
        index(rules, proven).map_err(|cause| {
            let (file, text) = user.last().or(builtin.last()).map_or(("", ""), |file| (file.name, file.text));
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
            let rule = &self.rules[pattern];
            let captures = rule.may_know(&texts, subject).then(|| rule.captures(&texts, subject))?;
            captures.ok().map(|captures| Known { pattern, captures })
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

    /// Returns how many regular expressions are compiled, and how many there are.
    pub(crate) fn compiled(&self) -> (usize, usize) {
        let (done, all) = count(self.expressions());
        let set = self.wordless.set.get().map_or(0, RegexSet::len);
        (done + set, all + self.wordless.texts.len())
    }

    /// Returns the regular expressions.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.rules.iter().flat_map(|rule| rule.regexes.iter())
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
    fn candidates(&self, texts: &[Searched]) -> Vec<usize> {
        let mut candidates = self.always.clone();
        let mut seen: Vec<usize> = Vec::new();
        for text in texts {
            seen.clear();
            for found in self.words.find_overlapping_iter(&text.folded) {
                seen.extend(&self.word_rules[found.pattern().as_usize()]);
            }
            seen.sort_unstable();
            seen.dedup();
            seen.retain(|rule| self.hinted.binary_search(rule).is_err() || self.rules[*rule].matches(&text.text));
            candidates.extend(&seen);
            candidates.extend(self.wordless.matches(&text.text));
        }
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }
}

fn read(files: &[PatternFile], user: bool, problems: &mut Vec<Problem>) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for file in files {
        let parsed: File = match file.parse() {
            Ok(parsed) => parsed,
            Err(mut problem) => {
                problem.hint = "the keys are explained at the top of patterns/errors/import.toml".to_string();
                problems.push(problem);
                continue;
            }
        };
        for pattern in parsed.pattern {
            let mut report = Report::new(*file, problems);
            if !file.is_proven()
                && let Some(twin) = rules.iter().find(|rule| *rule.pattern.id == *pattern.id)
            {
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
            let any = pattern.any.iter().map(|word| word.to_ascii_lowercase()).collect();
            rules.push(Rule { pattern, file: file.name.to_string(), user, regexes, words, any, order: rules.len() });
        }
    }
    rules
}

/// Indexes the rules by the words that must occur; fails when all together are too large to be tried at once.
fn index(rules: Vec<Rule>, proven: bool) -> Result<ErrorPatterns, String> {
    let mut by_word: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut wordless = Wordless { texts: Vec::new(), set: OnceLock::new(), rules: Vec::new() };
    let (mut always, mut hinted) = (Vec::new(), Vec::new());
    for (at, rule) in rules.iter().enumerate() {
        match &rule.regexes.message {
            None => always.push(at),
            Some(regex) if rule.words.is_empty() => {
                let words = needles(regex.text());
                if !words.is_empty() {
                    hinted.push(at);
                    for word in words {
                        by_word.entry(word.to_ascii_lowercase()).or_default().push(at);
                    }
                    continue;
                }
                wordless.texts.push(if proven { lean(regex.text()) } else { regex.text().to_string() });
                wordless.rules.push(at);
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
    let words = AhoCorasick::new(words).map_err(|error| error.to_string())?;
    if !proven {
        wordless.set = OnceLock::from(wordless.compile().map_err(|error| error.to_string())?);
    }
    Ok(ErrorPatterns { rules, words, word_rules, hinted, wordless, always })
}

impl Wordless {
    fn compile(&self) -> Result<RegexSet, regex::Error> {
        RegexSetBuilder::new(&self.texts).size_limit(SET_LIMIT).dfa_size_limit(SET_LIMIT).build()
    }

    /// Returns the rules that match.
    fn matches(&self, text: &str) -> impl Iterator<Item = usize> {
        let set = self.set.get_or_init(|| self.compile().expect("ours fit together, `patterns.rs` sees to it"));
        set.matches(text).into_iter().map(|at| self.rules[at])
    }
}
