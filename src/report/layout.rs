//! Fits text into the columns of a terminal: how wide it is, where to cut, where to wrap.
//! Leaves out what is said (`text`) and making control characters harmless (`escape`).

/// Returns how many columns a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// Returns the text cut to `limit` columns, with `...` at the end when something is missing.
pub(crate) fn cut(text: &str, limit: usize) -> String {
    if width(text) <= limit {
        return text.to_string();
    }
    let (mut out, mut used) = (String::new(), 0);
    for c in text.chars() {
        used += columns(c);
        if used + 3 > limit {
            break;
        }
        out.push(c);
    }
    format!("{}...", out.trim_end())
}

/// Returns the text with `head` columns of its beginning and `tail` of its end, and `...` for what is missing between.
pub(crate) fn cut_within(text: &str, head: usize, tail: usize) -> String {
    if width(text) <= head + tail {
        return text.to_string();
    }
    let mut used = 0;
    let fits = |c: &char| {
        used += columns(*c);
        used <= tail
    };
    let end: Vec<char> = text.chars().rev().take_while(fits).collect();
    let end: String = end.into_iter().rev().collect();
    format!("{} {}", cut(text, head), end.trim_start())
}

/// Returns the text as lines of at most `limit` columns, broken between words where there are any.
pub(crate) fn wrap(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(1);
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split(' ') {
        let needed = if line.is_empty() { width(word) } else { width(&line) + 1 + width(word) };
        if needed > limit && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for c in word.chars() {
            // A word wider than the screen (a path, a URL) goes on in the next line.
            if width(&line) + columns(c) > limit && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    lines.push(line);
    lines
}

/// Columns of one character: two for East Asian wide characters and pictures, none for accents that combine.
fn columns(c: char) -> usize {
    match c as u32 {
        0x300..=0x36f | 0x200d | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f | 0x2e80..=0x303e | 0x3041..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f => 2,
        0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1f64f | 0x1f680..=0x1f9ff | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}
