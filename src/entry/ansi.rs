//! Removes what loggers add for the eye: ANSI escape sequences and loguru's colour markup.
//! Leaves out everything that carries meaning; the words themselves are never touched.

use std::borrow::Cow;

/// Tags that loguru prints literally when its colouring is off; other `<...>` is text.
const MARKUP: [&str; 18] = [
    "red",
    "green",
    "yellow",
    "blue",
    "cyan",
    "magenta",
    "white",
    "black",
    "bold",
    "dim",
    "normal",
    "level",
    "light-red",
    "light-green",
    "light-yellow",
    "light-blue",
    "light-cyan",
    "light-magenta",
];

/// Returns the text without colour codes and colour markup.
pub(crate) fn strip(text: &str) -> Cow<'_, str> {
    match strip_escapes(text) {
        Cow::Borrowed(text) => strip_markup(text),
        Cow::Owned(text) => Cow::Owned(strip_markup(&text).into_owned()),
    }
}

fn strip_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '\u{1b}' {
            clean.push(character);
            continue;
        }
        match characters.peek() {
            // CSI: parameters, then one final byte.
            Some('[') => {
                characters.next();
                while let Some(&next) = characters.peek() {
                    if !(' '..='~').contains(&next) {
                        break;
                    }
                    characters.next();
                    if ('@'..='~').contains(&next) {
                        break;
                    }
                }
            }
            // OSC (titles, links): ends with BEL or ESC backslash, and never spans lines.
            Some(']') => {
                while let Some(&next) = characters.peek() {
                    if next == '\n' {
                        break;
                    }
                    characters.next();
                    if next == '\u{7}' {
                        break;
                    }
                    if next == '\u{1b}' {
                        characters.next_if_eq(&'\\');
                        break;
                    }
                }
            }
            Some('(' | ')') => {
                characters.next();
                characters.next();
            }
            _ => {}
        }
    }
    Cow::Owned(clean)
}

fn strip_markup(text: &str) -> Cow<'_, str> {
    let mut clean = String::new();
    let mut kept = 0;
    for (start, _) in text.match_indices('<') {
        if start < kept {
            continue;
        }
        let inner = text[start + 1..].strip_prefix('/').unwrap_or(&text[start + 1..]);
        let slash = text.len() - start - 1 - inner.len();
        let Some(tag) = MARKUP.iter().find(|tag| inner.starts_with(**tag) && inner[tag.len()..].starts_with('>'))
        else {
            continue;
        };
        clean.push_str(&text[kept..start]);
        kept = start + 1 + slash + tag.len() + 1;
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    clean.push_str(&text[kept..]);
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use super::strip;

    #[test]
    fn only_decoration_goes() {
        let check = |input: &str, expect: &str| assert_eq!(strip(input), expect, "{input:?}");
        check("\u{1b}[31mERROR\u{1b}[0m boom", "ERROR boom");
        check("<red>database \"a\" does not exist</red>", "database \"a\" does not exist");
        check("\" does not exist</red>", "\" does not exist");
        check("List<String> and <module> and <redo>", "List<String> and <module> and <redo>");
        check("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link");
        check("ends in \u{1b}", "ends in ");
        check("ends in \u{1b}[3", "ends in ");
        check("é\u{1b}[1mü<red>ß</red>", "éüß");
    }
}
