//! What redaction left as it was, remembered by each thread: names and the lines of traces come again and again.
//! Leaves out everything that was redacted or announced; that is looked at each time.

use std::cell::RefCell;
use std::hash::BuildHasher;

use foldhash::HashSet;
use foldhash::fast::FixedState;

use crate::pattern::Redactions;

/// Names that are remembered.
const NAMES: usize = 4096;
/// Lines that are remembered.
const LINES: usize = 16_384;
/// Lines of which it is known that they came once.
const SEEN: usize = 16_384;
/// Bytes of one of them.
const LONGEST: usize = 300;
/// A text of fewer lines is looked at as a whole.
const LEAST_LINES: usize = 3;

#[derive(Default)]
struct Known {
    /// Of which rules.
    rules: u64,
    /// Names in which nothing is redacted or suspicious.
    names: HashSet<Box<str>>,
    /// Lines in which no keyword and no number stands that might be part of a find, whatever stands around them.
    lines: HashSet<Box<str>>,
    /// Hashes of lines that came: most messages never come again, and are not worth keeping.
    seen: Vec<u32>,
}

impl Known {
    /// Forgets what other rules said, and everything once it is much.
    fn of(&mut self, rules: &Redactions) -> &mut Known {
        let fits = self.rules == rules.number() && !self.seen.is_empty();
        if !fits || self.names.len() >= NAMES || self.lines.len() >= LINES {
            *self = Known { rules: rules.number(), seen: vec![0; SEEN], ..Known::default() };
        }
        self
    }
}

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

/// Returns whether `name` is remembered as one that stays as it is.
pub(super) fn is_name(name: &str, rules: &Redactions) -> bool {
    KNOWN.with_borrow_mut(|known| known.of(rules).names.contains(name))
}

/// Remembers a name that stays as it is.
pub(super) fn keep_name(name: &str) {
    if name.len() <= LONGEST {
        KNOWN.with_borrow_mut(|known| known.names.insert(name.into()));
    }
}

/// Returns whether nothing in `text` can be redacted or suspicious because nothing in any of its lines can: a find
/// needs a keyword, which has no line end, or numbers, which are read up to one.
pub(super) fn has_quiet_lines(text: &str, rules: &Redactions) -> bool {
    if memchr::memchr_iter(b'\n', text.as_bytes()).nth(LEAST_LINES - 2).is_none() {
        return false;
    }
    KNOWN.with_borrow_mut(|known| {
        let Known { lines, seen, .. } = known.of(rules);
        text.split('\n').all(|line| {
            if lines.contains(line) {
                return true;
            }
            let quiet = rules.is_quiet(line);
            if quiet && line.len() <= LONGEST {
                let hash = FixedState::default().hash_one(line);
                let place = &mut seen[hash as usize % SEEN];
                if std::mem::replace(place, (hash >> 32) as u32 | 1) == (hash >> 32) as u32 | 1 {
                    lines.insert(line.into());
                }
            }
            quiet
        })
    })
}
