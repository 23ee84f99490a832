//! Finds where a JSON string ends, eight bytes at a time. Leaves out what the string says.
//!
//! The tests of a word for a byte are those of S. Anderson's "Bit Twiddling Hacks" (haszero, hasless): a false hit can
//! only stand above a true one, so the lowest is always true. Bytes beyond ASCII are hits themselves.

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHS: u64 = ONES << 7;

/// Where a string ends, and what stands in it besides plain ASCII.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Ended {
    /// The offset of the closing quote.
    pub(super) at: usize,
    /// Whether there are escapes.
    pub(super) escaped: bool,
    /// Whether there are bytes beyond ASCII.
    pub(super) wide: bool,
}

/// Marks the bytes of a word that are a quote, a backslash, a control character or beyond ASCII.
#[inline]
fn special(word: u64) -> u64 {
    let quote = (word ^ (ONES * b'"' as u64)).wrapping_sub(ONES);
    let backslash = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
    let control = word.wrapping_sub(ONES * 0x20);
    // Of bytes below 0x80 the highest bit of a difference is set where it fell below zero.
    (quote | backslash | control | word) & HIGHS
}

/// Returns where the string ends whose content begins at `from`; `None` where a parser might stumble: a control
/// character, an escape that stands for no character of its own, no end at all.
#[inline]
pub(super) fn string_end(text: &[u8], from: usize) -> Option<Ended> {
    let rest = text.get(from..)?;
    let mut passed = 0;
    for word in rest.as_chunks::<8>().0 {
        let marks = special(u64::from_le_bytes(*word));
        if marks != 0 {
            let place = marks.trailing_zeros() / 8;
            let at = from + passed + place as usize;
            if word[place as usize & 7] == b'"' {
                return Some(Ended { at, escaped: false, wide: false });
            }
            return unusual_end(text, at);
        }
        passed += 8;
    }
    unusual_end(text, from + passed)
}

/// The same for a string with escapes or characters beyond ASCII, or one near the end of the text.
fn unusual_end(text: &[u8], from: usize) -> Option<Ended> {
    let mut ended = Ended { at: from, ..Ended::default() };
    loop {
        let rest = text.get(ended.at..)?;
        ended.at += match rest.first()? {
            b'"' => return Some(ended),
            b'\\' => {
                ended.escaped = true;
                escape(&rest[1..])? + 1
            }
            ..0x20 => return None,
            0x80.. => {
                ended.wide = true;
                1
            }
            _ => match rest.first_chunk::<8>().map(|word| special(u64::from_le_bytes(*word))) {
                Some(0) => 8,
                Some(marks) => marks.trailing_zeros() as usize / 8,
                None => 1,
            },
        };
    }
}

/// Returns the bytes that an escape takes behind its backslash; surrogates are left to the parser.
fn escape(rest: &[u8]) -> Option<usize> {
    match rest.first()? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(1),
        b'u' => {
            let digits = rest.get(1..5)?;
            (digits.iter().all(u8::is_ascii_hexdigit) && !matches!(digits[0], b'd' | b'D')).then_some(5)
        }
        _ => None,
    }
}

/// Returns where the number ends that begins at `from`; `None` for one that is long or unusual.
pub(super) fn number_end(text: &[u8], from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let sign = usize::from(rest.first() == Some(&b'-'));
    let digits = |rest: &[u8]| rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(&rest[sign..]);
    if whole == 0 || whole > 15 || (whole > 1 && rest[sign] == b'0') {
        return None;
    }
    let mut length = sign + whole;
    if rest.get(length) == Some(&b'.') {
        let fraction = digits(&rest[length + 1..]);
        if fraction == 0 || fraction > 15 {
            return None;
        }
        length += 1 + fraction;
    }
    (!matches!(rest.get(length)?, b'e' | b'E' | b'.' | b'+' | b'-')).then_some(from + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_end_at_their_quote() {
        let check = |text: &str, expect: Option<(usize, bool, bool)>| {
            let found = string_end(text.as_bytes(), 0).map(|ended| (ended.at, ended.escaped, ended.wide));
            assert_eq!(found, expect, "{text:?}");
        };
        check("\"", Some((0, false, false)));
        check("short\"", Some((5, false, false)));
        check("sixteen and more bytes of plain text\",\"next\"", Some((36, false, false)));
        check("an \\\"escaped\\\" word\"", Some((19, true, false)));
        check("\\u00e9\\n\"", Some((8, true, false)));
        check("gr\u{f6}\u{df}e und mehr\"", Some((16, false, true)));
        check("\\ud83d\\ude00\"", None);
        check("\\x41\"", None);
        check("\\u12", None);
        check("a raw\nline end\"", None);
        check("nul \0 \"", None);
        check("no end", None);
        check("\u{7f}\"", Some((1, false, false)));
    }

    #[test]
    fn every_byte_is_told_at_every_place() {
        for byte in 0..=255u8 {
            for at in 0..24 {
                let mut text = vec![b'x'; 24];
                text[at] = byte;
                text.push(b'"');
                let plain = !matches!(byte, b'"' | b'\\' | ..0x20);
                let found = string_end(&text, 0).map(|ended| ended.at);
                match byte {
                    b'"' => assert_eq!(found, Some(at)),
                    _ if plain => assert_eq!(found, Some(24), "{byte} at {at}"),
                    _ => assert_eq!(found, None, "{byte} at {at}"),
                }
            }
        }
    }

    #[test]
    fn numbers_end_where_they_do() {
        let check = |text: &str, expect| assert_eq!(number_end(text.as_bytes(), 0), expect, "{text}");
        check("200,", Some(3));
        check("-1.25}", Some(5));
        check("0]", Some(1));
        check("007,", None);
        check("1e5,", None);
        check("1.,", None);
        check("-,", None);
        check("12345678901234567890,", None);
        check("12", None);
    }
}
