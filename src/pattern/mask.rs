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

use aho_corasick::{AhoCorasick, packed};

use self::shape::{At, Found, Shape};
pub use self::words::Words;
use super::Problem;
use super::expression::{Expression, count};
use super::file::{PatternFile, held_to_the_law, ours};
use super::mark::stand_in;

/// The ordered masks of all files, ready to apply; by default none.
#[derive(Debug)]
pub struct Masks {
    masks: Vec<Mask>,
    words: Words,
    /// Which scanned masks a place may hold.
    places: Box<Places>,
    /// The scanned masks that the bits of `places` stand for.
    scans: Vec<(Shape, usize)>,
    /// Finds the literals that `needles` assigns to pattern masks.
    literals: AhoCorasick,
    needles: Vec<usize>,
    /// Says quickly whether one of the literals occurs at all.
    glance: Glance,
}

/// Which scanned masks (as bits, in order) a place may hold, by what is cheap to know of it: most attempts end here.
#[derive(Debug)]
struct Places {
    /// By the first byte.
    first: [u64; 256],
    /// By the byte after the word, whatever the word's length.
    next: [u64; 256],
    /// By the length of the word, if the next byte agrees.
    before: [u64; LENGTHS],
    /// By the length of the word alone.
    alone: [u64; LENGTHS],
}

/// Words this long or longer are alike.
const LENGTHS: usize = 64;

/// The literals again, in the form that is quickest to look for.
#[derive(Debug, Default)]
struct Glance {
    single: Vec<u8>,
    longer: Option<packed::Searcher>,
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
    Pattern { regex: Expression, any: Vec<String>, needs_digit: bool },
}

impl Default for Masks {
    fn default() -> Masks {
        let literals = AhoCorasick::new::<_, &str>([]).expect("no literals are not too many");
        Masks {
            masks: Vec::new(),
            words: Words::default(),
            places: Box::new(Places::of(&[])),
            scans: Vec::new(),
            literals,
            needles: Vec::new(),
            glance: Glance::default(),
        }
    }
}

impl Masks {
    /// Reads mask files in order; a later file adds to the earlier ones or replaces a mask by its id.
    pub fn load(files: &[(String, String)]) -> Result<Masks, Vec<Problem>> {
        file::load(&held_to_the_law(files))
    }

    /// The same for files that may all be known to keep the law.
    pub(crate) fn read(files: &[PatternFile]) -> Result<Masks, Vec<Problem>> {
        file::load(files)
    }

    /// Returns the masks that the program carries.
    pub fn built_in() -> Result<Masks, Vec<Problem>> {
        file::load(&ours().filter(|file| file.name == "patterns/masks.toml").collect::<Vec<_>>())
    }

    /// Returns the words that tell values from names.
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// Returns `text` with every value replaced by the name of the first mask that fits it.
    ///
    /// A mark of a redaction is a value like the one it stands for.
    pub fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match stand_in(text) {
            Cow::Borrowed(text) => self.masked(text),
            Cow::Owned(text) => Cow::Owned(self.masked(&text).into_owned()),
        }
    }

    fn masked<'t>(&self, text: &'t str) -> Cow<'t, str> {
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

    /// Returns how many regular expressions are compiled, and how many there are.
    pub(crate) fn compiled(&self) -> (usize, usize) {
        count(self.expressions())
    }

    /// Returns the regular expressions.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.masks.iter().filter_map(|mask| match &mask.how {
            How::Pattern { regex, .. } => Some(regex),
            How::Scan(_) => None,
        })
    }

    /// Assembles the tables; `file` has checked the masks.
    fn assemble(masks: Vec<Mask>, words: Words) -> Result<Masks, aho_corasick::BuildError> {
        let mut scans: Vec<(Shape, usize)> = Vec::new();
        let (mut literals, mut needles) = (Vec::new(), Vec::new());
        for (index, mask) in masks.iter().enumerate() {
            match &mask.how {
                How::Scan(shape) => scans.push((*shape, index)),
                How::Pattern { any, .. } => {
                    literals.extend(any.iter().cloned());
                    needles.extend(any.iter().map(|_| index));
                }
            }
        }
        let (places, glance) = (Box::new(Places::of(&scans)), Glance::of(&literals));
        Ok(Masks { masks, words, places, scans, literals: AhoCorasick::new(literals)?, needles, glance })
    }

    /// Collects what the pattern masks take, first mask first, without overlaps.
    fn claims(&self, text: &str) -> Vec<Claim> {
        // Nearly every text ends here.
        if !self.glance.sees(text.as_bytes(), &self.literals) && !self.masks.iter().any(Mask::always) {
            return Vec::new();
        }
        let mut wanted = 0u64;
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
            let mut bits = if candidate { self.places.may_hold(&bytes[..to], at, word.end) } else { 0 };
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

impl Places {
    fn of(scans: &[(Shape, usize)]) -> Places {
        let mut places = Places { first: [0; 256], next: [0; 256], before: [0; LENGTHS], alone: [0; LENGTHS] };
        for (bit, (shape, _)) in scans.iter().enumerate() {
            for byte in 0..=255u8 {
                places.first[usize::from(byte)] |= u64::from(shape.begins(byte)) << bit;
            }
            for length in 0..LENGTHS {
                for byte in shape.followers().iter().filter(|byte| shape.fits_before(length, **byte)) {
                    places.next[usize::from(*byte)] |= 1 << bit;
                    places.before[length] |= 1 << bit;
                }
                places.alone[length] |= u64::from(shape.fits_alone(length)) << bit;
            }
        }
        places
    }

    /// Returns the masks that the word from `at` to `end` does not rule out.
    fn may_hold(&self, bytes: &[u8], at: usize, end: usize) -> u64 {
        let length = (end - at).min(LENGTHS - 1);
        let next = usize::from(bytes.get(end).copied().unwrap_or(b' '));
        self.first[usize::from(bytes[at])] & (self.alone[length] | (self.before[length] & self.next[next]))
    }
}

impl Glance {
    fn of(literals: &[String]) -> Glance {
        let single = literals.iter().filter(|literal| literal.len() == 1).map(|literal| literal.as_bytes()[0]);
        let longer = literals.iter().filter(|literal| literal.len() > 1);
        Glance { single: single.collect(), longer: packed::Searcher::new(longer) }
    }

    /// Returns whether one of the literals occurs; `all` is asked where the processor has no quick way.
    fn sees(&self, text: &[u8], all: &AhoCorasick) -> bool {
        match &self.longer {
            Some(longer) => {
                self.single.iter().any(|byte| memchr::memchr(*byte, text).is_some()) || longer.find(text).is_some()
            }
            None => all.is_match(text),
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
