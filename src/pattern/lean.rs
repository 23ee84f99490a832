//! Writes a regular expression so that it compiles quickly: classes that know ASCII and take every other letter as part
//! of a word, instead of Unicode's tables, which are most of what an expression of ours is made of.
//! Leaves out a user's expressions, which mean what the `regex` crate says.

/// Letters of words; nothing is gained by folding their case, and folding a range that wide is slow.
const WORD: &str = r"0-9A-Za-z_\x{80}-\x{10FFFF}";

/// Returns `pattern` with lean classes; it matches whole characters as before.
pub(crate) fn lean(pattern: &str) -> String {
    let mut lean = String::with_capacity(pattern.len() * 2);
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('b') => lean.push_str(r"(?-u:\b)"),
                Some('w') => lean.extend(["(?-i:[", WORD, "])"]),
                Some('W') => lean.extend(["(?-i:[^", WORD, "])"]),
                Some(class) => escaped(class, false, &mut lean),
                None => lean.push('\\'),
            },
            '[' => bracketed(&mut characters, &mut lean),
            _ => lean.push(character),
        }
    }
    lean
}

/// Writes a class whose opening bracket was read. Classes are not nested in our patterns.
fn bracketed(characters: &mut std::str::Chars<'_>, lean: &mut String) {
    let (mut class, mut words) = (String::from("["), false);
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('w') => {
                    words = true;
                    class.push_str(WORD);
                }
                Some(other) => escaped(other, true, &mut class),
                None => class.push('\\'),
            },
            _ => class.push(character),
        }
        if character == ']' {
            break;
        }
    }
    match words {
        true => lean.extend(["(?-i:", &class, ")"]),
        false => lean.push_str(&class),
    }
}

fn escaped(class: char, inside: bool, lean: &mut String) {
    let members = match class.to_ascii_lowercase() {
        'd' => "0-9",
        's' => r"\x20\t\n\r\x0b\x0c",
        _ => return lean.extend(['\\', class]),
    };
    match (class.is_ascii_uppercase(), inside) {
        (true, _) => lean.extend(["[^", members, "]"]),
        (false, true) => lean.push_str(members),
        (false, false) => lean.extend(["[", members, "]"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_match_what_they_did() {
        let texts = ["a b", "größe 12", "x\u{a0}y", "_9-", "\u{1f980}", "", "\r\n\t", "año-2", "[x]", "a\\b"];
        let patterns = [
            r"\d+",
            r"\D",
            r"\w+",
            r"[\w.-]+",
            r"[^\w-]",
            r"\S+",
            r"[^\s,]+",
            r"\bx\b",
            r"[\S]",
            r"\\b",
            r"[\]\d]",
            r"(?x) \d # \d",
            r"(?i)[\W]A",
            r"(?i)a\W",
        ];
        for pattern in patterns {
            let (old, new) = (regex::Regex::new(pattern).unwrap(), regex::Regex::new(&lean(pattern)).unwrap());
            for text in texts {
                // Other scripts' spaces and signs count as letters.
                if text.contains(['\u{a0}', '\u{1f980}']) {
                    continue;
                }
                let found = |regex: &regex::Regex| regex.find(text).map(|found| found.range());
                assert_eq!(found(&new), found(&old), "{pattern} in {text:?}");
            }
        }
        assert_eq!(lean(r"[\]\[]\s"), r"[\]\[][\x20\t\n\r\x0b\x0c]");
    }
}
