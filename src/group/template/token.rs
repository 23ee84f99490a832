//! Cuts a masked line into tokens and tells which of them are values.
//! Leaves out comparing lines: what varies between lines is for `merge` to see.

use super::access;
use crate::pattern::Words;

/// What a token is, as far as one line alone can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A value.
    Value,
    /// A dotted name: a value if it varies a lot, otherwise part of the statement.
    Name,
    /// A word that names something in a program (`NO_NODE`, `getNode`, `mill[7]`): a value sooner than others.
    Label,
    /// A word after a preposition ("via ssh"): it names something, where verbs and states tell statements apart.
    Named,
    /// All that stands in brackets, if it is compared as one.
    Bracketed,
    /// All that stands in quotation marks, if it is compared as one.
    Quoted,
    /// A word of the statement.
    Word,
    /// What a value is assigned to: always part of the statement.
    Key,
    /// A mark that may join values: "a, b", "host:port".
    Joint,
    /// Any other mark between words.
    Mark,
}

/// One token of a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
    /// Whether white space stands before it.
    pub(super) spaced: bool,
}

/// What a value is called when no mask named it.
pub(super) const VALUE: &str = "<*>";
/// Tokens beyond this many are one value: no statement is that long, only its data.
const MOST: usize = 200;
/// A quotation or object that is assigned is looked for this far.
const LONGEST_VALUE: usize = 300;
/// Words after which something is named; "to" is none, for it begins verbs too.
const PREPOSITIONS: [&str; 9] = ["at", "by", "for", "from", "in", "of", "on", "via", "with"];
/// What programs print for a truth or for nothing.
const LITERALS: [&str; 8] = ["true", "false", "null", "nil", "None", "True", "False", "NULL"];

/// Cuts `line`, whose values masks have named, into tokens; runs of values become one.
pub(super) fn tokens<'t>(line: &'t str, words: &Words) -> Vec<Token<'t>> {
    let mut out: Vec<Token<'t>> = Vec::with_capacity(24);
    let (mut at, mut spaced) = (0, false);
    while at < line.len() {
        let rest = &line[at..];
        let space = rest.len() - rest.trim_start().len();
        if space > 0 {
            at += space;
            spaced = true;
            continue;
        }
        if out.len() >= MOST {
            push(&mut out, Token { kind: Kind::Value, text: VALUE, spaced });
            break;
        }
        if let Some(lengths) = access::kept(rest) {
            for (kind, length) in [Kind::Key, Kind::Value, Kind::Key].into_iter().zip(lengths) {
                let text = &line[at..at + length];
                let before = kind == Kind::Value || spaced;
                push(&mut out, Token { kind, text: if kind == Kind::Value { VALUE } else { text }, spaced: before });
                at += length;
                spaced = false;
            }
            continue;
        }
        let assigned = out.last().is_some_and(|token| token.text == "=" && token.spaced == spaced);
        let length = if assigned { assigned_value(rest) } else { chunk(rest) };
        let text = &rest[..length];
        let kind = if assigned && !starts_empty(text) { Kind::Value } else { kind(text, &rest[length..], &out, words) };
        let named = placeholder(text) == text.len();
        let text = if kind == Kind::Value && !named { VALUE } else { text };
        push(&mut out, Token { kind, text, spaced });
        at += length;
        spaced = false;
    }
    out
}

/// Returns the length of what is assigned: a quotation, a chunk, or a chunk with the braces that follow it.
fn assigned_value(text: &str) -> usize {
    let bytes = text.as_bytes();
    let within = |from: usize, close: u8| bytes.iter().skip(from).take(LONGEST_VALUE).position(|byte| *byte == close);
    if let quote @ (b'"' | b'\'') = bytes[0] {
        return within(1, quote).map_or(1, |at| at + 2);
    }
    let length = chunk(text);
    // "=Name{...}" and "=Name[...]" are objects as languages print them.
    match bytes.get(length) {
        Some(b'{' | b'[') if !starts_empty(text) => balanced(&bytes[length..]).map_or(length, |more| length + more),
        _ => length,
    }
}

/// Returns the length of the bracket that `bytes` begin with, its inner ones included.
fn balanced(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in bytes.iter().take(LONGEST_VALUE).enumerate() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// Returns whether a mark follows where a value was expected, so that it is empty.
fn starts_empty(text: &str) -> bool {
    text.len() == 1 && !text.as_bytes()[0].is_ascii_alphanumeric()
}

/// Returns the length of the token that `text` begins with; never 0.
fn chunk(text: &str) -> usize {
    let bytes = text.as_bytes();
    if bytes[0] == b'<' {
        // Placeholders glued to more text are one chunk with it.
        let own = placeholder(text);
        if own == 0 {
            return 1;
        }
        let glued = body(&text[own..]);
        // A full stop after a value is the sentence's too.
        return own + if glued == 1 && text.as_bytes()[own] == b'.' { 0 } else { glued };
    }
    if is_path(text) {
        let end = text.find(|c: char| c.is_whitespace() || "\"'`,;()[]{}|=".contains(c)).unwrap_or(text.len());
        return text[..end].trim_end_matches([':', '.', '!', '?']).len().max(1);
    }
    if is_separator(bytes[0]) {
        return 1;
    }
    let dots = bytes.iter().take_while(|byte| **byte == b'.').count();
    if dots >= 2 {
        return dots;
    }
    body(text).max(text.chars().next().map_or(1, char::len_utf8))
}

/// Returns the length of what belongs to a chunk: no separator, no space, no run of dots.
fn body(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte == b'<' {
            match placeholder(&text[at..]) {
                0 => break,
                length => at += length,
            }
            continue;
        }
        if is_separator(byte) || byte.is_ascii_whitespace() || (byte == b'.' && bytes.get(at + 1) == Some(&b'.')) {
            break;
        }
        at += 1;
    }
    // A full stop at the end of a word is the sentence's.
    if at > 1 && bytes[at - 1] == b'.' { at - 1 } else { at }
}

