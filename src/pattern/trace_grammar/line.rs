//! What a grammar makes of one line, found out once: the lines of traces repeat, and expressions are dear.
//! Leaves out what follows from it; a line that is remembered says what the expressions would say again.
//!
//! Each thread remembers lines for itself. A line takes the place of another once it comes again, for most messages
//! never do; what is kept is compared in full before it is believed, so that no two lines are ever taken for each other.

use std::cell::RefCell;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, OnceLock};

use super::text_regex::{Captured, Spans};
use super::{LineKind, TraceGrammar};

/// Lines that are kept, some 350 bytes each.
const KEPT: usize = 8192;
/// So many of them need not prove that they come again.
const FREELY: usize = 2048;
/// Lines that are remembered for a moment, whether they come again or not.
const RECENT: usize = 64;
/// Lines of which it is known that they came once.
const SEEN: usize = 32_768;
/// Bytes of a line that is kept at most.
const LONGEST: usize = 400;

/// One line as one grammar reads it; what was asked once is known.
#[derive(Debug)]
pub(crate) struct Line {
    grammar: u64,
    hash: u64,
    text: Box<str>,
    matches: OnceLock<Box<[usize]>>,
    library: OnceLock<bool>,
    not_head: OnceLock<bool>,
    // Offsets and indexes in few bytes, for many lines are kept.
    margin: OnceLock<Option<u32>>,
    opens_record: OnceLock<bool>,
    found: [OnceLock<Option<(u32, u16)>>; SOUGHT.len()],
    said: OnceLock<(u16, Option<Spans>)>,
}

/// The kinds that are sought anywhere in a line.
const SOUGHT: [LineKind; 4] = [LineKind::Start, LineKind::Ruler, LineKind::Frame, LineKind::Head];

impl Line {
    fn new(grammar: u64, hash: u64, text: &str) -> Line {
        Line {
            grammar,
            hash,
            text: text.into(),
            matches: OnceLock::new(),
            library: OnceLock::new(),
            not_head: OnceLock::new(),
            margin: OnceLock::new(),
            opens_record: OnceLock::new(),
            found: [const { OnceLock::new() }; SOUGHT.len()],
            said: OnceLock::new(),
        }
    }

    fn is(&self, grammar: u64, hash: u64, text: &str) -> bool {
        self.hash == hash && self.grammar == grammar && *self.text == *text
    }

    /// Returns the indexes of the patterns that match at the start, in the order they are tried.
    pub(crate) fn matches(&self, grammar: &TraceGrammar) -> &[usize] {
        self.matches.get_or_init(|| grammar.set.matches(&self.text).into_boxed_slice())
    }

    /// Tells whether a pattern of `kind` matches at the start.
    pub(crate) fn is_a(&self, grammar: &TraceGrammar, kind: LineKind) -> bool {
        self.matches(grammar).iter().any(|index| grammar.patterns[*index].kind == kind)
    }

    /// Tells whether a frame that reads so is a library's, the runtime's or generated code's.
    pub(crate) fn is_library(&self, grammar: &TraceGrammar) -> bool {
        *self.library.get_or_init(|| grammar.library.is_match(&self.text))
    }

    /// Tells whether it looks like the head of a trace but is known not to be one.
    pub(crate) fn is_not_head(&self, grammar: &TraceGrammar) -> bool {
        *self.not_head.get_or_init(|| grammar.not_head.is_match(&self.text))
    }

    /// Returns the length of the margin it begins with, if the grammar has one and it stands there.
    pub(crate) fn margin(&self, grammar: &TraceGrammar) -> Option<usize> {
        let find = || grammar.margin.as_ref()?.find(&self.text).map(|margin| margin.len() as u32);
        self.margin.get_or_init(find).map(|length| length as usize)
    }

    /// Tells whether it opens a log record, which `tell` finds out.
    pub(crate) fn opens_record(&self, tell: fn(&str) -> bool) -> bool {
        *self.opens_record.get_or_init(|| tell(&self.text))
    }

    /// Returns where the first pattern of `kind` matches, behind whatever stands before it.
    pub(crate) fn find(&self, grammar: &TraceGrammar, kind: LineKind) -> Option<(usize, usize)> {
        let seek = || grammar.seek(kind, &self.text);
        match SOUGHT.iter().position(|sought| *sought == kind) {
            Some(at) => {
                let found = self.found[at].get_or_init(|| seek().map(|(at, index)| (at as u32, index as u16)));
                found.map(|(at, index)| (at as usize, usize::from(index)))
            }
            None => seek(),
        }
    }

