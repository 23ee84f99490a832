//! Values that a name announces, in every notation: `name=x`, `"name": "x"`, `--name x`, `<name>x</name>`, `name is x`.
//! Leaves out which names there are (the rules), and whether what stands there is a value (`checks`).
//!
//! An expression finds the name; what follows is read by hand, for where a value ends depends on how its quotes are
//! written, and no expression counts backslashes.

use std::ops::Range;

/// Bytes of a value at most; what has no end before is looked at no further.
const LONGEST: usize = 2048;
/// Bytes in which brackets are looked at.
const NEAR: usize = 128;
/// Values of one list.
const MOST_LISTED: usize = 32;

/// How a value is written; the less the notation says, the more the value has to look like one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notation {
    /// In quotes, or between tags, behind a sign.
    Quoted,
    /// Behind an equals sign or an option of a command.
    Assigned,
    /// Behind a colon.
    Told,
    /// The next of a list.
    Listed,
    /// In quotes behind nothing but a blank.
    NextQuoted,
    /// Behind nothing but a blank.
    Next,
}

/// Hands on every value that the name at `name` announces; returns where reading may go on.
///
/// `run` remembers the last run without delimiters, in which many names may stand.
pub(super) fn values(
    text: &str,
    name: Range<usize>,
    run: &mut Range<usize>,
    mut each: impl FnMut(Range<usize>, Notation),
) -> usize {
    let reader = Reader { text, bytes: text.as_bytes() };
    let Some((mut at, sign)) = reader.sign(&name) else { return name.end };
    if sign == Sign::Tag {
        let stop = reader.until(at, |byte| matches!(byte, b'<' | b'\n' | b'\r'));
        each(at..stop, Notation::Quoted);
        return stop;
    }
    let mut list = sign == Sign::Listed && reader.bytes.get(at) == Some(&b'[');
    for _ in 0..3 {
        match reader.opened(at, sign) {
            Some((next, opens_list)) => (at, list) = (next, list || opens_list),
            None => break,
        }
    }
    let mut done = name.end;
    for number in 0..MOST_LISTED {
        let quoted = reader.quoted(at);
        let quoted_is_none = quoted.is_none();
        let (span, after, notation) = match (quoted, sign) {
            (Some((span, after, _)), Sign::Listed) => (span, after, Notation::Listed),
            (Some((span, after, true)), Sign::Next) => (span, after, Notation::NextQuoted),
            (Some((span, after, true)), _) => (span, after, Notation::Quoted),
            (Some((span, after, false)), Sign::Next | Sign::Told) => (span, after, Notation::Told),
            (Some((span, after, false)), _) => (span, after, Notation::Assigned),
            (None, Sign::Listed) => break,
            (None, sign) => {
                let stop = reader.plain(at, run);
                (at..stop, stop, sign.of_plain())
            }
        };
        // `password= host=db`: there is none, and the next field follows.
        let value = &text[span.clone()];
        let is_field = |value: &str| value.split_once('=').is_some_and(|(_, rest)| rest.contains(|c: char| c != '='));
        let after_blank = span.start > 0 && reader.bytes[span.start - 1] == b' ';
        let is_next = notation == Notation::Assigned && after_blank && quoted_is_none && is_field(value);
        if !span.is_empty() && !is_next {
            each(span.clone(), notation);
        }
        done = span.end.max(done);
        // The same name is said of every value of a list.
        let next = reader.blanks(after, 3);
        if !list || number + 1 == MOST_LISTED || reader.bytes.get(next) != Some(&b',') {
            break;
        }
        at = reader.blanks(next + 1, 3);
    }
    done
}

/// What stands between a name and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Assigned,
    Told,
    Listed,
    Next,
    Tag,
}

