//! Finds values in HTML templates at places where escaping alone does not make them harmless.
//! Leaves out the ways through a template (`report::check::flow`) and what is wrong in any template (`report::check`).

use super::super::check::flow::{Place, Refusal};
use super::super::render::{Source, Sources};
use crate::pattern::Problem;

/// Attributes that may hold a value; none of them loads, runs or leads anywhere.
const PLAIN: [&str; 9] = ["class", "id", "title", "lang", "content", "colspan", "datetime", "value", "scope"];
/// What may stand in a script or a style: the text whose hash the policy names.
const VERBATIM: [&str; 2] = ["script", "style"];
/// Pieces of a page that are markup already, and stand between elements only.
const MARKUP: [&str; 4] = ["chart", "chart_table", "graph", "outline"];
/// More of the beginning of an attribute's value than this tells nothing new.
const KEPT: usize = 200;

/// Where a page stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Page {
    at: At,
    /// What was written last, as far as it may still open or close something.
    last: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
enum At {
    #[default]
    Text,
    Comment,
    /// In a script or a style.
    Verbatim(&'static str),
    /// In a tag, with its text so far.
    Tag(String),
    /// In a quoted value: the tag before it, its attribute's name, and the value so far.
    Value {
        tag: String,
        name: String,
        before: String,
    },
}

impl Place for Page {
    fn text(&mut self, text: &str) -> Result<(), Refusal> {
        text.chars().for_each(|c| self.pass(c));
        Ok(())
    }

    fn value(&mut self, expression: &str) -> Result<(), Refusal> {
        let allowed = self.allows(expression);
        self.last.clear();
        match &mut self.at {
            At::Tag(text) | At::Value { before: text, .. } if text.len() < KEPT => text.push('\u{fffc}'),
            _ => {}
        }
        if allowed {
            return Ok(());
        }
        let hint =
            format!("values may stand in text and in quoted {}, or after `#` or a folder in href", PLAIN.join(", "));
        Err(Refusal::new("a value at this place could act in the browser", hint))
    }
}

impl Page {
    fn pass(&mut self, c: char) {
        self.last.push(c);
        let at = std::mem::take(&mut self.at);
        self.at = match at {
            At::Text if c == '<' => At::Tag(String::new()),
            At::Comment if self.last.ends_with("-->") => At::Text,
            At::Verbatim(name) if self.last.to_ascii_lowercase().ends_with(&format!("</{name}")) => {
                At::Tag(format!("/{name}"))
            }
            At::Tag(text) if c == '>' => {
                let opened = text.split([' ', '\n', '\t', '/']).next().unwrap_or_default().to_ascii_lowercase();
                VERBATIM.into_iter().find(|name| *name == opened).map_or(At::Text, At::Verbatim)
            }
            At::Tag(text) if c == '"' => {
                let before = text.trim_end().trim_end_matches('=').trim_end();
                let start = before.rfind(|c: char| c.is_whitespace() || "\"'<}".contains(c)).map_or(0, |at| at + 1);
                let name = before[start..].to_ascii_lowercase();
                At::Value { tag: text, name, before: String::new() }
            }
            At::Tag(mut text) => {
                text.push(c);
                match text.as_str() {
                    "!--" => At::Comment,
                    _ => At::Tag(text),
                }
            }
            At::Value { tag, .. } if c == '"' => At::Tag(tag + "\""),
            At::Value { tag, name, mut before } => {
                if before.len() < KEPT {
                    before.push(c);
                }
                At::Value { tag, name, before }
            }
            at => at,
        };
        // Only the end of a comment or of a script is looked for in it.
        if !matches!(self.at, At::Comment | At::Verbatim(_)) {
            self.last.clear();
        } else if self.last.len() > 16 {
            self.last = self.last.chars().rev().take(8).collect::<Vec<_>>().into_iter().rev().collect();
        }
    }

    fn allows(&self, expression: &str) -> bool {
        match &self.at {
            At::Text => true,
            At::Verbatim(name) => expression == *name,
            At::Comment | At::Tag(_) => false,
            At::Value { .. } if MARKUP.contains(&expression) => false,
            At::Value { name, before, .. } => match name.as_str() {
                // After these beginnings no scheme can follow.
                "href" => before.starts_with('#') || before.split_once('/').is_some_and(|(first, _)| is_word(first)),
                name => PLAIN.contains(&name) || name.starts_with("aria-") || name.starts_with("data-"),
            },
        }
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::check::flow::refusals;

    #[test]
    fn values_stand_where_they_cannot_act() {
        let problems = |text: &str| {
            let source = |text: &str| Source { file: "x.html".to_string(), text: text.to_string() };
            let sources: Sources = [
                ("builtin/html/report.html".to_string(), source(text)),
                ("builtin/html/parts/x.html".to_string(), source("{{ x }}")),
            ]
            .into();
            refusals::<Page>(&sources, "html/report.html").len()
        };
        let fine = [
            "<p class=\"a {{ x }}\" title=\"{{ x }}\">{{ x }}</p>",
            "<a href=\"#{{ x }}\">x</a><a href=\"incidents/{{ x }}/report.html\">y</a>",
            "<style>{{ style }}</style><script>{{ script }}</script>{{ x }}",
            "<p{% if x %} class=\"{{ x }}\"{% endif %}>{# {{ x }} #}</p>",
            "<meta content=\"{{ policy }}\"><b>{{ x }} \" {{ x }}</b>",
            "<b{% if a %} class=\"a\">{{ x }}{% else %}>{{ x }}{% endif %}</b>{% for y in z %}<i>{{ y }}</i>{% else %}-{% endfor %}",
            "<p>{% include \"html/parts/x.html\" %}</p>{% raw %}{{ x }}{% endraw %}",
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
            "<p title=\"{{ graph }}\">",
            "<p>{% if a %}<!--{% endif %}{{ x }}",
            "<script>{% if a %}</script>{% endif %}{{ x }}",
            "<script>{% include \"html/parts/x.html\" %}</script>",
            "{% for y in z %}{{ y }}<!--{% endfor %}",
            "{% for y in z %}<!--{% if a %}{% break %}{% endif %}-->{% endfor %}{{ x }}",
            "<p {% raw %}title=\"{% endraw %}onclick=\"{{ x }}\">",
        ];
        assert_eq!(fine.map(problems), [0; 7]);
        assert_eq!(wrong.map(|text| problems(text).min(1)), [1; 19]);
    }
}
