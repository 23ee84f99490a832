//! Redaction: secrets and personal data in a text are replaced by marks that say of what kind they were.
//! Leaves out which fields of an entry are texts (`redact`), and how a mark is read again (`mark`).
//!
//! One search for all keywords says which expressions run at all, and what stands around a keyword whether they may match
//! (`look`); what no keyword announces (addresses of machines, card and telephone numbers) is found by a scan. Of
//! overlapping finds the earliest wins, then the more specific rule, then the longer. What is marked already stays, so that redacting twice is redacting once.

mod address;
mod around;
mod checks;
mod file;
mod key;
mod keywords;
mod look;
mod named;
mod plain;
mod reading;
mod scan;
mod setup;
mod shape;
mod suspicion;
mod syntax;
mod tally;
mod telephone;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use self::around::Around;
use self::checks::{Check, entropy, is_symbol};
pub(crate) use self::key::KeyState;
use self::keywords::Keywords;
use self::look::Look;
use self::plain::Plain;
use self::setup::Setup;
pub use self::shape::sample;
pub use self::tally::Tally;
use super::expression::{Expression, count};
use super::file::{PatternFile, held_to_the_law, ours};
use super::{Problem, mark};

/// The rules of all files, ready to apply; by default none.
#[derive(Debug, Default)]
pub struct Redactions {
    rules: Vec<Rule>,
    /// The kind of each rule, numbered.
    kinds: Vec<String>,
    kind_of: Vec<u16>,
    /// For each kind of the scan the rule that speaks for it.
    scanned: [Option<usize>; scan::SCANNED.len()],
    /// For each keyword its rule and its length, and the keyword where its case counts.
    needles: Vec<(usize, usize, Option<Box<str>>)>,
    /// Whether a keyword holds a line end.
    lines_in_keywords: bool,
    search: Keywords,
    setup: Setup,
    /// Tells these rules from others.
    number: u64,
}

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// One sentence: what it recognises.
    pub about: String,
    /// What a mark says.
    pub kind: String,
    regex: Expression,
    around: OnceLock<Around>,
    scan: Option<usize>,
    keywords: Vec<String>,
    check: Option<Check>,
    entropy: Option<f64>,
    lines: bool,
    technical: bool,
    rank: u8,
    named: bool,
    /// The expression finds the name alone; its value is read by hand.
    names: bool,
    /// Shapes of its values, see [`sample`].
    pub shapes: Vec<String>,
    /// How its value is called where a name has to announce it.
    pub name: Option<String>,
    /// A text with such a value, which is written as `{secret}`.
    pub example: String,
    examples: (usize, usize),
}

/// Which rules the keywords of a text announce, as bits; empty where none does.
type Announced = Vec<u64>;

#[derive(Debug)]
struct Find {
    span: Range<usize>,
    rule: usize,
}

impl Rule {
    /// Returns whether it is a secret beyond doubt, whatever stands around it.
    pub fn technical(&self) -> bool {
        self.technical
    }

    /// Returns whether a name has to announce its value, in any notation.
    pub fn is_announced(&self) -> bool {
        self.named
    }

    /// Returns whether its value is read in every notation, and not by one expression.
    pub fn reads_notations(&self) -> bool {
        self.names
    }

    /// Returns how many examples it carries.
    pub fn examples(&self) -> usize {
        self.examples.0 + self.examples.1
    }
}

impl Redactions {
    /// Reads redaction files in order; a later file adds to the earlier ones or replaces a rule by its id.
    pub fn load(files: &[(String, String)]) -> Result<Redactions, Vec<Problem>> {
        file::load(&held_to_the_law(files))
    }

    /// The same for files that may all be known to keep the law.
    pub(crate) fn read(files: &[PatternFile]) -> Result<Redactions, Vec<Problem>> {
        file::load(files)
    }

    /// Returns the rules that the program carries.
    pub fn built_in() -> Result<Redactions, Vec<Problem>> {
        file::load(&ours().filter(|file| file.name.starts_with("patterns/redactions/")).collect::<Vec<_>>())
    }

