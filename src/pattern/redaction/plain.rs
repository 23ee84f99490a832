//! A text as rules read it: colours are blanks, and what looks like a mark does not hide what stands behind it.
//! Leaves out removing them: what was passed over stands in the result again.

use std::ops::Range;

use super::super::mark;

/// A text, and what of the original was passed over.
#[derive(Debug, Default)]
pub(super) struct Plain {
    pub(super) text: String,
    /// Where it stands in the plain text, how many bytes stand for it there, and what it is in the original.
    pub(super) passed: Vec<(usize, usize, Range<usize>)>,
}

impl Plain {
    /// Returns the plain text; nothing where the text itself is plain.
    pub(super) fn of(text: &str) -> Option<Plain> {
        let mut passed: Vec<(Range<usize>, &str)> = codes(text).map(|code| (code, " ")).collect();
        let bytes = text.as_bytes();
        let is_word = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
        let marks: Vec<Range<usize>> = mark::marks(text).map(|mark| mark.span).collect();
        let mut glued = None;
        for mark in marks.into_iter().rev() {
            if is_word(Some(mark.end)) || glued == Some(mark.end) {
                glued = Some(mark.start);
                // After a letter it would join two words.
                if !is_word(mark.start.checked_sub(1)) {
                    passed.push((mark, ""));
                }
            }
        }
        if passed.is_empty() {
            return None;
        }
        passed.sort_by_key(|(span, _)| span.start);
        let (mut plain, mut done) = (Plain::default(), 0);
        for (span, stands) in passed {
            // One blank for all codes that follow each other.
            let again = span.start == done && plain.passed.last().is_some_and(|last| last.1 > 0);
            let stands = if again { "" } else { stands };
            plain.text.push_str(&text[done..span.start]);
            plain.passed.push((plain.text.len(), stands.len(), span.clone()));
            plain.text.push_str(stands);
            done = span.end;
        }
        plain.text.push_str(&text[done..]);
        Some(plain)
    }
}

/// Returns whether a text holds a colour code or a mark; where it does not, it is plain.
pub(super) fn may_pass(text: &str) -> bool {
    let holds = |byte| memchr::memchr(byte, text.as_bytes()).is_some();
    holds(b'[') && codes(text).next().is_some() || holds(b'<') && mark::has_mark(text)
}

/// Returns the colour codes of a text (ECMA-48, SGR), also those that are written as escapes.
fn codes(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'm', bytes).filter_map(move |at| code_before(bytes, at + 1).map(|start| start..at + 1))
}

/// Returns where the colour code begins that ends before `end`.
pub(super) fn code_before(bytes: &[u8], end: usize) -> Option<usize> {
    let last = end.checked_sub(1)?;
    if bytes[last] != b'm' {
        return None;
    }
    let is_parameter = |byte: &u8| byte.is_ascii_digit() || *byte == b';';
    let parameters = bytes[..last].iter().rev().take(24).take_while(|byte| is_parameter(byte)).count();
    let open = (last - parameters).checked_sub(1).filter(|open| bytes[*open] == b'[')?;
    let before = &bytes[..open];
    if before.ends_with(b"\x1b") {
        return Some(open - 1);
    }
    let spelt = ["x1b", "x1B", "u001b", "u001B", "033", "e"].iter().find(|spelt| before.ends_with(spelt.as_bytes()))?;
    let rest = &before[..open - spelt.len()];
    let slashes = rest.iter().rev().take(8).take_while(|byte| **byte == b'\\').count();
    (slashes > 0).then_some(rest.len() - slashes)
}
