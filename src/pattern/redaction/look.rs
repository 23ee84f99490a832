//! A first look at a text, so that most are left as they are: which rules may find something, and whether numbers, lines
//! of keys, colours, marks or made-up runs stand in it. Leaves out finding them.
//!
//! The lines of traces come again and again, and what a line holds does not depend on the lines around it: no keyword has
//! a line end, and numbers are read up to one. So each thread remembers what lines hold.

use std::cell::RefCell;
use std::hash::BuildHasher;

use foldhash::HashMap;
use foldhash::fast::FixedState;

use super::plain::{self, Plain};
use super::{Announced, GENERAL, Redactions, is_wanted, key, numbers, scan, suspicion};

/// Lines that are remembered.
const LINES: usize = 16_384;
/// Lines of which it is known that they came once.
const SEEN: usize = 16_384;
/// Bytes of one of them.
const LONGEST: usize = 300;
/// A text of fewer lines is looked at as a whole.
const LEAST_LINES: usize = 3;

/// What a text holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// Rules of which a keyword stands where they may match.
    pub(super) rules: Announced,
    /// A word announces secrets.
    pub(super) suspicious: bool,
    /// A number is a personal datum.
    pub(super) numbers: bool,
    /// A line has the shape of one of a key.
    pub(super) shaped: bool,
    /// A colour or a mark stands in it.
    pub(super) passes: bool,
    /// A run looks made up.
    pub(super) made_up: bool,
}

impl Look {
    /// Returns whether nothing is replaced, nor anything told.
    pub(super) fn is_quiet(&self) -> bool {
        let told = self.suspicious && self.made_up;
        !(told || self.numbers || self.shaped) && self.rules.is_empty()
    }

    fn add(&mut self, other: &Look) {
        if self.rules.len() < other.rules.len() {
            self.rules.resize(other.rules.len(), 0);
        }
        self.rules.iter_mut().zip(&other.rules).for_each(|(all, one)| *all |= one);
        self.suspicious |= other.suspicious;
        self.numbers |= other.numbers;
        self.shaped |= other.shaped;
        self.passes |= other.passes;
        self.made_up |= other.made_up;
    }
}

#[derive(Default)]
struct Known {
    /// Of which rules.
    rules: u64,
    lines: HashMap<Box<str>, Look>,
    /// Hashes of lines that came: most messages never come again, and are not worth keeping.
    seen: Vec<u32>,
}

impl Known {
    /// Forgets what other rules said, and everything once it is much.
    fn of(&mut self, rules: &Redactions) -> &mut Known {
        let fits = self.rules == rules.number && !self.seen.is_empty();
        if !fits || self.lines.len() >= LINES {
            *self = Known { rules: rules.number, seen: vec![0; SEEN], ..Known::default() };
        }
        self
    }
}

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

impl Redactions {
    /// Looks at a text; `technical` where only secrets beyond doubt are asked for.
    pub(super) fn look(&self, text: &str, technical: bool) -> Look {
        let look = self.look_by_lines(text, technical);
        debug_assert!(self.is_complete(text, &look, technical), "more is found than was seen in {text}");
        look
    }

    fn look_by_lines(&self, text: &str, technical: bool) -> Look {
        let bytes = text.as_bytes();
        if technical
            || self.lines_in_keywords
            || !text.is_ascii()
            || memchr::memchr_iter(b'\n', bytes).nth(LEAST_LINES - 2).is_none()
        {
            return self.look_at(text, technical, false);
        }
        KNOWN.with_borrow_mut(|known| {
            let Known { lines, seen, .. } = known.of(self);
            let (mut all, mut start) = (Look::default(), 0);
            for end in memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]) {
                let line = &text[start..end];
                start = end + 1;
                if let Some(look) = lines.get(line) {
                    all.add(look);
                    continue;
                }
                let look = self.look_at(line, false, true);
                all.add(&look);
                if line.len() <= LONGEST {
                    let hash = FixedState::default().hash_one(line);
                    let mark = (hash >> 32) as u32 | 1;
                    if lines.len() < LINES && std::mem::replace(&mut seen[hash as usize % SEEN], mark) == mark {
                        lines.insert(line.into(), look);
                    }
                }
            }
            all
        })
    }

    /// Returns which rules the keywords of a text announce.
    pub(super) fn announced(&self, text: &str) -> Announced {
        let mut wanted = Announced::new();
        self.each_keyword(text, |rule, _, _| {
            wanted.resize(self.rules.len().div_ceil(64), 0);
            wanted[rule / 64] |= 1 << (rule % 64);
        });
        wanted
    }

    /// Hands on the rule of every keyword in a text, and where it stands.
    fn each_keyword(&self, text: &str, mut each: impl FnMut(usize, usize, usize)) {
        let words = || self.rules.iter().flat_map(|rule| &rule.keywords).cloned().collect();
        self.search.each(text, &words, |number, end| {
            let (rule, length, exact) = &self.needles[number];
            let start = end - length;
            // The words of tokens are short, and in one case only; most hits are parts of other words.
            if exact.as_deref().is_none_or(|word| word.as_bytes() == &text.as_bytes()[start..end]) {
                each(*rule, start, end);
            }
        });
    }

    /// Looks at a text, or at one line of a text.
    fn look_at(&self, text: &str, technical: bool, is_line: bool) -> Look {
        let mut look = Look { passes: plain::may_pass(text), ..Look::default() };
        let (bytes, ascii) = (text.as_bytes(), text.is_ascii());
        // However often keywords stand in a text, a bounded number of its bytes is looked at for each.
        let mut fuel = 1024 + 8 * bytes.len();
        self.each_keyword(text, |rule, start, end| {
            let of = &self.rules[rule];
            look.suspicious |= of.rank >= GENERAL;
            if technical && !of.technical || is_wanted(&look.rules, rule) {
                return;
            }
            if !ascii || of.around().may_match(bytes, (start, end), &mut fuel) {
                look.rules.resize(self.rules.len().div_ceil(64), 0);
                look.rules[rule / 64] |= 1 << (rule % 64);
            }
        });
        if !technical {
            look.numbers = scan::finds(text);
            look.shaped = if is_line { key::is_shaped(text) } else { key::has_shaped(text) };
            look.made_up = (is_line || look.suspicious) && suspicion::has_made_up(text);
        }
        look
    }

    /// Returns whether nothing is found in a text but what a look saw; in tests each text is asked.
    fn is_complete(&self, text: &str, look: &Look, technical: bool) -> bool {
        let announced = self.announced(text);
        let finds = |rule: usize| {
            let mut finds = Vec::new();
            self.rules[rule].find(text, rule, &mut finds);
            !finds.is_empty()
        };
        let unseen = |rule: &usize| {
            let of = &self.rules[*rule];
            !(technical && !of.technical || is_wanted(&look.rules, *rule) && of.around().is_met(text))
        };
        let suspicious = numbers(&announced).any(|rule| self.rules[rule].rank >= GENERAL);
        !numbers(&announced).filter(unseen).any(finds)
            && look.suspicious == suspicious
            && (look.passes || Plain::of(text).is_none())
            && (technical
                || (look.numbers || !scan::finds(text))
                    && look.shaped == key::has_shaped(text)
                    && (look.made_up || !suspicious || !suspicion::holds_unknown(text, &[])))
    }
}

