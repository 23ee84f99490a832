//! Reads the JSON that logs mostly consist of, quickly. What it does not take at once (deep nesting, anything
//! wrong) is left to `serde_json`, whose verdict is the one that counts.

use std::borrow::Cow;

use serde_json::Number;

use super::json::Value;
use super::json_object::Object;

/// Deeper values are left to the parser that guards the stack; a log record is hardly ever as deep.
const DEEPEST: u8 = 32;

/// Reads a text that is one JSON value, or returns `None` when another must judge it.
pub(crate) fn read(text: &str) -> Option<Value<'_>> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0 };
    let first = reader.next()?;
    let value = reader.value(first, DEEPEST)?;
    reader.next().is_none().then_some(value)
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Passes blanks and the byte behind them.
    #[inline]
    fn next(&mut self) -> Option<u8> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
        }
    }

    /// Reads the value that begins with the byte just passed.
    fn value(&mut self, first: u8, depth: u8) -> Option<Value<'a>> {
        match first {
            b'"' => self.string().map(Value::String),
            b'{' if depth > 0 => self.object(depth - 1).map(Value::Object),
            b'[' if depth > 0 => self.list(depth - 1).map(Value::Array),
            b'0'..=b'9' | b'-' => self.number(),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'n' => self.word("null", Value::Null),
            _ => None,
        }
    }

    fn object(&mut self, depth: u8) -> Option<Object<'a>> {
        let mut fields = Object::new();
        let mut next = self.next()?;
        if next == b'}' {
            return Some(fields);
        }
        loop {
            if next != b'"' {
                return None;
            }
            let key = self.string()?;
            if self.next()? != b':' {
                return None;
            }
            let first = self.next()?;
            let value = self.value(first, depth)?;
            fields.insert(key, value);
            match self.next()? {
                b',' => next = self.next()?,
                b'}' => return Some(fields),
                _ => return None,
            }
        }
    }

    fn list(&mut self, depth: u8) -> Option<Vec<Value<'a>>> {
        let mut values = Vec::new();
        let mut next = self.next()?;
        if next == b']' {
            return Some(values);
        }
        loop {
            values.push(self.value(next, depth)?);
            match self.next()? {
                b',' => next = self.next()?,
                b']' => return Some(values),
                _ => return None,
            }
        }
    }

    /// Reads a text up to its closing quote, the opening one being passed.
    #[inline]
    fn string(&mut self) -> Option<Cow<'a, str>> {
        let start = self.at;
        let end = start + special(self.bytes.get(start..)?)?;
        self.at = end + 1;
        match self.bytes[end] {
            b'"' => self.text.get(start..end).map(Cow::Borrowed),
            b'\\' => self.escaped(start, end),
            _ => None,
        }
    }

    /// Reads a text with escapes, the first of them at `at`.
    fn escaped(&mut self, start: usize, mut at: usize) -> Option<Cow<'a, str>> {
        loop {
            match self.bytes.get(at)? {
                b'\\' => at += 2,
                b'"' => break,
                _ => return None,
            }
            at += special(self.bytes.get(at..)?)?;
        }
        self.at = at + 1;
        match self.text.get(start..at).and_then(unescaped) {
            Some(text) => Some(Cow::Owned(text)),
            None => serde_json::from_str(self.text.get(start - 1..at + 1)?).ok().map(Cow::Owned),
        }
    }

    /// Reads a number; those that are not plainly whole go through `serde_json`, digit for digit.
    fn number(&mut self) -> Option<Value<'a>> {
        let start = self.at - 1;
        let inside = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
        let length = self.bytes[start..].iter().take_while(inside).count();
        self.at = start + length;
        let digits = &self.bytes[start..self.at];
        let plain = length == 1 || length <= 18 && digits[0] != b'0';
        if !plain || !digits.iter().all(u8::is_ascii_digit) {
            return serde_json::from_str(self.text.get(start..self.at)?).ok().map(Value::Number);
        }
        let number = digits.iter().fold(0_u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
        Some(Value::Number(Number::from(number)))
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Option<Value<'a>> {
        let start = self.at - 1;
        self.at = start + word.len();
        self.bytes[start..].starts_with(word.as_bytes()).then_some(value)
    }
}

/// Returns a text with its escapes resolved; nothing where one is not a letter that stands for one character.
fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        let meant = match rest.as_bytes().get(at + 1)? {
            b'n' => '\n',
            b'"' => '"',
            b't' => '\t',
            b'\\' => '\\',
            b'/' => '/',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            _ => return None,
        };
        out.push_str(&rest[..at]);
        out.push(meant);
        rest = &rest[at + 2..];
    }
    out.push_str(rest);
    Some(out)
}

