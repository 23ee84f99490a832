//! Compares the templates of an input with those of an earlier one: which are new, which escalate.
//! Leaves out where the earlier ones come from; and what a rise is: `escalation` knows.
//!
//! The same statement may be written differently in two inputs: where only one user came, the user's name
//! looks constant; a mask may have another name. So one template matches another when its text covers it:
//! constants stand for themselves, and a value for one token, for what its brackets or quotation marks hold,
//! for a list, or for few tokens with a value among them. Templates that match, in whichever direction, are
//! one statement; its lines are added up on both sides.

use std::collections::{BTreeMap, HashMap};

use super::super::escalation::{Count, Rise, escalating};
use super::token::{self, Kind};
use crate::pattern::Words;

/// A value stands for at most so many tokens that neither a list nor brackets explain.
const VALUE_TOKENS: usize = 4;
/// A template is compared with at most so many that share a word with it.
const CANDIDATES: usize = 256;

/// A template and its lines, in one input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The text with its placeholders.
    pub template: String,
    /// How many lines were like it.
    pub count: u64,
}

/// What an earlier input says of a template.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Standing {
    /// No line of the earlier input was like it.
    New,
    /// There were such lines: in the statement's lines before and now, and the rise if there is one.
    Known {
        /// The lines before, among all lines of the earlier input.
        before: Count,
        /// The lines now, among all lines.
        now: Count,
        /// The rise of the share of lines, if it is beyond chance.
        rise: Option<Rise>,
    },
}

/// Returns for each template of `now` what the templates of `before` say of it; the numbers are all lines.
pub fn compare(now: (&[Counted], u64), before: (&[Counted], u64), words: &Words) -> Vec<Standing> {
    let read = |all: &[Counted]| all.iter().map(|one| Text::read(&one.template, words)).collect::<Vec<_>>();
    let (texts, known) = (read(now.0), read(before.0));
    // Statements are sets of templates: first those of now, then those of before.
    let mut sets = Sets((0..texts.len() + known.len()).collect());
    let mut equal: HashMap<&[String], usize> = HashMap::new();
    for (index, text) in known.iter().enumerate() {
        let first = *equal.entry(&text.tokens).or_insert(index);
        sets.join(texts.len() + first, texts.len() + index);
    }
    let mut met = vec![false; known.len()];
    for (index, text) in texts.iter().enumerate() {
        if let Some(same) = equal.get(text.tokens.as_slice()) {
            sets.join(index, texts.len() + same);
            met[*same] = true;
        }
    }
    let alone: Vec<usize> =
        (0..texts.len()).filter(|index| !equal.contains_key(texts[*index].tokens.as_slice())).collect();
    for (general, special) in covers(&known, &texts, &alone) {
        sets.join(special, texts.len() + general);
    }
    let unmet: Vec<usize> = (0..known.len()).filter(|index| !met[*index]).collect();
    for (general, special) in covers(&texts, &known, &unmet) {
        sets.join(general, texts.len() + special);
    }
    let mut sums: BTreeMap<usize, (u64, u64, bool)> = BTreeMap::new();
    for (index, counted) in now.0.iter().chain(before.0).enumerate() {
        let sum = sums.entry(sets.root(index)).or_default();
        match index < texts.len() {
            true => sum.0 += counted.count,
            false => (sum.1, sum.2) = (sum.1 + counted.count, true),
        }
    }
    let count = |events: u64, lines: u64| Count { events, exposure: lines as f64 };
    let both = sums.iter().filter(|(_, sum)| sum.0 > 0 && sum.2).map(|(root, _)| *root).collect::<Vec<_>>();
    let counts: Vec<_> = both.iter().map(|root| (count(sums[root].1, before.1), count(sums[root].0, now.1))).collect();
    let standing: BTreeMap<usize, Standing> = both
        .iter()
        .zip(counts.iter().zip(escalating(&counts)))
        .map(|(root, ((before, now), rise))| (*root, Standing::Known { before: *before, now: *now, rise }))
        .collect();
    (0..texts.len()).map(|index| standing.get(&sets.root(index)).copied().unwrap_or(Standing::New)).collect()
}

/// A template cut into tokens; a value is an empty one.
struct Text {
    tokens: Vec<String>,
    joints: Vec<bool>,
}

impl Text {
    fn read(template: &str, words: &Words) -> Text {
        // The miner's name for a value of any kind is no placeholder to its own reader.
        let line = template.replace(token::VALUE, "<any>");
        let tokens = token::tokens(&line, words);
        let text =
            |token: &token::Token| if token.kind == Kind::Value { String::new() } else { token.text.to_string() };
        Text {
            joints: tokens.iter().map(|token| token.kind == Kind::Joint).collect(),
            tokens: tokens.iter().map(text).collect(),
        }
    }

    /// Returns the word by which the template is looked up: its longest.
    fn key(&self) -> Option<&str> {
        let words = self.tokens.iter().filter(|token| token.starts_with(char::is_alphanumeric));
        words.max_by_key(|token| (token.len(), token.as_str())).map(String::as_str)
    }

