//! What looks like a secret of a kind that nobody knows, so that somebody is told to look.
//! Leaves out replacing it: a run of letters that only looks so is mostly none.

use std::ops::Range;

use super::Find;
use super::checks::entropy;

/// Bytes of a run at least.
const LEAST: usize = 20;
/// Bytes of a run at most.
const LONGEST: usize = 512;
/// Runs that are looked at.
const MOST_RUNS: usize = 1000;

/// Returns whether a text holds what looks like a secret of a kind that nobody knows: after a word for secrets a
/// long run with the entropy of something made up.
pub(super) fn holds_unknown(text: &str, finds: &[Find]) -> bool {
    runs(text).take(MOST_RUNS).any(|run| {
        let known = || finds.iter().any(|find| find.span.start < run.end && run.start < find.span.end);
        is_made_up(&text[run.clone()]) && !known() && announces_secret(&text[..run.start])
    })
}

/// Returns whether a run in a text is made up, whatever stands before.
pub(super) fn has_made_up(text: &str) -> bool {
    runs(text).any(|run| is_made_up(&text[run]))
}

/// Returns the runs of a text that are long enough.
fn runs(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'_' | b'-' | b'=');
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            // Looked at from its end, most of a text is passed over.
            let near = bytes.get(at..at + LEAST)?;
            if let Some(last) = near.iter().rposition(|byte| !is_part(byte)) {
                at += last + 1;
                continue;
            }
            let (start, end) = (at, at + LEAST);
            let end = end + bytes[end..].iter().take_while(|byte| is_part(byte)).count();
            at = end + 1;
            return Some(start..end);
        }
    })
}

/// Whether a run looks like neither word, number, hexadecimal id nor path.
fn is_made_up(run: &str) -> bool {
    if run.len() > LONGEST {
        return false;
    }
    let of = |is: fn(&u8) -> bool| run.bytes().filter(is).count();
    let (digits, lower, upper) = (of(u8::is_ascii_digit), of(u8::is_ascii_lowercase), of(u8::is_ascii_uppercase));
    let separators = run.len() - digits - lower - upper;
    digits >= 2 && lower >= 2 && upper >= 2 && separators * 6 <= run.len() && entropy(run) >= 4.0
}

/// Whether one of the last words says that a secret follows.
fn announces_secret(before: &str) -> bool {
    let start = before.len().saturating_sub(48);
    let start = (start..=before.len()).find(|at| before.is_char_boundary(*at)).unwrap_or(before.len());
    let near = before[start..].lines().last().unwrap_or("").to_ascii_lowercase();
    [
        "secret",
        "token",
        "passw",
        "credential",
        "apikey",
        "api key",
        "api-key",
        "api_key",
        "private key",
        "signature",
        "auth",
    ]
    .iter()
    .any(|word| near.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_from_their_ends() {
        let is_sign = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '_' | '-' | '='));
        let mut seed = 3u64;
        for _ in 0..2000 {
            let mut text = String::new();
            for _ in 0..5 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(&"aB3".repeat((seed >> 40) as usize % 14));
                text.push_str(["", " ", "é", "…", ".", "\n"][(seed >> 33) as usize % 6]);
            }
            let expected: Vec<&str> = text.split(is_sign).filter(|run| run.len() >= LEAST).collect();
            assert_eq!(runs(&text).map(|run| &text[run]).collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