impl Sign {
    fn of_plain(self) -> Notation {
        match self {
            Sign::Assigned | Sign::Tag => Notation::Assigned,
            Sign::Told => Notation::Told,
            Sign::Listed => Notation::Listed,
            Sign::Next => Notation::Next,
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
}

impl Reader<'_> {
    /// Reads from the end of a name to where its value begins.
    fn sign(&self, name: &Range<usize>) -> Option<(usize, Sign)> {
        let mut at = self.skip(name.end, 8, |byte| matches!(byte, b'"' | b'\'' | b'`' | b'\\'));
        let quoted = at > name.end;
        if !quoted && self.is_tag(name.start) {
            // Attributes may follow.
            let inside = |byte| !matches!(byte, b'<' | b'>' | b'&' | b'\n');
            at = if self.blanks(at, 1) > at { self.skip(at, 200, inside) } else { at };
            let end = self.one_of(at, &[">", "&gt;", "\\u003e"])?;
            return Some((end, Sign::Tag));
        }
        // `user[password]=x`, in a URL too.
        at = self.one_of(at, &["]", "%5d"]).unwrap_or(at);
        let next = self.blanks(at, 3);
        if let Some(end) = self.one_of(next, &["=>", ":=", "==", "=", "%3d", "\\u003d"]) {
            return Some((self.blanks(end, 3), Sign::Assigned));
        }
        if let Some(end) = self.one_of(next, &["->", ":", "%3a"]) {
            // A name in quotes is that of a field, and no word of a sentence.
            return Some((self.blanks(end, 3), if quoted { Sign::Assigned } else { Sign::Told }));
        }
        if quoted {
            // `"name": "password", "value": "x"` and `key="password" value="x"`.
            let comma = self.one_of(next, &[","]).unwrap_or(next);
            let field = self.skip(self.blanks(comma, 3), 5, |byte| matches!(byte, b'"' | b'\'' | b'\\'));
            if let Some(end) = self.one_of(field, &["value", "values"]) {
                let end = self.blanks(self.skip(end, 5, |byte| matches!(byte, b'"' | b'\'' | b'\\' | b's')), 3);
                if let Some(end) = self.one_of(end, &["=>", "=", ":"]) {
                    return Some((self.blanks(end, 3), Sign::Assigned));
                }
            }
            if comma > next {
                let sign = if self.is_option(name.start) { Sign::Assigned } else { Sign::Listed };
                return Some((self.blanks(comma, 3), sign));
            }
        }
        if self.bytes.get(at) == Some(&b'(') && self.quoted(at + 1).is_some() {
            return Some((at + 1, Sign::Assigned));
        }
        if next == at {
            return None;
        }
        if self.is_option(name.start) {
            let is_next = self.bytes.get(next) == Some(&b'-');
            return (!is_next && !quoted).then_some((next, Sign::Assigned));
        }
        if let Some(end) = self.one_of(next, &["is:", "is ", "was ", "to ", "with "]) {
            return Some((self.blanks(end, 2), Sign::Next));
        }
        if let Some(end) = self.one_of(next, &["for "]) {
            let stop = self.skip(end, 80, |byte| !byte.is_ascii_whitespace() && byte != b':');
            if stop > end && self.bytes.get(stop) == Some(&b':') {
                return Some((self.blanks(stop + 1, 2), Sign::Told));
            }
        }
        let sign = if quoted { Sign::Listed } else { Sign::Next };
        Some((next, sign))
    }

    /// Reads one thing that a value may stand in: a list, an object with a value, the call of a type.
    fn opened(&self, at: usize, sign: Sign) -> Option<(usize, bool)> {
        match self.bytes.get(at)? {
            b'[' if sign != Sign::Next => Some((self.blanks(at + 1, 3), true)),
            b'{' => {
                let is_quote = |byte| matches!(byte, b'"' | b'\'' | b'\\');
                let field = self.skip(self.blanks(at + 1, 3), 5, is_quote);
                let end = self.skip(self.one_of(field, &["value"])?, 5, is_quote);
                let end = self.one_of(self.blanks(end, 3), &["=>", ":", "="])?;
                Some((self.blanks(end, 3), false))
            }
            first if first.is_ascii_alphabetic() => {
                let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':');
                let end = self.skip(at, 40, is_name);
                // `SecretStr("x")`, and `b"x"`.
                let open = usize::from(self.bytes.get(end) == Some(&b'('));
                let fits = open == 1 || end - at <= 2;
                (fits && self.quoted(end + open).is_some()).then_some((end + open, false))
            }
            _ => None,
        }
    }

    /// Reads a value in quotes: where it stands, where to go on, and whether its last quote is there.
    ///
    /// In a text that was quoted `d` times a quote has `n = 2^d - 1` backslashes, one inside of the value `2n + 1`, and a
    /// backslash `2n + 2`: the value ends at a quote whose backslashes leave `n` when divided by `2n + 2`.
    fn quoted(&self, at: usize) -> Option<(Range<usize>, usize, bool)> {
        let start = self.skip(at, 15, |byte| byte == b'\\');
        let depth = start - at;
        let quote = *self.bytes.get(start).filter(|byte| matches!(byte, b'"' | b'\'' | b'`'))?;
        let (start, mut end, mut slashes) = (start + 1, start + 1, 0);
        while end < self.bytes.len() && end - start < LONGEST {
            match self.bytes[end] {
                b'\\' => slashes += 1,
                byte if byte == quote && slashes % (2 * depth + 2) == depth => {
                    return Some((start..end - depth, end + 1, true));
                }
                // Less deep than the value: the text around it ends.
                byte if byte == quote && slashes < depth => {
                    return Some((start..end - slashes, end + 1, true));
                }
                b'\n' | b'\r' => break,
                _ => slashes = 0,
            }
            end += 1;
        }
        // A message that was cut: all that is left of it, or the next word.
        let cut = end >= self.bytes.len();
        let stop = if cut { end } else { self.until(start, |byte| byte.is_ascii_whitespace()) };
        let stop = self.boundary(stop);
        Some((start..stop, stop, false))
    }

