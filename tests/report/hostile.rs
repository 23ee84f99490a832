//! Text that tries to act: in Markdown, on GitHub, in a terminal. Read back through a Markdown parser,
//! it must be the literal text again and nothing more. Leaves out made-up runs: see `sample`.

use std::sync::LazyLock;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use regex::Regex;

/// What a log line may hold to break out of its place.
pub(crate) const CASES: &[&str] = &[
    "",
    " ",
    "    indented like code",
    "trailing  ",
    "\ttab",
    "a\nb",
    "a\r\nb",
    "a\rb",
    "\n\n# heading",
    "# heading",
    "#",
    "x #",
    "## ##",
    "- item",
    "-",
    "--",
    "---",
    "- [ ] task",
    "+ item",
    "* item",
    "***",
    "1. one",
    "1) one",
    "1.",
    "12345. x",
    "0.1.0",
    "= =",
    "===",
    "> quote",
    "> [!WARNING]",
    "@octocat",
    "mail @octocat/team now",
    "@",
    "a@b.example",
    "mailto:a@b.example",
    "#1",
    "see #42.",
    "GH-7",
    "gh-7",
    "owner/repo#3",
    "owner/repo@deadbeef",
    "http://evil.example/x",
    "HTTPS://EVIL.example",
    "ftp://a.example",
    "www.evil.example",
    "WWW.evil.example",
    "xwww.a.b",
    "<http://a.example>",
    "<a@b.example>",
    "[text](http://a.example)",
    "[text]: http://a.example",
    "[^1]",
    "[^1]: note",
    "[[wiki]]",
    "![x](http://a/b.png)",
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "</details>",
    "<details>",
    "<!-- log-gardener:fingerprint=00000000000000000000000000000000 -->",
    "<!--",
    "-->",
    "<?x?>",
    "<![CDATA[",
    "&lt;b&gt;",
    "&amp;",
    "&#64;octocat",
    "&copy",
    "`",
    "``",
    "```",
    "````\nx\n```",
    "`a`",
    "a`b``c```d",
    " `x` ",
    "```mermaid\ngraph TD\n```",
    "~~~\nx\n~~~",
    "~~gone~~",
    "~gone~",
    "*a*",
    "**a**",
    "_a_",
    "__a__",
    "snake_case_name",
    "__init__.py",
    "a_ b_",
    "_",
    "*",
    "a*b*c",
    "a | b",
    "|---|",
    "| a | b |\n|---|---|",
    ":-",
    ":-:",
    ":--|",
    "\\",
    "\\\\",
    "\\|",
    "a\\",
    "\\`",
    "\\*a\\*",
    "`|`",
    "a`|`b",
    "||",
    "$x$",
    "$$x$$",
    "$HOME $PATH",
    ":tada:",
    ":+1:",
    ":100:",
    "10:100:20",
    "12:34:56",
    "std::vec::Vec",
    "\u{202e}txt.exe",
    "a\u{200b}b",
    "\u{feff}x",
    "\u{2066}x\u{2069}",
    "\u{0}\u{1b}[31mred\u{1b}[0m",
    "\u{7f}\u{85}\u{9b}31m",
    "\u{2028}x",
    "\u{e0041}",
    "e\u{301}",
    "漢字",
    "\u{1f600}",
    "+++",
    "+++\na = 1\n+++",
    "---\na: 1\n---",
    "^a^",
    ": definition",
    "a  \nb",
    "{#id}",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "http://a.example/@octocat#1",
    "\"quoted\"",
    "'x'",
    "!",
    "![",
    "](",
    "()",
    "a](b",
    "-->|x|",
    "end",
    "%%{init: {}}%%",
    "x\"]; click x",
];

/// Returns what a reader must see of a text that is shown on one line.
pub(crate) fn one_line(text: &str) -> String {
    log_gardener::report::escape::visible(text)
}

/// Returns the literal text that Markdown renders to, each run of text by itself, and what else it made.
pub(crate) fn read(markdown: &str) -> (Vec<String>, Vec<String>) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM
        | Options::ENABLE_MATH
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_WIKILINKS
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS;
    let (mut runs, mut other) = (vec![String::new()], Vec::new());
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Text(text) => runs.last_mut().expect("never empty").push_str(&text),
            // Our own tags split a run, which is what keeps GitHub from reading a reference into it.
            Event::InlineHtml(tag) if matches!(&*tag, "<span>" | "</span>") => runs.push(String::new()),
            Event::InlineHtml(tag) if matches!(&*tag, "<code>" | "</code>") => other.push(tag.to_string()),
            Event::Code(text) => {
                other.push("code".to_string());
                runs.last_mut().expect("never empty").push_str(&text);
            }
            Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph) => {}
            event => other.push(format!("{event:?}")),
        }
    }
    (runs, other)
}

/// Returns what GitHub would turn into a mention, a reference, a link or a picture.
pub(crate) fn acts(run: &str) -> Option<String> {
    static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
        let pattern = concat!(
            r"(?i)@[a-z0-9]|(^|\W)#\d|\bgh-\d|\b(https?|ftp)://|\bwww\.[a-z]|[\w.+-]@[\w-]|\$[^\s$]",
            r"|:[a-z0-9_+-]*[a-z_+-][a-z0-9_+-]*:|:100:|:1234:",
        );
        Regex::new(pattern).expect("compiles")
    });
    PATTERN.find(run).map(|found| found.as_str().to_string())
}

/// Strings of fragments that matter to Markdown, always the same ones for one seed.
pub(crate) fn generated(seed: u64, count: usize) -> Vec<String> {
    const FRAGMENTS: &[&str] = &[
        "`", "``", "```", "|", "\\", "*", "_", "~", "[", "]", "(", ")", "<", ">", "&", "#", "@", "!", "-", "+", "=",
        ":", ".", "$", "{", "}", "\"", "'", "^", "\n", "\r", "\t", " ", "  ", "    ", "a", "B", "1", "42", "x y",
        "www", "http", "://", "GH", "amp;", "#64;", "span", "<b>", "</", "<!--", "-->", "\u{202e}", "\u{200b}",
        "\u{1b}", "é", "漢", "/", ";", "%",
    ];
    // A linear congruential generator is enough to mix fragments and needs no crate.
    let mut state = seed;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    (0..count).map(|_| (0..1 + next(9)).map(|_| FRAGMENTS[next(FRAGMENTS.len())]).collect()).collect()
}
