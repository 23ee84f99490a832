//! Private keys (RFC 7468) wherever their lines stand: behind times and quotation marks, in one line, line by line.
//! Leaves out reading those lines: whoever reads them keeps a [`KeyState`] from one text to the next.
//!
//! Between the first line of a key and its last every long run of base64 is key, whatever stands around it. Where the
//! first line was cut off, two lines of the width that keys are written in tell the rest.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::escape;

/// Lines of one key at most.
const MOST_LINES: usize = 400;
/// Lines without key after which it is taken to have ended unseen.
const MOST_QUIET: usize = 32;
/// A shorter run may be a word.
const LONG: usize = 16;
/// A run of this length is no word, though it has no digit.
const VERY_LONG: usize = 32;
/// Widths of the lines of keys: RFC 7468 and OpenSSL, OpenSSH, RFC 2045.
const WIDTHS: [usize; 3] = [64, 70, 76];

/// Where a reader of texts stands: outside of keys, or within one that began in an earlier text.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyState {
    /// Lines that may still belong to the key.
    left: usize,
    quiet: usize,
    /// Whether some of the key was seen.
    body: bool,
    /// Width of the line before, which had the shape of a line of a key.
    width: Option<usize>,
    /// Within something else that is written so: a certificate, a public key.
    public: bool,
}

impl KeyState {
    /// Takes the strings of one line as one line, `quiet` being what [`KeyState::quiet`] said before.
    pub(crate) fn line_ends(&mut self, quiet: usize) {
        self.quiet = self.quiet.min(quiet + 1);
    }

    /// Returns how many lines without key came within it.
    pub(crate) fn quiet(&self) -> usize {
        self.quiet
    }

    /// Returns whether a text that announces nothing may hold a part of a key.
    pub(crate) fn is_open(&self) -> bool {
        self.left > 0 || self.width.is_some() || self.public
    }
}

/// Returns whether a line may be one of a key, by its shape alone.
pub(super) fn is_shaped(line: &str) -> bool {
    line.len() >= WIDTHS[0] && shaped(line.as_bytes()).is_some()
}

/// Returns whether some line of a text may be one of a key, by its shape alone.
pub(super) fn has_shaped(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut start = 0;
    let mut line = |end| {
        let line = &bytes[start..end];
        start = end + 1;
        line.len() >= WIDTHS[0] && shaped(line).is_some()
    };
    bytes.len() >= WIDTHS[0] && (memchr::memchr_iter(b'\n', bytes).any(&mut line) || line(bytes.len()))
}

