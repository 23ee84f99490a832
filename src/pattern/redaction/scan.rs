//! Values that are made of digits and marks: addresses of machines, card and telephone numbers.
//! Leaves out everything that a word announces; no word announces these, so each place is looked at by hand.

use core::net::Ipv6Addr;
use std::ops::Range;

use super::address::{address, ip, is_version};
use super::checks::{card, iban, is_public, is_public6};
use super::telephone::{dashed, national, numbered, telephone};

/// Kinds that are found here.
pub(crate) const SCANNED: [&str; 5] = ["ip", "ip6", "card", "phone", "iban"];

/// More bytes, blanks included, are no account.
const LONGEST_ACCOUNT: usize = 44;
/// More bytes are no address of version 6.
const LONGEST_IP6: usize = 48;

/// A value found, with the place of its kind in [`SCANNED`].
pub(crate) type Scanned = (usize, Range<usize>);

/// Bytes at which a value may be found.
const BEGINS: [bool; 256] = {
    let mut begins = [false; 256];
    let (signs, mut at) = (b"0123456789:+%(", 0);
    while at < signs.len() {
        begins[signs[at] as usize] = true;
        at += 1;
    }
    begins
};

/// Returns whether a text holds one of them.
pub(crate) fn finds(text: &str) -> bool {
    let mut found = Vec::new();
    scan(text, &mut found);
    !found.is_empty()
}

/// Finds all of them; each byte is looked at a bounded number of times.
pub(crate) fn scan(text: &str, found: &mut Vec<Scanned>) {
    let bytes = text.as_bytes();
    let begins = |byte: u8| BEGINS[usize::from(byte)];
    let mut at = 0;
    while at < bytes.len() {
        if let Some(&[a, b, c, d]) = bytes[at..].first_chunk()
            && !(begins(a) | begins(b) | begins(c) | begins(d))
        {
            at += 4;
            continue;
        }
        let next = |is: fn(u8) -> bool| bytes.get(at + 1).is_some_and(|byte| is(*byte));
        let step = match bytes[at] {
            b'0'..=b'9' => {
                let end = run(bytes, at, |byte| byte.is_ascii_digit());
                if may_be_more(bytes, at, end) { digits(bytes, at, end, found) } else { Some(end) }
            }
            b':' if may_be_ip6(bytes, at) => ip6(text, at, found),
            b'+' if next(|byte| matches!(byte, b'1'..=b'9')) => telephone(bytes, at, 1, found),
            b'%' if matches!(bytes.get(at + 1..at + 3), Some(b"2B" | b"2b")) => telephone(bytes, at, 3, found),
            b'(' if next(|byte| matches!(byte, b'2'..=b'9')) => national(bytes, at, found),
            _ => None,
        };
        at = step.unwrap_or(at + 1).max(at + 1);
    }
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

pub(super) fn run(bytes: &[u8], at: usize, fits: impl Fn(u8) -> bool) -> usize {
    at + bytes[at..].iter().take_while(|byte| fits(**byte)).count()
}

/// Looks at a run of digits that ends at `end`; returns where to go on.
fn digits(bytes: &[u8], at: usize, end: usize, found: &mut Vec<Scanned>) -> Option<usize> {
    let begins = begins_freely(bytes, at);
    if !begins
        && at >= 2
        && bytes[at - 1].is_ascii_uppercase()
        && let Some(stop) = account(bytes, at - 2)
    {
        found.push((4, at - 2..stop));
        return Some(stop);
    }
    // A word and an underline before it name what the address is of.
    let underlined = at >= 2 && bytes[at - 1] == b'_' && bytes[at - 2].is_ascii_alphabetic();
    if (begins || underlined) && end - at <= 3 {
        if bytes.get(end) == Some(&b'.')
            && let Some(stop) = ip(bytes, at)
        {
            if let Some(address) = address(bytes, at, stop)
                && is_public(address)
                && !is_version(bytes, at, stop)
            {
                found.push((0, at..stop));
            }
            return Some(stop);
        }
        if begins
            && end - at == 3
            && matches!(bytes.get(end), Some(b'-' | b'.'))
            && let Some(stop) = dashed(bytes, at)
        {
            found.push((3, at..stop));
            return Some(stop);
        }
    }
    // `1-800-555-0123`: the country, then the number.
    if begins
        && &bytes[at..end] == b"1"
        && matches!(bytes.get(end), Some(b'-' | b'.'))
        && (at == 0 || !matches!(bytes[at - 1], b'-' | b'.' | b'/'))
        && let Some(stop) = numbered(bytes, end + 1).filter(|_| bytes.get(end + 4) == bytes.get(end))
    {
        found.push((3, at..stop));
        return Some(stop);
    }
    // What is preceded by a sign or a point is part of another number.
    let free = begins && (at == 0 || !matches!(bytes[at - 1], b'.' | b'-' | b'+' | b'$'));
    if free && end - at >= 4 {
        let (number, stop) = grouped(bytes, at);
        let ends = bytes.get(stop).is_none_or(|next| !is_word(*next))
            && !(matches!(bytes.get(stop), Some(b'.' | b'-')) && bytes.get(stop + 1).is_some_and(u8::is_ascii_digit));
        if ends && card(&number) && !says_id(bytes, at) {
            found.push((2, at..stop));
            return Some(stop);
        }
    }
    Some(end)
}

/// Whether a run of digits may be one of the values that `digits` finds, by what stands next to it; most are times, ids
/// and counts.
fn may_be_more(bytes: &[u8], at: usize, end: usize) -> bool {
    let (length, next) = (end - at, bytes.get(end));
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let account = at >= 2 && bytes[at - 1].is_ascii_uppercase();
    account
        || match length {
            1..=3 => match next {
                Some(b'.') => is_digit(end + 1),
                Some(b'-') => is_digit(end + 1) && (length == 3 || length == 1 && bytes[at] == b'1'),
                _ => false,
            },
            // In groups; the second has four digits at least.
            4 => {
                let sign = match next {
                    Some(b' ' | b'-' | b'.' | b'+') => 1,
                    Some(b'%') => 3,
                    _ => return false,
                };
                (0..4).all(|digit| is_digit(end + sign + digit))
            }
            // Of so many digits are cards.
            _ => (14..=16).contains(&length),
        }
}

/// Whether an address of version 6 may stand around a colon: it has two together, or seven; most are times.
fn may_be_ip6(bytes: &[u8], at: usize) -> bool {
    let near = &bytes[at..bytes.len().min(at + LONGEST_IP6)];
    let (mut colons, mut last) = (0, 0);
    for byte in near.iter().take_while(|byte| byte.is_ascii_hexdigit() || **byte == b':') {
        colons += usize::from(*byte == b':');
        if colons == 7 || (*byte == b':' && last == b':') {
            return true;
        }
        last = *byte;
    }
    false
}

/// Whether a value may begin here: after no letter or digit, but for escapes such as `\n` and `%3D`.
pub(crate) fn begins_freely(bytes: &[u8], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|at| bytes.get(at)).copied();
    let Some(last) = before(1) else { return true };
    if !is_word(last) || super::plain::code_before(bytes, at).is_some() {
        return true;
    }
    let hex = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit());
    (matches!(last, b'n' | b'r' | b't' | b'b' | b'f') && before(2) == Some(b'\\'))
        || (hex(before(1)) && hex(before(2)) && before(3) == Some(b'%'))
        || (hex(before(1)) && hex(before(2)) && before(5) == Some(b'u') && before(6) == Some(b'\\'))
}

