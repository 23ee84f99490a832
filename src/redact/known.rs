//! Names that redaction left as they were, remembered by each thread: they come again and again.
//! Leaves out everything that was redacted or flagged; that is looked at each time.

use std::cell::RefCell;
use std::hash::BuildHasher;

use foldhash::HashSet;
use foldhash::fast::FixedState;

use crate::pattern::Redactions;

/// Names that are remembered.
const NAMES: usize = 4096;
/// Names of which it is known that they came once.
const SEEN: usize = 4096;
/// Bytes of one of them.
const LONGEST: usize = 300;

#[derive(Default)]
struct Known {
    /// Of which rules.
    rules: u64,
    /// Names in which nothing is redacted or suspicious.
    names: HashSet<Box<str>>,
    /// The same for identifiers, of which less is asked.
    ids: HashSet<Box<str>>,
    /// Hashes of names that came: what is made for one request never comes again, and is not worth keeping.
    seen: Vec<u32>,
}

impl Known {
    /// Forgets what other rules said, and everything once it is much.
    fn of(&mut self, rules: &Redactions) -> &mut Known {
        let fits = self.rules == rules.number() && !self.seen.is_empty();
        if !fits || self.names.len() + self.ids.len() >= NAMES {
            *self = Known { rules: rules.number(), seen: vec![0; SEEN], ..Known::default() };
        }
        self
    }

    fn set(&mut self, technical: bool) -> &mut HashSet<Box<str>> {
        if technical { &mut self.ids } else { &mut self.names }
    }
}

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

/// Returns whether `name` is remembered as one that stays as it is; `technical` where it is an identifier.
pub(super) fn is_name(name: &str, rules: &Redactions, technical: bool) -> bool {
    KNOWN.with_borrow_mut(|known| known.of(rules).set(technical).contains(name))
}

/// Remembers a name that stays as it is, once it comes again.
pub(super) fn keep_name(name: &str, rules: &Redactions, technical: bool) {
    if name.len() > LONGEST {
        return;
    }
    KNOWN.with_borrow_mut(|known| {
        let known = known.of(rules);
        let hash = FixedState::default().hash_one((name, technical));
        let mark = (hash >> 32) as u32 | 1;
        if std::mem::replace(&mut known.seen[hash as usize % SEEN], mark) == mark {
            known.set(technical).insert(name.into());
        }
    });
}
