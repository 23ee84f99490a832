//! Trace grammars: how a language prints a stack trace, read from `patterns/traces/*.toml`.
//! Leaves out reading traces with them: `event::trace` walks the lines.
//!
//! A grammar names the kinds of line a trace is made of. Patterns are tried at the start of a line, after
//! prefixes common to the block (container timestamps, `remote: `) were taken off; they may capture
//! `type`, `message`, `file`, `line` and `function`.

use std::collections::BTreeMap;

use aho_corasick::AhoCorasick;
use regex::{Captures, Regex, RegexSet};
use serde::Deserialize;
use toml::Spanned;

use super::problem::{Problem, parse_toml};

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
    pub(crate) language: String,
    pub(crate) outermost_first: bool,
    pub(crate) head_below: bool,
    pub(crate) patterns: Vec<LinePattern>,
    set: RegexSet,
    pub(crate) margin: Option<Regex>,
    pub(crate) message_end: Vec<Regex>,
    pub(crate) inline_cause: Option<String>,
    pub(crate) braces: bool,
    library: RegexSet,
    not_head: RegexSet,
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
    /// Names the exception.
    Head,
    /// One call.
    Frame,
    /// Completes the frame above it with file and line.
    Location,
    /// Relates two exceptions.
    Link,
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
    anchored: Regex,
    /// The same pattern anywhere in a line; for kinds by which a trace is found.
    anywhere: Option<Regex>,
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
    /// Frame: one only if a location stands on the next line.
    pub(crate) two_lines: bool,
    /// Link: relation and side.
    pub(crate) link: Option<(String, CauseSide)>,
}

/// On which side of a link the cause stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CauseSide {
    /// What was printed before is the cause of what follows.
    Above,
    /// What follows is the cause of what was printed before.
    Below,
    /// The inner exception ends; what follows belongs to the one around it.
    Leave,
}

