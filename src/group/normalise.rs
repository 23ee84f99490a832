//! Reduces an error message to what two occurrences of one fault have in common, for fingerprints.
//! Leaves out stack traces and structured fields: only the first line of a message is read here.
//!
//! Values are masked; names that tell the fault (columns, modules, status words, ports of known services)
//! stay. Which words introduce a value and which a name is data: `[words]` in patterns/masks.toml.

mod count;
mod logfmt;
mod payload;
mod quoted;

use std::borrow::Cow;

use crate::pattern::Masks;
use crate::pattern::mark::stand_in;

/// What lies beyond this many characters seldom tells faults apart, and bounds the work.
const LONGEST: usize = 2000;

/// Returns the message with its values masked and the names that tell the fault kept.
pub fn normalise(message: &str, masks: &Masks) -> String {
    let words = masks.words();
    let masked = masked(message, masks);
    let line = count::agree(&masked, words);
    let line = lists(&line);
    let line = one_space(&line);
    logfmt::sort(line.trim_end_matches(['.', '!', ' '])).into_owned()
}

/// Returns the message with its values masked, for people: the grammar stays as it was written.
pub(super) fn masked(message: &str, masks: &Masks) -> String {
    let words = masks.words();
    let line = stand_in(first_line(message));
    let line = plain(&line);
    let line = payload::fold(&line, words);
    let line = quoted::fold(&line, words);
    masks.apply(&line).into_owned()
}

/// Returns the first line that is not blank, at most [`LONGEST`] characters of it.
fn first_line(message: &str) -> &str {
    let line = message.lines().find(|line| !line.trim().is_empty()).unwrap_or("").trim();
    if line.len() <= LONGEST {
        return line;
    }
    line.char_indices().nth(LONGEST).map_or(line, |(end, _)| &line[..end])
}

/// Returns the words with one space between them and none around.
fn one_space(line: &str) -> Cow<'_, str> {
    let mut before = b' ';
    let single = |byte: u8| {
        let twice = byte == b' ' && before == b' ';
        before = byte;
        byte.is_ascii() && !twice && (byte == b' ' || !byte.is_ascii_whitespace()) && byte != 0x0b
    };
    if line.bytes().all(single) && before != b' ' {
        return Cow::Borrowed(line);
    }
    Cow::Owned(line.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Drops terminal colours, also those whose escape character was lost, and control characters.
fn plain(line: &str) -> Cow<'_, str> {
    // Control characters are below a space, or begin with 0xC2.
    if line.bytes().all(|byte| byte >= b' ' && !matches!(byte, b'[' | 0x7f | 0xc2)) {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let length = colour(rest);
        if length > 0 {
            rest = &rest[length..];
            continue;
        }
        out.push(if first.is_control() { ' ' } else { first });
        rest = &rest[first.len_utf8()..];
    }
    Cow::Owned(out)
}

/// Returns the length of a colour sequence such as `ESC[1;31m` or `[0m` that `text` begins with.
fn colour(text: &str) -> usize {
    let escape = usize::from(text.starts_with('\u{1b}'));
    let Some(inner) = text[escape..].strip_prefix('[') else { return 0 };
    let digits = inner.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
    match inner.as_bytes().get(digits) {
        Some(b'm') if escape == 1 || (1..=8).contains(&digits) => escape + digits + 2,
        Some(letter) if escape == 1 && letter.is_ascii_alphabetic() => escape + digits + 2,
        _ => 0,
    }
}

/// Reads `<number>, <number>, <number>` as one: how many there were is a value too.
fn lists(line: &str) -> Cow<'_, str> {
    if !line.contains('<') || !line.contains(',') {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(open) = rest.find('<') {
        let Some(length) = rest[open..].find('>').map(|close| close + 1).filter(|length| *length <= 16) else {
            out.push_str(&rest[..=open]);
            rest = &rest[open + 1..];
            continue;
        };
        let mask = &rest[open..open + length];
        out.push_str(&rest[..open + length]);
        rest = &rest[open + length..];
        loop {
            let next = rest.strip_prefix("' ").or(Some(rest)).and_then(|rest| rest.strip_prefix(','));
            let Some(after) = next.map(str::trim_start).and_then(|rest| rest.strip_prefix(mask)) else { break };
            rest = after;
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, expected: &str) {
        let masks = Masks::built_in().expect("our own masks load");
        assert_eq!(normalise(message, &masks), expected);
    }

    #[test]
    fn our_own_masks_obey_the_law() {
        let problems = Masks::built_in().err().unwrap_or_default();
        assert!(problems.is_empty(), "{}", problems.iter().map(|it| format!("{it}\n")).collect::<String>());
    }

    #[test]
    fn values_are_masked() {
        check("Basket 991 of customer \"Ada L.\" is  empty", "Basket <number> of customer '<value>' is empty");
        check("1 row was skipped", "<number> row were skipped");
        check("17 rows were skipped", "<number> row were skipped");
        check("\u{1b}[33mWARN\u{1b}[0m cache cold", "WARN cache cold");
        check("bad body {\"sku\": 7, \"error\": \"no_price\"} sent", "bad body <json error=no_price> sent");
        check("ids [4, 8, 15] unknown", "ids [<number>] unknown");
        check("zone=eu-west level=warn user=ada n=5", "level=warn n=<number> user=<value> zone=eu-west");
    }

    #[test]
    fn names_are_kept() {
        check("column \"price_net\" does not exist", "column 'price_net' does not exist");
        check("connect 192.0.2.9:27017: refused", "connect <ip>:27017: refused");
        check("No module named 'shop.tax'", "No module named 'shop.tax'");
        check("worker exited with code 137", "worker exited with code 137");
    }

    #[test]
    fn nothing_makes_it_panic() {
        let masks = Masks::built_in().expect("our own masks load");
        let hostile = [
            "",
            "\n\n",
            "'",
            "\"\\",
            "{{{{\"a\":",
            "\u{1b}[",
            "<<<>",
            "é'ü'=ß",
            "=\"",
            "a='",
            "?=",
            ":",
            "1 ",
            "\u{feff}1s",
        ];
        for text in hostile {
            for times in [1, 2, 999] {
                normalise(&text.repeat(times), &masks);
            }
        }
    }
}
