//! Stack traces in text: where they stand and the exception each one tells, for every language that
//! `patterns/traces` describes. Leaves out log entries: rejoining those is the parent's.

mod examples;
mod prefix;
mod reading;
pub(crate) mod section;
mod walk;

use std::ops::Range;

pub use examples::check_examples;
use prefix::{common, cut, opens_record, strip};
use walk::{MAX_MESSAGE_LINES, Opening, Walked, walk};

use crate::entry::TraceHints;
use crate::event::Exception;
use crate::pattern::TraceGrammars;
use crate::pattern::trace_grammar::{GrammarBits, LineKind, TraceGrammar};

/// Bytes of a line that are searched for the opening of a trace; what stands further right is data.
const MAX_OPENING: usize = 4 * 1024;

/// Lines above frames that are searched for a head when the line right above them might be one too.
const MAX_GUESSED: usize = 12;

/// A stack trace with all its chained and grouped parts, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceBlock {
    /// First line, as an index into the lines searched.
    pub start: usize,
    /// Last line, as an index into the lines searched; the line itself belongs to the trace.
    pub end: usize,
    /// Last line that the grammar knows, as an index likewise; what stands below it only reads like the rest of a message.
    pub told: usize,
    /// Lines of others that stand among its own.
    pub foreign: Vec<Range<usize>>,
    /// What the trace tells.
    pub exception: Exception,
}

/// Returns the stack traces in `lines`, in order and without overlap.
pub fn find_blocks(lines: &[&str], grammars: &TraceGrammars) -> Vec<TraceBlock> {
    let mut blocks: Vec<TraceBlock> = Vec::new();
    let (mut at, mut floor) = (0, 0);
    while at < lines.len() {
        let candidates = grammars.anchored(lines[at]);
        match if candidates == 0 { None } else { read_at(lines, at, floor, candidates, grammars) } {
            Some(walked) => {
                at = walked.end.max(at) + 1;
                floor = at;
                blocks.push(TraceBlock {
                    start: walked.start,
                    end: walked.end,
                    told: walked.told,
                    foreign: walked.foreign,
                    exception: walked.exception,
                });
            }
            None => at += 1,
        }
    }
    blocks
}

/// Returns the lines as `str::lines` does, found with wide steps: traces are long.
fn lines_of(text: &str) -> Vec<&str> {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes());
    let mut lines = Vec::with_capacity(ends.clone().count() + 1);
    let mut from = 0;
    for end in ends {
        let line = &text[from..end];
        lines.push(line.strip_suffix('\r').unwrap_or(line));
        from = end + 1;
    }
    if from < text.len() {
        lines.push(&text[from..]);
    }
    lines
}

/// Returns the first stack trace in one message, with the bytes it takes there.
///
/// A line such as `ValueError: bad row` alone is not a trace: there has to be a frame or what a runtime
/// prints around one.
pub fn parse_text(text: &str, grammars: &TraceGrammars) -> Option<(Exception, Range<usize>)> {
    let lines = lines_of(text);
    let (mut at, floor) = (0, 0);
    while at < lines.len() {
        let candidates = grammars.anchored(lines[at]);
        if candidates != 0
            && let Some(walked) = read_at(&lines, at, floor, candidates, grammars)
        {
            let offset = |line: &str| line.as_ptr() as usize - text.as_ptr() as usize;
            let (first, last) = (lines[walked.start], lines[walked.end]);
            return Some((walked.exception, offset(first)..offset(last) + last.len()));
        }
        at += 1;
    }
    None
}

/// Tells whether `line`, alone in its own log entry, could be a part of a trace: a frame, a start, or
/// what connects two exceptions.
pub fn may_continue(line: &str, grammars: &TraceGrammars) -> bool {
    let bits = grammars.mentioned(line);
    let body = cut(line, MAX_OPENING).trim_end();
    bits != 0
        && of(bits, grammars).any(|grammar| {
            let inner = grammar.line(body).margin(grammar).and_then(|length| body.get(length..));
            [Some(body), inner].into_iter().flatten().any(|body| {
                let line = grammar.line(body);
                line.matches(grammar).iter().any(|&index| {
                    !matches!(
                        grammar.patterns[index].kind,
                        LineKind::Source | LineKind::Head | LineKind::Ruler | LineKind::Between
                    )
                })
            })
        })
}

/// Tells whether `line` begins a trace by itself, whatever log header stands before it.
pub fn starts_trace(line: &str, grammars: &TraceGrammars) -> bool {
    let bits = grammars.anchored(line);
    bits != 0 && of(bits, grammars).any(|grammar| grammar.find(LineKind::Start, cut(line, MAX_OPENING)).is_some())
}

fn of(bits: GrammarBits, grammars: &TraceGrammars) -> impl Iterator<Item = &TraceGrammar> {
    grammars.grammars.iter().enumerate().filter(move |(index, _)| bits >> index & 1 == 1).map(|(_, grammar)| grammar)
}

