//! What an event's text shares with other events: the words it says and the words it quotes. Leaves out ids: see `ids`.
//! Leaves out deciding whether sharing means anything: see `quoting` and `together`.
//!
//! Programs report one failure again on the way out: `layer two failed: layer one failed: reason`.
//! Each later line quotes the earlier one after a separator, so equal text after `: ` or ` - ` is a
//! trace of the same failure, values included.

use std::borrow::Cow;
use std::ops::Range;

use crate::event::Event;

/// What an event says in its own words, and what it quotes behind them.
#[derive(Debug)]
pub(super) struct Said {
    /// The whole, and behind it what else it quotes from.
    text: String,
    /// How much of the text is the whole.
    core: usize,
    /// Hash of the whole.
    pub(super) hash: u64,
    /// Hashes and places of the quoted remainders, longest first.
    tails: Vec<(u64, Range<usize>)>,
}

impl Said {
    /// Returns the whole.
    pub(super) fn core(&self) -> &str {
        &self.text[..self.core]
    }

    /// Returns hash and text of each quoted remainder, longest first.
    pub(super) fn tails(&self) -> impl Iterator<Item = (u64, &str)> {
        self.tails.iter().map(|(hash, range)| (*hash, &self.text[range.clone()]))
    }
}

/// Longest text that is compared, in bytes; what follows is never needed to tell two failures apart.
const TEXT_LIMIT: usize = 1000;
/// A quoted remainder must have at least so many words or it could be said of anything.
const QUOTE_WORDS: usize = 3;
/// And at least so many bytes.
const QUOTE_BYTES: usize = 14;

/// Returns what `event` says and quotes; the exception's message speaks for it when there is one.
pub(super) fn what_it_says(event: &Event) -> Said {
    let exception_text = event.exception.as_ref().and_then(|exception| exception.message.as_deref());
    let mut text = squeeze(exception_text.unwrap_or(&event.entry.message)).into_owned();
    let core = text.len();
    let mut tails = quoted(&text);
    // A log line around an exception field quotes the exception too.
    if exception_text.is_some() && event.exception.as_ref().is_some_and(|exception| exception.frames.is_empty()) {
        let around = squeeze(&event.entry.message);
        let further = quoted(&around).into_iter().map(|tail| tail.start + core..tail.end + core);
        tails.extend(further);
        text.push_str(&around);
    }
    let mut tails: Vec<_> = tails.into_iter().map(|range| (hash(&text[range.clone()]), range)).collect();
    tails.dedup_by_key(|(hash, _)| *hash);
    tails.truncate(8);
    Said { hash: hash(&text[..core]), text, core, tails }
}

/// Returns the key of an exception: the last segment of its type, and its message.
pub(super) fn exception_key(type_name: Option<&str>, message: Option<&str>) -> Option<u64> {
    let type_name = type_name?;
    let short = type_name.rsplit(['.', ':', '$']).next().unwrap_or(type_name);
    let message = squeeze(message.unwrap_or(""));
    Some(hash_on(hash_on(hash_on(EMPTY, short), "\u{0}"), &message))
}

/// Returns where the remainders of `text` stand after each separator that are long enough to mean something.
fn quoted(text: &str) -> Vec<Range<usize>> {
    let mut tails: Vec<Range<usize>> = Vec::new();
    let bytes = text.as_bytes();
    let colons = memchr::memchr_iter(b':', bytes).filter(|at| bytes.get(at + 1) == Some(&b' '));
    let dashes = memchr::memchr_iter(b'-', bytes)
        .filter(|at| bytes.get(at + 1) == Some(&b' ') && at.checked_sub(1).is_some_and(|before| bytes[before] == b' '));
    let mut behind = 0;
    // The blank between two dashes belongs to the first.
    let dashes = dashes.filter(|at| {
        let is_free = *at > behind;
        behind = if is_free { at + 2 } else { behind };
        is_free
    });
    for from in colons.chain(dashes).map(|at| at + 2) {
        let left = text[from..].trim_start();
        let (tail, start) = (left.trim_end(), text.len() - left.len());
        if tail.len() >= QUOTE_BYTES && tail.split(' ').nth(QUOTE_WORDS - 1).is_some() {
            tails.push(start..start + tail.len());
        }
    }
    tails.sort_by_key(|tail| std::cmp::Reverse(tail.len()));
    tails
}

/// Returns the first line-independent form of a text: one space between words, bounded.
pub(super) fn squeeze(text: &str) -> Cow<'_, str> {
    let text = &text[..text.floor_char_boundary(TEXT_LIMIT)];
    let mut before = b' ';
    let single = |byte: u8| {
        let twice = byte == b' ' && before == b' ';
        before = byte;
        byte > b' ' && byte < 0x80 || byte == b' ' && !twice
    };
    if text.bytes().all(single) && before != b' ' {
        return Cow::Borrowed(text);
    }
    let mut words = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    Cow::Owned(words)
}

/// The hash of nothing.
const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a, 64 bit: stable across runs and machines, which the standard hasher does not promise.
pub(super) fn hash(text: &str) -> u64 {
    hash_on(EMPTY, text)
}

fn hash_on(hash: u64, text: &str) -> u64 {
    text.bytes().fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_quoted(text: &str, expect: &[&str]) {
        let found: Vec<&str> = quoted(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn a_wrapping_line_quotes_what_it_wraps() {
        check_quoted("Setup failed: No module named 'shop.cart'", &["No module named 'shop.cart'"]);
        check_quoted(
            "FAIL: DATABASE - no answer after 5 s",
            &["DATABASE - no answer after 5 s", "no answer after 5 s"],
        );
        check_quoted("boom: timed out", &[]);
        check_quoted("nothing quoted here at all", &[]);
        check_quoted("tea - - one two three four", &["- one two three four"]);
        check_quoted(
            " - one two three four - five six seven",
            &["one two three four - five six seven", "five six seven"],
        );
    }

    #[test]
    fn the_same_exception_told_with_and_without_module_is_one() {
        let key = |type_name: &str| exception_key(Some(type_name), Some("database  is locked"));
        assert_eq!(key("sqlite3.OperationalError"), key("OperationalError"));
        assert_ne!(key("KeyError"), key("OperationalError"));
    }
}
