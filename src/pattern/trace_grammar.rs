//! Trace grammars: how a language prints a stack trace, read from `patterns/traces/*.toml`.
//! Leaves out reading traces with them: `event::trace` walks the lines.
//!
//! A grammar names the kinds of line a trace is made of. Patterns are tried at the start of a line, after
//! prefixes common to the block (container timestamps, `remote: `) were taken off; they may capture
//! `type`, `message`, `file`, `line` and `function`.

mod compile;
mod line;
mod schema;
mod seeker;
mod text_regex;

use std::collections::BTreeMap;

use aho_corasick::MatchKind;

use compile::compile;
pub(crate) use line::Line;
pub(crate) use schema::{CauseSide, ShouldMatch, ShouldNotMatch};
use schema::{GrammarFile, broken_laws};
pub(crate) use text_regex::{Captured, LazyRegex, TextRegexSet};

use self::seeker::Seeker;
use super::file::{PatternFile, held_to_the_law};
use super::problem::Problem;

/// A set that one word holds; the loader refuses more grammars than it has bits.
pub(crate) type GrammarBits = u64;

/// The trace grammars in use, compiled, with the literals that keep other lines cheap.
#[derive(Debug)]
pub struct TraceGrammars {
    pub(crate) grammars: Vec<TraceGrammar>,
    anchors: Literals,
    words: Literals,
}

/// One language's grammar, compiled.
#[derive(Debug)]
pub(crate) struct TraceGrammar {
    /// Tells it from every other grammar of the process.
    id: u64,
    pub(crate) language: String,
    pub(crate) outermost_first: bool,
    pub(crate) head_below: bool,
    pub(crate) patterns: Vec<LinePattern>,
    set: TextRegexSet,
    pub(crate) margin: Option<LazyRegex>,
    pub(crate) message_end: Vec<LazyRegex>,
    pub(crate) inline_cause: Option<String>,
    pub(crate) braces: bool,
    library: TextRegexSet,
    not_head: TextRegexSet,
    pub(crate) should_match: Vec<ShouldMatch>,
    pub(crate) should_not_match: Vec<ShouldNotMatch>,
    pub(crate) file: String,
    pub(crate) text: String,
}

/// What a line is to a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineKind {
    /// Begins a trace.
    Start,
    /// Rules a trace off from what was printed before; a start stands on the next line.
    Ruler,
    /// Names the exception.
    Head,
    /// One call.
    Frame,
    /// Completes the frame above it with file and line.
    Location,
    /// Relates two exceptions.
    Link,
    /// Names the exception that wraps the one above; any text between two stacks may.
    Between,
    /// Belongs to the trace and says nothing of the exception.
    Detail,
    /// Source code below a frame.
    Source,
    /// Comes after the frames; frames below it are not the exception's.
    Tail,
    /// Heads one of several stacks; only the first is the exception's.
    Stack,
}

/// One pattern of a grammar, compiled.
#[derive(Debug)]
pub(crate) struct LinePattern {
    pub(crate) kind: LineKind,
    anchored: LazyRegex,
    /// The same pattern anywhere in a line; for kinds by which a trace is found.
    anywhere: Option<LazyRegex>,
    pub(crate) options: PatternOptions,
}

/// What a pattern says besides its regular expression.
#[derive(Debug, Clone, Default)]
pub(crate) struct PatternOptions {
    /// The type, where the line itself names none.
    pub(crate) default_type: Option<String>,
    /// The trace is one even without a frame.
    pub(crate) complete: bool,
    /// The message stands on the lines below.
    pub(crate) message_below: bool,
    /// Head: believed only right beside a frame.
    pub(crate) weak: bool,
    /// Frame: printed in the other order than the grammar's.
    pub(crate) outermost_first: Option<bool>,
    /// Head: believed right below a start too.
    pub(crate) below_start: bool,
    /// Frame: one only if a location stands on the next line.
    pub(crate) two_lines: bool,
    /// Start: its place counts only where no frame is the application's.
    pub(crate) outermost: bool,
    /// Frame: what is printed above it ran because of the exception.
    pub(crate) raises: bool,
    /// Link: relation and side.
    pub(crate) link: Option<(String, CauseSide)>,
}

#[derive(Debug)]
struct Literals {
    /// Finds the first literal, fast; most lines have none.
    gate: Seeker,
    /// Finds all of them.
    all: Seeker,
    owners: Vec<GrammarBits>,
    /// Literals that count only at the start of a line, written with `^`.
    at_start: Vec<(String, GrammarBits)>,
}

impl TraceGrammars {
    /// Reads grammar files, each given as its name and its text, or tells everything that is wrong with them.
    pub fn load(files: &[(String, String)]) -> Result<TraceGrammars, Vec<Problem>> {
        TraceGrammars::read(&held_to_the_law(files))
    }

