//! The search for the keywords of all rules, in any case, also where they overlap (Aho and Corasick, 1975).
//! Leaves out what the keywords announce.
//!
//! The whole table is made at once, for each text is short and each of its bytes is looked up in it; where users bring so
//! many keywords that it would be large, the crate's automaton takes its place.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

/// Bytes of keywords for which a table is made.
const MOST_BYTES: usize = 16_384;

/// Finds keywords.
#[derive(Debug, Default)]
pub(super) struct Keywords {
    search: OnceLock<Search>,
}

#[derive(Debug)]
enum Search {
    Table(Box<Table>),
    Large(Option<AhoCorasick>),
}

/// For each state and class of bytes the next state.
#[derive(Debug)]
struct Table {
    class_of: [u8; 256],
    classes: usize,
    /// A state is the place of its row.
    next: Vec<u32>,
    /// Rows from here on are those in which keywords end.
    ends: u32,
    /// For each of those rows where its keywords stand in `ending`.
    ending_at: Vec<u32>,
    ending: Vec<u32>,
}

impl Keywords {
    /// Hands on the number of every keyword in `text` and where it ends; `words` are the same ones at each call.
    pub(super) fn each(&self, text: &str, words: &dyn Fn() -> Vec<String>, mut hit: impl FnMut(usize, usize)) {
        match self.search.get_or_init(|| Search::of(&words())) {
            Search::Table(table) => table.each(text.as_bytes(), hit),
            Search::Large(Some(search)) => {
                search.find_overlapping_iter(text).for_each(|found| hit(found.pattern().as_usize(), found.end()));
            }
            Search::Large(None) => {}
        }
    }
}

impl Search {
    fn of(words: &[String]) -> Search {
        let bytes: usize = words.iter().map(String::len).sum();
        if bytes <= MOST_BYTES && words.iter().all(|word| !word.is_empty()) {
            return Search::Table(Box::new(Table::of(words)));
        }
        Search::Large(AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok())
    }
}

impl Table {
    fn of(words: &[String]) -> Table {
        let mut class_of = [0u8; 256];
        let mut classes = 1;
        for byte in words.iter().flat_map(|word| word.bytes()).map(|byte| byte.to_ascii_lowercase()) {
            if class_of[usize::from(byte)] == 0 {
                class_of[usize::from(byte)] = classes;
                class_of[usize::from(byte.to_ascii_uppercase())] = classes;
                classes += 1;
            }
        }
        let classes = usize::from(classes);
        // A tree of the keywords, in which no way on is 0: nothing leads back to the root.
        let (mut tree, mut own) = (vec![0u32; classes], vec![Vec::new()]);
        for (number, word) in words.iter().enumerate() {
            let mut state = 0;
            for byte in word.bytes() {
                let way = state * classes + usize::from(class_of[usize::from(byte)]);
                if tree[way] == 0 {
                    tree[way] = own.len() as u32;
                    tree.resize(tree.len() + classes, 0);
                    own.push(Vec::new());
                }
                state = tree[way] as usize;
            }
            own[state].push(number as u32);
        }
        // Breadth first: where a state has no way on, that of the longest end of it that begins a keyword leads on.
        let mut shorter = vec![0u32; own.len()];
        let mut order = vec![0u32];
        let mut done = 0;
        while let Some(state) = order.get(done).map(|state| *state as usize) {
            done += 1;
            let end = shorter[state] as usize;
            for class in 0..classes {
                let otherwise = if state == 0 { 0 } else { tree[end * classes + class] };
                match tree[state * classes + class] {
                    0 => tree[state * classes + class] = otherwise,
                    next => {
                        shorter[next as usize] = otherwise;
                        let more = own[otherwise as usize].clone();
                        own[next as usize].extend(more);
                        order.push(next);
                    }
                }
            }
        }
        // States in which keywords end come last.
        let (ending, quiet): (Vec<u32>, Vec<u32>) = order.iter().partition(|state| !own[**state as usize].is_empty());
        let mut row_of = vec![0u32; own.len()];
        for (row, state) in quiet.iter().chain(&ending).enumerate() {
            row_of[*state as usize] = (row * classes) as u32;
        }
        let mut table = Table {
            class_of,
            classes,
            next: Vec::with_capacity(tree.len()),
            ends: (quiet.len() * classes) as u32,
            ending_at: vec![0],
            ending: Vec::new(),
        };
        for state in quiet.iter().chain(&ending) {
            let row = *state as usize * classes;
            table.next.extend(tree[row..row + classes].iter().map(|state| row_of[*state as usize]));
        }
        for state in &ending {
            table.ending.extend(&own[*state as usize]);
            table.ending_at.push(table.ending.len() as u32);
        }
        table
    }

    fn each(&self, bytes: &[u8], mut hit: impl FnMut(usize, usize)) {
        let mut state = 0;
        for (at, byte) in bytes.iter().enumerate() {
            state = self.next[state as usize + usize::from(self.class_of[usize::from(*byte)])];
            if state >= self.ends {
                let row = (state - self.ends) as usize / self.classes;
                let all = self.ending_at[row] as usize..self.ending_at[row + 1] as usize;
                self.ending[all].iter().for_each(|number| hit(*number as usize, at + 1));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the crate's automaton finds, in one order.
    fn expected(words: &[String], text: &str) -> Vec<(usize, usize)> {
        let search = AhoCorasick::builder().ascii_case_insensitive(true).build(words).expect("words");
        let mut all: Vec<_> =
            search.find_overlapping_iter(text).map(|found| (found.end(), found.pattern().as_usize())).collect();
        all.sort_unstable();
        all
    }

    fn found(words: &[String], text: &str) -> Vec<(usize, usize)> {
        let mut all = Vec::new();
        Keywords::default().each(text, &|| words.to_vec(), |number, end| all.push((end, number)));
        all.sort_unstable();
        all
    }

    #[test]
    fn the_table_finds_what_the_crate_finds() {
        let words = ["tea", "EAT", "a", "eaten", "ate", "te", "éA", "tea"].map(str::to_string);
        let mut seed = 7u64;
        for _ in 0..500 {
            let mut text = String::new();
            for _ in 0..40 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push(['t', 'e', 'a', 'n', 'T', 'E', 'A', 'é', ' '][(seed >> 33) as usize % 9]);
            }
            assert_eq!(found(&words, &text), expected(&words, &text), "{text}");
        }
    }

    #[test]
    fn many_and_empty_keywords_are_found_too() {
        let many: Vec<String> = (0..4000).map(|number| format!("keyword-{number}")).collect();
        assert_eq!(found(&many, "a KEYWORD-399 b").len(), 3);
        assert_eq!(found(&[String::new()], "ab").len(), 3);
        assert_eq!(found(&[], "ab").len(), 0);
    }
}
