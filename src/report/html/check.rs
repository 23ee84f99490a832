//! Finds values in HTML templates at places where escaping alone does not make them harmless.
//! Leaves out what is wrong in any template (`report::check`).

use super::super::engine::Kind;
use super::super::render::{Source, Sources};
use crate::pattern::Problem;

/// Attributes that may hold a value; none of them loads, runs or leads anywhere.
const PLAIN: [&str; 9] = ["class", "id", "title", "lang", "content", "colspan", "datetime", "value", "scope"];
/// What may stand in a script or a style: the text whose hash the policy names.
const VERBATIM: [&str; 2] = ["script", "style"];

/// Where in a page a scan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Text,
    Comment,
    /// In a script or a style.
    Verbatim(&'static str),
    Tag,
    /// In a quoted value: its attribute's name and where the value begins.
    Value {
        name: (usize, usize),
        start: usize,
    },
}

/// Returns a problem for every value in a script, a comment, a tag, or an attribute that acts.
pub(crate) fn places(sources: &Sources) -> Vec<Problem> {
    let pages = sources.iter().filter(|(name, _)| Kind::of(name) == Kind::Html);
    pages.flat_map(|(_, source)| scan(source)).collect()
}

/// Returns a problem for a style or a script that would end its element.
pub(crate) fn assets(assets: &Sources) -> Vec<Problem> {
    let ends =
        |source: &Source| ["</style", "</script", "<!--"].iter().find_map(|end| source.text.to_lowercase().find(end));
    let found = assets.values().filter_map(|source| Some((source, ends(source)?)));
    found
        .map(|(source, at)| {
            let message = "this would end the element that holds the file";
            Problem::at(&source.file, &source.text, at..at + 4, message, "write it in two strings")
        })
        .collect()
}

fn scan(source: &Source) -> Vec<Problem> {
    let text = source.text.as_str();
    let (mut at, mut here, mut problems) = (0, At::Text, Vec::new());
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(end) = ["{{", "{%", "{#"].iter().zip(["}}", "%}", "#}"]).find_map(|(start, end)| {
            rest.starts_with(start).then(|| rest.find(end).map_or(rest.len(), |length| length + 2))
        }) {
            if rest.starts_with("{{") && !allowed(text, here, at, &rest[..end]) {
                let message = "a value at this place could act in the browser";
                let hint = format!(
                    "values may stand in text and in quoted {}, or after `#` or a folder in href",
                    PLAIN.join(", ")
                );
                problems.push(Problem::at(&source.file, text, at..at + end, message, hint));
            }
            at += end;
            continue;
        }
        (here, at) = step(text, here, at);
    }
    problems
}

/// Returns what one character, or one tag's beginning, leads to.
fn step(text: &str, here: At, at: usize) -> (At, usize) {
    let rest = &text[at..];
    let next = at + rest.chars().next().map_or(1, char::len_utf8);
    match here {
        At::Text if rest.starts_with("<!--") => (At::Comment, at + 4),
        At::Text if rest.starts_with('<') => (At::Tag, next),
        At::Comment if rest.starts_with("-->") => (At::Text, at + 3),
        At::Verbatim(name) if rest.strip_prefix("</").is_some_and(|rest| rest.starts_with(name)) => (At::Tag, next),
        At::Tag if rest.starts_with('>') => {
            let opened = text[..at].rfind('<').map_or("", |start| &text[start + 1..at]);
            let verbatim = VERBATIM.into_iter().find(|name| opened.split_whitespace().next() == Some(name));
            (verbatim.map_or(At::Text, At::Verbatim), next)
        }
        At::Tag if rest.starts_with('"') => {
            let before = text[..at].trim_end_matches('=');
            let start = before.rfind(|c: char| c.is_whitespace() || "\"'<}".contains(c)).map_or(0, |at| at + 1);
            (At::Value { name: (start, before.len()), start: next }, next)
        }
        At::Value { .. } if rest.starts_with('"') => (At::Tag, next),
        here => (here, next),
    }
}

fn allowed(text: &str, here: At, at: usize, tag: &str) -> bool {
    match here {
        At::Text => true,
        At::Verbatim(name) => tag.trim_matches(['{', '}', '-', ' ']) == name,
        At::Comment | At::Tag => false,
        At::Value { name: (from, to), start } => {
            let (name, before) = (text[from..to].to_ascii_lowercase(), &text[start..at]);
            match name.as_str() {
                // After these beginnings no scheme can follow.
                "href" => before.starts_with('#') || before.split_once('/').is_some_and(|(first, _)| is_word(first)),
                name => PLAIN.contains(&name) || name.starts_with("aria-") || name.starts_with("data-"),
            }
        }
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_they_cannot_act() {
        let problems = |text: &str| scan(&Source { file: "x.html".to_string(), text: text.to_string() }).len();
        let fine = [
            "<p class=\"a {{ x }}\" title=\"{{ x }}\">{{ x }}</p>",
            "<a href=\"#{{ x }}\">x</a><a href=\"incidents/{{ x }}/report.html\">y</a>",
            "<style>{{ style }}</style><script>{{ script }}</script>{{ x }}",
            "<p{% if x %} class=\"{{ x }}\"{% endif %}>{# {{ x }} #}</p>",
            "<meta content=\"{{ policy }}\"><b>{{ x }} \" {{ x }}</b>",
        ];
        let wrong = [
            "<p {{ x }}>",
            "<p class={{ x }}>",
            "<p class='{{ x }}'>",
            "<a href=\"{{ x }}\">",
            "<a href=\"java{{ x }}\">",
            "<a href=\"//{{ x }}\">",
            "<img src=\"{{ x }}\">",
            "<p onclick=\"{{ x }}\" style=\"color: {{ x }}\">",
            "<!-- {{ x }} -->",
            "<script>var a = \"{{ x }}\"</script>",
            "<style>{{ x }}</style>",
            "<{{ x }}>",
        ];
        assert_eq!(fine.map(problems), [0; 5]);
        assert_eq!(wrong.map(|text| problems(text).min(1)), [1; 12]);
    }
}