/// Returns whether a key may begin in a text.
pub(super) fn has_beginning(text: &str) -> bool {
    static WORDS: LazyLock<[Finder<'static>; 2]> = LazyLock::new(|| ["-----BEGIN ", "PRIVATE KEY"].map(Finder::new));
    WORDS.iter().any(|word| word.find(text.as_bytes()).is_some()) || has_shaped(text)
}

/// Hands on what of `text` is private key, in order, and notes where the next text stands; `after` is the line behind
/// this text, if that is known. Returns whether a line by itself looks like one of a key.
pub(super) fn spans(text: &str, after: Option<&str>, state: &mut KeyState, mut each: impl FnMut(Range<usize>)) -> bool {
    let (mut at, mut suspicious) = (0, false);
    let last_end = text.rfind("-----END ");
    let mut lines = text.split_inclusive('\n').peekable();
    let mut held: Option<Range<usize>> = None;
    while let Some(line) = lines.next() {
        let next = lines.peek().copied().or(after).map(str::as_bytes);
        let (mut from, mut found) = (0, false);
        let mut take = |span: Range<usize>| {
            found = true;
            let span = at + span.start..at + span.end;
            // Between lines whose ends are written as escapes stands nothing of worth.
            let is_escape =
                |gap: &str| gap.starts_with('\\') && gap.bytes().all(|byte| matches!(byte, b'\\' | b'n' | b'r'));
            match &mut held {
                Some(held) if is_escape(&text[held.end..span.start]) => held.end = span.end,
                _ => held.replace(span).into_iter().for_each(&mut each),
            }
        };
        if state.left == 0 && !line.contains("PRIVATE KEY") {
            suspicious |= by_shape(line.as_bytes(), next, state, &mut take);
        }
        loop {
            if state.left > 0 {
                let end = line[from..].find("-----END ").map(|end| from + end);
                let sure = last_end.is_some_and(|end| end >= at + from);
                runs(line.as_bytes(), from..end.unwrap_or(line.len()), state, sure, &mut take);
                let Some(end) = end else { break };
                (state.left, from) = (0, end + "-----END ".len());
            }
            let Some(begin) = begin(&line[from..]) else { break };
            *state = KeyState { left: MOST_LINES, ..KeyState::default() };
            from += begin;
        }
        if state.left > 0 && !line.trim().is_empty() {
            (state.quiet, state.left) = if found { (0, state.left - 1) } else { (state.quiet + 1, state.left) };
            if state.quiet > MOST_QUIET {
                state.left = 0;
            }
        }
        at += line.len();
    }
    held.into_iter().for_each(each);
    suspicious
}

/// Returns where the body of a private key begins, behind the line that announces it.
fn begin(text: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = text[from..].find("PRIVATE KEY") {
        let at = from + found;
        from = at + "PRIVATE KEY".len();
        let near = (at.saturating_sub(48)..=at).find(|start| text.is_char_boundary(*start)).unwrap_or(at);
        let announced = text[near..at].rfind("BEGIN ").is_some_and(|begin| {
            let before = text[near..near + begin].trim_end();
            let between = &text[near + begin..at];
            before.ends_with("--") && between.bytes().all(|byte| byte == b' ' || byte.is_ascii_alphanumeric())
        });
        if announced {
            let rest = &text[from..];
            let rest = rest.strip_prefix(" BLOCK").unwrap_or(rest);
            return Some(text.len() - rest.trim_start_matches([' ', '-']).len());
        }
    }
    None
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Returns where a run of base64 ends; its marks may be written as escapes: `\/`, `%2B`.
fn run_end(bytes: &[u8], mut at: usize, end: usize) -> usize {
    while at < end {
        at += match bytes[at] {
            byte if is_part(byte) => 1,
            b'\\' => {
                let slashes = bytes[at..end.min(at + 8)].iter().take_while(|byte| **byte == b'\\').count();
                if bytes[..end].get(at + slashes) != Some(&b'/') {
                    return at;
                }
                slashes + 1
            }
            b'%' if at + 3 <= end
                && matches!(&bytes[at + 1..at + 3], b"2B" | b"2b" | b"2F" | b"2f" | b"3D" | b"3d") =>
            {
                3
            }
            _ => return at,
        };
    }
    at
}

/// Hands on the runs within a part of a line that are key.
fn runs(bytes: &[u8], part: Range<usize>, state: &mut KeyState, sure: bool, take: &mut impl FnMut(Range<usize>)) {
    if bytes[part.clone()].windows(10).any(|at| at == b"DEK-Info: ") {
        return;
    }
    let is_blank = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b',' | b'\\' | b'|' | b'>');
    let mut at = part.start;
    while at < part.end {
        let mut end = run_end(bytes, at, part.end);
        if end == at {
            at += 1;
            continue;
        }
        let mut start = at + escape(bytes, at, end).min(end - at);
        at = end;
        // `KEY=` before a value is no part of it.
        if let Some(sign) = bytes[start..end].iter().position(|byte| *byte == b'=')
            && bytes[start + sign..end].iter().any(u8::is_ascii_alphanumeric)
            && sign < LONG
        {
            start += sign + 1;
        }
        if start >= end {
            continue;
        }
        let run = &bytes[start..end];
        let first = bytes[part.start..start].iter().all(is_blank);
        let last = bytes[end..part.end].iter().all(|byte| is_blank(byte) || matches!(byte, b'n' | b'r'));
        if is_key(run, state.body, sure, first && last) {
            // A full stop ends no base64, and signs stay outside.
            while end > start && !is_part(bytes[end - 1]) {
                end -= 1;
            }
            state.body = true;
            take(start..end);
        }
    }
}

/// Whether a run within a key is part of it.
fn is_key(run: &[u8], body: bool, sure: bool, alone: bool) -> bool {
    let of = |is: fn(&u8) -> bool| run.iter().any(is);
    let (digit, upper, lower) = (of(u8::is_ascii_digit), of(u8::is_ascii_uppercase), of(u8::is_ascii_lowercase));
    if run.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) && (run.len() < 48 || !alone) {
        return false;
    }
    let mixed = digit && upper && lower;
    let padded = run.ends_with(b"=") && (run.len() >= 4);
    if run.len() >= LONG {
        return sure || alone || mixed || padded || run.len() >= VERY_LONG || run.contains(&b'+');
    }
    alone && (mixed || padded || (body && sure && run.len() >= 4))
}

/// Returns where the last word of a line stands if it has the shape of a line of a key.
fn shaped(line: &[u8]) -> Option<Range<usize>> {
    let stop = line.iter().rposition(|byte| !byte.is_ascii_whitespace())? + 1;
    let run = line[..stop].iter().rev().take(WIDTHS[2] + 1).take_while(|byte| is_part(**byte)).count();
    let word = &line[stop - run..stop];
    let before = stop.checked_sub(run + 1).map(|at| line[at]);
    let of = |is: fn(&u8) -> bool| word.iter().filter(|byte| is(byte)).count();
    let fits = WIDTHS.contains(&run)
        && before.is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'>' | b'|'))
        && of(u8::is_ascii_digit) >= 2
        && of(u8::is_ascii_uppercase) >= 4
        && of(u8::is_ascii_lowercase) >= 4;
    fits.then_some(stop - run..stop)
}

