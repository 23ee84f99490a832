//! Writes a pattern file for an error that no pattern knows: a regex from its masked message, captures where
//! values stood, examples both ways. Leaves out what only people know: its texts say that they are open.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;

/// Members quoted as examples.
const EXAMPLES: usize = 3;
/// Longest example, characters; a regex looks at the head of a message only.
const LONGEST: usize = 600;
/// Longest value that a capture may hold, characters.
const VALUE: usize = 200;

static MASK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"<([a-z][a-z0-9 -]*)>").expect("constant"));

/// What is known of the error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftFacts {
    /// Masked message, without the exception's type.
    pub template: String,
    /// The exception's type.
    pub exception: Option<String>,
    /// Messages of members, without the exception's type.
    pub members: Vec<String>,
    /// Messages of other errors, with the type of their exceptions.
    pub others: Vec<(String, Option<String>)>,
}

/// A drafted file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The pattern's id, which is the name of the file too.
    pub id: String,
    /// The file.
    pub text: String,
}

/// Returns the file; `None` when the message holds no words by which it could be known.
pub fn draft(facts: &DraftFacts) -> Option<Draft> {
    // Masking folds singular and plural, and kinds of quotes; where that shows, the regex allows for it.
    let fits = |regex: &String| {
        Regex::new(regex).is_ok_and(|regex| facts.members.iter().take(EXAMPLES).all(|text| regex.is_match(&head(text))))
    };
    let (strict, captures) = regex(&facts.template, false);
    let regex = if fits(&strict) { strict } else { regex(&facts.template, true).0 };
    let words: Vec<&str> = words(&facts.template);
    if words.is_empty() && facts.exception.is_none() {
        return None;
    }
    let id = id(facts, &words);
    let compiled = Regex::new(&regex).ok()?;
    let mut text = format!(
        "# {id}.toml - drafted from {} of its members; complete what is open, then run `log-gardener patterns check`\n\n[[pattern]]\n",
        facts.members.len().min(EXAMPLES)
    );
    let mut key = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<9} = {value}");
    };
    key("id", quoted(&id));
    key("title", quoted(&title(facts)));
    key("category", quoted("other"));
    key("area", quoted("backend"));
    key("message", literal(&regex));
    if let Some(exception) = &facts.exception {
        let last = last_name(&facts.exception).unwrap_or(exception);
        key("exception", literal(&format!(r"(?:^|[.:\\]){}$", regex::escape(last))));
    }
    key("impact", quoted("open: what does not work when this is logged"));
    key("expected", quoted("open: what should happen instead"));
    key("fix", quoted("Read the code that logs it, and name the repair here"));
    text.push_str("\nwhy = [\n");
    let why = [
        ("question", "Why was this logged?"),
        ("answer", "open: the cause, once somebody knows it"),
        ("status", "hypothesis"),
        ("settle", "read the code that logs it"),
    ];
    let why: Vec<String> = why.iter().map(|(name, value)| format!("{name} = {}", quoted(value))).collect();
    let _ = writeln!(text, "  {{ {} }},\n]", why.join(", "));
    text.push_str("should_match = [\n");
    for member in facts.members.iter().take(EXAMPLES) {
        let member = head(member);
        let found = compiled.captures(&member)?;
        let values: BTreeMap<&str, &str> =
            captures.iter().filter_map(|name| Some((name.as_str(), found.name(name)?.as_str()))).collect();
        let _ = writeln!(text, "  {},", example(&member, facts.exception.as_deref(), None, &values));
    }
    text.push_str("]\nshould_not_match = [\n");
    for (other, exception, reason) in near_misses(facts, &words, &compiled) {
        let _ = writeln!(text, "  {},", example(&other, exception.as_deref(), Some(&reason), &BTreeMap::new()));
    }
    text.push_str("]\n");
    Some(Draft { id, text })
}

/// Returns the regex of a template and the names of its captures: the mask's word, numbered when it repeats.
fn regex(template: &str, loose: bool) -> (String, Vec<String>) {
    let mut regex = String::from("(?s)");
    let mut names: Vec<String> = Vec::new();
    let mut at = 0;
    for mask in MASK.captures_iter(template) {
        let Some(whole) = mask.get(0) else { continue };
        regex.push_str(&plain(&template[at..whole.start()], loose));
        at = whole.end();
        let word = mask[1].replace([' ', '-'], "_");
        let count =
            names.iter().filter(|name| name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_') == word).count();
        let name = if count == 0 { word } else { format!("{word}_{}", count + 1) };
        let last = at >= template.len();
        let values = if last { format!(".{{1,{VALUE}}}") } else { format!(".{{1,{VALUE}}}?") };
        let _ = write!(regex, "(?<{name}>{values})");
        names.push(name);
    }
    regex.push_str(&plain(&template[at..], loose));
    (regex, names)
}

/// Escapes literal text; runs of blanks and line ends match any other. With `loose` a word may go on, and any
/// quote stands for any other.
fn plain(text: &str, loose: bool) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let blank = c.is_whitespace();
        let end = rest.find(|other: char| other.is_whitespace() != blank).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        rest = after;
        if blank {
            plain.push_str(r"\s+");
            continue;
        }
        let part = regex::escape(part);
        plain.push_str(&if loose { part.replace(['\'', '"', '`'], "[\"'`]") } else { part.clone() });
        if loose && part.ends_with(char::is_alphabetic) {
            plain.push_str(r"\w*");
        }
    }
    plain
}

fn last_name(exception: &Option<String>) -> Option<&str> {
    exception.as_deref().map(|name| name.rsplit(['.', ':', '\\']).next().unwrap_or(name))
}

