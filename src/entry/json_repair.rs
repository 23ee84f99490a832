//! Second chance for JSON that a strict parser refuses for its strings only.
//! Leaves out structural repair: cut or unbalanced JSON stays refused.

use std::borrow::Cow;

/// Returns the text with lone surrogate escapes replaced and raw control characters escaped.
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
}
