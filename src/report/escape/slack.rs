//! Slack's messages, and those of what understands its format (Mattermost, Rocket.Chat, Discord).
//! Leaves out the message and its length (`publish::webhook`).

use super::visible;

/// Returns a text as one code span: in it no receiver looks for mentions, channels, links, pictures or emphasis.
///
/// Slack reads `&`, `<` and `>` everywhere; they are written as it asks for. A backtick, which would end the span,
/// reads `'`; characters that act or hide are written out.
pub fn code(text: &str) -> String {
    let text = visible(text).replace('`', "'");
    format!("`{}`", escaped(if text.trim().is_empty() { "(empty)" } else { &text }))
}

/// Returns the address of a page as a link, if it is one that can be told: of the web, and without Slack's own signs.
pub fn link(address: &str) -> Option<String> {
    let web = address.starts_with("https://") || address.starts_with("http://");
    let plain = |c: char| c.is_ascii_graphic() && !"<>|`\"'&".contains(c);
    (web && address.chars().all(plain)).then(|| format!("<{address}>"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_mentions_links_or_leaves_its_span() {
        assert_eq!(
            code("<!channel> <@U1> a`b & <https://e.v|x>\n"),
            "`&lt;!channel&gt; &lt;@U1&gt; a'b &amp; &lt;https://e.v|x&gt;\\n`"
        );
        assert_eq!((code("").as_str(), code(" ").as_str()), ("`(empty)`", "`(empty)`"));
        assert_eq!(link("https://github.com/o/r/issues/1").as_deref(), Some("<https://github.com/o/r/issues/1>"));
        for wrong in ["javascript:x", "https://e.v|x", "https://e.v/<!here>", "https://e v", ""] {
            assert_eq!(link(wrong), None, "{wrong}");
        }
    }
}
