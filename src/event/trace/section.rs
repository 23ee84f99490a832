//! The exceptions of one trace and how they stand to each other, folded into one [`Exception`].
//! Leaves out reading lines: `walk` fills the sections.

use crate::event::{ChainedException, Exception, StackFrame};

/// Frames kept per exception; endless recursion prints more, and the ends of a stack tell the story.
pub(crate) const MAX_FRAMES: usize = 512;
/// Bytes of message kept; a message may quote a whole document.
const MAX_MESSAGE: usize = 16 * 1024;
/// Exceptions kept per trace.
pub(crate) const MAX_SECTIONS: usize = 64;

/// One exception of a trace, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Section {
    pub(super) type_name: Option<String>,
    pub(super) message: Option<String>,
    pub(super) has_head: bool,
    /// The head came below frames.
    pub(super) head_below: bool,
    pub(super) frames: Vec<StackFrame>,
    pub(super) outermost_first: bool,
    /// The place the head itself names.
    pub(super) head_frame: Option<StackFrame>,
    /// That place is where the exception came to light, not where it was raised.
    pub(super) head_outermost: bool,
    /// Width of what stood before the text; nested exceptions stand further right.
    pub(super) indent: usize,
    /// The exception this one led to, and how.
    pub(super) parent: Option<(usize, String)>,
}

impl Section {
    /// Tells whether nothing was read yet.
    pub(super) fn is_empty(&self) -> bool {
        !self.has_head && self.frames.is_empty() && (self.head_frame.is_none() || self.head_outermost)
    }

    /// Adds a frame, forgetting one of the middle when there are too many.
    pub(super) fn push(&mut self, frame: StackFrame) {
        if self.frames.len() >= MAX_FRAMES {
            // The newest are the innermost where the outermost is printed first; else the oldest are.
            if !self.outermost_first {
                return;
            }
            self.frames.remove(MAX_FRAMES / 2);
        }
        self.frames.push(frame);
    }

    /// Adds a line to the message.
    pub(super) fn continue_message(&mut self, line: &str) {
        let message = self.message.get_or_insert_default();
        if message.len() + line.len() < MAX_MESSAGE {
            if !message.is_empty() {
                message.push('\n');
            }
            message.push_str(line);
        }
    }

    fn into_frames(mut self) -> Vec<StackFrame> {
        if self.outermost_first {
            self.frames.reverse();
        }
        if let Some(place) = self.head_frame {
            let same = |frame: &StackFrame| frame.line == place.line && base(&frame.file) == base(&place.file);
            if !self.frames.iter().any(same) {
                let at = if self.head_outermost { self.frames.len() } else { 0 };
                self.frames.insert(at, place);
            }
        }
        self.frames
    }
}

/// Folds the sections of one trace: the one that led to no other is the exception that propagated.
pub(super) fn fold(mut sections: Vec<Section>, language: &str) -> Exception {
    let mut root = 0;
    // Parents may be set to later sections; following them ends, for each is followed at most once.
    for _ in 0..sections.len() {
        match sections[root].parent {
            Some((parent, _)) if parent < sections.len() => root = parent,
            _ => break,
        }
    }
    let mut order = Vec::new();
    visit(&sections, root, &mut order);
    let mut exception = Exception { language: Some(language.to_string()), ..Exception::default() };
    let mut told = Vec::new();
    for index in order {
        let section = std::mem::take(&mut sections[index]);
        let message = section.message.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_string);
        let (type_name, parent) = (section.type_name.clone(), section.parent.clone());
        let frames = section.into_frames();
        if index == root {
            exception = Exception { type_name, message, frames, ..exception };
            continue;
        }
        let (parent, relation) = parent.unwrap_or_default();
        // A runtime that prints an inner exception twice, with all behind it, tells of one.
        let known = |other: &ChainedException| other.type_name == type_name && other.message == message;
        let is_nothing = type_name.is_none() && message.is_none() && frames.is_empty();
        if told.contains(&parent) || (relation == "grouped" && exception.chain.iter().any(known)) {
            told.push(index);
        } else if !is_nothing {
            exception.chain.push(ChainedException { type_name, message, relation, frames });
        }
    }
    exception
}

/// Lists `index` and what led to it: causes first, then what was suppressed or grouped.
fn visit(sections: &[Section], index: usize, order: &mut Vec<usize>) {
    if order.contains(&index) {
        return;
    }
    order.push(index);
    let is_aside = |relation: &str| matches!(relation, "suppressed" | "grouped");
    for aside in [false, true] {
        for (child, section) in sections.iter().enumerate() {
            if section.parent.as_ref().is_some_and(|(parent, relation)| *parent == index && is_aside(relation) == aside)
            {
                visit(sections, child, order);
            }
        }
    }
}

fn base(file: &Option<String>) -> Option<&str> {
    file.as_deref().and_then(|file| file.rsplit(['/', '\\']).next())
}