/// Whether what stands before says that it is an id: `id=`, `"order_id": `, `orderId: `.
fn says_id(bytes: &[u8], at: usize) -> bool {
    let is_sign = |byte: &u8| matches!(byte, b' ' | b':' | b'=' | b'"' | b'\'' | b'\\');
    let signs = bytes[..at].iter().rev().take(6).take_while(|byte| is_sign(byte)).count();
    let (name, signs) = bytes[..at].split_at(at - signs);
    let Some((before, id)) = name.len().checked_sub(2).map(|at| name.split_at(at)) else { return false };
    let begins = before.last().is_none_or(|byte| !byte.is_ascii_alphabetic());
    let named = begins && id.eq_ignore_ascii_case(b"id") || matches!(id, b"Id" | b"ID");
    named && signs.iter().any(|byte| matches!(byte, b':' | b'='))
}

/// Returns the digits of a number written whole or in groups of four, and where it ends.
fn grouped(bytes: &[u8], at: usize) -> (Vec<u8>, usize) {
    let whole = run(bytes, at, |byte| byte.is_ascii_digit());
    let separators: [&[u8]; 5] = [b" ", b"-", b".", b"+", b"%20"];
    let separator = separators.into_iter().find(|one| bytes[whole..].starts_with(one));
    let Some(separator) = separator.filter(|_| whole - at == 4) else {
        return (bytes[at..whole.min(at + 20)].to_vec(), whole);
    };
    let (mut number, mut end) = (bytes[at..whole].to_vec(), whole);
    while number.len() < 20 && bytes[end..].starts_with(separator) {
        let start = end + separator.len();
        let stop = run(bytes, start, |byte| byte.is_ascii_digit());
        if !(4..=6).contains(&(stop - start)) {
            break;
        }
        number.extend_from_slice(&bytes[start..stop]);
        end = stop;
    }
    (number, end)
}

