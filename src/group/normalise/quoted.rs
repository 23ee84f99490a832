//! Decides for each quotation and each `key=value` whether it is a value or a name, by the words before it.
//! Leaves out values that their own shape gives away: masks find those anywhere.

use std::borrow::Cow;
use std::cell::LazyCell;

use crate::pattern::Words;

/// A quotation longer than this is a text that someone wrote, unless a key says that it is the message.
const LONGEST_NAME: usize = 120;

/// Replaces quoted and assigned values by `<value>`; all quotation marks become single ones.
pub(super) fn fold<'l>(line: &'l str, words: &Words) -> Cow<'l, str> {
    let (mut out, bytes) = (String::new(), line.as_bytes());
    let statement = LazyCell::new(|| statement(line));
    let (mut at, mut done) = (0, 0);
    while at < bytes.len() {
        // All but ASCII quotation marks begin with one of two bytes; the rest asks what stands before.
        let quotes = matches!(bytes[at], b'\'' | b'"' | b'`' | 0xc2 | 0xe2);
        let follows = at > 0 && matches!(bytes[at - 1], b'=' | b' ');
        if !quotes && !follows {
            at += 1;
            continue;
        }
        let before = &line[..at];
        if quotes && let Some((inner, length)) = quotation(before, &line[at..]) {
            let sql = bytes[at] == b'\'' && statement.is_some_and(|from| from < at);
            let value = is_value(before, inner, sql, words) || read_as(&line[at + length..], words);
            out.push_str(&line[done..at]);
            // A quoted sentence has quotations and assignments of its own, hence only the marks change.
            out.push('\'');
            out.push_str(if value { "<value>" } else { inner });
            out.push('\'');
            at += length;
            done = at;
        } else if follows
            && let Some(length) = assigned(before, &line[at..], words).or_else(|| bare(before, &line[at..], words))
        {
            out.push_str(&line[done..at]);
            out.push_str("<value>");
            at += length;
            done = at;
        } else {
            at += 1;
        }
    }
    if done == 0 {
        return Cow::Borrowed(line);
    }
    out.push_str(&line[done..]);
    Cow::Owned(out)
}

/// Returns what is quoted at the beginning of `text`, and the length with its marks.
fn quotation<'t>(before: &str, text: &'t str) -> Option<(&'t str, usize)> {
    let open = text.chars().next()?;
    let closings: &[char] = match open {
        '\'' => &['\''],
        '"' => &['"'],
        '`' => &['`', '\''],
        '\u{2018}' => &['\u{2019}'],
        '\u{201c}' => &['\u{201d}'],
        '\u{ab}' => &['\u{bb}'],
        _ => return None,
    };
    // The apostrophe of "can't" opens nothing.
    if open == '\'' && before.ends_with(|letter: char| letter.is_alphanumeric()) {
        return None;
    }
    let inner = &text[open.len_utf8()..];
    let mut escaped = false;
    for (at, letter) in inner.char_indices() {
        if escaped {
            escaped = false;
        } else if letter == '\\' {
            escaped = true;
        } else if closings.contains(&letter) {
            let after = &inner[at + letter.len_utf8()..];
            if letter != '\'' || !after.starts_with(|letter: char| letter.is_alphanumeric()) {
                return Some((&inner[..at], open.len_utf8() + at + letter.len_utf8()));
            }
        }
    }
    None
}

fn is_value(before: &str, inner: &str, sql: bool, words: &Words) -> bool {
    if let Some(key) = key(before) {
        return sql || !words.is_name(key);
    }
    let mut rest = before;
    for _ in 0..5 {
        rest = rest.trim_end_matches(|letter: char| " :(,[#*".contains(letter));
        let from = rest
            .rfind(|letter: char| !letter.is_alphanumeric() && !"_.-".contains(letter))
            .map_or(0, |at| at + rest[at..].chars().next().map_or(1, char::len_utf8));
        let word = rest[from..].trim_matches(|letter| letter == '.' || letter == '-');
        if words.is_value(word) {
            return true;
        }
        let passes = words.is_joint(word) || (!word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()));
        if words.is_name(word) || !passes {
            break;
        }
        rest = &rest[..from];
    }
    sql || inner.len() > LONGEST_NAME
}

/// Returns the key of `key=` or `key = ` that `before` ends with.
fn key(before: &str) -> Option<&str> {
    let left = before.trim_end().strip_suffix('=')?.trim_end();
    let from = left
        .rfind(|letter: char| !letter.is_ascii_alphanumeric() && !"_.-".contains(letter))
        .map_or(0, |at| at + left[at..].chars().next().map_or(1, char::len_utf8));
    (from < left.len()).then_some(&left[from..])
}

/// Returns the length of an unquoted value if `before` ends with `key=` and the key says it is one.
fn assigned(before: &str, text: &str, words: &Words) -> Option<usize> {
    if !before.ends_with('=') || !words.is_value(key(before)?) {
        return None;
    }
    let length = text.find(|letter: char| letter.is_whitespace() || ",;)]}\"'&".contains(letter)).unwrap_or(text.len());
    (length > 0).then_some(length)
}

/// Returns whether the quotation was to be read as a type: "cannot parse 'x' as integer".
fn read_as(after: &str, words: &Words) -> bool {
    let Some(kind) = after.strip_prefix(" as ").or_else(|| after.strip_prefix(" to ")) else { return false };
    let kind = kind.trim_start_matches("a ").trim_start_matches("an ");
    words.is_value(kind.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or(""))
}

/// Returns the length of a bare word that is a value: "login failed for user anna", "request 8c1f failed".
fn bare(before: &str, text: &str, words: &Words) -> Option<usize> {
    let before = before.strip_suffix(' ')?;
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let length = text.bytes().take_while(inside).count();
    let length = text[..length].trim_end_matches(['.', '-']).len();
    let (word, after) = text.split_at(length);
    let digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let hex = word.len() >= 3 && digit && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let last = after.trim_end_matches('.').is_empty()
        || after.starts_with([',', ';', ':', ')'])
        || after.starts_with(" from ");
    // Nearly every word is neither, and what stands before need not be asked.
    if !hex && !last {
        return None;
    }
    let mut preceding = before.rsplitn(3, ' ');
    let (noun, joint) = (preceding.next()?, preceding.next().unwrap_or(""));
    if hex && word.bytes().any(|byte| byte.is_ascii_alphabetic()) && words.is_value(noun) {
        return Some(length);
    }
    // A word about the user ("for user authentication") has an ending that names seldom have.
    let abstracted = ["tion", "ment", "ing", "ity", "ed", "s"].iter().any(|ending| word.ends_with(ending));
    (length > 1 && last && !abstracted && words.is_whose(joint, noun) && !words.is_joint(word)).then_some(length)
}

/// Returns where an SQL statement begins, whose quotations are literals.
fn statement(line: &str) -> Option<usize> {
    const VERBS: [(&str, &str); 5] = [
        ("SELECT ", " FROM "),
        ("INSERT INTO ", "VALUES"),
        ("UPDATE ", " SET "),
        ("DELETE FROM ", ""),
        ("REPLACE INTO ", "VALUES"),
    ];
    let upper = line.to_ascii_uppercase();
    let found = VERBS.iter().filter_map(|(verb, clause)| {
        let at = upper.find(verb)?;
        upper[at..].contains(clause).then_some(at)
    });
    found.min()
}