    /// Returns all rules, the specific ones first.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }

    /// Returns how many regular expressions are compiled, and how many there are.
    pub(crate) fn compiled(&self) -> (usize, usize) {
        count(self.expressions())
    }

    /// Returns the regular expressions.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.rules.iter().filter(|rule| rule.scan.is_none()).map(|rule| &rule.regex)
    }

    fn assemble(rules: Vec<Rule>) -> Redactions {
        let mut kinds: Vec<String> = Vec::new();
        let (mut kind_of, mut needles, mut scanned) = (Vec::new(), Vec::new(), [None; scan::SCANNED.len()]);
        for (at, rule) in rules.iter().enumerate() {
            let kind = kinds.iter().position(|kind| *kind == rule.kind).unwrap_or_else(|| {
                kinds.push(rule.kind.clone());
                kinds.len() - 1
            });
            kind_of.push(kind as u16);
            let exact = |word: &String| rule.technical.then(|| word.as_str().into());
            needles.extend(rule.keywords.iter().map(|word| (at, word.len(), exact(word))));
            if let Some(scan) = rule.scan {
                scanned[scan] = Some(at);
            }
        }
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let lines_in_keywords = rules.iter().flat_map(|rule| &rule.keywords).any(|word| word.contains('\n'));
        Redactions { rules, kinds, kind_of, scanned, needles, lines_in_keywords, number, ..Redactions::default() }
    }

    /// Returns a number that no other rules have, for remembering what they leave as it is.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Returns `text` with every secret and every personal datum replaced by its mark, which `tally` counts.
    pub fn redact<'t>(&self, text: &'t str, tally: &mut Tally) -> Cow<'t, str> {
        self.rewrite(text, tally, false)
    }

    /// The same for an identifier that evidence is looked up by: only what is a secret beyond doubt is replaced.
    pub fn redact_id<'t>(&self, text: &'t str, tally: &mut Tally) -> Cow<'t, str> {
        self.rewrite(text, tally, true)
    }

    fn rewrite<'t>(&self, text: &'t str, tally: &mut Tally, technical: bool) -> Cow<'t, str> {
        let look = self.look(text, technical);
        if look.passes
            && let Some(plain) = Plain::of(text)
        {
            return self.rewrite_plain(text, &plain, tally, technical);
        }
        if look.is_quiet() {
            return Cow::Borrowed(text);
        }
        let finds = self.finds_of(text, &look, technical);
        let (mut out, mut done) = (String::new(), 0);
        for find in &finds {
            let kind = self.kind_of[find.rule];
            out.push_str(&text[done..find.span.start]);
            tally.add(kind);
            let value = &text[find.span.clone()];
            out.push_str(&self.setup.mark(&self.kinds[usize::from(kind)], value));
            done = find.span.end;
        }
        if !technical && look.suspicious && look.made_up && suspicion::holds_unknown(text, &finds) {
            tally.flag();
        }
        if done == 0 {
            return Cow::Borrowed(text);
        }
        out.push_str(&text[done..]);
        Cow::Owned(out)
    }

    /// The same for a text with colours, or with what looks like a mark before a value: both stay where they stand.
    fn rewrite_plain<'t>(&self, text: &'t str, plain: &Plain, tally: &mut Tally, technical: bool) -> Cow<'t, str> {
        let look = self.look(&plain.text, technical);
        let finds = self.finds_of(&plain.text, &look, technical);
        if !technical && look.suspicious && look.made_up && suspicion::holds_unknown(&plain.text, &finds) {
            tally.flag();
        }
        if finds.is_empty() {
            return Cow::Borrowed(text);
        }
        let (mut out, mut done, mut passed) = (String::new(), 0, plain.passed.iter().peekable());
        // Copies up to `end`, or nothing but what was passed over on the way.
        let mut copy = |out: &mut String, end: usize, copies: bool| {
            while let Some((at, stands, of)) = passed.next_if(|(at, ..)| if copies { *at <= end } else { *at < end }) {
                if copies {
                    out.push_str(&plain.text[done.min(*at)..*at]);
                }
                out.push_str(&text[of.clone()]);
                done = at + stands;
            }
            if copies {
                out.push_str(&plain.text[done.min(end)..end]);
            }
            done = done.max(end);
        };
        for find in &finds {
            copy(&mut out, find.span.start, true);
            let kind = self.kind_of[find.rule];
            tally.add(kind);
            out.push_str(&self.setup.mark(&self.kinds[usize::from(kind)], &plain.text[find.span.clone()]));
            copy(&mut out, find.span.end, false);
        }
        copy(&mut out, plain.text.len(), true);
        Cow::Owned(out)
    }

    /// Returns what is replaced, in order and without overlaps.
    fn finds_of(&self, text: &str, look: &Look, technical: bool) -> Vec<Find> {
        let mut finds = Vec::new();
        for at in numbers(&look.rules) {
            let rule = &self.rules[at];
            if (!technical || rule.technical) && rule.around().is_met(text) {
                rule.find(text, at, &mut finds);
            }
        }
        if !technical {
            if look.numbers {
                let mut scanned = Vec::new();
                scan::scan(text, &mut scanned);
                let find = |(kind, span)| Some(Find { span, rule: self.scanned[kind]? });
                finds.extend(scanned.into_iter().filter_map(find));
            }
            if look.shaped
                && let Some(rule) = self.key_rule()
                && !is_wanted(&look.rules, rule)
            {
                key::spans(text, None, &mut KeyState::default(), |span| finds.push(Find { span, rule }));
            }
        }
        if finds.is_empty() {
            return finds;
        }
        let marks: Vec<Range<usize>> = mark::marks(text).map(|mark| mark.span).collect();
        finds.retain(|find| !in_mark(&marks, &find.span));
        finds.sort_by_key(|find| {
            (find.span.start, self.rules[find.rule].rank, std::cmp::Reverse(find.span.end), find.rule)
        });
        let mut end = 0;
        finds.retain_mut(|find| {
            // What a secret has beyond an earlier find is as secret; the host behind a password is no mailbox.
            let counts = find.span.start >= end || (find.span.end > end && self.rules[find.rule].rank < PERSONAL);
            if counts {
                find.span.start = find.span.start.max(end);
                end = find.span.end;
            }
            counts
        });
        finds
    }

    /// Returns whether the rule would replace something in `text`; the law on examples asks this.
    fn finds(&self, rule: usize, text: &str) -> bool {
        let mut finds = Vec::new();
        let of = &self.rules[rule];
        match of.scan {
            Some(kind) => {
                let mut scanned = Vec::new();
                scan::scan(text, &mut scanned);
                scanned.iter().any(|(found, _)| *found == kind)
            }
            None => {
                of.find(text, rule, &mut finds);
                !finds.is_empty() && is_wanted(&self.announced(text), rule)
            }
        }
    }
}

