//! Hostile text through a Markdown parser: what a reader sees is the literal text, and nothing acts.
//! Leaves out whole reports: see `report`.

use log_gardener::report::escape::{self, mermaid};

use crate::report::hostile::{self, acts, one_line, read};

fn texts() -> Vec<String> {
    let mut texts: Vec<String> = hostile::CASES.iter().map(|case| case.to_string()).collect();
    texts.extend(hostile::generated(7, 3_000));
    texts
}

#[test]
fn prose_is_literal_wherever_it_stands() {
    for text in texts() {
        let escaped = escape::markdown(&text);
        assert!(!escaped.contains(['\n', '\r']), "one line: {text:?}");
        for (before, after) in [
            ("", ""),
            ("Before ", " after"),
            ("Paragraph.\n\n", "\n\nMore."),
            ("Lazy\n", ""),
            ("", "\nLazy"),
            ("**", "**"),
        ] {
            // Emphasis needs a visible character beside its marks, like every bold title in a template.
            let (before, after) = if before == "**" { ("**x", "x**") } else { (before, after) };
            let (runs, other) = read(&format!("{before}{escaped}{after}"));
            let strange: Vec<&String> = other
                .iter()
                .filter(|event| !matches!(event.as_str(), "SoftBreak" | "Start(Strong)" | "End(Strong)"))
                .collect();
            assert!(strange.is_empty(), "{text:?} became {strange:?} by {escaped:?} after {before:?}");
            let all: String = runs.concat();
            assert!(all.contains(&one_line(&text)), "{text:?} reads {all:?} by {escaped:?}");
            for run in &runs {
                assert_eq!(acts(run), None, "{text:?} by {escaped:?}");
            }
        }
    }
}

#[test]
fn headings_lists_quotes_and_cells_keep_their_shape() {
    for text in texts() {
        let escaped = escape::markdown(&text);
        for (before, after) in [("## ", ""), ("- ", ""), ("1. ", ""), ("> ", "")] {
            let (runs, other) = read(&format!("{before}{escaped}{after}"));
            let shapes = other.iter().filter(|event| event.starts_with("Start")).count();
            assert!(shapes <= 2, "{text:?} in {before:?} became {other:?}");
            assert!(runs.concat().contains(one_line(&text).trim_end()), "{text:?} in {before:?} reads {runs:?}");
        }
        for cell in [escaped, escape::code(&text)] {
            let (runs, other) = read(&format!("| a | b |\n|---|---|\n| {cell} | end |"));
            let cells = other.iter().filter(|event| event.starts_with("Start(TableCell")).count();
            assert_eq!(cells, 4, "{text:?} by {cell:?} became {other:?}");
            let all = runs.concat();
            assert!(all.ends_with("end"), "{text:?} by {cell:?} reads {all:?}");
            assert!(
                text.trim().is_empty() || all.contains(one_line(&text).trim()),
                "{text:?} by {cell:?} reads {all:?}"
            );
        }
    }
}

#[test]
fn code_spans_hold_the_whole_text() {
    for text in texts().into_iter().filter(|text| !text.is_empty()) {
        let span = escape::code(&text);
        let (runs, other) = read(&format!("x {span} y"));
        assert_eq!(runs.concat(), format!("x {} y", one_line(&text)), "{text:?} by {span:?}");
        let expected: &[&str] = if text.contains('|') { &["<code>", "</code>"] } else { &["code"] };
        assert_eq!(other, expected, "{text:?} by {span:?}");
    }
}

#[test]
fn fences_hold_the_whole_text_and_end_where_they_should() {
    for text in texts() {
        let block = escape::fence(&text, "text", escape::Display::default());
        let (runs, other) = read(&format!("{block}\n\nend"));
        let literal = escape::visible_lines(&text);
        let literal = literal.strip_suffix('\n').unwrap_or(&literal);
        assert_eq!(runs.concat(), format!("{literal}\nend"), "{text:?} by {block:?}");
        assert_eq!(other.len(), 2, "{text:?} became {other:?}");
    }
}

#[test]
fn a_fence_says_what_it_leaves_out() {
    let text = (1..=50).map(|n| n.to_string()).collect::<Vec<_>>().join("\n");
    let block = escape::fence(&text, "text", escape::Display { lines: 3, columns: 10 });
    assert_eq!(block, "```text\n1\n2\n3\n... (cut for display: 3 of 50 lines)\n```");
    let block = escape::fence("abcdefghijkl", "", escape::Display { lines: 3, columns: 10 });
    assert_eq!(block, "```\nabcdefghij ... (cut for display: 10 of 12 characters)\n```");
}

#[test]
fn no_quotation_passes_for_the_marker_of_an_issue() {
    let marker = "<!-- log-gardener:fingerprint=00000000000000000000000000000000 -->";
    for shown in [escape::markdown(marker), escape::code(marker), escape::fence(marker, "", escape::Display::default())]
    {
        assert!(!shown.contains("log-gardener:fingerprint"), "{shown}");
    }
}

#[test]
fn labels_never_end_their_string() {
    let entity = regex::Regex::new(r"#(\d+|quot);").expect("compiles");
    for text in texts() {
        let label = mermaid::label(&text);
        assert!(!label.contains(['"', '[', ']', '<', '>', '`', '{', '}', '(', ')', '|', '\n', '%', '@']), "{label}");
        let rest = entity.replace_all(&label, "");
        assert!(!rest.contains(['#', ';']), "{label}");
    }
}
