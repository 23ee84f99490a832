//! What must stand around a keyword for the expression of its rule to match there: most keywords are parts of words, and
//! an expression that cannot match is not run. Leaves out matching: what may match is left to the expression.
//!
//! The expression is read as an automaton of its positions (Glushkov, 1961) that takes at least the same texts. A match
//! in which the keyword stands passes through it: from the keyword its positions lead on to an end, and back to a
//! beginning. Where a text ends, a line end is taken to follow, so that the answer for a line holds in any text around it.

use super::syntax::{self, Class, Node, bit, class_of};

/// Positions at most; what has more is taken to match.
const MOST_POSITIONS: usize = 128;
/// Repetitions that are told apart; beyond them any number follows.
const REPEATS: [usize; 3] = [16, 6, 1];

/// What may stand behind a name before its value, see `named`.
const SIGNS: &[u8] = b"\"'`\\>& \t]%=:-(";

/// A set of positions.
type Positions = u128;

/// What must stand around the keywords of a rule.
#[derive(Debug)]
pub(super) enum Around {
    /// Anything, but these characters have to stand somewhere in the text.
    Anything(Vec<u8>),
    /// What leads from a beginning to an end.
    Known(Box<Automaton>),
}

/// The positions of an expression.
#[derive(Debug)]
pub(super) struct Automaton {
    /// For each character the positions that take it.
    takes: Box<[Positions; 128]>,
    after: Vec<Positions>,
    before: Vec<Positions>,
    first: Positions,
    last: Positions,
}

/// How a part of an expression begins and ends.
struct Part {
    first: Positions,
    last: Positions,
    may_be_empty: bool,
}

impl Around {
    /// Reads the expression of a rule; `is_name` where it finds a name alone.
    pub(super) fn of(expression: &str, is_name: bool, keywords: &[String], any_case: bool) -> Around {
        let Some(node) = syntax::read(expression) else { return Around::Anything(Vec::new()) };
        let word = |word: &String| if any_case { word.to_ascii_lowercase() } else { word.clone() }.into_bytes();
        let words: Vec<Vec<u8>> = keywords.iter().map(word).filter(|word| !word.is_empty()).collect();
        // A keyword that need not be part of the match says nothing of where it stands.
        let automaton = || {
            let node = if is_name { Node::All(vec![node.clone(), Node::One(class_of(SIGNS))]) } else { node.clone() };
            REPEATS.iter().find_map(|repeats| Automaton::of(&node, *repeats))
        };
        let known = if syntax::holds(&node, &words, any_case) { automaton() } else { None };
        match known {
            Some(automaton) => Around::Known(Box::new(automaton)),
            None => {
                let needed = syntax::needed(&node);
                // Letters and digits stand in nearly every text.
                Around::Anything((0..128u8).filter(|b| needed & bit(*b) != 0 && !b.is_ascii_alphanumeric()).collect())
            }
        }
    }

    /// Returns whether the expression may match where the keyword stands that begins and ends there, in any text in which
    /// `line` is a line; `fuel` bounds the looking.
    pub(super) fn may_match(&self, line: &[u8], (start, end): (usize, usize), fuel: &mut usize) -> bool {
        match self {
            Around::Anything(_) => true,
            Around::Known(automaton) => {
                let Some((head, tail)) = line[start..end].split_first() else { return true };
                let step = |reached, byte: &u8| automaton.takes(*byte) & next(reached, &automaton.after);
                let mut ends = tail.iter().fold(automaton.takes(*head), step);
                // The keyword may stand in several places of the expression; one of them has to fit on both sides.
                while ends != 0 {
                    let one = ends & ends.wrapping_neg();
                    ends ^= one;
                    let after = (line[end..].iter(), 0, &automaton.after[..], automaton.last);
                    let before =
                        (line[..end - 1].iter().rev(), end - 1 - start, &automaton.before[..], automaton.first);
                    if automaton.leads(one, after, fuel) && automaton.leads(one, before, fuel) {
                        return true;
                    }
                }
                false
            }
        }
    }

    /// Returns whether `text` holds what has to stand somewhere in it.
    pub(super) fn is_met(&self, text: &str) -> bool {
        match self {
            Around::Anything(needed) => {
                !text.is_ascii() || needed.iter().all(|byte| memchr::memchr(*byte, text.as_bytes()).is_some())
            }
            Around::Known(_) => true,
        }
    }
}

impl Automaton {
    /// Returns the automaton of an expression; nothing if it has too many positions.
    fn of(node: &Node, repeats: usize) -> Option<Automaton> {
        let takes = Box::new([0; 128]);
        let mut automaton = Automaton { takes, after: Vec::new(), before: Vec::new(), first: 0, last: 0 };
        let whole = automaton.add(node, repeats)?;
        (automaton.first, automaton.last) = (whole.first, whole.last);
        for (at, after) in automaton.after.iter().enumerate() {
            each(*after, |next| automaton.before[next] |= 1 << at);
        }
        Some(automaton)
    }

