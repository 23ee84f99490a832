//! Walks down the lines of one trace, from its opening to its last line.
//! Leaves out where a trace may open: the parent module finds that.

use std::ops::Range;

use super::prefix::{common, cut, names_level, opens_record, strip};
use super::section::{MAX_SECTIONS, Section};
use crate::event::Exception;
use crate::pattern::trace_grammar::{CauseSide, LineKind, TraceGrammar};

/// Lines a message may have; longer ones are quoted documents.
pub(super) const MAX_MESSAGE_LINES: usize = 40;
/// Lines of others that may stand inside a trace when two writers share a stream.
const MAX_INTERLEAVED: usize = 5;
/// Lines between a start and the exception it announces (source, caret, blank).
const MAX_FILLER: usize = 8;
/// Lines of properties printed in braces behind a trace.
const MAX_PROPERTIES: usize = 200;
/// Lines a trace may take before it shows a frame.
const MAX_UNPROVEN: usize = 64;
/// Bytes of a line that are read; longer ones are data.
const MAX_LINE: usize = 16 * 1024;

/// Where a trace opens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening {
    /// Line.
    pub(super) line: usize,
    /// Bytes of that line before the trace's own text.
    pub(super) offset: usize,
}

/// A trace read to its end.
pub(super) struct Walked {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The last line that the grammar knows; what stands below it reads like the rest of a message.
    pub(super) told: usize,
    /// Lines of others among its own.
    pub(super) foreign: Vec<Range<usize>>,
    pub(super) frames: usize,
    /// Frames of which the place is known too.
    pub(super) located: usize,
    pub(super) exception: Exception,
}

enum Step {
    Taken,
    Blank,
    Over,
}

/// A trace on its way down the lines.
pub(super) struct Walk<'a> {
    pub(super) grammar: &'a TraceGrammar,
    pub(super) lines: &'a [&'a str],
    pub(super) at: usize,
    pub(super) prefix: &'a str,
    pub(super) sections: Vec<Section>,
    pub(super) current: usize,
    pub(super) last: LineKind,
    pub(super) message_lines: usize,
    pub(super) blanks: usize,
    pub(super) filler: usize,
    pub(super) depth: usize,
    pub(super) properties: usize,
    pub(super) complete: bool,
    pub(super) message_below: bool,
    pub(super) frames_done: bool,
    pub(super) in_margin: bool,
    pub(super) carries_prefix: bool,
    pub(super) seen_frames: usize,
    /// The frame that raised the exception was seen.
    pub(super) raised: bool,
    /// The last line that was taken for what it says itself.
    pub(super) told: usize,
    /// Lines of others among its own.
    pub(super) foreign: Vec<Range<usize>>,
    /// What was read last between a start and the exception it announces.
    pub(super) last_filler: Option<&'a str>,
}

/// Reads the trace of `grammar` that opens at `opening`; none, if there is no trace after all.
pub(super) fn walk(grammar: &TraceGrammar, lines: &[&str], opening: Opening) -> Option<Walked> {
    let first = lines[opening.line];
    let mut walk = Walk {
        grammar,
        lines,
        at: opening.line,
        prefix: find_prefix(grammar, lines, opening),
        sections: vec![Section { outermost_first: grammar.outermost_first, ..Section::default() }],
        current: 0,
        last: LineKind::Start,
        message_lines: 0,
        blanks: 0,
        filler: 0,
        depth: 0,
        properties: 0,
        complete: false,
        message_below: false,
        frames_done: false,
        in_margin: false,
        carries_prefix: true,
        seen_frames: 0,
        raised: false,
        told: opening.line,
        foreign: Vec::new(),
        last_filler: None,
    };
    if let (Some(margin), Some(before)) = (&grammar.margin, first.get(walk.prefix.len()..opening.offset)) {
        walk.in_margin = margin.find(before).is_some();
        walk.sections[0].indent = if walk.in_margin { before.trim_end().len() } else { 0 };
    }
    let body = clean(first.get(opening.offset..)?);
    if !matches!(walk.take(body, 0, true), Step::Taken) {
        return None;
    }
    let mut end = opening.line;
    let mut at = opening.line + 1;
    while at < lines.len() && walk.sections.len() < MAX_SECTIONS {
        // A start that repeats for ever is not read anew from each of its lines.
        if walk.seen_frames == 0 && !walk.complete && at - opening.line > MAX_UNPROVEN {
            break;
        }
        let (body, indent) = walk.body(at);
        walk.at = at;
        walk.carries_prefix = strip(walk.prefix, lines[at]).is_some();
        match walk.take(body, indent, false) {
            Step::Taken => {
                (walk.blanks, end) = (0, at);
                at += 1;
            }
            Step::Blank if walk.blanks < 3 => {
                walk.blanks += 1;
                at += 1;
            }
            Step::Blank => break,
            Step::Over => match walk.resumes(at) {
                Some(next) => {
                    walk.foreign.push(at..next);
                    at = next;
                }
                None => break,
            },
        }
    }
    walk.finish(opening.line, end)
}

