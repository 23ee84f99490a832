//! How much of a text is shown, with a visible mark where something is left out.
//! Leaves out the data: they are never cut, only their display.

/// How much of a text a fenced block shows; the data are never cut, only their display.
#[derive(Debug, Clone, Copy)]
pub struct Display {
    /// Lines shown.
    pub lines: usize,
    /// Characters shown of one line; a stack trace stays far below, a dumped payload does not.
    pub columns: usize,
}

impl Default for Display {
    fn default() -> Display {
        Display { lines: 40, columns: 2_000 }
    }
}

/// Returns `text` cut to `limit` characters, with a visible mark when something is missing.
pub fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_string(),
        Some((at, _)) => format!("{}...", text[..at].trim_end()),
    }
}

/// Returns what of a text a block shows, with a note where something is left out.
pub(crate) fn cut_lines(text: &str, display: Display) -> String {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let total = text.split('\n').count();
    let mut out = String::with_capacity(text.len());
    for (i, line) in text.split('\n').take(display.lines).enumerate() {
        if i > 0 {
            out.push('\n');
        }
        match line.char_indices().nth(display.columns) {
            None => out.push_str(line),
            Some((at, _)) => {
                let all = line.chars().count();
                out.push_str(&line[..at]);
                out.push_str(&format!(" ... (cut for display: {} of {all} characters)", display.columns));
            }
        }
    }
    if total > display.lines {
        out.push_str(&format!("\n... (cut for display: {} of {total} lines)", display.lines));
    }
    out
}
