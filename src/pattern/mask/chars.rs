//! Characters and runs of them, as the scanned shapes see a text.
//! Leaves out any meaning: `shape` and `time` know what the runs are.

/// A run of ASCII letters and digits.
pub(super) struct Word {
    /// Where it ends; where it began if there is none.
    pub(super) end: usize,
    /// Whether it holds a digit.
    pub(super) digit: bool,
}

/// 0 for what ends a word, 1 for letters, 3 for digits.
const CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        if (byte as u8).is_ascii_alphabetic() {
            table[byte] = 1;
        } else if (byte as u8).is_ascii_digit() {
            table[byte] = 3;
        }
        byte += 1;
    }
    table
};

/// Returns the word that begins at `at`.
pub(super) fn word(bytes: &[u8], at: usize, to: usize) -> Word {
    let (mut end, mut seen) = (at, 0);
    while end < to {
        let class = CLASS[usize::from(bytes[end])];
        if class == 0 {
            break;
        }
        seen |= class;
        end += 1;
    }
    Word { end, digit: seen & 2 != 0 }
}

/// Returns whether the word could be the first part of a UUID that happens to have no digit in it.
pub(super) fn uuid_head(bytes: &[u8], at: usize, end: usize) -> bool {
    end - at == 8 && bytes.get(end) == Some(&b'-') && bytes[at..end].iter().all(u8::is_ascii_hexdigit)
}

/// Returns whether the word could be the first pair of a hardware address that happens to have no digit in it.
pub(super) fn mac_head(bytes: &[u8], at: usize, end: usize) -> bool {
    let pair = |from: usize| bytes.get(from..from + 2).is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit));
    end - at == 2 && matches!(bytes.get(end), Some(b':' | b'-')) && pair(at) && pair(end + 1)
}

/// Returns whether the three letters at `at` abbreviate a month or a day of the week and end there.
pub(super) fn calendar(bytes: &[u8], at: usize) -> bool {
    month(bytes, at).is_some() || day(bytes, at).is_some()
}

/// Returns the end of a month's abbreviation.
pub(super) fn month(bytes: &[u8], at: usize) -> Option<usize> {
    const MONTHS: [&[u8; 3]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    abbreviation(bytes, at, &MONTHS)
}

/// Returns the end of a week day's abbreviation.
pub(super) fn day(bytes: &[u8], at: usize) -> Option<usize> {
    const DAYS: [&[u8; 3]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    abbreviation(bytes, at, &DAYS)
}

fn abbreviation(bytes: &[u8], at: usize, of: &[&[u8; 3]]) -> Option<usize> {
    if !bytes.get(at)?.is_ascii_uppercase() || !ends(bytes, at + 3) {
        return None;
    }
    let three = bytes.get(at..at + 3)?;
    of.iter().any(|name| name.as_slice() == three).then_some(at + 3)
}

/// Returns the end of `min` to `max` digits that no further digit follows.
pub(super) fn digits(bytes: &[u8], at: usize, min: usize, max: usize) -> Option<usize> {
    let end = run(bytes, at, u8::is_ascii_digit);
    (min..=max).contains(&(end - at)).then_some(end)
}

/// Returns the end of the run of bytes for which `of` holds.
pub(super) fn run(bytes: &[u8], at: usize, of: impl Fn(&u8) -> bool) -> usize {
    at + bytes.get(at..).map_or(0, |rest| rest.iter().take_while(|byte| of(byte)).count())
}

/// Returns the position after `byte` if it stands at `at`.
pub(super) fn skip(bytes: &[u8], at: usize, byte: u8) -> Option<usize> {
    (bytes.get(at) == Some(&byte)).then_some(at + 1)
}

/// Returns whether a word cannot continue at `at`.
pub(super) fn ends(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_none_or(|byte| !byte.is_ascii_alphanumeric())
}
