//! Marks: what stands in the place of a redacted value, `<email:3f9a>`, and how such a text is read again.
//! Leaves out what is redacted: see `redaction`.
//!
//! The digits are the beginning of a hash, so that equal values have equal marks. Masks and patterns know values by their
//! shape; for them a mark is read as a value of that shape, and a redacted text is the same error as the text it was.

use std::borrow::Cow;
use std::ops::Range;

/// Digits of a mark.
pub(crate) const DIGITS: usize = 4;
/// Digits of a mark whose value is remembered.
pub(crate) const MANY_DIGITS: usize = 16;
/// Longest name of a kind.
const LONGEST_KIND: usize = 48;

/// A mark in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark<'t> {
    /// Where it stands.
    pub(crate) span: Range<usize>,
    /// `email`, `ip`, ...
    pub(crate) kind: &'t str,
    /// Its hexadecimal digits.
    pub(crate) digits: &'t str,
}

/// Returns the marks of a text, in order.
pub(crate) fn marks(text: &str) -> impl Iterator<Item = Mark<'_>> {
    let mut done = 0;
    memchr::memchr_iter(b'<', text.as_bytes()).filter_map(move |at| {
        let mark = mark_at(text, at).filter(|_| at >= done)?;
        done = mark.span.end;
        Some(mark)
    })
}

/// Returns whether a text holds a mark.
pub(crate) fn has_mark(text: &str) -> bool {
    marks(text).next().is_some()
}

/// Returns the mark that begins at `at`.
fn mark_at(text: &str, at: usize) -> Option<Mark<'_>> {
    let bytes = text.as_bytes();
    let is_kind = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    let kind = bytes[at + 1..].iter().take(LONGEST_KIND + 1).take_while(|byte| is_kind(byte)).count();
    let colon = at + 1 + kind;
    if !(1..=LONGEST_KIND).contains(&kind) || !bytes[at + 1].is_ascii_lowercase() || bytes.get(colon) != Some(&b':') {
        return None;
    }
    let is_digit = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    let digits = bytes[colon + 1..].iter().take(MANY_DIGITS + 1).take_while(|byte| is_digit(byte)).count();
    let close = colon + 1 + digits;
    let fits = matches!(digits, DIGITS | MANY_DIGITS) && bytes.get(close) == Some(&b'>');
    fits.then(|| Mark { span: at..close + 1, kind: &text[at + 1..colon], digits: &text[colon + 1..close] })
}

/// A text in which values stand for marks, and what each stands for.
#[derive(Debug, Default)]
pub(crate) struct Stood {
    /// Value, and the mark that it stands for.
    of: Vec<(String, String)>,
}

impl Stood {
    /// Returns `text` with values for the marks whose kind has a shape; others stay.
    pub(crate) fn text<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        rewritten(text, |mark| {
            let value = value_of(mark)?;
            let pair = (value.clone(), text[mark.span.clone()].to_string());
            if !self.of.contains(&pair) {
                self.of.push(pair);
            }
            Some(value)
        })
    }

    /// Puts the marks back into what was taken from such a text.
    pub(crate) fn restore(&self, text: &mut String) {
        for (value, mark) in self.of.iter().filter(|(value, _)| text.contains(value.as_str())).collect::<Vec<_>>() {
            *text = text.replace(value.as_str(), mark);
        }
    }
}

/// Returns `text` as masks read it: values of the kind's shape, and `<kind>` for kinds that have none.
pub(crate) fn stand_in(text: &str) -> Cow<'_, str> {
    rewritten(text, |mark| Some(value_of(mark).unwrap_or_else(|| format!("<{}>", mark.kind))))
}

/// Returns `text` with every mark as short as marks are.
pub(crate) fn shortened(text: &str) -> Cow<'_, str> {
    rewritten(text, |mark| (mark.digits.len() > DIGITS).then(|| format!("<{}:{}>", mark.kind, &mark.digits[..DIGITS])))
}

/// Returns `text` with marks replaced where `by` says so.
pub(crate) fn rewritten<'t>(text: &'t str, mut by: impl FnMut(&Mark<'t>) -> Option<String>) -> Cow<'t, str> {
    let (mut out, mut done) = (String::new(), 0);
    for mark in marks(text) {
        if let Some(other) = by(&mark) {
            out.push_str(&text[done..mark.span.start]);
            out.push_str(&other);
            done = mark.span.end;
        }
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// Returns a value with the shape of the mark's kind: an address of the ranges for benchmarks (RFC 2544, RFC 5180), or a
/// mailbox at a name that never exists (RFC 6761).
fn value_of(mark: &Mark<'_>) -> Option<String> {
    let digits = &mark.digits[..DIGITS];
    let number = u16::from_str_radix(digits, 16).ok()?;
    match mark.kind {
        "ip" => Some(format!("198.18.{}.{}", number >> 8, number & 0xff)),
        "ip6" => Some(format!("2001:2::{digits}")),
        "email" => Some(format!("u{digits}@redacted.example")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_and_nothing_else() {
        let found = |text| marks(text).map(|mark| mark.kind).collect::<Vec<_>>();
        assert_eq!(found("a <email:3f9a>, <<user_id:00ff>> b"), ["email", "user_id"]);
        assert_eq!(found("<email> <a:1234 <Foo:1234> <a:12345> <:1234> <a b:1234> <é:1234>"), [""; 0]);
        assert_eq!(stand_in("to <ip:3f9a>:5432 by <jwt:0a0b>"), "to 198.18.63.154:5432 by <jwt>");
        assert_eq!(shortened("<ip:3f9a000011112222>"), "<ip:3f9a>");
    }

    #[test]
    fn what_was_taken_from_values_is_put_back() {
        let mut stood = Stood::default();
        assert_eq!(stood.text("no route to <ip:3f9a>"), "no route to 198.18.63.154");
        let mut capture = "198.18.63.154".to_string();
        stood.restore(&mut capture);
        assert_eq!(capture, "<ip:3f9a>");
    }
}