    /// Returns what pattern `index` captures at the start of `text`, which is the text of this line.
    pub(crate) fn captures<'a>(&self, grammar: &TraceGrammar, index: usize, text: &'a str) -> Option<Captured<'a>> {
        let read = || grammar.patterns.get(index)?.anchored.spans(text);
        // A line is nearly always read by one pattern.
        let (of, spans) = self.said.get_or_init(|| (index as u16, read()));
        let spans = if usize::from(*of) == index { *spans } else { read() };
        Some(Captured::of(text, spans?))
    }
}

/// The lines that one thread remembers.
#[derive(Debug, Default)]
struct Lines {
    kept: Vec<Option<Arc<Line>>>,
    recent: Vec<Option<Arc<Line>>>,
    seen: Vec<u32>,
    freely: usize,
}

thread_local! {
    static LINES: RefCell<Lent> = RefCell::new(Lent(LEFT.lock().ok().and_then(|mut left| left.pop()).unwrap_or_default()));
}

/// What threads that ended remembered; the next ones go on with it.
static LEFT: Mutex<Vec<Lines>> = Mutex::new(Vec::new());
/// More than so many are forgotten.
const MOST_LEFT: usize = 16;

/// The lines of a thread, which it leaves behind.
struct Lent(Lines);

impl Drop for Lent {
    fn drop(&mut self) {
        if let Ok(mut left) = LEFT.lock()
            && left.len() < MOST_LEFT
        {
            left.push(std::mem::take(&mut self.0));
        }
    }
}

impl Lines {
    fn get(&mut self, grammar: u64, text: &str) -> Arc<Line> {
        let hash = foldhash::fast::FixedState::with_seed(grammar).hash_one(text.as_bytes());
        if text.len() > LONGEST {
            return Arc::new(Line::new(grammar, hash, text));
        }
        if self.kept.is_empty() {
            self.kept.resize(KEPT, None);
            self.recent.resize(RECENT, None);
            self.seen.resize(SEEN, 0);
        }
        let kept = &mut self.kept[hash as usize % KEPT];
        if let Some(line) = kept.as_ref().filter(|line| line.is(grammar, hash, text)) {
            return Arc::clone(line);
        }
        let recent = &mut self.recent[hash as usize % RECENT];
        if let Some(line) = recent.as_ref().filter(|line| line.is(grammar, hash, text)) {
            return Arc::clone(line);
        }
        let line = Arc::new(Line::new(grammar, hash, text));
        let seen = &mut self.seen[(hash >> 16) as usize % SEEN];
        let mark = (hash >> 32) as u32;
        let came = std::mem::replace(seen, mark) == mark;
        let freely = kept.is_none() && self.freely < FREELY;
        self.freely += usize::from(freely);
        *(if came || freely { kept } else { recent }) = Some(Arc::clone(&line));
        line
    }
}

impl TraceGrammar {
    /// Returns `text` as a line of this grammar, remembered or not.
    pub(crate) fn line(&self, text: &str) -> Arc<Line> {
        LINES.with(|lines| lines.borrow_mut().0.get(self.id, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Catalog;

    #[test]
    fn a_remembered_line_says_what_a_new_one_says() {
        let catalog = Catalog::builtin().expect("ours load");
        let texts = [
            "\tat org.tea.Kitchen.pour(Kitchen.java:42)",
            "  File \"/app/main.py\", line 8, in <module>",
            "ValueError: bad row",
            "goroutine 1 [running]:",
            "2026-01-02 03:04:05 ERROR x",
            "",
        ];
        for round in 0..3 {
            for grammar in &catalog.traces.grammars {
                for text in texts {
                    let (line, new) = (grammar.line(text), Line::new(grammar.id, 0, text));
                    let at = format!("{} {text} {round}", grammar.language);
                    assert_eq!(line.matches(grammar), new.matches(grammar), "{at}");
                    assert_eq!(line.is_library(grammar), new.is_library(grammar), "{at}");
                    assert_eq!(line.is_not_head(grammar), new.is_not_head(grammar), "{at}");
                    assert_eq!(line.margin(grammar), new.margin(grammar), "{at}");
                    for kind in SOUGHT {
                        assert_eq!(line.find(grammar, kind), grammar.seek(kind, text), "{at}");
                    }
                    for index in 0..grammar.patterns.len() {
                        let all =
                            |line: &Line| line.captures(grammar, index, text).map(|found| found.all().to_string());
                        assert_eq!(all(&line), all(&new), "{at}");
                    }
                }
            }
        }
    }
}