#[cfg(test)]
mod tests {
    use super::super::around::Around;
    use super::super::sample;
    use super::*;

    /// Texts with values of every rule, and texts that look similar.
    fn texts(rules: &Redactions) -> Vec<String> {
        let mut texts = Vec::new();
        for (number, rule) in rules.rules().enumerate() {
            for shape in &rule.shapes {
                let value = sample(shape, number as u64).expect("a shape");
                texts.push(rule.example.replace("{secret}", &value));
                texts.push(format!("{}: {value}", rule.name.as_deref().unwrap_or("at")));
            }
            texts.extend(rule.keywords.iter().map(|word| format!("a {word} b, {word}=1 {word}c")));
        }
        texts
    }

    #[test]
    fn what_a_look_passes_over_is_not_found() {
        let rules = Redactions::built_in().expect("ours");
        let texts = texts(&rules);
        let (mut seed, mut quiet) = (5u64, 0);
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % below
        };
        for text in &texts {
            for _ in 0..4 {
                // Cut, spread over lines, in another case, next to another one.
                let other = &texts[random(texts.len())];
                let cut = text.floor_char_boundary(text.len() - random(text.len().min(6)));
                let blank = [" ", "\n", "é ", "", "\r\n\t"][random(5)];
                let mut made = format!("\n{}{blank}{other}\nat x", &text[..cut]);
                if random(4) == 0 {
                    made = made.replace([' ', '='], "\n");
                }
                if random(4) == 0 {
                    made = made.to_ascii_uppercase();
                }
                // The second time lines are remembered, and the third they are known.
                for _ in 0..3 {
                    let look = rules.look_by_lines(&made, false);
                    assert!(rules.is_complete(&made, &look, false), "{made}");
                    quiet += usize::from(look.is_quiet());
                }
                let look = rules.look_by_lines(&made, true);
                assert!(rules.is_complete(&made, &look, true), "{made}");
            }
        }
        assert!(quiet > 0);
    }

    #[test]
    fn a_text_beyond_ascii_is_asked_whole() {
        // The keyword need not be part of what such a rule finds there, nor stand in its line.
        let file = r#"
[[redaction]]
id = "counter"
about = "a number behind a word"
keywords = ["key"]
pattern = '(?:key|[^\x00-\x7F]{2,9})=(?P<secret>\d{6})'
shapes = ["{n6}"]
should_match = [{ text = "key={secret}", redacted = "key=<counter>" }]
should_not_match = [{ text = "key=12", reason = "too short" }]
"#;
        let told = |problems: Vec<crate::pattern::Problem>| -> Redactions {
            panic!("{}", problems.iter().map(ToString::to_string).collect::<String>())
        };
        let rules =
            Redactions::load(&[("patterns/redactions/own.toml".to_string(), file.to_string())]).unwrap_or_else(told);
        for text in ["key\nx\n\u{43a}\u{43b}\u{44e}\u{447}=123456", "x\ny\nkey=123456"] {
            let mut tally = crate::pattern::Tally::default();
            assert!(!rules.redact(text, &mut tally).contains("123456"), "{text}");
        }
    }

    #[test]
    fn nearly_all_expressions_are_known() {
        let rules = Redactions::built_in().expect("ours");
        let unknown: Vec<&str> = rules
            .rules()
            .filter(|rule| !rule.keywords.is_empty() && matches!(rule.around(), Around::Anything(_)))
            .map(|rule| rule.id.as_str())
            .collect();
        assert!(unknown.len() < 12, "{unknown:?}");
    }

    #[test]
    fn words_around_keywords_run_no_expression() {
        let rules = Redactions::built_in().expect("ours");
        for text in [
            "at com.acme.PatternService.compile(PatternService.java:361)",
            "duplicate key value violates unique constraint \"audit_release_key\"",
            "GET /v1/session/2545708/merge?page=11",
            "the author of secretary-1 was compatible",
        ] {
            let run: Vec<&str> = numbers(&rules.look(text, false).rules).map(|rule| &*rules.rules[rule].id).collect();
            assert_eq!(run, [""; 0], "{text}");
        }
    }
}
