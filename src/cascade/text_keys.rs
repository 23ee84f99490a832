//! What an event's text shares with other events: the words it says, the words it quotes, the ids in it.
//! Leaves out deciding whether sharing means anything: see `quoting` and `together`.
//!
//! Programs report one failure again on the way out: `layer two failed: layer one failed: reason`.
//! Each later line quotes the earlier one after a separator, so equal text after `: ` or ` - ` is a
//! trace of the same failure, values included.

use std::sync::LazyLock;

use regex::Regex;

use crate::event::Event;

/// What an event says in its own words, and what it quotes behind them.
pub(super) struct Said {
    /// Hash and text of the whole.
    pub(super) core: (u64, String),
    /// Hashes and texts of the quoted remainders, longest first.
    pub(super) tails: Vec<(u64, String)>,
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
    let core = squeeze(exception_text.unwrap_or(&event.entry.message));
    let mut tails = quoted(&core);
    // A log line around an exception field quotes the exception too.
    if exception_text.is_some() && event.exception.as_ref().is_some_and(|exception| exception.frames.is_empty()) {
        tails.extend(quoted(&squeeze(&event.entry.message)));
    }
    let mut tails: Vec<(u64, String)> = tails.into_iter().map(|text| (hash(&text), text)).collect();
    tails.dedup_by_key(|(hash, _)| *hash);
    tails.truncate(8);
    Said { core: (hash(&core), core), tails }
}

/// Returns the key of an exception: the last segment of its type, and its message.
pub(super) fn exception_key(type_name: Option<&str>, message: Option<&str>) -> Option<u64> {
    let type_name = type_name?;
    let short = type_name.rsplit(['.', ':', '$']).next().unwrap_or(type_name);
    Some(hash(&format!("{short}\u{0}{}", squeeze(message.unwrap_or("")))))
}

/// Returns the remainders of `text` after each separator that are long enough to mean something.
fn quoted(text: &str) -> Vec<String> {
    let mut tails = Vec::new();
    for separator in [": ", " - "] {
        let mut from = 0;
        while let Some(at) = text[from..].find(separator) {
            from += at + separator.len();
            let tail = text[from..].trim();
            if tail.len() >= QUOTE_BYTES && tail.split(' ').count() >= QUOTE_WORDS {
                tails.push(tail.to_string());
            }
        }
    }
    tails.sort_by_key(|tail| std::cmp::Reverse(tail.len()));
    tails
}

/// Returns the first line-independent form of a text: one space between words, bounded.
fn squeeze(text: &str) -> String {
    let mut end = text.len().min(TEXT_LIMIT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut words = String::with_capacity(end);
    for word in text[..end].split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    words
}

/// FNV-1a, 64 bit: stable across runs and machines, which the standard hasher does not promise.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Returns (`kind`, `value`) for every id in a message that could tie events together.
///
/// Only values that are unlikely to repeat by chance: UUIDs, and values after words that name an id.
pub(super) fn ids_in(message: &str) -> Vec<(&'static str, &str)> {
    static UUID: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b").ok());
    static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?i)\b((?:request|req|connection|conn|session|sess|job|task|run|correlation|message|msg|order|thread)(?:[_-]?id)?)\s*(?:[=:#_-]|\bid\b)\s*['\x22]?([0-9a-z][0-9a-z_.-]{5,79})",
        )
        .ok()
    });
    let mut end = message.len().min(4 * TEXT_LIMIT);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    let text = &message[..end];
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let mut ids: Vec<(&'static str, &str)> = Vec::new();
    let hyphens = text.bytes().filter(|byte| *byte == b'-').count();
    for found in UUID.iter().filter(|_| hyphens >= 4).flat_map(|regex| regex.find_iter(text)) {
        ids.push(("id", found.as_str()));
    }
    for found in NAMED.iter().flat_map(|regex| regex.captures_iter(text)) {
        let (Some(word), Some(value)) = (found.get(1), found.get(2)) else { continue };
        let digits = value.as_str().bytes().filter(u8::is_ascii_digit).count();
        if digits >= 2 {
            ids.push((kind(word.as_str()), value.as_str().trim_end_matches(['.', '-', '_'])));
        }
    }
    ids.truncate(8);
    ids
}

fn kind(word: &str) -> &'static str {
    let word = word.to_ascii_lowercase();
    match word.get(..3).unwrap_or("") {
        "req" => "request_id",
        "con" => "connection_id",
        "ses" => "session_id",
        "job" => "job_id",
        "tas" => "task_id",
        "run" => "run_id",
        "ord" => "order_id",
        "thr" => "thread_id",
        "mes" | "msg" => "message_id",
        _ => "correlation_id",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_quoted(text: &str, expect: &[&str]) {
        assert_eq!(quoted(text), expect, "{text}");
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
    }

    #[test]
    fn ids_are_found_where_they_are_named() {
        assert_eq!(ids_in("request_id=ab12cd34 failed"), [("request_id", "ab12cd34")]);
        assert_eq!(ids_in("Failed to open session req_66c13f2a08e6: refused"), [("request_id", "66c13f2a08e6")]);
        assert_eq!(ids_in("the request timed out after 30 seconds"), []);
        assert_eq!(
            ids_in("order 7c1811ed-e08f-4c9c-a9f9-58c757ff494f"),
            [("id", "7c1811ed-e08f-4c9c-a9f9-58c757ff494f")]
        );
    }

    #[test]
    fn the_same_exception_told_with_and_without_module_is_one() {
        let key = |type_name: &str| exception_key(Some(type_name), Some("database  is locked"));
        assert_eq!(key("sqlite3.OperationalError"), key("OperationalError"));
        assert_ne!(key("KeyError"), key("OperationalError"));
    }
}