#[derive(Debug)]
struct Literals {
    automaton: AhoCorasick,
    owners: Vec<(GrammarBits, bool)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GrammarFile {
    language: Spanned<String>,
    #[serde(default)]
    frames: FrameOrder,
    #[serde(default)]
    head_stands: HeadSide,
    anchors: Spanned<Vec<String>>,
    #[serde(default)]
    words: Vec<String>,
    margin: Option<Spanned<String>>,
    #[serde(default)]
    message_end: Vec<Spanned<String>>,
    inline_cause: Option<String>,
    #[serde(default)]
    braces: bool,
    #[serde(default)]
    start: Vec<StartRow>,
    #[serde(default)]
    head: Vec<HeadRow>,
    #[serde(default)]
    frame: Vec<FrameRow>,
    #[serde(default)]
    link: Vec<LinkRow>,
    #[serde(default)]
    location: Vec<Spanned<String>>,
    #[serde(default)]
    detail: Vec<Spanned<String>>,
    #[serde(default)]
    source: Vec<Spanned<String>>,
    #[serde(default)]
    tail: Vec<Spanned<String>>,
    #[serde(default)]
    stack: Vec<Spanned<String>>,
    #[serde(default)]
    library: Vec<Spanned<String>>,
    #[serde(default)]
    not_head: Vec<Spanned<String>>,
    #[serde(default)]
    should_match: Vec<ShouldMatch>,
    #[serde(default)]
    should_not_match: Vec<ShouldNotMatch>,
}

#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq)]
enum FrameOrder {
    #[default]
    #[serde(rename = "innermost first")]
    InnermostFirst,
    #[serde(rename = "outermost first")]
    OutermostFirst,
}

#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq)]
enum HeadSide {
    #[default]
    #[serde(rename = "above frames")]
    Above,
    #[serde(rename = "below frames")]
    Below,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StartRow {
    pattern: Spanned<String>,
    #[serde(rename = "type")]
    default_type: Option<String>,
    #[serde(default)]
    complete: bool,
    #[serde(default)]
    message_below: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadRow {
    pattern: Spanned<String>,
    #[serde(rename = "type")]
    default_type: Option<String>,
    /// May stand in the middle of a line, behind a log record's header.
    #[serde(default)]
    inline: bool,
    #[serde(default)]
    weak: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrameRow {
    pattern: Spanned<String>,
    frames: Option<FrameOrder>,
    /// A frame only if a location stands on the next line.
    #[serde(default)]
    two_lines: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkRow {
    pattern: Spanned<String>,
    #[serde(default)]
    relation: String,
    cause: CauseSide,
    #[serde(rename = "type")]
    default_type: Option<String>,
    /// The message stands on the lines below; a trace with such a link needs no frame.
    #[serde(default)]
    message_below: bool,
}

/// A text that holds a trace, with what must be read from it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShouldMatch {
    pub(crate) text: Spanned<String>,
    #[serde(rename = "type")]
    pub(crate) type_name: Option<String>,
    pub(crate) message: Option<String>,
    /// Innermost frame of the application: `file:line function`, parts that are unknown left out.
    pub(crate) frame: Option<String>,
    /// The chain, nearest first: `relation Type`.
    #[serde(default)]
    pub(crate) chain: Vec<String>,
}

/// A text that looks similar and holds no trace, with the reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShouldNotMatch {
    pub(crate) text: Spanned<String>,
    pub(crate) reason: Spanned<String>,
}

impl TraceGrammars {
    /// Reads grammar files, each given as its name and its text, or tells everything that is wrong with them.
    pub fn load(files: &[(String, String)]) -> Result<TraceGrammars, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut rows = Vec::new();
        let mut seen = BTreeMap::new();
        for (file, text) in files {
            let row: GrammarFile = match parse_toml(file, text) {
                Ok(row) => row,
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            };
            problems.extend(broken_laws(file, text, &row));
            if let Some(earlier) = seen.insert(row.language.get_ref().clone(), file) {
                let message = format!("language `{}` is already described in {earlier}", row.language.get_ref());
                let hint = "keep one file per language; a file of the same name replaces ours";
                problems.push(Problem::at(file, text, row.language.span(), message, hint));
            }
            rows.push((file, text, row));
        }
        if rows.len() > GrammarBits::BITS as usize {
            let (file, text, row) = &rows[GrammarBits::BITS as usize];
            let message = format!("there are more than {} trace grammars", GrammarBits::BITS);
            problems.push(Problem::at(file, text, row.language.span(), message, "remove the ones you do not need"));
            return Err(problems);
        }
        let of = |pick: fn(&GrammarFile) -> Vec<String>| rows.iter().map(|(_, _, row)| pick(row)).collect::<Vec<_>>();
        let anchors = Literals::new(&of(|row| row.anchors.get_ref().clone()));
        let words = Literals::new(&of(|row| [row.anchors.get_ref().clone(), row.words.clone()].concat()));
        let mut grammars = Vec::new();
        for (file, text, row) in rows {
            grammars.extend(compile(file, text, row, &mut problems));
        }
        match (anchors, words) {
            (Some(anchors), Some(words)) if problems.is_empty() => Ok(TraceGrammars { grammars, anchors, words }),
            _ => Err(problems),
        }
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
    /// Returns the indexes of the patterns that match at the start of `body`, in the order they are tried.
    pub(crate) fn matches(&self, body: &str) -> Vec<usize> {
        self.set.matches(body).into_iter().collect()
    }

    /// Tells whether a pattern of `kind` matches at the start of `body`.
    pub(crate) fn is(&self, kind: LineKind, body: &str) -> bool {
        self.matches(body).into_iter().any(|index| self.patterns[index].kind == kind)
    }

    /// Returns what pattern `index` captures at the start of `body`.
    pub(crate) fn captures<'a>(&self, index: usize, body: &'a str) -> Option<Captures<'a>> {
        self.patterns.get(index)?.anchored.captures(body)
    }

    /// Returns where in `line` the first pattern of `kind` matches, behind whatever stands before it.
    pub(crate) fn find(&self, kind: LineKind, line: &str) -> Option<(usize, usize)> {
        let patterns = self.patterns.iter().enumerate().filter(|(_, pattern)| pattern.kind == kind);
        patterns
            .filter_map(|(index, pattern)| {
                Some((pattern.anywhere.as_ref()?.captures(line)?.name("at")?.start(), index))
            })
            .min()
    }

