//! What two lines begin with alike when digits are not told apart: a header that is repeated on every line.
//! Leaves out what a header says: `text_header` reads it.

/// Returns `text` cut to at most `limit` bytes, between characters.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

/// Returns the length in `first` and in `second` of the longest opening the two share when digits are
/// not told apart, no longer than `limit` in `first`.
pub(crate) fn common(first: &str, limit: usize, second: &str) -> (usize, usize) {
    let (left, right) = (cut(first, limit).as_bytes(), second.as_bytes());
    let (mut a, mut b) = (0, 0);
    // A run of digits counts as one character: `9` and `10` are the same counter.
    while a < left.len() && b < right.len() {
        if left[a].is_ascii_digit() && right[b].is_ascii_digit() {
            a = end_of_digits(left, a);
            b = end_of_digits(right, b);
        } else if left[a] == right[b] {
            (a, b) = (a + 1, b + 1);
        } else {
            break;
        }
    }
    while !first.is_char_boundary(a) || !second.is_char_boundary(b) {
        (a, b) = (a.saturating_sub(1), b.saturating_sub(1));
    }
    (a, b)
}

/// Returns `line` without `prefix`, digits not told apart; a blank line that lost the prefix's last
/// space is still one.
pub(crate) fn strip<'a>(prefix: &str, line: &'a str) -> Option<&'a str> {
    let (shared, at) = common(prefix, prefix.len(), line);
    if shared == prefix.len() {
        return line.get(at..);
    }
    (shared >= prefix.trim_end().len() && line[at..].trim_start().is_empty()).then_some("")
}

fn end_of_digits(bytes: &[u8], from: usize) -> usize {
    bytes[from..].iter().position(|byte| !byte.is_ascii_digit()).map_or(bytes.len(), |length| from + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_in_a_prefix_may_differ() {
        let prefix = "2026-01-02T03:04:05.123456Z stderr F ";
        assert_eq!(strip(prefix, "2026-01-02T03:04:06.9Z stderr F   at x"), Some("  at x"));
        assert_eq!(strip(prefix, "2026-01-02T03:04:06.9Z stderr F"), Some(""));
        assert_eq!(strip(prefix, "2026-01-02T03:04:06.9Z stdout F x"), None);
        assert_eq!(strip("é1 ", "é22 ü"), Some("ü"));
    }
}
