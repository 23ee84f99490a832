//! Masks: replaces the values of one occurrence (ids, times, addresses) by their names, in one pass.
//! Leaves out what only a sentence can tell (whose quotation it is, whether a noun is counted):
//! `group::normalise` does that with the [`Words`] kept here.
//!
//! Expressions run only where one of their literals occurs; everything else is recognised by hand, since
//! every line of a log passes through here.

mod chars;
mod file;
mod net;
mod shape;
mod time;
mod words;

use std::borrow::Cow;

use aho_corasick::AhoCorasick;
use regex::Regex;

use self::shape::{At, Found, Shape};
pub use self::words::Words;
use super::Problem;

/// The ordered masks of all files, ready to apply; by default none.
#[derive(Debug)]
pub struct Masks {
    masks: Vec<Mask>,
    words: Words,
    /// For each byte, the masks (as bits, in order) that could begin with it.
    starts: Box<[u64; 256]>,
    /// The scanned masks that the bits of `starts` stand for.
    scans: Vec<(Shape, usize)>,
    /// Finds the literals that `needles` assigns to pattern masks.
    literals: AhoCorasick,
    needles: Vec<usize>,
}

#[derive(Debug)]
struct Mask {
    id: String,
    replace: String,
    how: How,
}

#[derive(Debug)]
enum How {
    Scan(Shape),
    Pattern { regex: Regex, any: Vec<String>, needs_digit: bool },
}

impl Default for Masks {
    fn default() -> Masks {
        let literals = AhoCorasick::new::<_, &str>([]).expect("no literals are not too many");
        let starts = Box::new([0; 256]);
        Masks { masks: Vec::new(), words: Words::default(), starts, scans: Vec::new(), literals, needles: Vec::new() }
    }
}

impl Masks {
    /// Reads mask files in order; a later file adds to the earlier ones or replaces a mask by its id.
    pub fn load(files: &[(String, String)]) -> Result<Masks, Vec<Problem>> {
        file::load(files)
    }

    /// Returns the masks that the program carries.
    pub fn built_in() -> Result<Masks, Vec<Problem>> {
        let own = crate::embedded::PATTERNS.iter().filter(|(path, _)| *path == "patterns/masks.toml");
        Masks::load(&own.map(|(path, text)| (path.to_string(), text.to_string())).collect::<Vec<_>>())
    }