/// Reads the trace that line `at` begins or is a frame of, in the language that explains most of it.
fn read_at(lines: &[&str], at: usize, floor: usize, bits: GrammarBits, grammars: &TraceGrammars) -> Option<Walked> {
    let mut best: Option<Walked> = None;
    for grammar in of(bits, grammars) {
        let Some(opening) = find_opening(grammar, lines, at, floor) else { continue };
        let Some(walked) = walk(grammar, lines, opening) else { continue };
        let size = |walked: &Walked| (walked.frames, walked.located, walked.end - walked.start);
        if best.as_ref().is_none_or(|best| size(&walked) > size(best)) {
            best = Some(walked);
        }
    }
    best
}

/// Finds where the trace opens that line `at` begins or is a frame of.
fn find_opening(grammar: &TraceGrammar, lines: &[&str], at: usize, floor: usize) -> Option<Opening> {
    let line = cut(lines[at], MAX_OPENING).trim_end();
    let read = grammar.line(line);
    if let Some((offset, _)) = read.find(grammar, LineKind::Start) {
        return Some(Opening { line: at, offset });
    }
    if let Some((offset, _)) = read.find(grammar, LineKind::Ruler) {
        let below = lines.get(at + 1).and_then(|below| strip(&line[..offset], cut(below, MAX_OPENING)));
        return below.filter(|below| grammar.is(LineKind::Start, below)).map(|_| Opening { line: at, offset });
    }
    let (at, line, found) = match read.find(grammar, LineKind::Frame) {
        Some((found, _)) => (at, line, found),
        // Frames of two lines may be found by the second one.
        None if at > floor && read.is_a(grammar, LineKind::Location) => {
            let above = cut(lines[at - 1], MAX_OPENING);
            (at - 1, above, grammar.find(LineKind::Frame, above)?.0)
        }
        None => return None,
    };
    let body = line.get(found..)?.trim_start();
    let text = line.len() - body.len();
    if !grammar.head_below
        && let Some(opening) = look_up(grammar, lines, at, floor, text)
    {
        return Some(opening);
    }
    // Without a head above, the frames themselves open the block; a prefix ends before their indentation.
    let before = line.get(..text)?.trim_end();
    let offset = if before.is_empty() { 0 } else { found.max(before.len()) };
    Some(Opening { line: at, offset })
}

/// Looks above the first frame, which stands `text` bytes into line `at`, for the head of the trace.
fn look_up(grammar: &TraceGrammar, lines: &[&str], at: usize, floor: usize, text: usize) -> Option<Opening> {
    // A link right above the frames serves if the head it hangs on is not found.
    let mut link = None;
    let mut guess = None;
    // Whether only lines such as `Stack trace:` stand between the line and the first frame.
    let mut beside = true;
    for line in (floor..at).rev().take(MAX_MESSAGE_LINES) {
        let whole = cut(lines[line], MAX_OPENING);
        let (_, offset) = common(lines[at], text, whole);
        let body = whole.get(offset..)?.trim_end();
        let read = grammar.line(body);
        if read.is_not_head(grammar) {
            break;
        }
        let heads = read.matches(grammar).iter().any(|&index| {
            let pattern = &grammar.patterns[index];
            match pattern.kind {
                LineKind::Head => !pattern.options.weak,
                LineKind::Start => true,
                LineKind::Link => {
                    link.get_or_insert(Opening { line, offset });
                    false
                }
                _ => false,
            }
        });
        let is_record = read.opens_record(opens_record) || opens_record(whole);
        if heads && !is_record {
            return Some(Opening { line, offset });
        }
        let is_link = link.is_some_and(|link| link.line == line);
        if !is_link && (is_record || beside) {
            let whole = grammar.line(whole);
            let inline = whole.find(grammar, LineKind::Head).or_else(|| whole.find(grammar, LineKind::Start));
            if let Some((offset, _)) = inline {
                return Some(Opening { line, offset });
            }
        }
        // A line that only might be one stands back for a head above that surely is: it ends the message.
        if beside && !is_link && !is_record && read.is_a(grammar, LineKind::Head) {
            guess = Some(Opening { line, offset });
        }
        beside &= read.is_a(grammar, LineKind::Detail);
        if is_record || (guess.is_some() && at - line > MAX_GUESSED) {
            break;
        }
    }
    guess.or(link)
}

impl TraceHints for TraceGrammars {
    fn starts(&self, line: &str) -> bool {
        starts_trace(line, self)
    }

    fn blocks(&self, lines: &[&str]) -> Vec<Range<usize>> {
        find_blocks(lines, self).into_iter().map(|block| block.start..block.end + 1).collect()
    }

    fn continues(&self, line: &str) -> bool {
        may_continue(line, self)
    }
}
