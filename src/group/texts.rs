//! Many short texts in little memory: ids are mostly hexadecimal, which takes half the room as bytes.
//! Leaves out what the texts mean.

use std::hash::BuildHasher;

/// Texts by number, in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    bytes: Vec<u8>,
    starts: Vec<u32>,
    /// What stands before hexadecimal digits: few different keys.
    prefixes: Vec<Box<str>>,
}

/// Prefixes that are told apart; a text with another one is kept as it is.
const PREFIXES: usize = 32;
/// Fewer digits are not worth it.
const LEAST_DIGITS: usize = 8;
/// Bytes of all texts that are kept; further ones are nothing.
pub(crate) const MOST_BYTES: usize = 16 << 20;

impl Texts {
    /// Returns how many there are.
    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Adds a text and returns its number.
    pub(crate) fn push(&mut self, text: &str) -> u32 {
        if self.has_room(text.len()) {
            self.write(text);
        } else {
            self.starts.push(self.bytes.len() as u32);
        }
        self.starts.len() as u32 - 1
    }

    fn has_room(&self, length: usize) -> bool {
        self.bytes.len() + length < MOST_BYTES
    }

    fn write(&mut self, text: &str) {
        self.starts.push(self.bytes.len() as u32);
        let length = hex_tail(text);
        let (prefix, digits) = text.split_at(text.len() - length);
        // Words that end in a few such letters would leave no room for the keys of ids.
        match (length >= LEAST_DIGITS).then(|| self.prefix(prefix)).flatten() {
            Some(at) => {
                self.bytes.push(at + 1);
                let pairs = digits.as_bytes().chunks_exact(2);
                self.bytes.extend(pairs.map(|pair| digit(pair[0]) << 4 | digit(pair[1])));
            }
            None => {
                self.bytes.push(0);
                self.bytes.extend_from_slice(text.as_bytes());
            }
        }
    }

    /// Takes back the text that was added last.
    fn pop(&mut self) {
        if let Some(start) = self.starts.pop() {
            self.bytes.truncate(start as usize);
        }
    }

    /// Returns the text of a number.
    pub(crate) fn get(&self, number: u32) -> String {
        let Some((kind, rest)) = self.packed(number).split_first() else { return String::new() };
        match kind.checked_sub(1).and_then(|at| self.prefixes.get(usize::from(at))) {
            Some(prefix) => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                let mut text = String::with_capacity(prefix.len() + 2 * rest.len());
                text.push_str(prefix);
                for byte in rest {
                    text.push(char::from(DIGITS[usize::from(byte >> 4)]));
                    text.push(char::from(DIGITS[usize::from(byte & 15)]));
                }
                text
            }
            None => String::from_utf8_lossy(rest).into_owned(),
        }
    }

    /// Returns the bytes that a number stands for; equal ones are equal texts.
    fn packed(&self, number: u32) -> &[u8] {
        let at = number as usize;
        let from = self.starts.get(at).map_or(self.bytes.len(), |start| *start as usize);
        let to = self.starts.get(at + 1).map_or(self.bytes.len(), |start| *start as usize);
        self.bytes.get(from..to).unwrap_or_default()
    }

    fn prefix(&mut self, prefix: &str) -> Option<u8> {
        if let Some(at) = self.prefixes.iter().position(|known| **known == *prefix) {
            return Some(at as u8);
        }
        if self.prefixes.len() >= PREFIXES || prefix.len() > 40 {
            return None;
        }
        self.prefixes.push(prefix.into());
        Some(self.prefixes.len() as u8 - 1)
    }
}

