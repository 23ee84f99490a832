//! What looks like a secret of a kind that nobody knows, so that somebody is told to look.
//! Leaves out replacing it: a run of letters that only looks so is mostly none.

use super::Find;
use super::checks::entropy;

/// Returns whether a text holds what looks like a secret of a kind that nobody knows: after a word for secrets a
/// long run with the entropy of something made up.
pub(super) fn holds_unknown(text: &str, finds: &[Find]) -> bool {
    let bytes = text.as_bytes();
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'_' | b'-' | b'=');
    let (mut at, mut looked) = (0, 0);
    while at < bytes.len() && looked < 1000 {
        let length = bytes[at..].iter().take_while(|byte| is_part(byte)).count();
        let run = &text[at..at + length];
        let known = || finds.iter().any(|find| find.span.start < at + length && at < find.span.end);
        if length >= 20 {
            looked += 1;
            if length <= 512 && is_made_up(run) && !known() && announces_secret(&text[..at]) {
                return true;
            }
        }
        at += length + 1;
        while !text.is_char_boundary(at.min(text.len())) {
            at += 1;
        }
    }
    false
}

/// Whether a run looks like neither word, number, hexadecimal id nor path.
fn is_made_up(run: &str) -> bool {
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