fn words(template: &str) -> Vec<&str> {
    let word = |word: &&str| word.len() >= 3 && word.chars().all(char::is_alphabetic);
    let literal: Vec<&str> = MASK.split(template).collect();
    literal.into_iter().flat_map(|part| part.split(|c: char| !c.is_alphanumeric())).filter(word).collect()
}

fn id(facts: &DraftFacts, words: &[&str]) -> String {
    let parts = last_name(&facts.exception).into_iter().chain(words.iter().copied().take(5));
    let id: Vec<String> = parts
        .map(|word| word.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase())
        .filter(|word| !word.is_empty())
        .collect();
    if id.is_empty() { "unnamed-error".to_string() } else { id.join("-") }
}

/// Returns the message with its captures as placeholders, short enough for one line.
fn title(facts: &DraftFacts) -> String {
    let (_, names) = regex(&facts.template, false);
    let mut names = names.iter();
    let mut title = String::new();
    let mut at = 0;
    for mask in MASK.find_iter(&facts.template) {
        title.push_str(&without_braces(&facts.template[at..mask.start()]));
        let _ = write!(title, "`{{{}}}`", names.next().map_or("value", String::as_str));
        at = mask.end();
    }
    title.push_str(&without_braces(&facts.template[at..]));
    let line = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = if line.is_empty() { "Unnamed error".to_string() } else { line };
    let Some((end, _)) = line.char_indices().nth(120) else { return line };
    let cut = &line[..line[..end].rfind(' ').unwrap_or(end)];
    // A cut inside a placeholder would leave an open brace.
    match cut.rsplit_once("`{") {
        Some((before, after)) if !after.contains('}') => before.trim_end().to_string(),
        _ => cut.to_string(),
    }
}

fn without_braces(text: &str) -> String {
    text.replace(['{', '}'], "")
}

/// Returns messages that look similar and are something else: those of other errors that share most words,
/// and a member without the word that tells most.
fn near_misses(facts: &DraftFacts, words: &[&str], compiled: &Regex) -> Vec<(String, Option<String>, String)> {
    let own: BTreeSet<&str> = words.iter().copied().collect();
    let mut others: Vec<(usize, String, Option<String>)> = Vec::new();
    for (text, exception) in &facts.others {
        let text = head(text);
        // A text without an exception passes a pattern that names one.
        let same_kind =
            exception.is_none() || facts.exception.is_none() || last_name(exception) == last_name(&facts.exception);
        if text.trim().is_empty() || (compiled.is_match(&text) && same_kind) {
            continue;
        }
        let shared = own.iter().filter(|word| text.contains(**word)).count();
        others.push((shared, text, exception.clone()));
    }
    others.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    others.dedup_by(|a, b| a.1 == b.1);
    let mut misses: Vec<(String, Option<String>, String)> = others
        .into_iter()
        .take(2)
        .map(|(shared, text, exception)| {
            let reason = match shared {
                0 => "another error of the same input".to_string(),
                1 => "another error of the same input with 1 word in common".to_string(),
                many => format!("another error of the same input with {many} words in common"),
            };
            (text, exception, reason)
        })
        .collect();
    let telling = words.iter().max_by_key(|word| word.len());
    if let (Some(word), Some(member)) = (telling, facts.members.first()) {
        let without = head(member).replacen(word, "", 1);
        if !compiled.is_match(&without) {
            misses.push((without, facts.exception.clone(), format!("`{word}` is missing, so it says something else")));
        }
    }
    if misses.is_empty() {
        let text = "all is well".to_string();
        misses.push((text, None, "nothing failed".to_string()));
    }
    misses
}

fn example(text: &str, exception: Option<&str>, reason: Option<&str>, captures: &BTreeMap<&str, &str>) -> String {
    let mut fields = vec![format!("text = {}", quoted(text))];
    fields.extend(exception.map(|exception| format!("exception = {}", quoted(exception))));
    if !captures.is_empty() {
        let values: Vec<String> = captures.iter().map(|(name, value)| format!("{name} = {}", quoted(value))).collect();
        fields.push(format!("captures = {{ {} }}", values.join(", ")));
    }
    fields.extend(reason.map(|reason| format!("reason = {}", quoted(reason))));
    format!("{{ {} }}", fields.join(", "))
}

fn head(text: &str) -> String {
    text.trim_end().chars().take(LONGEST).collect()
}

fn quoted(text: &str) -> String {
    // A value on one line is a basic string, with everything escaped that needs it.
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A regex as a literal string, which needs no escapes unless it holds the quotes themselves.
fn literal(text: &str) -> String {
    if text.contains("'''") || text.ends_with('\'') || text.contains('\n') {
        quoted(text)
    } else {
        format!("'''{text}'''")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_become_captures_and_values_examples() {
        let facts = DraftFacts {
            template: "stone <number> of mill <uuid> is worn after <duration>".to_string(),
            members: vec!["stone 7 of mill 0b6f1e2c is worn after 3.5 ms".to_string()],
            others: vec![("stone 7 is missing".to_string(), None)],
            ..DraftFacts::default()
        };
        let draft = draft(&facts).expect("words");
        assert_eq!(draft.id, "stone-mill-worn-after");
        for wanted in [
            "title     = \"stone `{number}` of mill `{uuid}` is worn after `{duration}`\"",
            "captures = { duration = \"3.5 ms\", number = \"7\", uuid = \"0b6f1e2c\" }",
            "{ text = \"stone 7 is missing\", reason = \"another error of the same input with 1 word in common\" }",
        ] {
            assert!(draft.text.contains(wanted), "{wanted} in\n{}", draft.text);
        }
    }

    #[test]
    fn a_message_without_words_cannot_be_known() {
        let facts = DraftFacts { template: "<number> <hex>".to_string(), ..DraftFacts::default() };
        assert_eq!(draft(&facts), None);
    }
}