    /// The same for files of which ours may be known to keep the law.
    pub(crate) fn read(files: &[PatternFile]) -> Result<TraceGrammars, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut rows = Vec::new();
        let mut seen = BTreeMap::new();
        for file in files {
            let row: GrammarFile = match file.parse() {
                Ok(row) => row,
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            };
            let (name, text) = (file.name, file.text);
            if !file.is_proven() {
                problems.extend(broken_laws(name, text, &row));
            }
            if let Some(earlier) = seen.insert(row.language.get_ref().clone(), name) {
                let message = format!("language `{}` is already described in {earlier}", row.language.get_ref());
                let hint = "keep one file per language; a file of the same name replaces ours";
                problems.push(Problem::at(name, text, row.language.span(), message, hint));
            }
            rows.push((file, row));
        }
        if rows.len() > GrammarBits::BITS as usize {
            let (file, row) = &rows[GrammarBits::BITS as usize];
            let message = format!("there are more than {} trace grammars", GrammarBits::BITS);
            problems.push(Problem::at(
                file.name,
                file.text,
                row.language.span(),
                message,
                "remove the ones you do not need",
            ));
            return Err(problems);
        }
        let of = |pick: fn(&GrammarFile) -> Vec<String>| rows.iter().map(|(_, row)| pick(row)).collect::<Vec<_>>();
        let anchors = Literals::new(&of(|row| row.anchors.get_ref().clone()));
        let words = Literals::new(&of(|row| [row.anchors.get_ref().clone(), row.words.clone()].concat()));
        let mut grammars = Vec::new();
        for (file, row) in rows {
            grammars.extend(compile(*file, row, &mut problems));
        }
        match (anchors, words) {
            (Some(anchors), Some(words)) if problems.is_empty() => Ok(TraceGrammars { grammars, anchors, words }),
            _ => Err(problems),
        }
    }

    /// Returns how many regular expressions are compiled, and how many there are.
    pub(crate) fn compiled(&self) -> (usize, usize) {
        let sum = |(done, all): (usize, usize), (some, more): (usize, usize)| (done + some, all + more);
        self.grammars.iter().map(TraceGrammar::compiled).fold((0, 0), sum)
    }

    /// Returns the grammars by whose anchors `line` may hold the beginning or a frame of a trace.
    pub(crate) fn anchored(&self, line: &str) -> GrammarBits {
        self.anchors.find(line)
    }

    /// Returns the grammars of which `line` may be any part.
    pub(crate) fn mentioned(&self, line: &str) -> GrammarBits {
        self.words.find(line)
    }
}

impl TraceGrammar {
    /// Tells whether a pattern of `kind` matches at the start of `body`.
    pub(crate) fn is(&self, kind: LineKind, body: &str) -> bool {
        self.line(body).is_a(self, kind)
    }

    /// Returns where in `line` the first pattern of `kind` matches, behind whatever stands before it.
    pub(crate) fn find(&self, kind: LineKind, line: &str) -> Option<(usize, usize)> {
        self.line(line).find(self, kind)
    }

    /// The same, found out.
    fn seek(&self, kind: LineKind, line: &str) -> Option<(usize, usize)> {
        let patterns = self.patterns.iter().enumerate().filter(|(_, pattern)| pattern.kind == kind);
        patterns
            .filter_map(|(index, pattern)| Some((pattern.anywhere.as_ref()?.captures(line)?.start("at")?, index)))
            .min()
    }

    /// Tells whether a frame whose line reads `text` is a library's, the runtime's or generated code's.
    pub(crate) fn is_library(&self, text: &str) -> bool {
        self.library.is_match(text)
    }

    fn compiled(&self) -> (usize, usize) {
        let lines = self.patterns.iter().flat_map(|pattern| [Some(&pattern.anchored), pattern.anywhere.as_ref()]);
        let singles = lines.flatten().chain(&self.margin).chain(&self.message_end);
        let (done, all) = singles.fold((0, 0), |(done, all), one| (done + usize::from(one.is_compiled()), all + 1));
        let sets = [&self.set, &self.library, &self.not_head].map(TextRegexSet::compiled);
        sets.iter().fold((done, all), |(done, all), set| (done + set.0, all + set.1))
    }
}

impl Literals {
    fn new(per_grammar: &[Vec<String>]) -> Option<Literals> {
        let mut owners: BTreeMap<&str, GrammarBits> = BTreeMap::new();
        let mut at_start: BTreeMap<&str, GrammarBits> = BTreeMap::new();
        for (index, literals) in per_grammar.iter().enumerate() {
            for literal in literals {
                match literal.strip_prefix('^') {
                    Some(literal) => *at_start.entry(literal).or_default() |= 1 << index,
                    None => *owners.entry(literal).or_default() |= 1 << index,
                }
            }
        }
        let literals: Vec<String> = owners.keys().map(ToString::to_string).collect();
        let gate = Seeker::new(literals.clone(), MatchKind::LeftmostFirst)?;
        let all = Seeker::new(literals, MatchKind::Standard)?;
        let at_start = at_start.into_iter().map(|(literal, bits)| (literal.to_string(), bits)).collect();
        let owners = owners.into_values().collect();
        Some(Literals { gate, all, owners, at_start })
    }

    fn find(&self, line: &str) -> GrammarBits {
        let starts = self.at_start.iter().filter(|(literal, _)| line.starts_with(literal.as_str()));
        let mut bits = starts.fold(0, |bits, (_, owners)| bits | owners);
        if self.gate.get().is_match(line) {
            for found in self.all.get().find_overlapping_iter(line) {
                bits |= self.owners[found.pattern().as_usize()];
            }
        }
        bits
    }
}