/// Returns the rules that are announced; mostly there is none.
fn numbers(announced: &Announced) -> impl Iterator<Item = usize> {
    announced.iter().enumerate().flat_map(|(at, bits)| {
        let mut left = *bits;
        std::iter::from_fn(move || {
            let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(at * 64 + bit)
        })
    })
}

/// Returns whether the keywords of a text announce a rule.
fn is_wanted(announced: &Announced, rule: usize) -> bool {
    announced.get(rule / 64).is_some_and(|bits| bits >> (rule % 64) & 1 == 1)
}

/// Rules of this rank and beyond know a value by the word before it.
const GENERAL: u8 = 2;
/// Rules of this rank know personal data.
const PERSONAL: u8 = 4;

/// Whether a find begins in a mark or is one: what is marked stays.
fn in_mark(marks: &[Range<usize>], span: &Range<usize>) -> bool {
    let before = marks.partition_point(|mark| mark.start <= span.start);
    let inside = before.checked_sub(1).is_some_and(|at| span.start < marks[at].end);
    // A find that ends within a mark would cut it.
    let cut = marks.get(before).is_some_and(|mark| mark.start < span.end && span.end < mark.end);
    inside || cut
}

impl Rule {
    /// Returns the rule for a field whose values tell a person, in any notation.
    fn of_field(field: &str, kind: &str) -> Rule {
        let name = regex::escape(field);
        let text = format!(
            r#"(?i)(?:^|[^A-Za-z0-9_-]){name}["'`\\]{{0,4}}\s{{0,3}}(?:=>|[=:]|%3D)\s{{0,3}}["'`\\]{{0,4}}(?P<secret>[^\s"'`&;,<>(){{}}\[\]\\|%]+)"#
        );
        Rule {
            id: format!("field {field}"),
            about: "a field that the settings name".to_string(),
            kind: kind.to_string(),
            // An escaped name cannot break the expression around it.
            regex: Expression::proven(&text),
            around: OnceLock::new(),
            scan: None,
            keywords: vec![field.to_string()],
            check: Some(Check::Password),
            entropy: None,
            lines: false,
            technical: false,
            rank: 0,
            named: true,
            names: false,
            shapes: Vec::new(),
            name: Some(field.to_string()),
            example: format!("{field}={{secret}}"),
            examples: (0, 0),
        }
    }