/// Returns where the first quote, backslash or control character stands.
#[inline]
fn special(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let mut at = 0;
    // Eight bytes at a time: a byte less than n makes its high bit borrow. Where one is found, a byte behind
    // it may seem one too, so that only the first counts.
    while let Some(eight) = bytes[at..].first_chunk::<8>() {
        let eight = u64::from_le_bytes(*eight);
        let control = eight.wrapping_sub(ONES * 0x20);
        let (quote, slash) = (eight ^ (ONES * 0x22), eight ^ (ONES * 0x5c));
        let found = (control | quote.wrapping_sub(ONES) | slash.wrapping_sub(ONES)) & !eight & HIGH;
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = bytes[at..].iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\'))?;
    Some(at + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_special_byte() {
        for before in 0..40 {
            for first in ["\"", "\\", "\n", "\u{0}", "\u{1f}"] {
                for filler in ["a", "~", " ", "!", "]", "\u{7f}"] {
                    let text = format!("{}{first}\"\\a\u{fc}", filler.repeat(before));
                    assert_eq!(special(text.as_bytes()), Some(before), "{text:?}");
                }
            }
        }
        assert_eq!(special("\u{fc}\u{20ac}\u{1f600} no special byte in here".as_bytes()), None);
    }

    /// Whatever is read here must be what `serde_json` reads, and what it refuses must not be read here.
    fn check(text: &str) {
        let theirs = serde_json::from_str::<serde_json::Value>(text);
        let expect = theirs.as_ref().ok().map(ToString::to_string);
        let shown = |value: &Value<'_>| value.to_string();
        if let Some(value) = read(text) {
            assert_eq!(Some(shown(&value)), expect, "read: {text:?}");
        }
        let slow = serde_json::from_str::<Value<'_>>(text);
        assert_eq!(slow.as_ref().ok().map(shown), expect, "through serde_json: {text:?}");
        assert_eq!(slow.err().map(|error| error.to_string()), theirs.as_ref().err().map(ToString::to_string));
        if let Ok(theirs) = &theirs {
            assert_eq!(shown(&Value::from(theirs)), theirs.to_string(), "borrowed: {text:?}");
        }
    }

    #[test]
    fn as_serde_json_reads() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let objects = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        for depth in [1, 31, 32, 33, 120, 126, 127, 128, 129, 200, 100_000] {
            check(&deep(depth));
            check(&objects(depth));
            check(&"[".repeat(depth));
        }
        let many: Vec<String> = (0..200).map(|at| format!("\"k{}\":{at}", at % 150)).collect();
        check(&format!("{{{}}}", many.join(",")));
        for text in [
            "{\"a\":1,\"b\":2,\"a\":{\"c\":[]}}",
            "{\"\":0,\"\":\"x\"}",
            "{\"\\u0061\":1,\"a\":2}",
            " [1, -1, 0, -0, 1.5, 1e3, 1E-3, 123456789012345678, 1234567890123456789, 18446744073709551616] ",
            "[01]",
            "[1.]",
            "[.5]",
            "[+1]",
            "[--1]",
            "[1-2]",
            "[1e999]",
            "[-1e999]",
            "[NaN, Infinity]",
            "[1e]",
            "{\"a\":\"\\ud83d\\ude00 \\ud83d\"}",
            "{\"a\":\"\\ud83d\\ude00 \\n \\/ \\\" \u{fc}\"}",
            "\"\\x\"",
            "\"\\",
            "\"a\tb\"",
            "\"a\u{0}b\"",
            "\"a\u{7f}b\"",
            "\u{feff}{}",
            "{\"a\":1,}",
            "{\"a\" 1}",
            "{\"a\":}",
            "{a:1}",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{}{}",
            "{} x",
            "tru",
            "truex",
            "[true,false,null,nul]",
            "null",
            "",
            " ",
            "\u{a0}1",
            "{\"a\":\u{b}1}",
        ] {
            check(text);
        }
    }

    #[test]
    fn any_cut_and_any_changed_byte() {
        let text =
            "{\"a\":{\"b\\n\":[1,-2.5e3,\"x\\u00fcy \u{20ac}\",true,null,{}],\"\":[]}, \"cd\" : \"long enough text\"}";
        for (at, _) in text.char_indices() {
            check(&text[..at]);
            check(&text[at..]);
            for byte in "\"\\{}[]:,0-.eE1tfn u\u{1}\u{fc}".chars() {
                let mut changed = text.to_owned();
                changed.insert(at, byte);
                check(&changed);
                changed.remove(at + byte.len_utf8());
                check(&changed);
            }
        }
    }
}
