//! The terminal: text that may hold anything, on its way to people's screens.
//! Leaves out colours: they are put around text that was escaped before (`text`).

use super::visible::{acts, push};

/// Returns a text of ours with its lines and tabs, in which what people or logs wrote cannot steer a terminal.
///
/// Unlike [`visible_lines`](super::visible_lines) it keeps the marks of issues, for people who look at a body.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            c => push(&mut out, c),
        }
    }
    out
}

/// Returns a text of ours as [`plain`] does, but with the colours that we ourselves set: SGR sequences of digits.
///
/// A log's own have no escape character any more by then, because what stands in the text was escaped before.
pub fn painted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| acts(c) && c != '\n' && c != '\t') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let colour = rest.strip_prefix("\x1b[").map_or(0, |inside| {
            let digits = inside.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
            if digits < 24 && inside.as_bytes().get(digits) == Some(&b'm') { digits + 3 } else { 0 }
        });
        if colour > 0 {
            out.push_str(&rest[..colour]);
            rest = &rest[colour..];
        } else if let Some(c) = rest.chars().next() {
            push(&mut out, c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_colours_of_ours_acts() {
        assert_eq!(plain("a\x1b[31mb\u{9b}\u{202e}\r\n\tc\u{7f}"), "a\\x1b[31mb\\x9b\\u202e\\x0d\n\tc\\x7f");
        assert_eq!(painted("\x1b[1;31mP0\x1b[0m x"), "\x1b[1;31mP0\x1b[0m x");
        assert_eq!(painted("\x1b]0;x\x07\x1b[2J\x1b[\x1b\u{200b}"), "\\x1b]0;x\\x07\\x1b[2J\\x1b[\\x1b\\u200b");
    }
}
