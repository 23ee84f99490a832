//! HTML: text nodes, quoted attributes, code, blocks.
//! Leaves out which characters hide or act (`visible`): here as elsewhere they are written out.

use super::{Display, code_parts, cut_lines, visible, visible_lines};

/// Characters shown of one value that is not a quotation; a title of a megabyte would bury the page.
const LIMIT: usize = 2_000;

/// Returns `text` as one line for a text node or a quoted attribute.
pub(crate) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    push(&mut out, &visible(&shortened(text)));
    out
}

/// Returns `text` as one line in which names between backticks are set as code.
pub(crate) fn prose(text: &str) -> String {
    let text = shortened(text);
    let mut out = String::with_capacity(text.len() + 32);
    for (at, part) in code_parts(&text).unwrap_or(vec![text.as_str()]).into_iter().enumerate() {
        match at % 2 {
            1 => out.push_str(&code(part)),
            _ => push(&mut out, &visible(part)),
        }
    }
    out
}

/// Returns `text` as code within a line.
pub(crate) fn code(text: &str) -> String {
    if text.is_empty() {
        return "(empty)".to_string();
    }
    format!("<code>{}</code>", self::text(text))
}

/// Returns `text` as a block with its lines, cut for display as a block in Markdown is.
pub(crate) fn block(text: &str, _language: &str, display: Display) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    // The line end after the tag is not part of the text; it keeps a line end of the text's own.
    out.push_str("<pre>\n");
    push(&mut out, &cut_lines(&visible_lines(text), display));
    out.push_str("</pre>");
    out
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LIMIT) {
        None => text.to_string(),
        Some((at, _)) => {
            format!("{} ... (cut for display: {LIMIT} of {} characters)", &text[..at], text.chars().count())
        }
    }
}

fn push(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // In attributes without quotes, which a template may not have, it would be one.
            '`' => out.push_str("&#96;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_markup() {
        assert_eq!(
            text("</script><img src=x onerror='a()'>"),
            "&lt;/script&gt;&lt;img src=x onerror=&#39;a()&#39;&gt;"
        );
        assert_eq!(text("a\0b\u{202e}c\u{200b}\"]]>"), "a\\x00b\\u202ec\\u200b&quot;]]&gt;");
        assert_eq!(prose("`<b>` & `x`"), "<code>&lt;b&gt;</code> &amp; <code>x</code>");
        assert_eq!(prose("one ` only"), "one &#96; only");
        assert_eq!(block("\na\n<b>\n", "text", Display::default()), "<pre>\n\na\n&lt;b&gt;</pre>");
        assert_eq!(code(""), "(empty)");
    }

    #[test]
    fn a_value_that_is_too_long_is_cut_and_says_so() {
        let shown = text(&"é".repeat(1_000_000));
        assert!(shown.len() < 5_000 && shown.ends_with(" ... (cut for display: 2000 of 1000000 characters)"));
    }
}
