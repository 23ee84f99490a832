//! Second chance for JSON that a strict parser refuses for its strings or numbers only.
//! Leaves out structural repair: cut or unbalanced JSON stays refused.

use std::borrow::Cow;

/// Returns the text with lone surrogate escapes replaced, raw control characters escaped, and numbers that
/// no number type holds (`1e999`, `NaN`) put in quotes as they were written.
pub(crate) fn repair(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut clean = String::new();
    let (mut kept, mut at, mut in_string) = (0, 0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => in_string = !in_string,
            b'\\' if in_string => {
                if let Some(unit) = surrogate(bytes, at) {
                    let paired = (0xd800..0xdc00).contains(&unit)
                        && surrogate(bytes, at + 6).is_some_and(|low| (0xdc00..0xe000).contains(&low));
                    if paired {
                        at += 12;
                        continue;
                    }
                    clean.push_str(&text[kept..at]);
                    clean.push_str("\\ufffd");
                    at += 6;
                    kept = at;
                    continue;
                }
                at += 2;
                continue;
            }
            control if in_string && control < 0x20 => {
                clean.push_str(&text[kept..at]);
                clean.push_str(&format!("\\u{control:04x}"));
                kept = at + 1;
            }
            b'-' | b'0'..=b'9' | b'N' | b'I' if !in_string => {
                let length = word(&bytes[at..]);
                if !is_number(&text[at..at + length]) {
                    clean.push_str(&text[kept..at]);
                    clean.push_str(&format!("\"{}\"", &text[at..at + length]));
                    kept = at + length;
                }
                at += length;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    clean.push_str(&text[kept..]);
    Cow::Owned(clean)
}

/// Returns the length of the number or word at the start, at least 1.
fn word(bytes: &[u8]) -> usize {
    let inside = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    bytes.iter().take_while(inside).count().max(1)
}

/// Whether a word is to stay: a number of this world, or no number at all, which is not for here to mend.
fn is_number(word: &str) -> bool {
    if matches!(word.trim_start_matches('-'), "NaN" | "Infinity") {
        return false;
    }
    let digits = word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    !digits || word.parse::<f64>().map_or(true, f64::is_finite)
}

fn surrogate(bytes: &[u8], at: usize) -> Option<u16> {
    let escape = bytes.get(at..at + 6)?;
    if !escape.starts_with(b"\\u") {
        return None;
    }
    let unit = u16::from_str_radix(std::str::from_utf8(&escape[2..]).ok()?, 16).ok()?;
    (0xd800..0xe000).contains(&unit).then_some(unit)
}

#[cfg(test)]
mod tests {
    use super::repair;

    #[test]
    fn strings_are_mended() {
        let check = |input: &str, expect: &str| assert_eq!(repair(input), expect, "{input:?}");
        check(r#"{"a":"\ud83d"}"#, r#"{"a":"\ufffd"}"#);
        check(r#"{"a":"\ud83d\ude00"}"#, r#"{"a":"\ud83d\ude00"}"#);
        check("{\"a\":\"x\ty\"}", "{\"a\":\"x\\u0009y\"}");
        check(r#"{"a":"\\ud83d"}"#, r#"{"a":"\\ud83d"}"#);
        check(r#"{"a":"\ud8"#, r#"{"a":"\ud8"#);
    }

    #[test]
    fn numbers_beyond_every_type_are_kept_as_written() {
        let check = |input: &str, expect: &str| assert_eq!(repair(input), expect, "{input:?}");
        check(r#"{"a":1e999,"b":-1e999}"#, r#"{"a":"1e999","b":"-1e999"}"#);
        check(r#"[NaN,-Infinity,1.5,-0]"#, r#"["NaN","-Infinity",1.5,-0]"#);
        check(r#"{"a":"1e999 NaN","b":1-}"#, r#"{"a":"1e999 NaN","b":1-}"#);
    }
}