    /// Returns whether every line of `other` is one of this template, as far as their texts tell.
    fn covers(&self, other: &Text) -> bool {
        // For each token of this template, the places in the other where it may begin.
        let mut open = vec![false; other.tokens.len() + 1];
        open[0] = true;
        for (at, token) in self.tokens.iter().enumerate() {
            let mut next = vec![false; open.len()];
            for from in (0..other.tokens.len()).filter(|from| open[*from]) {
                match token.is_empty() {
                    false => next[from + 1] |= other.tokens[from] == *token,
                    true => self.value_ends(at, other, from).for_each(|end| next[end] = true),
                }
            }
            open = next;
        }
        open[other.tokens.len()]
    }

    /// Returns where the value at `at` may end, if it begins at `from` in `other`.
    fn value_ends<'t>(&'t self, at: usize, other: &'t Text, from: usize) -> impl Iterator<Item = usize> + 't {
        let mark = |at: Option<usize>| at.and_then(|at| self.tokens.get(at)).map_or("", String::as_str);
        let (before, after) = (mark(at.checked_sub(1)), mark(Some(at + 1)));
        let enclosed = matches!((before, after), ("(", ")") | ("[", "]") | ("{", "}") | ("\"", "\"") | ("'", "'"));
        let (mut list, mut value) = (true, false);
        (from + 1..=other.tokens.len()).take(40).filter(move |end| {
            let last = *end - 1;
            value |= other.tokens[last].is_empty();
            list &= other.joints[last] == ((last - from) % 2 == 1);
            let listed = list && !other.joints[last];
            let short = value && *end - from <= VALUE_TOKENS;
            *end == from + 1 || listed || short || enclosed
        })
    }
}

/// Returns pairs of a template of `general` and one of `special`, of those in `wanted`, that it covers.
fn covers(general: &[Text], special: &[Text], wanted: &[usize]) -> Vec<(usize, usize)> {
    let mut by_word: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, text) in general.iter().enumerate().filter(|(_, text)| text.tokens.iter().any(String::is_empty)) {
        // Drift guard: a template without words covers nothing but itself.
        if let Some(word) = text.key() {
            by_word.entry(word).or_default().push(index);
        }
    }
    let mut pairs = Vec::new();
    for index in wanted {
        let text = &special[*index];
        let mut words: Vec<&str> = text.tokens.iter().map(String::as_str).collect();
        words.sort_unstable();
        words.dedup();
        let near = words.iter().filter_map(|word| by_word.get(word)).flatten().take(CANDIDATES);
        pairs.extend(near.filter(|other| general[**other].covers(text)).map(|other| (*other, *index)));
    }
    pairs
}

/// Disjoint sets, each known by its least member.
struct Sets(Vec<usize>);

impl Sets {
    fn root(&self, mut at: usize) -> usize {
        while self.0[at] != at {
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, one: usize, two: usize) {
        let (one, two) = (self.root(one), self.root(two));
        self.0[one.max(two)] = one.min(two);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(all: &[(&str, u64)]) -> Vec<Counted> {
        all.iter().map(|(template, count)| Counted { template: template.to_string(), count: *count }).collect()
    }

    fn standings(now: &[(&str, u64)], before: &[(&str, u64)]) -> Vec<Standing> {
        compare((&counted(now), 1000), (&counted(before), 1000), &Words::default())
    }

    #[test]
    fn one_statement_may_be_written_differently() {
        for (now, before) in [
            ("oven <number> is hot", "oven <number> is hot"),
            ("oven <*> is hot", "oven <number> is hot"),
            ("user <*> left", "user anna left"),
            ("user anna left", "user <*> left"),
            ("took <duration>", "took <number> ms"),
            ("ids <*> done", "ids anna, otto, ida done"),
            ("cart of \"<*>\" sold", "cart of \"spring sale of all\" sold"),
            ("call (<*>) ended", "call (run <*> -q) ended"),
        ] {
            assert!(matches!(standings(&[(now, 5)], &[(before, 5)])[0], Standing::Known { .. }), "{now} / {before}");
        }
    }

    #[test]
    fn other_statements_are_new() {
        for (now, before) in [
            ("oven <number> is hot", "oven <number> is cold"),
            ("user anna left", "user anna joined"),
            ("<*> left the house", "<*>"),
            ("oven is on fire now", "<*>"),
            ("disk <*> failed to start again", "disk <*>"),
            ("left", "left <*>"),
        ] {
            assert_eq!(standings(&[(now, 5)], &[(before, 5)]), [Standing::New], "{now} / {before}");
        }
        assert_eq!(standings(&[("oven is hot", 1)], &[]), [Standing::New]);
    }

    #[test]
    fn a_rise_is_told_of_the_statement_not_of_its_spelling() {
        let now = [("user anna left", 40), ("user otto left", 40), ("tick", 900)];
        let found = standings(&now, &[("user <*> left", 10), ("tick", 900)]);
        let Standing::Known { before, now, rise } = found[0] else { panic!("{found:?}") };
        assert_eq!((before.events, now.events), (10, 80));
        assert!(rise.is_some_and(|rise| rise.ratio > 7.9 && rise.p < 1e-9), "{rise:?}");
        assert_eq!(found[0], found[1]);
        assert!(matches!(found[2], Standing::Known { rise: None, .. }));
    }
}