/// Returns the length of the `<name>` that `text` begins with, or 0.
fn placeholder(text: &str) -> usize {
    if !text.starts_with('<') {
        return 0;
    }
    let name =
        text.as_bytes()[1..].iter().take_while(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()).count();
    let closed = text.as_bytes().get(name + 1) == Some(&b'>');
    if closed && (2..=12).contains(&name) { name + 2 } else { 0 }
}

fn is_separator(byte: u8) -> bool {
    b"=:,;()[]{}\"'`|<>!?".contains(&byte)
}

fn is_path(text: &str) -> bool {
    let bytes = text.as_bytes();
    let drive = bytes[0].is_ascii_alphabetic() && bytes.len() > 3 && &bytes[1..3] == b":\\";
    let relative = text.starts_with("./") || text.starts_with("../") || text.starts_with("\\\\");
    drive
        || relative
        || (bytes[0] == b'/'
            && bytes.get(1).is_some_and(|byte| byte.is_ascii_alphanumeric() || b"<_.-/".contains(byte)))
}

fn kind(text: &str, after: &str, before: &[Token], words: &Words) -> Kind {
    let bytes = text.as_bytes();
    if !bytes.iter().any(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80) {
        return if joins(text) { Kind::Joint } else { Kind::Mark };
    }
    let previous = before.last().map_or("", |token| token.text);
    let called = after.starts_with('(');
    let value = is_path(text)
        || LITERALS.contains(&text)
        || (previous == "for" && after.starts_with(" from <"))
        || (!called && bytes.iter().any(|byte| byte.is_ascii_digit() || *byte == b'<' || *byte == b'@'))
        || (before.len() >= 2 && words.is_whose(before[before.len() - 2].text, previous));
    if value {
        return Kind::Value;
    }
    let dotted = text.split('.').filter(|part| part.len() > 1).count() >= 2 && !called;
    let assigned_to = after.trim_start_matches(' ').strip_prefix('=').is_some_and(|rest| !rest.starts_with('='));
    match dotted {
        _ if assigned_to => Kind::Key,
        true if port_follows(after) => Kind::Value,
        true => Kind::Name,
        false if PREPOSITIONS.contains(&previous) => Kind::Named,
        false if is_label(bytes) || after.starts_with("[<number>]") => Kind::Label,
        false => Kind::Word,
    }
}

/// Constants are written in capitals, other names of a program with a capital within.
fn is_label(bytes: &[u8]) -> bool {
    let upper = bytes.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    let capitals = bytes.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_');
    let humped = bytes.windows(2).any(|two| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase());
    bytes.len() > 2 && upper > 0 && (capitals || humped)
}

/// A dotted name with a number after a colon is a host and its port, or a file and its line.
fn port_follows(after: &str) -> bool {
    after
        .strip_prefix(':')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()) || rest.starts_with("<number>"))
}

/// Appends a token; values that only marks part become one, and so does a value repeated in brackets.
fn push<'t>(out: &mut Vec<Token<'t>>, token: Token<'t>) {
    if token.kind == Kind::Value {
        let marks = out.iter().rev().take(3).take_while(|token| token.kind == Kind::Joint).count();
        let joined = out.len() - marks;
        if joined > 0 && out[joined - 1].kind == Kind::Value {
            if out[joined - 1].text != token.text {
                out[joined - 1].text = VALUE;
            }
            out.truncate(joined);
            return;
        }
        // "<1 sec", "@0x12", "-5", "#5": the mark belongs to the value.
        if !token.spaced
            && out
                .last()
                .is_some_and(|mark| matches!(mark.text, "<" | ">" | "@" | "#" | "-" | "+" | "/" | "*" | "$" | "~"))
        {
            if let Some(mark) = out.pop() {
                push(out, Token { spaced: mark.spaced, text: VALUE, ..token });
            }
            return;
        }
    }
    out.push(token);
    let texts = out.iter().rev().take(4).map(|token| token.text).collect::<Vec<_>>();
    let inner = match texts.as_slice() {
        [")", "(", ..] => 2,
        [")", _, "(", ..] if out[out.len() - 2].kind == Kind::Value || out[out.len() - 2].kind == Kind::Name => 3,
        _ => return,
    };
    let from = out.len() - inner;
    if from > 0 && out[from - 1].kind == Kind::Value && out[from].spaced {
        out.truncate(from);
        out[from - 1].text = VALUE;
    }
}

fn joins(mark: &str) -> bool {
    mark.bytes().all(|byte| b",:/#|@.-+_*".contains(&byte))
}