    /// Tells whether a frame whose line reads `text` is a library's, the runtime's or generated code's.
    pub(crate) fn is_library(&self, text: &str) -> bool {
        self.library.is_match(text)
    }

    /// Tells whether `body` looks like the head of a trace but is known not to be one.
    pub(crate) fn is_not_head(&self, body: &str) -> bool {
        self.not_head.is_match(body)
    }
}

impl Literals {
    fn new(per_grammar: &[Vec<String>]) -> Option<Literals> {
        let mut owners: BTreeMap<(String, bool), GrammarBits> = BTreeMap::new();
        for (index, literals) in per_grammar.iter().enumerate() {
            for literal in literals {
                let at_start = literal.starts_with('^');
                let plain = literal.strip_prefix('^').unwrap_or(literal);
                *owners.entry((plain.to_string(), at_start)).or_default() |= 1 << index;
            }
        }
        let automaton = AhoCorasick::new(owners.keys().map(|(literal, _)| literal)).ok()?;
        let owners = owners.into_iter().map(|((_, at_start), bits)| (bits, at_start)).collect();
        Some(Literals { automaton, owners })
    }

    fn find(&self, line: &str) -> GrammarBits {
        let mut bits = 0;
        for found in self.automaton.find_overlapping_iter(line) {
            let (owner, at_start) = self.owners[found.pattern().as_usize()];
            if !at_start || found.start() == 0 {
                bits |= owner;
            }
        }
        bits
    }
}

fn broken_laws(file: &str, text: &str, row: &GrammarFile) -> Vec<Problem> {
    let language = row.language.get_ref();
    let at_language = |message: String, hint: &str| Problem::at(file, text, row.language.span(), message, hint);
    let mut problems = Vec::new();
    if row.should_match.is_empty() {
        let message = format!("trace grammar `{language}` has no should_match example");
        problems
            .push(at_language(message, "add a [[should_match]] with a trace and the type, message and frame in it"));
    }
    if row.should_not_match.is_empty() {
        let message = format!("trace grammar `{language}` has no should_not_match example");
        problems.push(at_language(message, "add a text that looks similar but must not match, with a reason"));
    }
    if row.start.is_empty() && row.frame.is_empty() {
        let message = format!("trace grammar `{language}` has neither a start nor a frame");
        problems.push(at_language(message, "add [[start]] or [[frame]] with a pattern"));
    }
    if row.anchors.get_ref().iter().all(|anchor| anchor.len() < 2) || row.anchors.get_ref().iter().any(String::is_empty)
    {
        let message = format!("trace grammar `{language}` needs anchors of at least two characters");
        let hint = "name texts of which one stands in every line that begins a trace or is a frame";
        problems.push(Problem::at(file, text, row.anchors.span(), message, hint));
    }
    for example in &row.should_not_match {
        if example.reason.get_ref().trim().is_empty() {
            let hint = "say why this text is not a trace";
            problems.push(Problem::at(file, text, example.reason.span(), "the reason is empty", hint));
        }
    }
    for link in &row.link {
        if link.relation.is_empty() && link.cause != CauseSide::Leave {
            let hint = "add relation = \"caused by\", \"during handling of\", \"suppressed\" or \"grouped\"";
            problems.push(Problem::at(file, text, link.pattern.span(), "the link names no relation", hint));
        }
    }
    problems
}

fn compile(file: &str, text: &str, row: GrammarFile, problems: &mut Vec<Problem>) -> Option<TraceGrammar> {
    let outermost = |order: FrameOrder| order == FrameOrder::OutermostFirst;
    let mut compiler = Compiler { file, text, problems, patterns: Vec::new(), sources: Vec::new() };
    for link in row.link {
        let options = PatternOptions {
            default_type: link.default_type,
            link: Some((link.relation, link.cause)),
            complete: link.message_below,
            message_below: link.message_below,
            ..PatternOptions::default()
        };
        compiler.add(LineKind::Link, &link.pattern, false, options);
    }
    for start in row.start {
        let options = PatternOptions {
            default_type: start.default_type,
            complete: start.complete,
            message_below: start.message_below,
            ..PatternOptions::default()
        };
        compiler.add(LineKind::Start, &start.pattern, true, options);
    }
    for frame in row.frame {
        let options = PatternOptions {
            outermost_first: frame.frames.map(outermost),
            two_lines: frame.two_lines,
            ..PatternOptions::default()
        };
        compiler.add(LineKind::Frame, &frame.pattern, true, options);
    }
    let plain = [
        (LineKind::Location, row.location),
        (LineKind::Stack, row.stack),
        (LineKind::Detail, row.detail),
        (LineKind::Tail, row.tail),
        (LineKind::Source, row.source),
    ];
    for (kind, patterns) in plain {
        for pattern in patterns {
            compiler.add(kind, &pattern, false, PatternOptions::default());
        }
    }
    for head in row.head {
        let options = PatternOptions { default_type: head.default_type, weak: head.weak, ..PatternOptions::default() };
        compiler.add(LineKind::Head, &head.pattern, head.inline, options);
    }
    let margin = row.margin.as_ref().and_then(|margin| compiler.regex(margin, "^(?:", ")"));
    let message_end = row.message_end.iter().filter_map(|end| compiler.regex(end, "(?s)(?:", ")$")).collect();
    let library = compiler.set(&row.library);
    let not_head = compiler.set(&row.not_head);
    let Compiler { patterns, sources, .. } = compiler;
    let set = RegexSet::new(&sources).ok()?;
    Some(TraceGrammar {
        language: row.language.into_inner(),
        outermost_first: outermost(row.frames),
        head_below: row.head_stands == HeadSide::Below,
        patterns,
        set,
        margin,
        message_end,
        inline_cause: row.inline_cause,
        braces: row.braces,
        library: library?,
        not_head: not_head?,
        should_match: row.should_match,
        should_not_match: row.should_not_match,
        file: file.to_string(),
        text: text.to_string(),
    })
}

struct Compiler<'a> {
    file: &'a str,
    text: &'a str,
    problems: &'a mut Vec<Problem>,
    patterns: Vec<LinePattern>,
    sources: Vec<String>,
}