/// Returns how many lower-case hexadecimal digits `text` ends with, an even number.
fn hex_tail(text: &str) -> usize {
    let digits = text.bytes().rev().take_while(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')).count();
    digits & !1
}

fn digit(byte: u8) -> u8 {
    if byte.is_ascii_digit() { byte - b'0' } else { byte.wrapping_sub(b'a').wrapping_add(10) & 15 }
}

/// Texts of which each has one number.
#[derive(Debug, Default)]
pub(crate) struct Words {
    texts: Texts,
    /// One more than the number of the text that has its place here; 0 is free.
    places: Vec<u32>,
}

impl Words {
    /// Returns the number of a text, a new one if it is new; none if there is no more room.
    pub(crate) fn number(&mut self, text: &str) -> Option<u32> {
        let (number, place) = self.push(text);
        match self.places[place].checked_sub(1) {
            None if self.texts.has_room(0) => {
                self.places[place] = number + 1;
                Some(number)
            }
            known => {
                self.texts.pop();
                known
            }
        }
    }

    /// Returns the number of a text if it has one.
    pub(crate) fn known(&mut self, text: &str) -> Option<u32> {
        let (_, place) = self.push(text);
        self.texts.pop();
        self.places[place].checked_sub(1)
    }

    /// Adds a text, for what is pushed is compared packed; returns its number and its place, where it may stand already.
    fn push(&mut self, text: &str) -> (u32, usize) {
        if (self.texts.len() + 1) * 4 > self.places.len() * 3 {
            self.grow();
        }
        self.texts.write(text);
        let number = self.texts.len() as u32 - 1;
        let packed = self.texts.packed(number);
        let mut at = self.place(packed);
        while self.places[at].checked_sub(1).is_some_and(|known| self.texts.packed(known) != packed) {
            at = (at + 1) % self.places.len();
        }
        (number, at)
    }

    /// Returns the text of a number.
    pub(crate) fn get(&self, number: u32) -> String {
        self.texts.get(number)
    }

    fn place(&self, packed: &[u8]) -> usize {
        foldhash::fast::FixedState::default().hash_one(packed) as usize % self.places.len()
    }

    fn grow(&mut self) {
        let length = (self.places.len() * 2).max(1024);
        self.places.clear();
        self.places.resize(length, 0);
        for number in 0..self.texts.len() as u32 {
            let mut at = self.place(self.texts.packed(number));
            while self.places[at] != 0 {
                at = (at + 1) % length;
            }
            self.places[at] = number + 1;
        }
    }
}

/// Numbers of words that often stand together, for those that did last: most events come from few places.
#[derive(Debug)]
pub(crate) struct Remembered<const N: usize>(Vec<Option<Stood<N>>>);

/// Words, and their numbers.
type Stood<const N: usize> = ([Option<Box<str>>; N], [Option<u32>; N]);

/// Places that are remembered.
const PLACES: usize = 256;

impl<const N: usize> Default for Remembered<N> {
    fn default() -> Self {
        Remembered(Vec::new())
    }
}

impl<const N: usize> Remembered<N> {
    /// Returns the numbers that `words` has for these, in their order; an empty word has none.
    pub(crate) fn numbers(&mut self, names: [Option<&str>; N], words: &mut Words) -> [Option<u32>; N] {
        if self.0.is_empty() {
            self.0.resize_with(PLACES, || None);
        }
        let slot = &mut self.0[foldhash::fast::FixedState::default().hash_one(names) as usize % PLACES];
        if let Some((known, numbers)) = slot
            && known.iter().map(Option::as_deref).eq(names)
        {
            return *numbers;
        }
        let numbers = names.map(|name| name.filter(|name| !name.is_empty()).and_then(|name| words.number(name)));
        *slot = Some((names.map(|name| name.map(Box::from)), numbers));
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_stand_together_have_the_numbers_that_each_has() {
        let (mut remembered, mut words) = (Remembered::<2>::default(), Words::default());
        for round in 0..3 {
            for number in 0..2000 {
                let (one, other) = (format!("tea-{}", number % 7), format!("{number:024x}"));
                for names in [[Some(&*one), Some(&*other)], [None, Some(&*one)], [Some(""), None]] {
                    let found = remembered.numbers(names, &mut words);
                    let each = names.map(|name| name.filter(|name| !name.is_empty()).map(|name| words.number(name)));
                    assert_eq!(found.map(|number| number.map(Some)), each, "{round} {number}");
                }
            }
        }
    }

    #[test]
    fn keys_of_ids_find_room_whatever_words_came_before() {
        let mut texts = Texts::default();
        for number in 0..100 {
            texts.push(&format!("service-{number}-cafe"));
        }
        let before = texts.bytes.len();
        texts.push("request_id=0123456789abcdef");
        assert_eq!(texts.bytes.len() - before, 9);
    }

    #[test]
    fn texts_are_read_back() {
        let texts = [
            "",
            "x",
            "request_id=9b5ad68f2b0b755d",
            "9b5ad68f2b0b755d",
            "request_id=9b5ad68f2b0b755",
            "é00112233",
            "AB00112233",
            "id=00000000",
        ];
        let (mut all, mut words) = (Texts::default(), Words::default());
        for text in texts {
            let (at, number) = (all.push(text), words.number(text).expect("room"));
            assert_eq!((all.get(at), words.get(number)), (text.to_string(), text.to_string()));
        }
        for (at, text) in texts.iter().enumerate() {
            assert_eq!(words.number(text), Some(at as u32), "{text}");
        }
        for number in 0..5000 {
            let text = format!("trace={number:016x}");
            let first = words.number(&text).expect("room");
            assert_eq!((words.number(&text), words.get(first)), (Some(first), text));
        }
    }
}
