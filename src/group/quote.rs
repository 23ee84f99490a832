//! Quotations kept small: the samples of a group say nearly the same, line for line.
//! Leaves out which samples are kept.
//!
//! A text is written as runs of lines that it shares with another, the base, and the lines of its own. Any text can be
//! written against any base and is read back byte for byte.

/// A quotation, written against the base of its group.
#[derive(Debug, Clone, Default)]
pub(super) struct Quote(Box<[u8]>);

impl Quote {
    /// Writes `text` against `base`.
    pub(super) fn of(text: &str, base: &str) -> Quote {
        let mut out = Vec::with_capacity(64);
        let (mut theirs, mut at) = (lines(base), 0);
        let (mut shared, mut own) = (0, 0);
        // Own lines are written once it is known where they end.
        let flush = |out: &mut Vec<u8>, shared: usize, text: &str| {
            number(out, shared);
            number(out, text.len());
            out.extend_from_slice(text.as_bytes());
        };
        for line in lines(text) {
            if theirs.next() == Some(line) {
                if at > own {
                    flush(&mut out, shared, &text[own..at]);
                    shared = 0;
                }
                shared += 1;
                own = at + line.len();
            }
            at += line.len();
        }
        flush(&mut out, shared, &text[own..]);
        Quote(out.into_boxed_slice())
    }

    /// Returns the text; `base` is the one that it was written against.
    pub(super) fn text(&self, base: &str) -> String {
        let mut lines = base.split_inclusive('\n');
        let (mut text, mut rest) = (Vec::new(), &*self.0);
        while !rest.is_empty() {
            for line in lines.by_ref().take(read(&mut rest)) {
                text.extend_from_slice(line.as_bytes());
            }
            let length = read(&mut rest).min(rest.len());
            let (own, after) = rest.split_at(length);
            // Where a line is its own, the base's line in its place is passed over.
            for _ in own.split_inclusive(|byte| *byte == b'\n') {
                let _ = lines.next();
            }
            text.extend_from_slice(own);
            rest = after;
        }
        String::from_utf8(text).unwrap_or_default()
    }
}

/// Returns the lines with their ends; traces are long, so that ends are sought in wide steps.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut from = 0;
    let last = (!text.ends_with('\n')).then_some(text.len()).filter(|length| *length > 0);
    memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1).chain(last).map(move |end| {
        let line = &text[from..end];
        from = end;
        line
    })
}

/// Writes a number in sevens of bits, lowest first.
fn number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn read(rest: &mut &[u8]) -> usize {
    let (mut number, mut shift) = (0, 0);
    while let Some((first, after)) = rest.split_first() {
        *rest = after;
        number |= usize::from(first & 0x7f) << shift;
        shift += 7;
        if *first < 0x80 {
            break;
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_is_read_back_byte_for_byte() {
        let texts = [
            "",
            "\n",
            "one",
            "one\n",
            "one\ntwo\nthree",
            "one\nTWO\nthree",
            "ONE\nTWO\nthree\nfour\n",
            "one\ntwo",
            "zero\r\n\n\n",
            "\n\none\ntwo\nthree",
            "é\nü\n",
        ];
        for base in texts {
            for text in texts {
                assert_eq!(Quote::of(text, base).text(base), text, "{text:?} against {base:?}");
            }
        }
        let long = "a line of some length\n".repeat(200);
        let other = format!("{long}and one more");
        assert!(Quote::of(&other, &long).0.len() < 30);
        assert_eq!(Quote::of(&other, &long).text(&long), other);
    }
}