    /// Returns the words that tell values from names.
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// Returns `text` with every value replaced by the name of the first mask that fits it.
    pub fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut out = String::new();
        let claims = self.claims(text);
        let mut from = 0;
        let mut done = 0;
        for claim in &claims {
            self.scan(text, from, claim.start, &mut done, &mut out);
            out.push_str(&text[done..claim.start]);
            out.push_str(&claim.text);
            done = claim.end;
            from = claim.end;
        }
        self.scan(text, from, text.len(), &mut done, &mut out);
        if done == 0 {
            return Cow::Borrowed(text);
        }
        out.push_str(&text[done..]);
        Cow::Owned(out)
    }

    /// Assembles the tables; `file` has checked the masks.
    fn assemble(masks: Vec<Mask>, words: Words) -> Result<Masks, aho_corasick::BuildError> {
        let (mut scans, mut starts) = (Vec::new(), Box::new([0u64; 256]));
        let (mut literals, mut needles) = (Vec::new(), Vec::new());
        for (index, mask) in masks.iter().enumerate() {
            match &mask.how {
                How::Scan(shape) => {
                    for byte in 0..=255u8 {
                        starts[usize::from(byte)] |= u64::from(shape.begins(byte)) << scans.len();
                    }
                    scans.push((*shape, index));
                }
                How::Pattern { any, .. } => {
                    literals.extend(any.iter().cloned());
                    needles.extend(any.iter().map(|_| index));
                }
            }
        }
        Ok(Masks { masks, words, starts, scans, literals: AhoCorasick::new(literals)?, needles })
    }

    /// Collects what the pattern masks take, first mask first, without overlaps.
    fn claims(&self, text: &str) -> Vec<Claim> {
        let mut wanted = 0u64;
        // Nearly every text ends here; asking for the first literal alone is many times faster.
        let some = self.literals.is_match(text);
        let every = self.masks.iter().any(Mask::always);
        if !some && !every {
            return Vec::new();
        }
        for hit in self.literals.find_overlapping_iter(text) {
            wanted |= 1 << (self.needles[hit.pattern().as_usize()] % 64);
        }
        let mut claims: Vec<Claim> = Vec::new();
        let digits = text.bytes().any(|byte| byte.is_ascii_digit());
        for (index, mask) in self.masks.iter().enumerate() {
            let How::Pattern { regex, needs_digit, .. } = &mask.how else { continue };
            if (*needs_digit && !digits) || (!mask.always() && wanted & (1 << (index % 64)) == 0) {
                continue;
            }
            for found in regex.captures_iter(text) {
                let Some(whole) = found.get(0).filter(|whole| !whole.is_empty()) else { continue };
                if claims.iter().all(|claim| whole.end() <= claim.start || claim.end <= whole.start()) {
                    let mut replaced = String::new();
                    found.expand(&mask.replace, &mut replaced);
                    claims.push(Claim { start: whole.start(), end: whole.end(), text: replaced });
                }
                // A message of thousands of addresses is no message; the bound keeps the work linear.
                if claims.len() >= 256 {
                    break;
                }
            }
        }
        claims.sort_by_key(|claim| claim.start);
        claims
    }

    /// Applies the scanned masks between `from` and `to`, appending to `out` up to the last replacement.
    fn scan(&self, text: &str, from: usize, to: usize, done: &mut usize, out: &mut String) {
        let bytes = text.as_bytes();
        let mut at = from;
        while at < to {
            let word = chars::word(bytes, at, to);
            // A word without a digit is a value only if it begins a date, a UUID or a hardware address: nearly all
            // words stop here.
            let lettered = || {
                chars::calendar(bytes, at)
                    || chars::uuid_head(bytes, at, word.end)
                    || chars::mac_head(bytes, at, word.end)
            };
            let candidate = word.end <= at || word.digit || lettered();
            let mut bits = if candidate { self.starts[usize::from(bytes[at])] } else { 0 };
            let mut next = word.end.max(at + 1);
            while bits != 0 {
                let (shape, index) = self.scans[bits.trailing_zeros() as usize];
                bits &= bits - 1;
                let here = At { bytes: &bytes[..to], at, end: word.end, masked: *done, words: &self.words };
                match shape.find(&here) {
                    Some(Found::Mask(start, end)) if end > at => {
                        if out.capacity() == 0 {
                            out.reserve(text.len());
                        }
                        out.push_str(&text[*done..start]);
                        out.push_str(&self.masks[index].replace);
                        *done = end;
                        next = end;
                        break;
                    }
                    Some(Found::Keep(end)) if end > at => {
                        next = end;
                        break;
                    }
                    _ => {}
                }
            }
            at = next;
        }
    }

    /// Returns whether the mask `index` alone would change `text`; the law on examples asks this.
    fn alone(&self, index: usize, text: &str) -> bool {
        match &self.masks[index].how {
            How::Pattern { regex, .. } => regex.is_match(text),
            How::Scan(shape) => {
                let (mut at, bytes) = (0, text.as_bytes());
                while at < bytes.len() {
                    let word = chars::word(bytes, at, bytes.len());
                    let here = At { bytes, at, end: word.end, masked: 0, words: &self.words };
                    if shape.begins(bytes[at]) && matches!(shape.find(&here), Some(Found::Mask(..))) {
                        return true;
                    }
                    at = word.end.max(at + 1);
                }
                false
            }
        }
    }
}

impl Mask {
    /// Tells whether a pattern runs on every text because it names no literal.
    fn always(&self) -> bool {
        matches!(&self.how, How::Pattern { any, .. } if any.is_empty())
    }
}

struct Claim {
    start: usize,
    end: usize,
    text: String,
}
