//! The texts behind the hashes of what was said and quoted, for showing what was shared.
//! Leaves out what nobody shares: a text is kept when its hash comes for the second time, for the first time it may
//! stay alone, as nearly all do.

use foldhash::HashMap;

/// Bytes of text that are kept.
const MOST_BYTES: usize = 4 << 20;
/// Bits that remember which hashes came.
const BITS: u64 = 1 << 22;

/// Texts by hash.
#[derive(Debug, Default)]
pub(super) struct Quotes {
    came: Vec<u64>,
    texts: HashMap<u64, Box<str>>,
    bytes: usize,
}

impl Quotes {
    /// Notes that `text` was said or quoted.
    pub(super) fn see(&mut self, hash: u64, text: &str) {
        if self.came.is_empty() {
            self.came.resize(BITS as usize / 64, 0);
        }
        let mut known = true;
        for part in [hash, hash >> 32] {
            let bit = part % BITS;
            let word = &mut self.came[bit as usize / 64];
            known &= *word >> (bit % 64) & 1 == 1;
            *word |= 1 << (bit % 64);
        }
        if known {
            self.keep(hash, text);
        }
    }

    /// Keeps a text that may be shown though it came once.
    pub(super) fn keep(&mut self, hash: u64, text: &str) {
        if self.bytes < MOST_BYTES && !self.texts.contains_key(&hash) {
            self.bytes += text.len() + 40;
            self.texts.insert(hash, text.into());
        }
    }

    /// Returns the text behind a hash that came twice.
    pub(super) fn get(&self, hash: u64) -> &str {
        self.texts.get(&hash).map_or("", |text| text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_twice_is_known() {
        let mut quotes = Quotes::default();
        quotes.see(7, "once");
        quotes.see(u64::MAX, "twice");
        quotes.see(u64::MAX, "twice");
        quotes.keep(9, "kept");
        assert_eq!((quotes.get(u64::MAX), quotes.get(9), quotes.get(8)), ("twice", "kept", ""));
    }
}