/// Hands on a line of a key whose first line is missing: one of two that have its width, and a shorter one at the end.
fn by_shape(line: &[u8], next: Option<&[u8]>, state: &mut KeyState, take: &mut impl FnMut(Range<usize>)) -> bool {
    if line.starts_with(b"-----BEGIN ") {
        state.public = true;
    }
    let before = state.width.take();
    let Some(word) = shaped(line) else {
        state.public &= line.starts_with(b"-----BEGIN ");
        if state.body && before.is_some() {
            state.body = false;
            let part = 0..line.len();
            let mut end = KeyState { body: true, ..KeyState::default() };
            let word = line.iter().rposition(|byte| !byte.is_ascii_whitespace()).map_or(0, |last| last + 1);
            let alone = line[..word].iter().all(|byte| is_part(*byte));
            if alone {
                runs(line, part, &mut end, false, take);
            }
        }
        return false;
    };
    if state.public {
        return false;
    }
    let width = word.len();
    state.width = Some(width);
    let goes_on = next.and_then(shaped).is_some_and(|next| next.len() == width);
    if before == Some(width) || goes_on {
        state.body = true;
        take(word);
        return false;
    }
    state.body = false;
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 64 characters of base64, others for each number.
    fn body(number: usize) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        (0..64).map(|at| char::from(ALPHABET[(at * 29 + number * 17 + at * at) % 64])).collect()
    }

    fn found<'t>(texts: &[&'t str]) -> Vec<&'t str> {
        let (mut state, mut found) = (KeyState::default(), Vec::new());
        for text in texts {
            spans(text, None, &mut state, |span| found.push(&text[span]));
        }
        found
    }

    #[test]
    fn a_key_is_found_whatever_stands_around_its_lines() {
        let (one, two, tail) = (body(1), body(2), "q83vEjRW9kPz3A==");
        let lines = ["-----BEGIN RSA PRIVATE KEY-----", &one, &two, tail, "-----END RSA PRIVATE KEY-----", "started"];
        let expected = vec![&*one, &*two, tail];
        for prefix in ["", "> ", "    | ", "2026-03-10T09:33:58.123456789Z stdout F ", "10:00:00 ERROR app: "] {
            let lines = lines.map(|line| format!("{prefix}{line}"));
            let texts: Vec<&str> = lines.iter().map(String::as_str).collect();
            assert_eq!(found(&texts), expected, "{prefix}");
            assert_eq!(found(&[&lines.join("\n")]), expected, "{prefix}");
        }
        for between in [" ", "\n<truncated>\n", "%0A"] {
            assert_eq!(found(&[&lines.join(between)]), expected, "{between}");
        }
        for between in ["\\n", "\\\\r\\\\n"] {
            assert_eq!(found(&[&lines.join(between)]), [expected.join(between)], "{between}");
        }
    }

    #[test]
    fn what_follows_a_key_that_was_cut_stays() {
        let one = body(3);
        let texts =
            ["-----BEGIN PRIVATE KEY----- header", "started", "listening", "ERROR", &one, "ready", "Error4Me no"];
        assert_eq!(found(&texts), [&one]);
        let texts =
            ["-----BEGIN PRIVATE KEY-----", "id 69afe586000daf941c827129", "at com.example.TransactionInterceptorImpl"];
        assert_eq!(found(&texts), [""; 0]);
    }

    #[test]
    fn two_lines_of_the_width_of_keys_tell_one_whose_first_line_is_missing() {
        let (one, two, three) = (body(1), body(2), body(3));
        assert_eq!(found(&[&format!("{one}\n{two}\nq83vEjRW9kPz3A==\ndone\n")]), [&one, &two, "q83vEjRW9kPz3A=="]);
        assert_eq!(found(&[&one, &two, &three]), [&two, &three], "the first is flagged");
        assert_eq!(found(&[&one, "done", &two]), [""; 0]);
        assert_eq!(found(&["-----BEGIN CERTIFICATE-----", &one, &two, "-----END CERTIFICATE-----"]), [""; 0]);
        let hash = "4f0c3b2a1d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4f0c3b2a1d9e8f7a6b5c4d3e";
        assert_eq!(found(&[&format!("{hash}\n{hash}")]), [""; 0]);
    }

    #[test]
    fn many_beginnings_take_linear_time() {
        for part in
            ["-----BEGIN PRIVATE KEY-----", "PRIVATE KEY", "-----BEGIN PRIVATE KEY-----\n", "\\", "A\n", "-----END "]
        {
            spans(&part.repeat(100_000), None, &mut KeyState::default(), |_| {});
        }
    }
}
