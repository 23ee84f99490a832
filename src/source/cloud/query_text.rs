//! Texts inside a filter: quoting, the names of logs, and whether a user's filter is complete in itself.
//! Leaves out what a filter asks for.

/// Returns a text as a string of the query language.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Writes a log id as log names hold it: `/` is `%2F`.
pub(super) fn percent(id: &str) -> String {
    let mut text = String::new();
    let mut bytes = id.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => text.push(char::from(byte)),
            // Written that way already.
            b'%' if bytes.peek().is_some_and(u8::is_ascii_hexdigit) => text.push('%'),
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}

/// Whether brackets and quotes outside of strings and comments are complete.
pub(super) fn balanced(raw: &str) -> bool {
    let mut depth = 0_i32;
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' | '\'' => {
                let mut closed = false;
                while let Some(inside) = chars.next() {
                    match inside {
                        '\\' => drop(chars.next()),
                        end if end == c => {
                            closed = true;
                            break;
                        }
                        _ => {}
                    }
                }
                if !closed {
                    return false;
                }
            }
            '-' if chars.peek() == Some(&'-') => while chars.next().is_some_and(|c| c != '\n') {},
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_gets_out_of_its_quotes() {
        for (text, expected) in [
            ("plain", r#""plain""#),
            ("a\"b", r#""a\"b""#),
            ("a\\b", r#""a\\b""#),
            ("a\\\"", r#""a\\\"""#),
            ("two\nlines\r\t", r#""two\nlines\r\t""#),
            ("nul\u{0}", r#""nul\u0000""#),
            ("\") OR severity>=DEFAULT", r#""\") OR severity>=DEFAULT""#),
        ] {
            assert_eq!(quote(text), expected);
        }
    }

    #[test]
    fn log_ids_are_encoded_once() {
        assert_eq!(percent("run.googleapis.com/stderr"), "run.googleapis.com%2Fstderr");
        assert_eq!(percent("run.googleapis.com%2Fstderr"), "run.googleapis.com%2Fstderr");
        assert_eq!(percent("a b\"c"), "a%20b%22c");
    }
}
