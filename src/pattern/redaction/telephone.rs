//! Telephone numbers as they stand in logs: with a plus (E.164), and those of the North American plan.
//! Leaves out where one may begin: see `scan`.

use super::scan::{Scanned, begins_freely, is_word, run};

/// Returns the end of a number that begins with a plus (E.164) of `plus` bytes, in a URL three, written whole or in groups.
pub(super) fn telephone(bytes: &[u8], at: usize, plus: usize, found: &mut Vec<Scanned>) -> Option<usize> {
    if !begins_freely(bytes, at) || !bytes.get(at + plus).is_some_and(|byte| (b'1'..=b'9').contains(byte)) {
        return None;
    }
    let (mut end, mut digits, mut groups) = (at + plus, 0, 0);
    loop {
        let open = usize::from(bytes.get(end) == Some(&b'('));
        let stop = run(bytes, end + open, |byte| byte.is_ascii_digit());
        let close = usize::from(open == 1 && bytes.get(stop) == Some(&b')'));
        if stop == end + open || open != close || digits + stop - end > 16 {
            break;
        }
        (digits, groups, end) = (digits + stop - end - open, groups + 1, stop + close);
        let separator = matches!(bytes.get(end), Some(b' ' | b'-' | b'.' | b'/'));
        let next = end + usize::from(separator);
        if !bytes.get(next).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'(') {
            break;
        }
        end = next;
    }
    while end > at && !matches!(bytes[end - 1], b'0'..=b'9' | b')') {
        end -= 1;
    }
    let ends = bytes.get(end).is_none_or(|byte| !is_word(*byte));
    let enough = if groups > 1 { 8..=15 } else { 10..=15 };
    // Numbers of the North American plan have ten digits behind the 1.
    let plan = bytes[at + plus] != b'1' || digits == 11;
    if !ends || !plan || !enough.contains(&digits) {
        return None;
    }
    found.push((3, at..end));
    Some(end)
}

/// Finds `(212) 555-0123`.
pub(super) fn national(bytes: &[u8], at: usize, found: &mut Vec<Scanned>) -> Option<usize> {
    let area = bytes.get(at + 1..at + 5)?;
    let fits = area[..3].iter().all(u8::is_ascii_digit) && (b'2'..=b'9').contains(&area[0]) && area[3] == b')';
    let rest = at + 5 + usize::from(bytes.get(at + 5) == Some(&b' '));
    let tail = bytes.get(rest..rest + 8)?;
    let ends = bytes.get(rest + 8).is_none_or(|byte| !is_word(*byte) && *byte != b'-');
    let number = tail[..3].iter().chain(&tail[4..]).all(u8::is_ascii_digit) && matches!(tail[3], b'-' | b'.');
    (fits && number && ends).then(|| {
        found.push((3, at..rest + 8));
        rest + 8
    })
}

/// Returns the end of `212-555-0123` that is no part of something longer.
pub(super) fn dashed(bytes: &[u8], at: usize) -> Option<usize> {
    let before = at == 0 || !matches!(bytes[at - 1], b'-' | b'.' | b'/');
    numbered(bytes, at).filter(|_| before)
}

/// Returns the end of `212-555-0123` or `212.555.0123`, in which neither area nor exchange begins with 0 or 1.
pub(super) fn numbered(bytes: &[u8], at: usize) -> Option<usize> {
    let text = bytes.get(at..at + 12)?;
    let sign = text[3];
    let shape = text
        .iter()
        .enumerate()
        .all(|(at, byte)| if at == 3 || at == 7 { *byte == sign } else { byte.is_ascii_digit() });
    let plan = matches!(sign, b'-' | b'.') && text[0] >= b'2' && text[4] >= b'2';
    let goes_on = bytes.get(at + 12) == Some(&b'.') && bytes.get(at + 13).is_some_and(u8::is_ascii_alphanumeric);
    let after = !goes_on && bytes.get(at + 12).is_none_or(|byte| !is_word(*byte) && *byte != b'-');
    (shape && plan && after).then_some(at + 12)
}
