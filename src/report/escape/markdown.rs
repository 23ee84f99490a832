//! Markdown as GitHub renders it: prose, code spans, fenced blocks.
//! Leaves out Mermaid labels (`mermaid`) and numbers, times and lists (`filters`).
//!
//! GitHub looks for mentions, references, emoji and addresses in the *rendered* text, where a backslash
//! has long vanished. Wrapping one character in `<span>` splits that text without changing what is
//! read or copied; it is what GitHub's own manual advises for a literal dollar sign.

use super::{Display, cut_lines, visible, visible_lines};

/// Returns `text` escaped for Markdown prose, headings, list items and table cells.
pub fn markdown(text: &str) -> String {
    let text: Vec<char> = visible(text).chars().collect();
    let mut out = String::with_capacity(text.len() + 16);
    let number_end = leading_number(&text);
    let commits = commits(&text);
    for (i, &c) in text.iter().enumerate() {
        if commits.binary_search(&i).is_ok() {
            out.push_str(&format!("<span>{c}</span>"));
            continue;
        }
        let next = text.get(i + 1).copied();
        match c {
            // A space at either end would be dropped, or would make a code block.
            ' ' if i == 0 || i + 1 == text.len() => out.push_str("&#32;"),
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            // The only spelling that survives both the cell splitter and the inline parser.
            '|' => out.push_str("&#124;"),
            '@' => out.push_str("<span>@</span>"),
            '$' => out.push_str("<span>&#36;</span>"),
            '#' if next.is_none_or(char::is_alphanumeric) => out.push_str("<span>#</span>"),
            ':' if starts_link(&text[i..]) || is_emoji(&text[i..]) => out.push_str("<span>:</span>"),
            '.' if ends_with_word(&text[..i], "www") => out.push_str("<span>.</span>"),
            '-' if next.is_some_and(|c| c.is_ascii_digit()) && ends_with_word(&text[..i], "gh") => {
                out.push_str("<span>-</span>")
            }
            '\\' | '`' | '*' | '[' | ']' | '{' | '}' | '~' | '^' | '#' => push_escaped(&mut out, c),
            '_' if !is_inside_word(&text, i) => push_escaped(&mut out, c),
            // What may open a block at the start of a line: a list, a quote, a rule, a table.
            '-' | '+' | '=' | '>' | ':' | '.' | ')' if i == 0 || Some(i) == number_end => push_escaped(&mut out, c),
            c => out.push(c),
        }
    }
    out
}

/// Returns `text` escaped for prose, with what stands between backticks as code spans.
///
/// Titles and advice set names in backticks; shown literally they would only be noise. Backticks that
/// do not pair up stay literal.
pub fn prose(text: &str) -> String {
    let Some(parts) = code_parts(text) else { return markdown(text) };
    let last = parts.len() - 1;
    let mut out = String::with_capacity(text.len() + 16);
    for (at, part) in parts.into_iter().enumerate() {
        if at % 2 == 1 {
            out.push_str(&code(part));
            continue;
        }
        // A space beside a code span is kept by itself; at the ends of the text it needs the escape.
        let (start, end) = (at > 0 && part.starts_with(' '), at < last && part.ends_with(' ') && part.len() > 1);
        let inner = &part[usize::from(start)..part.len() - usize::from(end)];
        out.push_str(if start { " " } else { "" });
        out.push_str(&markdown(inner));
        out.push_str(if end { " " } else { "" });
    }
    out
}

/// Splits a text at its backticks, if they pair up around names: every second part is a name.
pub(crate) fn code_parts(text: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = text.split('`').collect();
    let paired = parts.len() % 2 == 1 && parts.iter().skip(1).step_by(2).all(|name| !name.trim().is_empty());
    (parts.len() >= 3 && paired && !text.contains('\n')).then_some(parts)
}

/// Returns `text` as an inline code span that stays whole in prose and in table cells.
pub fn code(text: &str) -> String {
    let text = visible(text);
    if text.is_empty() {
        return "(empty)".to_string();
    }
    if text.contains('|') {
        // In a table a bare pipe ends the cell even inside a code span.
        return format!("<code>{}</code>", markdown(&text));
    }
    let ticks = "`".repeat(longest_run(&text) + 1);
    let spaced = text.starts_with(' ') && text.ends_with(' ') && !text.trim_matches(' ').is_empty();
    let pad = if spaced || text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// Returns `text` in a fenced block whose fence is longer than any run of backticks inside.
pub fn fence(text: &str, language: &str, display: Display) -> String {
    let body = cut_lines(&visible_lines(text), display);
    let ticks = "`".repeat(longest_run(&body).max(2) + 1);
    let language: String = language.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    format!("{ticks}{language}\n{body}\n{ticks}")
}

fn push_escaped(out: &mut String, c: char) {
    out.push('\\');
    out.push(c);
}

/// Position of the `.` or `)` that would turn leading digits into a numbered list.
fn leading_number(text: &[char]) -> Option<usize> {
    let digits = text.iter().take_while(|c| c.is_ascii_digit()).count();
    let ends_word = text.get(digits + 1).is_none_or(|c| c.is_whitespace());
    (digits > 0 && ends_word && matches!(text.get(digits), Some('.' | ')'))).then_some(digits)
}

/// Positions of the second character of each word that GitHub may read as a commit: 7 to 40 hexadecimal digits.
///
/// Short decimal numbers are left alone; a commit that is named by digits only is one in thirty.
fn commits(text: &[char]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut from = 0;
    for word in text.split(|c| !c.is_ascii_alphanumeric()) {
        let hexadecimal = word.iter().all(char::is_ascii_hexdigit) && !word.iter().all(char::is_ascii_digit);
        let long = word.len() > 10 && word.iter().all(char::is_ascii_digit);
        if (7..=40).contains(&word.len()) && (hexadecimal || long) {
            found.push(from + 1);
        }
        from += word.len() + 1;
    }
    found
}

fn starts_link(from_colon: &[char]) -> bool {
    from_colon.starts_with(&[':', '/', '/'])
}

/// `:name:`, which GitHub turns into a picture.
fn is_emoji(from_colon: &[char]) -> bool {
    let name = from_colon[1..].iter().take_while(|c| c.is_ascii_alphanumeric() || "_+-".contains(**c)).count();
    let word: String = from_colon[1..].iter().take(name).collect();
    // Of the numbers only these two are pictures; the minutes of a clock time are not.
    let numbered = matches!(word.as_str(), "100" | "1234");
    // Where the text ends, a colon of the template may follow.
    let closed = from_colon.get(name + 1).is_none_or(|c| *c == ':');
    (numbered || word.contains(|c: char| !c.is_ascii_digit())) && closed
}

fn ends_with_word(before: &[char], word: &str) -> bool {
    let start = before.len().saturating_sub(word.len());
    let inside = start.checked_sub(1).is_some_and(|i| before[i].is_alphanumeric());
    !inside && before[start..].iter().collect::<String>().eq_ignore_ascii_case(word)
}

/// A single underscore between letters or digits is never emphasis; `snake_case` stays readable.
fn is_inside_word(text: &[char], i: usize) -> bool {
    let alphanumeric = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric());
    i > 0 && alphanumeric(text.get(i - 1)) && alphanumeric(text.get(i + 1))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}
