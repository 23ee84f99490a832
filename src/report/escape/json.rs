//! JSON that people print to a terminal: the same value, with every character that acts or hides as a `\u` escape.
//! Leaves out the documents; serde_json by itself escapes what JSON asks for, and that is C0 only.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use super::visible::acts;

/// Writes a value on one line.
pub fn to_writer(out: impl Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(out, Tame(CompactFormatter))).map_err(io::Error::from)
}

/// Writes a value with line ends and blanks for people.
pub fn to_writer_pretty(out: impl Write, value: &impl Serialize) -> io::Result<()> {
    let form = Tame(PrettyFormatter::new());
    value.serialize(&mut serde_json::Serializer::with_formatter(out, form)).map_err(io::Error::from)
}

/// Returns a value on one line.
pub fn line(value: &impl Serialize) -> io::Result<String> {
    text(|out| to_writer(out, value))
}

/// Returns a value with line ends and blanks for people.
pub fn pretty(value: &impl Serialize) -> io::Result<String> {
    text(|out| to_writer_pretty(out, value))
}

fn text(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> io::Result<String> {
    let mut out = Vec::new();
    write(&mut out)?;
    String::from_utf8(out).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// A form of JSON whose texts hold no character that acts or hides.
struct Tame<F>(F);

impl<F: Formatter> Formatter for Tame<F> {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        // Of ASCII only DEL is left to look for, so that most texts go through in one piece.
        let odd = |byte: u8| byte >= 0x80 || byte == 0x7f;
        if !fragment.bytes().any(odd) {
            return self.0.write_string_fragment(out, fragment);
        }
        let mut from = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| acts(*c)) {
            out.write_all(&fragment.as_bytes()[from..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            from = at + c.len_utf8();
        }
        out.write_all(&fragment.as_bytes()[from..])
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_key(out)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_the_same_and_nothing_in_it_acts() {
        let value = serde_json::json!({
            "a\u{202e}": ["\u{7f}\u{85}\u{9b}31m", "\u{1b}[31m", "é漢\u{1f600}\u{fe0f}", "\u{e0041}\u{200b}x", {}, []],
            "n": 1.5,
        });
        for text in [line(&value).expect("written"), pretty(&value).expect("written")] {
            assert!(text.chars().all(|c| c == '\n' || !acts(c)), "{text}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("JSON"), value);
        }
        let plain = serde_json::json!({ "a": [1, { "b": [] }, {}], "c": "é" });
        assert_eq!(pretty(&plain).expect("written"), serde_json::to_string_pretty(&plain).expect("written"));
        assert_eq!(line(&plain).expect("written"), plain.to_string());
    }
}
