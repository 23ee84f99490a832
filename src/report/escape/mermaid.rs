//! Mermaid diagrams: labels and node names that no log line can break out of.
//! Leaves out which nodes and edges there are: `templates/parts/chain.md` says so.

use super::{cut, visible};

/// Characters a label may keep; everything else is written as a numbered entity.
const PLAIN: &str = " .,:-_/=+*'";

/// Longest label; a node wider than this pushes the others off the screen.
const LABEL_LIMIT: usize = 72;

/// Returns `text` as the inside of a quoted Mermaid label.
pub fn label(text: &str) -> String {
    let mut out = String::new();
    let text = cut(&visible(text), LABEL_LIMIT);
    // After these words and a colon Mermaid takes an entity's semicolon for the end of a style.
    let styled = text.contains("style") || text.contains("classDef");
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("#quot;"),
            // Two of them are mathematics to Mermaid, also when they are written as entities.
            '$' if chars.peek() == Some(&'$') => out.push_str("#36; "),
            // `fa:fa-ban` is a picture to Mermaid also as an entity, and the words are gone; a blank keeps them.
            ':' if names_icon(&out) && chars.peek() == Some(&'f') => out.push_str(if styled { "#58; " } else { ": " }),
            ':' if styled => out.push_str("#58;"),
            c if c.is_alphanumeric() || PLAIN.contains(c) => out.push(c),
            c => out.push_str(&format!("#{};", c as u32)),
        }
    }
    out
}

/// Whether the word that was just written is one of those that name a set of icons: `fa`, `fab`, `fas`, ...
fn names_icon(before: &str) -> bool {
    let word = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    word.starts_with("fa") && word.len() <= 3
}

/// Returns the name of a node made from a group's id.
pub fn node(id: &str) -> String {
    // A leading letter keeps ids such as `end` or `1e3` from meaning something to Mermaid.
    format!("g{}", id.chars().filter(char::is_ascii_alphanumeric).collect::<String>())
}
