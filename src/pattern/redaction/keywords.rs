//! The search for the keywords of all rules: small at first, fast once it is worth it, for the fast form takes longer to
//! make than a small log takes to be read. Leaves out what the keywords announce.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// As many searches are made before the fast form is.
const PATIENCE: u32 = 500;

/// Finds keywords in any case; both forms find the same.
#[derive(Debug, Default)]
pub(super) struct Keywords {
    small: OnceLock<Option<AhoCorasick>>,
    fast: OnceLock<Option<AhoCorasick>>,
    searches: AtomicU32,
}

impl Keywords {
    /// Returns the search for `words`, the same ones at each call.
    pub(super) fn search(&self, words: &dyn Fn() -> Vec<String>) -> Option<&AhoCorasick> {
        let make = |kind| AhoCorasick::builder().ascii_case_insensitive(true).kind(kind).build(words()).ok();
        let small = || self.small.get_or_init(|| make(Some(AhoCorasickKind::ContiguousNFA)).or_else(|| make(None)));
        if self.fast.get().is_none() && self.searches.fetch_add(1, Ordering::Relaxed) < PATIENCE {
            return small().as_ref();
        }
        // Where the fast form would be too large the small one goes on.
        self.fast.get_or_init(|| make(Some(AhoCorasickKind::DFA))).as_ref().or_else(|| small().as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_find_the_same() {
        let keywords = Keywords::default();
        let words = || vec!["tea".to_string(), "EAT".to_string()];
        let find = || {
            let search = keywords.search(&words).expect("two words");
            search.find_overlapping_iter("Teat").map(|found| found.pattern().as_usize()).collect::<Vec<_>>()
        };
        let first = find();
        assert_eq!(first.len(), 2);
        assert!((0..PATIENCE + 1).all(|_| find() == first));
        assert!(keywords.fast.get().is_some());
    }
}