/// Finds what each line of the block carries before its own text: what the first line's header shares
/// with a later line that can be read once it is taken off.
fn find_prefix<'a>(grammar: &TraceGrammar, lines: &'a [&'a str], opening: Opening) -> &'a str {
    let first = lines[opening.line];
    if opening.offset == 0 {
        return "";
    }
    for line in lines.iter().skip(opening.line + 1).take(MAX_MESSAGE_LINES) {
        let (length, at) = common(first, opening.offset, line);
        let Some(body) = line.get(at..) else { continue };
        let line = grammar.line(clean(body));
        if line
            .matches(grammar)
            .iter()
            .any(|&index| !matches!(grammar.patterns[index].kind, LineKind::Source | LineKind::Between))
        {
            return &first[..length];
        }
    }
    match lines.get(opening.line + 1) {
        Some(next) => &first[..common(first, opening.offset, next).0],
        None => "",
    }
}

/// Tells whether a line rules off a section, as test runners do; a message has none.
fn is_ruler(body: &str) -> bool {
    let marks = body.bytes().take_while(|byte| b"=_-*#".contains(byte)).count();
    marks >= 4
}

fn clean(body: &str) -> &str {
    cut(body, MAX_LINE).trim_end()
}

impl<'a> Walk<'a> {
    /// Returns the trace's own text on line `at`, and how far right it stands.
    fn body(&self, at: usize) -> (&'a str, usize) {
        let line = self.lines[at];
        let body = clean(strip(self.prefix, line).unwrap_or(line));
        let spaces = body.len() - body.trim_start().len();
        if self.grammar.margin.is_some()
            && let Some(length) = self.grammar.line(body).margin(self.grammar)
        {
            let (found, inner) = body.split_at_checked(length).unwrap_or((body, ""));
            // Outside a group a line may begin with `|` or `+` for its own reasons.
            if self.in_margin || self.grammar.is(LineKind::Start, inner) {
                return (inner, found.trim_end().len());
            }
            return (body, 0);
        }
        (body, if self.grammar.margin.is_some() { 0 } else { spaces })
    }

    pub(super) fn kind(&self, index: usize) -> LineKind {
        self.grammar.patterns[index].kind
    }

    pub(super) fn section(&mut self) -> &mut Section {
        &mut self.sections[self.current]
    }

    /// Takes one line, or says that the trace does not go on with it.
    fn take(&mut self, body: &'a str, indent: usize, is_first: bool) -> Step {
        if body.trim().is_empty() {
            return if self.depth > 0 { Step::Taken } else { Step::Blank };
        }
        let line = self.grammar.line(body);
        let matches = line.matches(self.grammar);
        let mut ends = false;
        for &index in matches {
            let kind = self.kind(index);
            if matches!(kind, LineKind::Source | LineKind::Head) {
                continue;
            }
            match self.admit(index) {
                Some(true) => {
                    if self.apply(index, &line, body, indent) {
                        return self.taken(kind, body);
                    }
                }
                Some(false) => {}
                None if kind == LineKind::Ruler => return Step::Over,
                None => ends = true,
            }
        }
        if ends {
            return Step::Over;
        }
        if !is_first && indent < 4 && line.opens_record(opens_record) {
            return Step::Over;
        }
        for &index in matches {
            match self.kind(index) {
                LineKind::Source if self.blanks == 0 && self.may_be_source() => {
                    return self.taken(LineKind::Source, body);
                }
                LineKind::Head if self.may_be_head(index, is_first) && self.apply(index, &line, body, indent) => {
                    return self.taken(LineKind::Head, body);
                }
                // The head of the next trace ends this one, unless it only looks like one in a message.
                LineKind::Head if self.heads_next(index, indent) => return Step::Over,
                _ => {}
            }
        }
        self.take_other(body, indent)
    }

    fn taken(&mut self, kind: LineKind, body: &str) -> Step {
        self.told = self.at;
        self.last = kind;
        if self.grammar.braces {
            self.count_braces(body);
        }
        Step::Taken
    }

    /// Tells whether a line that pattern `index` matches is part of the trace here; `None` if it ends the trace.
    fn admit(&self, index: usize) -> Option<bool> {
        let section = &self.sections[self.current];
        let pattern = &self.grammar.patterns[index];
        match pattern.kind {
            // Below frames printed outermost first stands their own exception, not the cause of another.
            LineKind::Link if section.outermost_first && !section.has_head && !section.frames.is_empty() => {
                Some(!matches!(pattern.options.link, Some((_, CauseSide::Below))))
            }
            LineKind::Between if !self.may_stand_between() => Some(false),
            LineKind::Ruler if !self.rules_off(self.at + 1) => Some(false),
            LineKind::Ruler => section.is_empty().then_some(true),
            LineKind::Start if self.filler >= MAX_FILLER => None,
            LineKind::Start if section.is_empty() || self.last == LineKind::Start => Some(true),
            // Below frames printed outermost first the same line names their own exception.
            LineKind::Start if section.outermost_first && !section.has_head => Some(false),
            LineKind::Start => None,
            LineKind::Frame if pattern.options.two_lines && !self.is_at(self.at + 1, LineKind::Location) => Some(false),
            LineKind::Frame if section.head_below && !self.frames_done => None,
            LineKind::Location => Some(matches!(self.last, LineKind::Frame)),
            _ => Some(true),
        }
    }

    /// Tells whether line `at` is of `kind`.
    fn is_at(&self, at: usize, kind: LineKind) -> bool {
        at < self.lines.len() && self.grammar.is(kind, self.body(at).0)
    }

    /// Tells whether a start stands on line `at`, behind further rulers.
    fn rules_off(&self, at: usize) -> bool {
        self.is_at(at, LineKind::Start) || (self.is_at(at, LineKind::Ruler) && self.is_at(at + 1, LineKind::Start))
    }

    /// Tells whether any text may be a link here: the stack above is complete, and another one follows.
    fn may_stand_between(&self) -> bool {
        let body = self.body(self.at).0;
        !self.is_at(self.at, LineKind::Frame)
            && self.last == LineKind::Location
            && self.blanks == 0
            && !opens_record(body)
            && self.is_at(self.at + 1, LineKind::Frame)
            && self.is_at(self.at + 2, LineKind::Location)
    }

    fn may_be_source(&self) -> bool {
        matches!(self.last, LineKind::Frame | LineKind::Source | LineKind::Location)
    }

    fn may_be_head(&self, index: usize, is_first: bool) -> bool {
        let section = &self.sections[self.current];
        let options = &self.grammar.patterns[index].options;
        let below_start = options.below_start && self.last == LineKind::Start;
        let beside_frame = is_first || below_start || (!section.frames.is_empty() && self.blanks == 0);
        let is_open =
            !section.has_head || (section.message.is_none() && section.frames.is_empty() && !self.message_below);
        is_open
            && (!options.weak || beside_frame)
            && (section.frames.is_empty() || self.grammar.head_below || section.outermost_first)
    }

    fn heads_next(&self, index: usize, indent: usize) -> bool {
        let section = &self.sections[self.current];
        let weak = self.grammar.patterns[index].options.weak;
        !weak && !section.head_below && !section.frames.is_empty() && section.has_head && indent <= section.indent
    }

    /// Takes a line that no pattern knows: part of a message, of properties, or of what a start announces.
    fn take_other(&mut self, body: &'a str, indent: usize) -> Step {
        if self.depth > 0 && self.properties < MAX_PROPERTIES {
            self.properties += 1;
            self.count_braces(body);
            return Step::Taken;
        }
        let level_in_prefix = names_level(self.prefix);
        let section = &self.sections[self.current];
        let above = section.has_head
            && !section.head_below
            && section.frames.is_empty()
            && !matches!(self.last, LineKind::Detail | LineKind::Tail);
        let below = section.head_below
            && self.blanks == 0
            && self.carries_prefix
            && !is_ruler(body)
            && !(level_in_prefix && indent == 0 && !body.starts_with(' '));
        let in_message = (above && !(self.complete && self.blanks > 0)) || (below && (!self.in_margin || indent > 0));
        if in_message && self.message_lines < MAX_MESSAGE_LINES {
            // Some runtimes always print the message on a line of its own.
            if self.message_below && self.section().message.is_none() {
                self.told = self.at;
            }
            self.message_lines += 1 + self.blanks;
            for _ in 0..self.blanks {
                self.section().continue_message("");
            }
            self.section().continue_message(body);
            self.last = LineKind::Head;
            return Step::Taken;
        }
        if section.is_empty() && !self.complete && self.filler < MAX_FILLER {
            self.filler += 1;
            self.last_filler = Some(body);
            return Step::Taken;
        }
        Step::Over
    }

    fn count_braces(&mut self, body: &str) {
        let text = body.trim();
        if text.starts_with(['}', ']']) {
            self.depth = self.depth.saturating_sub(1);
        }
        if text.ends_with(['{', '[']) {
            self.depth += 1;
        }
    }

    /// Finds where the trace goes on behind lines of others, the first of which is `at`.
    fn resumes(&self, at: usize) -> Option<usize> {
        let section = &self.sections[self.current];
        let waits_for_head = self.grammar.head_below && !section.has_head && !section.frames.is_empty();
        if self.blanks > 0 && !waits_for_head {
            return None;
        }
        for next in at..self.lines.len().min(at + 1 + MAX_INTERLEAVED) {
            let (body, _) = self.body(next);
            let read = self.grammar.line(body);
            let is = |wanted: LineKind| read.is_a(self.grammar, wanted);
            let opens_record = || read.opens_record(opens_record);
            let goes_on = is(LineKind::Link)
                || (is(LineKind::Frame) && !section.head_below)
                || (waits_for_head && is(LineKind::Head));
            let foreign = opens_record() || strip(self.prefix, self.lines[next]).is_none() || waits_for_head;
            if next > at && goes_on && !opens_record() {
                return Some(next);
            }
            let line = self.lines[next];
            let opens = is(LineKind::Start)
                || self.grammar.find(LineKind::Start, line).is_some()
                || (!waits_for_head && (is(LineKind::Head) || self.grammar.find(LineKind::Head, line).is_some()));
            if opens || !foreign {
                return None;
            }
        }
        None
    }
}
