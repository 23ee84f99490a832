//! Remembers which entries were read, in bounded memory: what is dropped as a duplicate must have been read before.
//! Leaves out what makes two entries one: see `entry::identity`.

/// Slots of one table at first and at most, 8 bytes each.
const FIRST: usize = 1 << 10;
/// A table this full takes in no more.
const FILL: (usize, usize) = (3, 4);

/// The keys of the newest entries: all until there are many, then at least the last `most`.
#[derive(Debug)]
pub(super) struct Keys {
    young: Table,
    old: Table,
    most: usize,
    /// Whether keys were forgotten.
    pub(super) forgot: bool,
}

#[derive(Debug, Default)]
struct Table {
    /// 0 is a free slot.
    slots: Vec<u64>,
    len: usize,
}

impl Keys {
    /// Returns an empty collection that remembers at least the last `most` keys, and at most twice as many.
    pub(super) fn new(most: usize) -> Keys {
        Keys { young: Table::default(), old: Table::default(), most, forgot: false }
    }

    /// Adds a key; returns whether it was not there.
    pub(super) fn add(&mut self, key: u64) -> bool {
        let key = key.max(1);
        if self.old.has(key) || !self.young.add(key) {
            return false;
        }
        if self.young.len >= self.most {
            self.forgot |= self.old.len > 0;
            self.old = std::mem::take(&mut self.young);
        }
        true
    }

    /// Returns whether a key is there.
    pub(super) fn has(&self, key: u64) -> bool {
        let key = key.max(1);
        self.young.has(key) || self.old.has(key)
    }
}

impl Table {
    /// Returns the slot that holds the key, or the free one where it belongs.
    fn find(&self, key: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = (key >> 32) as usize & mask;
        while self.slots[at] != 0 && self.slots[at] != key {
            at = (at + 1) & mask;
        }
        at
    }

    fn has(&self, key: u64) -> bool {
        !self.slots.is_empty() && self.slots[self.find(key)] == key
    }

    fn add(&mut self, key: u64) -> bool {
        if self.len * FILL.1 >= self.slots.len() * FILL.0 {
            let grown = vec![0; (2 * self.slots.len()).max(FIRST)];
            let before = std::mem::replace(&mut self.slots, grown);
            for key in before.into_iter().filter(|key| *key != 0) {
                let at = self.find(key);
                self.slots[at] = key;
            }
        }
        let at = self.find(key);
        if self.slots[at] == key {
            return false;
        }
        self.slots[at] = key;
        self.len += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_new_once() {
        let mut keys = Keys::new(1000);
        let key = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        assert!((0..1500).all(|number| keys.add(key(number))));
        assert!((500..1500).all(|number| !keys.add(key(number))));
        assert!(!keys.forgot);
        assert!((1500..4000).all(|number| keys.add(key(number))));
        assert!(keys.forgot);
        assert!((3000..4000).all(|number| !keys.add(key(number))), "at least the last thousand are known");
        assert!(keys.add(key(1)), "and the first are forgotten");
    }
}
