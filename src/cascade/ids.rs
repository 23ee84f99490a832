//! The ids in a text that could tie events together: UUIDs, and values after words that name an id.
//! Leaves out deciding whether sharing one means anything: see `together`.

use std::sync::LazyLock;

use regex::Regex;

use crate::pattern::lean;

/// Bytes of a text that are searched.
const SEARCHED: usize = 4000;
/// Ids that are kept of one text.
const MOST: usize = 8;
/// Bytes of a value that is named so.
const VALUE: std::ops::RangeInclusive<usize> = 6..=80;

static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let named = lean(
        r"(?i)\b((?:request|req|connection|conn|session|sess|job|task|run|correlation|message|msg|order|thread)(?:[_-]?id)?)\s*(?:[=:#_-]|\bid\b)\s*['\x22]?([0-9a-z][0-9a-z_.-]{5,79})",
    );
    Regex::new(&named).ok()
});

/// Returns the words that name an id and begin with a letter, in the order they are tried.
fn words(first: u8) -> &'static [&'static str] {
    match first {
        b'r' => &["request", "req", "run"],
        b'c' => &["connection", "conn", "correlation"],
        b's' => &["session", "sess"],
        b'j' => &["job"],
        b't' => &["task", "thread"],
        b'm' => &["message", "msg"],
        b'o' => &["order"],
        _ => &[],
    }
}

/// Returns (`kind`, `value`) for every id in a message that could tie events together.
///
/// Only values that are unlikely to repeat by chance: UUIDs, and values after words that name an id.
pub(super) fn ids_in(message: &str) -> Vec<(&'static str, &str)> {
    let text = &message[..message.floor_char_boundary(SEARCHED)];
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let mut ids: Vec<(&'static str, &str)> = uuids(text).into_iter().map(|id| ("id", id)).collect();
    for (word, value) in named(text) {
        if value.bytes().filter(u8::is_ascii_digit).nth(1).is_some() {
            ids.push((kind(word), value.trim_end_matches(['.', '-', '_'])));
        }
    }
    ids.truncate(MOST);
    ids
}

/// Returns the UUIDs in `text`, each between two word boundaries, without overlap.
fn uuids(text: &str) -> Vec<&str> {
    static UUID: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(&lean(r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")).ok()
    });
    let bytes = text.as_bytes();
    // The second group stands between two hyphens five apart, and so do the third and the fourth.
    let mut hyphens = memchr::memchr_iter(b'-', bytes);
    let likely = hyphens.any(|at| at >= 8 && [5, 10, 15].iter().all(|next| bytes.get(at + next) == Some(&b'-')));
    UUID.iter().filter(|_| likely).flat_map(|regex| regex.find_iter(text)).map(|found| found.as_str()).collect()
}

/// Returns each word with the value that it names, as `NAMED` finds them.
fn named(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    if !text.is_ascii() {
        // Outside ASCII letters have cases and neighbours that only the expression knows.
        for captures in NAMED.iter().flat_map(|regex| regex.captures_iter(text)) {
            if let (Some(word), Some(value)) = (captures.get(1), captures.get(2)) {
                found.push((word.as_str(), value.as_str()));
            }
        }
        return found;
    }
    let bytes = text.as_bytes();
    let (mut from, mut before) = (0, APART);
    for (at, byte) in bytes.iter().enumerate() {
        let kind = KINDS[usize::from(*byte)];
        let fresh = before == APART;
        before = kind;
        if fresh
            && kind == FIRST
            && at >= from
            && let Some((word, value, end)) = name_at(text, at)
        {
            found.push((word, value));
            from = end;
        }
    }
    found
}

/// Reads a word and the value it names at `at`, where a word begins, as the expression does: what it tries first wins.
fn name_at(text: &str, at: usize) -> Option<(&str, &str, usize)> {
    let bytes = text.as_bytes();
    let has = |at: usize, word: &str| {
        bytes.get(at..at + word.len()).is_some_and(|here| here.eq_ignore_ascii_case(word.as_bytes()))
    };
    let second = bytes.get(at + 1)? | 0x20;
    let likely = words(bytes[at] | 0x20).iter().filter(|word| word.as_bytes()[1] == second);
    for word in likely.filter(|word| has(at, word)) {
        let end = at + word.len();
        let joint = usize::from(matches!(bytes.get(end), Some(b'_' | b'-')));
        let with_id = has(end + joint, "id").then_some(end + joint + 2);
        for end in with_id.into_iter().chain([end]) {
            if let Some((from, to)) = value_after(bytes, end) {
                return Some((&text[at..end], &text[from..to], to));
            }
        }
    }
    None
}

/// Returns where the value stands that a word ending at `end` names.
fn value_after(bytes: &[u8], end: usize) -> Option<(usize, usize)> {
    let space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r');
    let skip = |at: usize| at + bytes[at..].iter().take_while(|byte| space(byte)).count();
    let at = skip(end);
    let sign = match bytes.get(at)? {
        b'=' | b':' | b'#' | b'_' | b'-' => at + 1,
        b'i' | b'I' => {
            let apart = !is_word(bytes[at - 1]) && bytes.get(at + 1).is_some_and(|byte| byte | 0x20 == b'd');
            (apart && bytes.get(at + 2).is_none_or(|byte| !is_word(*byte))).then_some(at + 2)?
        }
        _ => return None,
    };
    let at = skip(sign);
    let from = at + usize::from(matches!(bytes.get(at), Some(b'\'' | b'"')));
    let value = bytes[from.min(bytes.len())..].iter().take(*VALUE.end());
    let length = value.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')).count();
    let begins = bytes.get(from).is_some_and(u8::is_ascii_alphanumeric);
    (begins && VALUE.contains(&length)).then_some((from, from + length))
}

fn is_word(byte: u8) -> bool {
    KINDS[usize::from(byte)] != APART
}

/// No part of a word, any part, and a letter with which one of the words begins.
const APART: u8 = 0;
const PART: u8 = 1;
const FIRST: u8 = 2;

/// The kind of each byte: a message is asked byte for byte.
static KINDS: [u8; 256] = {
    let mut kinds = [APART; 256];
    let mut byte = 0;
    while byte < 128 {
        let letter = byte as u8;
        if letter.is_ascii_alphanumeric() || letter == b'_' {
            let first = matches!(letter | 0x20, b'r' | b'c' | b's' | b'j' | b't' | b'm' | b'o');
            kinds[byte] = if first && letter.is_ascii_alphabetic() { FIRST } else { PART };
        }
        byte += 1;
    }
    kinds
};

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
    fn names_are_found_as_the_expression_finds_them() {
        let pieces = [
            "request",
            "Req",
            "conn",
            "connection",
            "id",
            "_id",
            "-ID",
            " ",
            "=",
            ":",
            "#",
            "_",
            "-",
            "'",
            "\"",
            "ab12cd34",
            "x9",
            "order",
            "message",
            ".",
            "\n",
            "run",
            "12345678901234567890",
            "job",
            "é",
            "thread",
        ];
        // A fixed sequence of numbers, so that a failure can be looked at again.
        let mut state = 7u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..(state >> 60) + 2 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
            }
            let regex = NAMED.as_ref().expect("a constant");
            let expected: Vec<(&str, &str)> = regex
                .captures_iter(&text)
                .filter_map(|found| Some((found.get(1)?.as_str(), found.get(2)?.as_str())))
                .collect();
            assert_eq!(named(&text), expected, "{text:?}");
        }
    }
}
