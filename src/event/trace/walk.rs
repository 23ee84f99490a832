//! Walks down the lines of one trace, from its opening to its last line.
//! Leaves out where a trace may open: the parent module finds that.

use regex::Captures;

use super::prefix::{common, cut, names_level, opens_record, strip};
use super::section::{MAX_SECTIONS, Section, fold};
use crate::event::{Exception, StackFrame};
use crate::pattern::trace_grammar::{CauseSide, LineKind, TraceGrammar};

/// Lines a message may have; longer ones are quoted documents.
pub(super) const MAX_MESSAGE_LINES: usize = 40;
/// Lines of others that may stand inside a trace when two writers share a stream.
const MAX_INTERLEAVED: usize = 5;
/// Lines between a start and the exception it announces (source, caret, blank).
const MAX_FILLER: usize = 8;
/// Lines of properties printed in braces behind a trace.
const MAX_PROPERTIES: usize = 200;
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

struct Walk<'a> {
    grammar: &'a TraceGrammar,
    lines: &'a [&'a str],
    at: usize,
    prefix: &'a str,
    sections: Vec<Section>,
    current: usize,
    last: LineKind,
    message_lines: usize,
    blanks: usize,
    filler: usize,
    depth: usize,
    properties: usize,
    complete: bool,
    message_below: bool,
    frames_done: bool,
    in_margin: bool,
    carries_prefix: bool,
    seen_frames: usize,
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
    };
    if let (Some(margin), Some(before)) = (&grammar.margin, first.get(walk.prefix.len()..opening.offset)) {
        walk.in_margin = margin.is_match(before);
        walk.sections[0].indent = if walk.in_margin { before.trim_end().len() } else { 0 };
    }
    let body = clean(&first[opening.offset..]);
    if !matches!(walk.take(body, 0, true), Step::Taken) {
        return None;
    }
    let mut end = opening.line;
    let mut at = opening.line + 1;
    while at < lines.len() && walk.sections.len() < MAX_SECTIONS {
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
                Some(next) => at = next,
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
        let kinds = grammar.matches(clean(body));
        if kinds.iter().any(|&index| !matches!(grammar.patterns[index].kind, LineKind::Source)) {
            return &first[..length];
        }
    }
    match lines.get(opening.line + 1) {
        Some(next) => &first[..common(first, opening.offset, next).0],
        None => "",
    }
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
        if let Some(margin) = &self.grammar.margin
            && let Some(found) = margin.find(body)
        {
            let inner = body.get(found.end()..).unwrap_or_default();
            // Outside a group a line may begin with `|` or `+` for its own reasons.
            if self.in_margin || self.grammar.matches(inner).iter().any(|&index| self.kind(index) == LineKind::Start) {
                return (inner, found.as_str().trim_end().len());
            }
            return (body, 0);
        }
        (body, if self.grammar.margin.is_some() { 0 } else { spaces })
    }

    fn kind(&self, index: usize) -> LineKind {
        self.grammar.patterns[index].kind
    }

    fn section(&mut self) -> &mut Section {
        &mut self.sections[self.current]
    }

    /// Takes one line, or says that the trace does not go on with it.
    fn take(&mut self, body: &str, indent: usize, is_first: bool) -> Step {
        if body.trim().is_empty() {
            return if self.depth > 0 { Step::Taken } else { Step::Blank };
        }
        let matches = self.grammar.matches(body);
        let mut ends = false;
        for &index in &matches {
            let kind = self.kind(index);
            if matches!(kind, LineKind::Source | LineKind::Head) {
                continue;
            }
            match self.admit(index) {
                Some(true) => {
                    if self.apply(index, body, indent) {
                        return self.taken(kind, body);
                    }
                }
                Some(false) => {}
                None => ends = true,
            }
        }
        if ends {
            return Step::Over;
        }
        if !is_first && opens_record(body) && indent < 4 {
            return Step::Over;
        }
        for &index in &matches {
            match self.kind(index) {
                LineKind::Source if self.blanks == 0 && self.may_be_source() => {
                    return self.taken(LineKind::Source, body);
                }
                LineKind::Head if self.may_be_head(index, is_first) => {
                    if self.apply(index, body, indent) {
                        return self.taken(LineKind::Head, body);
                    }
                }
                // The head of the next trace ends this one, unless it only looks like one in a message.
                LineKind::Head if self.heads_next(index, indent) => return Step::Over,
                _ => {}
            }
        }
        self.take_other(body, indent)
    }

    fn taken(&mut self, kind: LineKind, body: &str) -> Step {
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
            LineKind::Start if section.is_empty() || self.last == LineKind::Start => Some(true),
            LineKind::Start => None,
            LineKind::Frame if pattern.options.two_lines && !self.is_location(self.at + 1) => Some(false),
            LineKind::Frame if section.head_below && !self.frames_done => None,
            LineKind::Location => Some(matches!(self.last, LineKind::Frame)),
            _ => Some(true),
        }
    }

    fn is_location(&self, at: usize) -> bool {
        let is = |body| self.grammar.matches(body).iter().any(|&index| self.kind(index) == LineKind::Location);
        at < self.lines.len() && is(self.body(at).0)
    }

    fn may_be_source(&self) -> bool {
        matches!(self.last, LineKind::Frame | LineKind::Source | LineKind::Location)
    }

    fn may_be_head(&self, index: usize, is_first: bool) -> bool {
        let section = &self.sections[self.current];
        let options = &self.grammar.patterns[index].options;
        let beside_frame = is_first || (!section.frames.is_empty() && self.blanks == 0);
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
    fn take_other(&mut self, body: &str, indent: usize) -> Step {
        if self.depth > 0 && self.properties < MAX_PROPERTIES {
            self.properties += 1;
            self.count_braces(body);
            return Step::Taken;
        }
        let level_in_prefix = names_level(self.prefix);
        let section = &self.sections[self.current];
        let above =
            section.has_head && !section.head_below && section.frames.is_empty() && self.last != LineKind::Detail;
        let below = section.head_below
            && self.blanks == 0
            && self.carries_prefix
            && !(level_in_prefix && indent == 0 && !body.starts_with(' '));
        let in_message = (above && !(self.complete && self.blanks > 0)) || (below && (!self.in_margin || indent > 0));
        if in_message && self.message_lines < MAX_MESSAGE_LINES {
            self.message_lines += 1 + self.blanks;
            for _ in 0..self.blanks {
                self.section().continue_message("");
            }
            self.section().continue_message(body);
            self.last = LineKind::Head;
            return Step::Taken;
        }
        if section.is_empty() && self.filler < MAX_FILLER {
            self.filler += 1;
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

    /// Reads what pattern `index` says of `body` into the sections.
    fn apply(&mut self, index: usize, body: &str, indent: usize) -> bool {
        let Some(captures) = self.grammar.captures(index, body) else { return false };
        let pattern = &self.grammar.patterns[index];
        match pattern.kind {
            LineKind::Link => self.follow_link(index, &captures, indent),
            LineKind::Start => {
                self.complete |= pattern.options.complete;
                self.message_below = pattern.options.message_below;
                self.in_margin |= self.grammar.margin.is_some() && indent > 0;
                if self.sections[self.current].is_empty() && indent > 0 {
                    self.section().indent = indent;
                }
                self.read_head(index, &captures);
            }
            LineKind::Head => self.read_head(index, &captures),
            LineKind::Frame => self.read_frame(index, &captures, body),
            LineKind::Location if !self.frames_done => {
                let (place, library) = (frame_of(&captures), self.grammar.is_library(body));
                if let Some(frame) = self.section().frames.last_mut() {
                    frame.in_app &= !library;
                    frame.file = place.file.or(frame.file.take());
                    frame.line = place.line.or(frame.line);
                }
            }
            LineKind::Stack | LineKind::Tail => self.frames_done |= !self.sections[self.current].frames.is_empty(),
            LineKind::Location | LineKind::Detail | LineKind::Source => {}
        }
        true
    }

    fn read_frame(&mut self, index: usize, captures: &Captures<'_>, body: &str) {
        self.seen_frames += 1;
        if self.frames_done {
            return;
        }
        let mut frame = frame_of(captures);
        frame.in_app = !self.grammar.is_library(body);
        if let Some(other) = self.grammar.patterns[index].options.outermost_first {
            self.section().outermost_first = other;
        }
        self.section().push(frame);
    }

    fn read_head(&mut self, index: usize, captures: &Captures<'_>) {
        let get = |name| captures.name(name).map(|text: regex::Match<'_>| text.as_str().trim().to_string());
        let type_name = get("type").or_else(|| self.grammar.patterns[index].options.default_type.clone());
        let message = get("message");
        let place = frame_of(captures);
        let is_head = type_name.is_some() || message.is_some();
        if place.file.is_some() {
            let text = captures.get(0).map_or("", |all| all.as_str());
            let in_app = !self.grammar.is_library(text);
            self.section().head_frame = Some(StackFrame { in_app, ..place });
        }
        if !is_head {
            return;
        }
        let section = self.section();
        section.has_head = true;
        section.head_below = !section.frames.is_empty();
        section.type_name = type_name.or(section.type_name.take());
        section.message = message.or(section.message.take());
        self.message_lines = 0;
        self.split_inline_causes();
    }

    /// `A: x ---> B: y` on one line: B led to A, and the frames that follow are B's.
    fn split_inline_causes(&mut self) {
        let Some(separator) = &self.grammar.inline_cause else { return };
        let Some(message) = self.section().message.clone() else { return };
        let mut parts = message.split(separator.as_str());
        let own = parts.next().unwrap_or_default().to_string();
        self.section().message = Some(own);
        for part in parts.take(MAX_SECTIONS / 4) {
            let (type_name, text) = part.split_once(": ").unwrap_or((part, ""));
            let (parent, indent) = (self.current, self.sections[self.current].indent);
            self.begin(Some((parent, "caused by".to_string())), indent);
            let section = self.section();
            section.has_head = true;
            section.type_name = Some(type_name.trim().to_string());
            section.message = Some(text.to_string());
        }
    }

    fn begin(&mut self, parent: Option<(usize, String)>, indent: usize) {
        let outermost_first = self.grammar.outermost_first;
        self.sections.push(Section { parent, indent, outermost_first, ..Section::default() });
        self.current = self.sections.len() - 1;
        self.frames_done = false;
        self.message_below = false;
    }

    fn follow_link(&mut self, index: usize, captures: &Captures<'_>, indent: usize) {
        let Some((relation, side)) = self.grammar.patterns[index].options.link.clone() else { return };
        match side {
            CauseSide::Leave => {
                if let Some((parent, _)) = self.sections[self.current].parent {
                    self.current = parent;
                }
                return;
            }
            CauseSide::Above => {
                let before = self.current;
                let outer = self.sections[before].parent.take();
                self.begin(outer, self.sections[before].indent);
                self.sections[before].parent = Some((self.current, relation));
            }
            // A trace cut at its top may begin with `Caused by:`; then it is the exception we know.
            CauseSide::Below if self.sections.len() == 1 && self.sections[0].is_empty() => {}
            CauseSide::Below => {
                let aside = matches!(relation.as_str(), "suppressed" | "grouped");
                let encloses =
                    |section: &Section| if aside { section.indent < indent } else { section.indent <= indent };
                let parent = self.sections.iter().rposition(encloses).unwrap_or(0);
                self.begin(Some((parent, relation)), indent);
            }
        }
        self.read_head(index, captures);
        if self.grammar.patterns[index].options.message_below {
            self.complete = true;
            self.section().has_head = true;
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
            let matches = self.grammar.matches(body);
            let is = |wanted: LineKind| matches.iter().any(|&index| self.kind(index) == wanted);
            let goes_on = is(LineKind::Link)
                || (is(LineKind::Frame) && !section.head_below)
                || (waits_for_head && is(LineKind::Head));
            let foreign = opens_record(body) || strip(self.prefix, self.lines[next]).is_none() || waits_for_head;
            if next > at && goes_on && !opens_record(body) {
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

    fn finish(mut self, start: usize, end: usize) -> Option<Walked> {
        for section in &mut self.sections {
            let Some(message) = section.message.as_deref() else { continue };
            let found = self.grammar.message_end.iter().find_map(|ending| ending.captures(message));
            let Some(captures) = found else { continue };
            let place = frame_of(&captures);
            let own = captures.name("message").map(|text| text.as_str().to_string());
            if place.file.is_some() && section.head_frame.is_none() {
                let in_app = !self.grammar.is_library(captures.get(0).map_or("", |all| all.as_str()));
                section.head_frame = Some(StackFrame { in_app, ..place });
            }
            section.message = own;
        }
        let headed = self.sections.iter().any(|section| section.has_head || section.head_frame.is_some());
        let frames = self.seen_frames + self.sections.iter().filter(|section| section.head_frame.is_some()).count();
        let is_trace = (self.complete && end > start) || (headed && frames >= 1) || self.seen_frames >= 2;
        if !is_trace {
            return None;
        }
        let located =
            self.sections.iter().flat_map(|section| &section.frames).filter(|frame| frame.line.is_some()).count();
        let exception = fold(self.sections, &self.grammar.language);
        Some(Walked { start, end, frames, located, exception })
    }
}

fn frame_of(captures: &Captures<'_>) -> StackFrame {
    let get =
        |name| captures.name(name).map(|text: regex::Match<'_>| text.as_str().trim()).filter(|text| !text.is_empty());
    StackFrame {
        file: get("file").map(str::to_string),
        line: get("line").and_then(|line| line.parse().ok()),
        function: get("function").map(str::to_string),
        in_app: false,
    }
}