    /// Returns the end of a value without quotes; a bracket that closes what it does not open is none of it.
    fn plain(&self, at: usize, run: &mut Range<usize>) -> usize {
        if !run.contains(&at) {
            *run = at..self.delimiter(at);
        }
        let stop = run.end.min(at + LONGEST);
        let mut open = 0usize;
        for (end, byte) in self.bytes[at..stop].iter().enumerate().take(NEAR) {
            match byte {
                b'(' | b'[' | b'{' => open += 1,
                b')' | b']' | b'}' => match open.checked_sub(1) {
                    Some(less) => open = less,
                    None => return at + end,
                },
                _ => {}
            }
        }
        self.boundary(stop)
    }

    /// Returns where a value without quotes ends at the latest.
    fn delimiter(&self, at: usize) -> usize {
        let mut end = at;
        while end < self.bytes.len() {
            let next = |ahead: usize| self.bytes.get(end + ahead).map(u8::to_ascii_lowercase);
            match self.bytes[end] {
                b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\'' | b'`' | b'&' | b';' | b',' | b'<' | b'>' | b'|' => break,
                b'\\' if !next(1).is_some_and(|byte| byte.is_ascii_alphanumeric()) => break,
                b'\\' if matches!(next(1), Some(b'n' | b'r' | b't' | b'u')) => break,
                // What ends a value in a URL, encoded.
                b'%' if matches!(
                    (next(1), next(2)),
                    (Some(b'2'), Some(b'6')) | (Some(b'3'), Some(b'b')) | (Some(b'0'), Some(b'a' | b'd'))
                ) =>
                {
                    break;
                }
                _ => end += 1,
            }
        }
        end
    }

    fn until(&self, at: usize, ends: impl Fn(u8) -> bool) -> usize {
        self.boundary(self.skip(at, LONGEST, |byte| !ends(byte)))
    }

    fn boundary(&self, at: usize) -> usize {
        self.text.floor_char_boundary(at)
    }

    fn skip(&self, at: usize, most: usize, fits: impl Fn(u8) -> bool) -> usize {
        at + self.bytes.iter().skip(at).take(most).take_while(|byte| fits(**byte)).count()
    }

    fn blanks(&self, at: usize, most: usize) -> usize {
        self.skip(at, most, |byte| matches!(byte, b' ' | b'\t'))
    }

    /// Returns the end of the first of `words` that stands here, in any case.
    fn one_of(&self, at: usize, words: &[&str]) -> Option<usize> {
        let stands = |word: &&&str| {
            self.bytes.get(at..at + word.len()).is_some_and(|here| here.eq_ignore_ascii_case(word.as_bytes()))
        };
        words.iter().find(stands).map(|word| at + word.len())
    }

    /// Returns where the word begins whose end the name is: `db_password`, `--db-password`.
    fn word(&self, name: usize) -> usize {
        let is_word = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        name - self.bytes[..name].iter().rev().take(40).take_while(is_word).count()
    }

    fn is_option(&self, name: usize) -> bool {
        self.bytes[self.word(name)..].starts_with(b"--")
    }

    fn is_tag(&self, name: usize) -> bool {
        let start = self.word(name);
        let before = &self.bytes[..start];
        before.ends_with(b"<") || before.ends_with(b"&lt;") || before.ends_with(b":") && self.is_tag_prefix(start - 1)
    }

    fn is_tag_prefix(&self, colon: usize) -> bool {
        self.bytes[..self.word(colon)].ends_with(b"<")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let name = text.to_ascii_lowercase().find("password").expect("a name");
        let mut found = Vec::new();
        values(text, name..name + 8, &mut (0..0), |span, _| found.push(&text[span]));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn values_end_where_their_notation_says() {
        check("password=a(b)c) x", &["a(b)c"]);
        check("f(password=abc)", &["abc"]);
        check(r#"{"password": "a\"b\\", "n": 1}"#, &[r#"a\"b\\"#]);
        check(r#"{\"password\": \"a\\\"b\", \"n\": 1}"#, &[r#"a\\\"b"#]);
        check("password%3Dabc%26n%3D1", &["abc"]);
        check("user[password]=abc&n=1", &["abc"]);
        check("'--password', 'abc', '-v'", &["abc"]);
        check("('password', 'abc')", &["abc"]);
        check("<password>abc</password>", &["abc"]);
        check("<ns:password>abc</ns:password>", &["abc"]);
        check("--password abc -v", &["abc"]);
        check("--password -v", &[]);
        check(r#""name":"password","value":"abc""#, &["abc"]);
        check(r#"{"password":{"value":"abc"}}"#, &["abc"]);
        check(r#""password":["abc","def"]"#, &["abc", "def"]);
        check("password=SecretStr('abc')", &["abc"]);
        check("password=\"abc def", &["abc def"]);
        check("password is abc", &["abc"]);
        check("Password for ada: abc", &["abc"]);
        check("passwords", &[]);
    }
}
