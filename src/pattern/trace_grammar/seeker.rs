//! An automaton for literals that becomes fast once it is worth it: the fast form takes longer to make than a small log
//! takes to be read. Leaves out what the literals mean.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// As many searches are made before the fast form is.
const PATIENCE: u32 = 500;

/// Finds literals; both forms find the same.
#[derive(Debug)]
pub(super) struct Seeker {
    literals: Vec<String>,
    kind: MatchKind,
    plain: AhoCorasick,
    fast: OnceLock<Option<AhoCorasick>>,
    searches: AtomicU32,
}

impl Seeker {
    /// Returns one for `literals`; `None` if they are too many.
    pub(super) fn new(literals: Vec<String>, kind: MatchKind) -> Option<Seeker> {
        let plain = AhoCorasickKind::ContiguousNFA;
        let plain = AhoCorasick::builder().match_kind(kind).kind(Some(plain)).build(&literals).ok()?;
        Some(Seeker { literals, kind, plain, fast: OnceLock::new(), searches: AtomicU32::new(0) })
    }

    /// Returns the automaton for one more search.
    pub(super) fn get(&self) -> &AhoCorasick {
        if let Some(fast) = self.fast.get() {
            return fast.as_ref().unwrap_or(&self.plain);
        }
        if self.searches.fetch_add(1, Ordering::Relaxed) < PATIENCE {
            return &self.plain;
        }
        let make = || AhoCorasick::builder().match_kind(self.kind).build(&self.literals).ok();
        self.fast.get_or_init(make).as_ref().unwrap_or(&self.plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_find_the_same() {
        let seeker =
            Seeker::new(vec!["tea".to_string(), "eat".to_string()], MatchKind::Standard).expect("two literals");
        let find = || seeker.get().find_overlapping_iter("teat").map(|found| found.pattern().as_usize()).collect();
        let first: Vec<usize> = find();
        assert!((0..PATIENCE + 1).all(|_| find() == first));
        assert!(seeker.fast.get().is_some());
    }
}
