//! What the lines of a trace say, read into its sections: types, messages, places, causes.
//! Leaves out which lines belong to the trace: `walk` decides that.

use super::section::{MAX_SECTIONS, Section, fold};
use super::walk::{Walk, Walked};
use crate::event::StackFrame;
use crate::pattern::trace_grammar::{Captured, CauseSide, Line, LineKind};

impl Walk<'_> {
    /// Reads what pattern `index` says of `body` into the sections.
    pub(super) fn apply(&mut self, index: usize, line: &Line, body: &str, indent: usize) -> bool {
        let Some(captures) = line.captures(self.grammar, index, body) else { return false };
        let pattern = &self.grammar.patterns[index];
        match pattern.kind {
            LineKind::Link | LineKind::Between => self.follow_link(index, &captures, indent),
            LineKind::Ruler => self.filler += 1,
            LineKind::Start => {
                self.filler += 1;
                self.complete |= pattern.options.complete;
                self.message_below = pattern.options.message_below;
                let outermost = pattern.options.outermost;
                self.in_margin |= self.grammar.margin.is_some() && indent > 0;
                if self.sections[self.current].is_empty() && indent > 0 {
                    self.section().indent = indent;
                }
                self.read_head(index, &captures);
                self.section().head_outermost = outermost;
                self.sections[self.current].has_head |= self.message_below;
            }
            LineKind::Head => self.read_head(index, &captures),
            LineKind::Frame => self.read_frame(index, &captures, line),
            LineKind::Location if !self.frames_done => {
                let (place, library) = (frame_of(&captures), line.is_library(self.grammar));
                if let Some(frame) = self.section().frames.last_mut() {
                    frame.in_app &= !library;
                    frame.file = place.file.or(frame.file.take());
                    frame.line = place.line.or(frame.line);
                }
            }
            LineKind::Tail => self.frames_done |= !self.sections[self.current].frames.is_empty(),
            // A stack of the runtime's own may stand above the one that failed.
            LineKind::Stack => self.frames_done |= self.sections[self.current].frames.iter().any(|frame| frame.in_app),
            LineKind::Detail => self.complete |= pattern.options.complete,
            LineKind::Location | LineKind::Source => {}
        }
        true
    }

    fn read_frame(&mut self, index: usize, captures: &Captured<'_>, line: &Line) {
        self.seen_frames += 1;
        if self.frames_done {
            return;
        }
        let mut frame = frame_of(captures);
        frame.in_app = !line.is_library(self.grammar);
        if let Some(other) = self.grammar.patterns[index].options.outermost_first {
            self.section().outermost_first = other;
        }
        // A handler that raises another exception keeps its place: that one is what propagated.
        let again = self.sections.iter().any(|other| other.message != self.sections[self.current].message);
        if self.grammar.patterns[index].options.raises && !self.raised && !again {
            self.raised = true;
            self.section().frames.clear();
        }
        self.section().push(frame);
    }

    fn read_head(&mut self, index: usize, captures: &Captured<'_>) {
        let get = |name| captures.name(name).map(|text| text.trim().to_string());
        // A trace inside a JSON field has each backslash of a namespace doubled.
        let type_name = get("type")
            .map(|name| name.replace(r"\\", r"\"))
            .or_else(|| self.grammar.patterns[index].options.default_type.clone());
        let message = get("message");
        let place = frame_of(captures);
        let is_head = type_name.is_some() || message.is_some();
        if place.file.is_some() {
            let text = captures.all();
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

    fn follow_link(&mut self, index: usize, captures: &Captured<'_>, indent: usize) {
        let Some((relation, side)) = self.grammar.patterns[index].options.link.clone() else { return };
        match side {
            CauseSide::Leave => {
                if let Some((parent, _)) = self.sections[self.current].parent {
                    self.current = parent;
                }
                return;
            }
            CauseSide::Above => {
                let before = self.enclosing(indent);
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

    /// Returns the exception that a link `indent` wide speaks of: the group, once its members are told.
    fn enclosing(&self, indent: usize) -> usize {
        let mut index = self.current;
        // Parents of members stand before them, so that this ends.
        while let Some((parent, relation)) = &self.sections[index].parent
            && relation == "grouped"
            && self.sections[index].indent > indent
            && *parent < index
        {
            index = *parent;
        }
        index
    }

    pub(super) fn finish(mut self, start: usize, end: usize) -> Option<Walked> {
        for section in &mut self.sections {
            let Some(message) = section.message.as_deref() else { continue };
            let found = self.grammar.message_end.iter().find_map(|ending| ending.captures(message));
            let Some(captures) = found else { continue };
            let place = frame_of(&captures);
            let own = captures.name("message").map(str::to_string);
            if place.file.is_some() && section.head_frame.is_none() {
                let in_app = !self.grammar.is_library(captures.all());
                section.head_frame = Some(StackFrame { in_app, ..place });
            }
            section.message = own;
        }
        if self.complete && self.sections.len() == 1 && !self.sections[0].has_head {
            self.sections[0].message = self.last_filler.map(|line| line.trim().to_string());
        }
        let names_place = |section: &Section| section.head_frame.is_some() && !section.head_outermost;
        let headed = self.sections.iter().any(|section| section.has_head || names_place(section));
        let frames = self.seen_frames + self.sections.iter().filter(|section| names_place(section)).count();
        let is_trace = (self.complete && end > start) || (headed && frames >= 1) || self.seen_frames >= 2;
        if !is_trace {
            return None;
        }
        let located =
            self.sections.iter().flat_map(|section| &section.frames).filter(|frame| frame.line.is_some()).count();
        let exception = fold(self.sections, &self.grammar.language);
        Some(Walked { start, end, told: self.told, foreign: self.foreign, frames, located, exception })
    }
}

fn frame_of(captures: &Captured<'_>) -> StackFrame {
    let get = |name| captures.name(name).map(str::trim).filter(|text| !text.is_empty());
    StackFrame {
        file: get("file").map(str::to_string),
        line: get("line").and_then(|line| line.parse().ok()),
        function: get("function").map(str::to_string),
        in_app: false,
    }
}