/// Returns the end of the number of an account (ISO 13616): country, checksum, then letters and digits, whole or in fours.
fn account(bytes: &[u8], at: usize) -> Option<usize> {
    let head = bytes.get(at..at + 4)?;
    let is_head = head[..2].iter().all(u8::is_ascii_uppercase) && head[2..].iter().all(u8::is_ascii_digit);
    if !is_head || !begins_freely(bytes, at) {
        return None;
    }
    let (mut ends, mut end) = (Vec::new(), at);
    while end - at < LONGEST_ACCOUNT {
        let stop = run(&bytes[..bytes.len().min(at + LONGEST_ACCOUNT)], end, |byte| {
            byte.is_ascii_uppercase() || byte.is_ascii_digit()
        });
        if stop == end || (!ends.is_empty() && stop - end > 4) {
            break;
        }
        ends.push(stop);
        if !matches!(bytes.get(stop), Some(b' ' | b'-')) {
            break;
        }
        end = stop + 1;
    }
    let text = |end: &usize| std::str::from_utf8(&bytes[at..*end]).ok();
    let closed = |end: &usize| bytes.get(*end).is_none_or(|next| !is_word(*next));
    ends.into_iter().rev().find(|end| closed(end) && text(end).is_some_and(iban))
}

/// Finds an address of version 6 around a colon.
fn ip6(text: &str, at: usize, found: &mut Vec<Scanned>) -> Option<usize> {
    let bytes = text.as_bytes();
    let fits = |byte: u8| byte.is_ascii_hexdigit() || byte == b':';
    let back = bytes[..at].iter().rev().take(4).take_while(|byte| byte.is_ascii_hexdigit()).count();
    let start = at - back;
    let near = &bytes[..bytes.len().min(at + LONGEST_IP6)];
    let mut end = run(near, at, fits);
    if !begins_freely(bytes, start) || end == near.len() && end < bytes.len() {
        return None;
    }
    // The last group may be the beginning of an address of version 4.
    if bytes.get(end) == Some(&b'.') {
        end = run(near, at, |byte| fits(byte) || byte == b'.');
    }
    let value = text[start..end].trim_end_matches(['.', ':']);
    let value = if text[start..end].ends_with("::") { text[start..end].trim_end_matches('.') } else { value };
    let end = start + value.len();
    let colons = value.bytes().filter(|byte| *byte == b':').count();
    let whole_word = bytes.get(end).is_none_or(|byte| !is_word(*byte));
    if colons >= 2
        && whole_word
        && (value.contains("::") || colons == 7)
        && let Ok(address) = value.parse::<Ipv6Addr>()
    {
        if is_public6(address) {
            found.push((1, start..end));
        }
        return Some(end);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let mut found = Vec::new();
        scan(text, &mut found);
        let found: Vec<(&str, &str)> = found.iter().map(|(kind, span)| (SCANNED[*kind], &text[span.clone()])).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn addresses_are_told_from_versions() {
        check("from 203.0.113.9:443 to 10.0.0.1, /203.0.113.9:80", &[("ip", "203.0.113.9"), ("ip", "203.0.113.9")]);
        check("db.example/203.0.113.9 http://203.0.113.9/x", &[("ip", "203.0.113.9"), ("ip", "203.0.113.9")]);
        check(
            "Chrome/120.0.6099.1 version 7.1.2.3 v8.1.2.3 lib-8.1.2.3 ==8.1.2.3 8.1.2.3.4 300.1.2.3 8.1.2.3-rc1",
            &[],
        );
        check(
            "peer 2001:db8::7 and [2001:db8:0:0:0:0:0:1]:443.",
            &[("ip6", "2001:db8::7"), ("ip6", "2001:db8:0:0:0:0:0:1")],
        );
        check("std::vec 12:34:56 ::1 fe80::1 a::b cafe::", &[]);
        check("::ffff:203.0.113.9 x", &[("ip6", "::ffff:203.0.113.9")]);
    }

    #[test]
    fn addresses_stand_in_ranges_names_and_words() {
        let one = ("ip", "203.0.113.7");
        check("203.0.113.7-203.0.113.9", &[one, ("ip", "203.0.113.9")]);
        check("IP 203.0.113.7.5432 > 198.51.100.2.443: x", &[one, ("ip", "198.51.100.2")]);
        check("198.51.100.2.https > 203.0.113.7.49152: Flags", &[("ip", "198.51.100.2"), one]);
        check("port 203.0.113.7.5432, version_8.1.2.3", &[one]);
        check("x_203.0.113.7 user/203.0.113.7 ip_203.0.113.7", &[one, one, one]);
        check("from 203.0.113.7.bc.googleusercontent.com", &[one]);
        check("protobuf 4.25.3.1, kernel 5.15.0.91, lib-8.1.2.3-9.1.2.3 8.1.2.3.jar a_8.1.2.3.4", &[]);
    }

    #[test]
    fn cards_and_telephones() {
        check(
            "paid with 4111 1111 1111 1111, 4242-4242-4242-4242",
            &[("card", "4111 1111 1111 1111"), ("card", "4242-4242-4242-4242")],
        );
        check("card 5555555555554444.", &[("card", "5555555555554444")]);
        check("blk_4242424242424242 -4242424242424242 4242424242424243 1700000000000000", &[]);
        check(
            "to DE89370400440532013000, DE89 3704 0044 0532 0130 00 EUR",
            &[("iban", "DE89370400440532013000"), ("iban", "DE89 3704 0044 0532 0130 00")],
        );
        check(
            "call +49 170 1234567 or +14155550123, (212) 555-0123.",
            &[("phone", "+49 170 1234567"), ("phone", "+14155550123"), ("phone", "(212) 555-0123")],
        );
        check(
            "10:00:00 +0200, +5 rows, 2024-01-02, 555-0123, a+12345678901, 212-555-0123",
            &[("phone", "212-555-0123")],
        );
    }

    /// The scan that passes nothing over.
    fn scanned_slowly(text: &str) -> Vec<Scanned> {
        let (bytes, mut at, mut found) = (text.as_bytes(), 0, Vec::new());
        while at < bytes.len() {
            let step = match bytes[at] {
                b'0'..=b'9' => digits(bytes, at, run(bytes, at, |byte| byte.is_ascii_digit()), &mut found),
                b':' => ip6(text, at, &mut found),
                b'+' => telephone(bytes, at, 1, &mut found),
                b'%' if matches!(bytes.get(at + 1..at + 3), Some(b"2B" | b"2b")) => telephone(bytes, at, 3, &mut found),
                b'(' => national(bytes, at, &mut found),
                _ => None,
            };
            at = step.unwrap_or(at + 1).max(at + 1);
        }
        found
    }

    #[test]
    fn nothing_that_is_passed_over_is_found() {
        const PARTS: [&str; 28] = [
            "203.0.113.9",
            "4111 1111 1111 1111",
            "4242-4242-4242-4242",
            "378282246310005",
            "(212) 555-0123",
            "+49 170",
            "1-800-555-0123",
            "212.555.0123",
            "DE89370400440532013000",
            "DE89 3704 0044 0532 0130 00",
            "2001:db8::7",
            "2001:db8:0:0:0:0:0:1",
            "12:34:56",
            "::",
            ":",
            ".",
            "-",
            "1",
            "22",
            "4242",
            "%2B",
            "%20",
            "n\u{301}",
            "\\n",
            "a",
            "\n",
            " ",
            "_",
        ];
        let (mut seed, mut finds) = (11u64, 0);
        for _ in 0..40_000 {
            let mut text = String::new();
            for _ in 0..6 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let part = PARTS[(seed >> 33) as usize % PARTS.len()];
                // Parts of parts are nearly values.
                let cut = part.floor_char_boundary(part.len() - (seed >> 60) as usize % part.len().min(4));
                text.push_str(if seed >> 62 == 0 { &part[..cut] } else { part });
            }
            let mut found = Vec::new();
            scan(&text, &mut found);
            finds += found.len();
            assert_eq!(found, scanned_slowly(&text), "{text}");
        }
        assert!(finds > 10_000, "{finds}");
    }

    #[test]
    fn a_long_line_takes_linear_time() {
        for text in [
            "1.",
            "1",
            ":",
            "203.0.113.7-",
            "203.0.113.7.",
            "x_203.0.113.7.a.",
            "[32m1",
            "a:",
            "+1 ",
            "(212) ",
            "4242 ",
            "1:2",
        ] {
            scan(&text.repeat(200_000), &mut Vec::new());
        }
    }
}