impl Compiler<'_> {
    fn add(&mut self, kind: LineKind, pattern: &Spanned<String>, anywhere: bool, options: PatternOptions) {
        let Some(anchored) = self.regex(pattern, "^(?:", ")") else { return };
        // Behind a record's header a pattern begins after a space or a separator, never inside a word.
        let anywhere = match anywhere {
            true => self.regex(pattern, r#"(?:^|[\s\]\)|>:;,"-])(?<at>"#, ")"),
            false => None,
        };
        self.sources.push(anchored.as_str().to_string());
        self.patterns.push(LinePattern { kind, anchored, anywhere, options });
    }

    fn regex(&mut self, pattern: &Spanned<String>, before: &str, after: &str) -> Option<Regex> {
        // Compiled alone first, so that a pattern such as `a)(b` cannot lean on what we put around it.
        let compiled = Regex::new(pattern.get_ref());
        match compiled.and_then(|_| Regex::new(&format!("{before}{}{after}", pattern.get_ref()))) {
            Ok(regex) => Some(regex),
            Err(error) => {
                let reason =
                    error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_string();
                let message = format!("the pattern does not compile: {reason}");
                let hint = "the syntax is that of https://docs.rs/regex: no look-around, no back-references";
                self.problems.push(Problem::at(self.file, self.text, pattern.span(), message, hint));
                None
            }
        }
    }

    fn set(&mut self, patterns: &[Spanned<String>]) -> Option<RegexSet> {
        let sources: Vec<String> = patterns
            .iter()
            .filter_map(|pattern| self.regex(pattern, "", "").map(|regex| regex.as_str().to_string()))
            .collect();
        RegexSet::new(sources).ok()
    }
}
