//! Finds what would let escaped text be changed after it was escaped, or text go out without any escape.
//! Leaves out where a value may stand (`markdown`, `html::check`).
//!
//! Tera remembers of a text that it was escaped, also when it is cut or replaced in afterwards: `{{ x | code }}` of
//! which the first backtick is sliced off is no code span any more. So an escaping filter comes last, its text is
//! printed and never kept, and what captures output is not available.

use std::sync::LazyLock;

use regex::Regex;

use super::super::engine::Kind;
use super::super::render::{Source, Sources};
use super::{blank_strings, each_tag, regex};
use crate::pattern::Problem;

/// Filters whose result goes out as it is.
const ESCAPING: [&str; 13] = [
    "code", "cell", "fence", "codes", "refs", "sentence", "clause", "prose", "mermaid", "node", "tree", "quoted",
    "escape",
];
/// Pieces of a page that are markup already; they are put in whole.
const MARKUP: [&str; 6] = ["chart", "chart_table", "graph", "outline", "style", "script"];

static SAFE: LazyLock<Regex> = LazyLock::new(|| regex(r"\|\s*safe\b|^-?\s*filter\s+safe\b"));
static CAPTURE: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^-?\s*(filter|component|extends|block|set(?:_global)?\s+\w+\s*(?:\|[^=]*)?-?$)"));
static FILTER: LazyLock<Regex> = LazyLock::new(|| regex(r"\|\s*(\w+)"));
static WORD: LazyLock<Regex> = LazyLock::new(|| regex(r"[A-Za-z_]\w*"));

/// Returns a problem for every use of `safe`, which would let text from logs through unescaped.
pub(crate) fn unsafe_filters(sources: &Sources) -> Vec<Problem> {
    each_tag(sources, |source, at, tag, problems| {
        if let Some(found) = SAFE.find(&blank_strings(tag)) {
            problems.push(Problem::at(
                &source.file,
                &source.text,
                at + found.start()..at + found.end(),
                "`safe` would let text from logs through unescaped",
                "leave it out, or use code, cell or fence, which escape for their place",
            ));
        }
    })
}

/// Returns a problem for every tag that captures output, and for escaped text that is not printed at once.
pub(crate) fn captures(sources: &Sources) -> Vec<Problem> {
    each_tag(sources, |source, at, tag, problems| {
        let tag = &blank_strings(tag);
        let mut push = |range: std::ops::Range<usize>, message: String, hint: &str| {
            problems.push(Problem::at(&source.file, &source.text, at + range.start..at + range.end, message, hint));
        };
        let prints = source.text[..at].ends_with("{{");
        if let Some(found) = CAPTURE.captures(tag).filter(|_| !prints) {
            let word = found[1].split_whitespace().next().unwrap_or_default();
            let hint = "write what it would print where it is printed; parts are included with `include`";
            push(0..tag.len(), format!("`{word}` would let text be changed after it was escaped"), hint);
        }
        for found in FILTER.captures_iter(tag).filter(|found| ESCAPING.contains(&&found[1])) {
            let (start, end) = (found.get(0).map_or(0, |all| all.start()), found.get(1).map_or(0, |name| name.end()));
            if !prints || depth(&tag[..start]) != 0 || !ends_after(&tag[end..]) {
                let hint = "put it last in `{{ }}`; what is compared, cut or kept is the text without it";
                push(start..end, format!("`{}` escapes text, and its result can only be printed", &found[1]), hint);
            }
        }
    })
}

/// Returns a problem for every piece of a page that is not put in whole and by itself.
pub(crate) fn pieces(sources: &Sources) -> Vec<Problem> {
    let pages = sources.iter().filter(|(name, _)| Kind::of(name) == Kind::Html);
    let pages: Sources = pages.map(|(name, source)| (name.clone(), source.clone())).collect();
    each_tag(&pages, |source: &Source, at, tag, problems| {
        let tag = blank_strings(tag);
        let inside = tag.trim_matches(['-', ' ', '\n']);
        let whole =
            MARKUP.contains(&inside) || inside.strip_prefix("if ").is_some_and(|name| MARKUP.contains(&name.trim()));
        let named = WORD.find_iter(&tag).find(|word| MARKUP.contains(&word.as_str()) && is_root(&tag, word.start()));
        if let Some(word) = named.filter(|_| !whole) {
            problems.push(Problem::at(
                &source.file,
                &source.text,
                at + word.start()..at + word.end(),
                format!("`{}` is a piece of the page", word.as_str()),
                "put it in whole, by itself, as in {{ graph }}",
            ));
        }
    })
}

/// A word that names a variable: no field of another one, no filter, no argument.
fn is_root(tag: &str, at: usize) -> bool {
    let before = tag[..at].trim_end();
    let rest = tag[at..].trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').trim_start();
    let argument = rest.starts_with('=') && !rest.starts_with("==");
    !argument && !before.ends_with(['.', '|'])
}

fn depth(before: &str) -> i32 {
    before.chars().map(|c| i32::from("([{".contains(c)) - i32::from(")]}".contains(c))).sum()
}

/// Whether nothing but the filter's own arguments follows.
fn ends_after(rest: &str) -> bool {
    let rest = rest.trim_start();
    let mut open = 0;
    let end = rest.char_indices().find(|(_, c)| {
        open += i32::from("([{".contains(*c)) - i32::from(")]}".contains(*c));
        open == 0
    });
    let rest = match end {
        Some((at, _)) if rest.starts_with('(') => &rest[at + 1..],
        _ => rest,
    };
    rest.trim_matches(['-', ' ', '\n', '\t', '\r']).is_empty()
}