    fn add(&mut self, node: &Node, repeats: usize) -> Option<Part> {
        match node {
            Node::One(class) => self.position(*class),
            Node::All(nodes) => nodes.iter().try_fold(Part::empty(), |whole, node| {
                let part = self.add(node, repeats)?;
                Some(self.join(whole, part))
            }),
            Node::Any(nodes) => {
                let mut whole = Part { first: 0, last: 0, may_be_empty: false };
                for node in nodes {
                    let part = self.add(node, repeats)?;
                    whole.first |= part.first;
                    whole.last |= part.last;
                    whole.may_be_empty |= part.may_be_empty;
                }
                Some(whole)
            }
            Node::Times(node, least, most) => {
                let copies = (*least).clamp(1, repeats);
                let mut whole = Part::empty();
                for copy in 1..=copies {
                    let mut part = self.add(node, repeats)?;
                    if *least == 0 {
                        part.may_be_empty = true;
                    }
                    // The last one stands for all that may follow it.
                    if copy == copies && *most != Some(copies) {
                        self.link(part.last, part.first);
                    }
                    whole = self.join(whole, part);
                }
                Some(whole)
            }
        }
    }

    fn position(&mut self, class: Class) -> Option<Part> {
        let at = self.after.len();
        if at == MOST_POSITIONS {
            return None;
        }
        self.after.push(0);
        self.before.push(0);
        (0..128u8).filter(|byte| class & bit(*byte) != 0).for_each(|byte| self.takes[usize::from(byte)] |= 1 << at);
        Some(Part { first: 1 << at, last: 1 << at, may_be_empty: false })
    }

    fn link(&mut self, last: Positions, first: Positions) {
        each(last, |at| self.after[at] |= first);
    }

    fn join(&mut self, one: Part, other: Part) -> Part {
        self.link(one.last, other.first);
        Part {
            first: one.first | if one.may_be_empty { other.first } else { 0 },
            last: other.last | if other.may_be_empty { one.last } else { 0 },
            may_be_empty: one.may_be_empty && other.may_be_empty,
        }
    }

    fn takes(&self, byte: u8) -> Positions {
        self.takes.get(usize::from(byte)).copied().unwrap_or(0)
    }

    /// Returns whether `bytes` lead from positions to one of `goals`; the first `word` are still of the keyword.
    fn leads<'b>(
        &self,
        mut reached: Positions,
        (bytes, word, links, goals): (impl Iterator<Item = &'b u8>, usize, &[Positions], Positions),
        fuel: &mut usize,
    ) -> bool {
        for (count, byte) in bytes.enumerate() {
            if count >= word && reached & goals != 0 {
                return true;
            }
            reached = self.takes(*byte) & next(reached, links);
            if reached == 0 {
                return false;
            }
            match fuel.checked_sub(1) {
                Some(less) => *fuel = less,
                None => return true,
            }
        }
        reached & goals != 0 || self.takes(b'\n') & next(reached, links) != 0
    }
}

impl Part {
    fn empty() -> Part {
        Part { first: 0, last: 0, may_be_empty: true }
    }
}

fn each(mut positions: Positions, mut visit: impl FnMut(usize)) {
    while positions != 0 {
        visit(positions.trailing_zeros() as usize);
        positions &= positions - 1;
    }
}

fn next(positions: Positions, links: &[Positions]) -> Positions {
    let mut reached = 0;
    each(positions, |at| reached |= links[at]);
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_match(expression: &str, keyword: &str, text: &str) -> bool {
        let around = Around::of(expression, false, &[keyword.to_string()], false);
        assert!(matches!(around, Around::Known(_)), "{expression}");
        let found = text.match_indices(keyword);
        found.map(|(at, _)| (at, at + keyword.len())).any(|at| around.may_match(text.as_bytes(), at, &mut 1_000_000))
    }

    #[test]
    fn what_stands_around_a_keyword_counts() {
        let token = r"(?P<secret>[a-f0-9]{4}-pat[A-Z]{3}\.[0-9]+)";
        assert!(may_match(token, "pat", "x 00ff-patABC.1 y"));
        for text in ["pattern", "00ff-patABC", "00ff-patABC.", "0ff-patABC.1", "00fg-patABC.1", "00ff-patABc.1"] {
            assert!(!may_match(token, "pat", text), "{text}");
        }
        assert!(may_match(token, "pat", "pat 00ff-patABC.1 pat"), "one of several");
    }

    #[test]
    fn beyond_a_line_anything_may_stand() {
        assert!(may_match(r"key\s?=\s?(?P<secret>x)", "key", "key ="));
        assert!(!may_match(r"key\s?=\s?(?P<secret>x)", "key", "key y"));
        assert!(may_match(r"a\s(?P<secret>key)", "key", "key") && !may_match(r"a\s(?P<secret>key)", "key", " bkey"));
    }

    #[test]
    fn repetitions_beyond_those_told_apart_are_any_number() {
        let long = "key=(?P<secret>(?:ab|cd){100,300})(?:ef){0,2}!";
        for (text, may) in [("key=ab!", false), (&format!("key={}ef!", "abcd".repeat(10)), true), ("key=ef!", false)] {
            assert_eq!(may_match(long, "key", text), may, "{text}");
        }
    }

    #[test]
    fn what_is_elsewhere_says_nothing() {
        let of = |expression| Around::of(expression, false, &["word".to_string()], true);
        assert!(matches!(of("[MN][a-z]{3}@(?P<secret>x)"), Around::Anything(needed) if needed == b"@"));
        assert!(matches!(of(r"\p{L}word"), Around::Anything(needed) if needed.is_empty()));
        let around = of("[MN]@(?P<secret>x)");
        assert!(around.is_met("a@b") && !around.is_met("ab") && around.may_match(b"word", (0, 4), &mut 0));
    }
}
