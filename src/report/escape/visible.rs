//! Characters that act on a terminal, hide, or reorder what is read: written out, as in `\x1b` and `\u202e`.
//! Leaves out markup of any kind: this is what all targets share.

/// Returns `text` as one line in which characters that act or hide are written out: `\n`, `\x1b`, `\u202e`.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // One line end, not two marks.
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => push(&mut out, c),
        }
    }
    hide_markers(out)
}

/// Returns `text` with its lines kept and every other acting or hiding character written out.
pub fn visible_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\t' => out.push(c),
            '\r' => out.push_str("\\r"),
            c => push(&mut out, c),
        }
    }
    hide_markers(out)
}

/// Returns whether a character acts or hides, so that it is written out wherever text is shown.
pub(super) fn acts(c: char) -> bool {
    c.is_control() || is_hidden(c)
}

/// Writes one character, or how it is written out.
pub(super) fn push(out: &mut String, c: char) {
    match c {
        c if (c as u32) < 0x100 && c.is_control() => out.push_str(&format!("\\x{:02x}", c as u32)),
        c if is_hidden(c) => out.push_str(&format!("\\u{:04x}", c as u32)),
        c => out.push(c),
    }
}

/// Characters that reorder, join or take no room, so that what is read is not what is there: the format characters
/// (Cf), the fillers and the selectors of variants of Unicode's "default ignorable code points", and the blank of
/// Braille, which looks like a space and is none. Signs of Arabic and Syriac that are format characters are seen.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// A quoted log line must not pass for a marker by which an issue, our part of it, or a comment is found again.
fn hide_markers(text: String) -> String {
    // Most texts hold none of them, and every text that is shown comes through here.
    if !text.contains("log-gardener:") {
        return text;
    }
    let mut hidden = text.replace("<!-- log-gardener:", "<!-- log-gardener\\x3a");
    for word in ["fingerprint", "begin", "end", "comment"] {
        hidden = hidden.replace(&format!("log-gardener:{word}"), &format!("log-gardener\\x3a{word}"));
    }
    hidden
}
