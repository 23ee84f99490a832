//! Turns the literal `\n` of doubly encoded tracebacks back into line ends.
//! Leaves out messages that merely mention a backslash: one `\n` inside a quoted value stays.

use std::borrow::Cow;

/// Returns the text with its literal `\n` and `\t` resolved when it is a multi-line text written on one line.
pub(crate) fn restore(text: &str) -> Cow<'_, str> {
    if text.contains('\n') || !text.contains("\\n") || !is_folded(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\\r\\n", "\n").replace("\\n", "\n").replace("\\t", "\t"))
}

fn is_folded(text: &str) -> bool {
    if text.contains("\\n  File \"") || text.contains("\\n\\tat ") || text.contains("\\n    at ") {
        return true;
    }
    if text.contains("Traceback (most recent call last)") {
        return true;
    }
    let indented = |rest: &str| rest.starts_with(' ') || rest.starts_with('\t') || rest.starts_with("\\t");
    text.match_indices("\\n").filter(|(at, _)| indented(&text[at + 2..])).count() >= 2
}

#[cfg(test)]
mod tests {
    use super::restore;

    #[test]
    fn only_folded_texts_unfold() {
        let check = |input: &str, expect: &str| assert_eq!(restore(input), expect, "{input:?}");
        check(
            r#"Traceback (most recent call last):\n  File "a.py", line 1\nE: x"#,
            "Traceback (most recent call last):\n  File \"a.py\", line 1\nE: x",
        );
        check(r"java.lang.X: y\n\tat a.B(C.java:1)", "java.lang.X: y\n\tat a.B(C.java:1)");
        check(r"sanitized from 'a\n' to 'a'", r"sanitized from 'a\n' to 'a'");
        check(r"path C:\new\names", r"path C:\new\names");
        check("real\nline \\n  one \\n  two", "real\nline \\n  one \\n  two");
    }
}