    /// Whether a value begins with a word that nothing but such values begins with, whatever stands before.
    fn announces_itself(&self, value: &str) -> bool {
        let is_own = |word: &String| word.len() >= 4 && word.contains(['_', '-']) && value.starts_with(word.as_str());
        self.keywords.iter().any(is_own)
    }

    /// Returns what must stand around its keywords.
    fn around(&self) -> &Around {
        self.around.get_or_init(|| match self.lines {
            true => Around::Anything(Vec::new()),
            false => Around::of(self.regex.text(), self.names, &self.keywords, !self.technical),
        })
    }

    fn find(&self, text: &str, rule: usize, finds: &mut Vec<Find>) {
        if self.lines {
            key::spans(text, None, &mut KeyState::default(), |span| finds.push(Find { span, rule }));
            return;
        }
        if self.names {
            return self.read_named(text, rule, finds);
        }
        let bytes = text.as_bytes();
        for found in self.regex.captures_iter(text) {
            let (Some(whole), Some(secret)) = (found.get(0), found.name("secret")) else { continue };
            let (mut start, end) = (secret.start(), secret.end());
            start += escape(bytes, start, end);
            let value = &text[start..end];
            let free = self.named
                || scan::begins_freely(bytes, start)
                || whole.start() < secret.start()
                || self.technical && (bytes[start - 1] == b'_' || self.announces_itself(value));
            let closed = value.ends_with(|last: char| !last.is_ascii_alphanumeric())
                || bytes.get(end).is_none_or(|next| !next.is_ascii_alphanumeric());
            let passes = self.check.is_none_or(|check| check.passes(value, &text[whole.start()..start]))
                && self.entropy.is_none_or(|least| entropy(value) >= least);
            // `salesforce: SessionExpired1`, `datadog_trace_id=…`.
            let other = self.named && (is_symbol(value) || reading::names_trace(&text[whole.start()..start]));
            if value.is_empty() || !free || !closed || !passes || other {
                continue;
            }
            finds.push(Find { span: start..end, rule });
        }
    }
}

/// Returns how many bytes at `start` belong to an escape before it: the `n` of `\n`, the `3D` of `%3D`.
fn escape(bytes: &[u8], start: usize, end: usize) -> usize {
    let hex =
        |from: usize, count: usize| from + count < end && bytes[from..from + count].iter().all(u8::is_ascii_hexdigit);
    match start.checked_sub(1).map(|at| bytes[at]) {
        Some(b'\\') if start + 1 < end && matches!(bytes[start], b'n' | b'r' | b't') => 1,
        Some(b'\\') if bytes[start] == b'u' && hex(start + 1, 4) => 5,
        Some(b'%') if hex(start, 2) => 2,
        _ => 0,
    }
}
