//! What templates can do with a value: code spans, fences, times, counts, durations, references.
//! Leaves out the escaping itself (`escape`); everything without a filter is escaped by Tera.

use tera::{Error, Kwargs, State, Tera, TeraResult, Value};

use super::escape::{self, Display, mermaid};
use super::numbers;

/// How many references one sentence shows; the rest stand in the evidence section and in the JSON.
const REFERENCES_SHOWN: usize = 3;

/// How text from anywhere is written for one kind of document.
#[derive(Debug)]
pub(crate) struct Dialect {
    /// As one line of text.
    pub plain: fn(&str) -> String,
    /// As one line with names between backticks as code.
    pub prose: fn(&str) -> String,
    /// As code within a line.
    pub code: fn(&str) -> String,
    /// As a block with its lines, in a language.
    pub block: fn(&str, &str, Display) -> String,
}

/// How text is written for Markdown.
pub(crate) const MARKDOWN: Dialect =
    Dialect { plain: escape::markdown, prose: escape::prose, code: escape::code, block: escape::fence };

/// How text is written for a page in a browser.
pub(crate) const HTML: Dialect = Dialect {
    plain: escape::html::text,
    prose: escape::html::prose,
    code: escape::html::code,
    block: escape::html::block,
};

/// Registers every filter of the house and takes away those that would undo the escaping.
pub(crate) fn register(tera: &mut Tera, dialect: &'static Dialect) {
    let Dialect { plain: _, prose, code, block } = *dialect;
    tera.register_filter("code", move |text: Value, arguments: Kwargs, _: &State| -> TeraResult<Value> {
        Ok(safe(code(&escape::cut(&plain(&text), limit(&arguments)?))))
    });
    tera.register_filter("cell", move |text: Value, arguments: Kwargs, _: &State| -> TeraResult<Value> {
        Ok(safe(prose(&escape::cut(&plain(&text), limit(&arguments)?))))
    });
    tera.register_filter("fence", move |text: Value, arguments: Kwargs, _: &State| -> TeraResult<Value> {
        let language = arguments.get::<&str>("lang")?.unwrap_or("text");
        let default = Display::default();
        let lines = arguments.get::<usize>("lines")?.unwrap_or(default.lines);
        Ok(safe(block(&plain(&text), language, Display { lines, ..default })))
    });
    tera.register_filter("time", |time: Value, _: Kwargs, _: &State| safe(numbers::time(time.as_str())));
    tera.register_filter("seconds", |time: Value, _: Kwargs, _: &State| safe(numbers::seconds(time.as_str())));
    tera.register_filter("duration", |seconds: Value, _: Kwargs, _: &State| match seconds.as_i64() {
        Some(seconds) => safe(numbers::duration(seconds)),
        None => safe("unknown".to_string()),
    });
    tera.register_filter("age", |seconds: Value, _: Kwargs, _: &State| match seconds.as_i64() {
        // An age that is none is said to be so; others read as they always did.
        Some(seconds) if seconds < 0 => safe(numbers::age(seconds)),
        Some(seconds) => safe(numbers::duration(seconds)),
        None => safe("unknown".to_string()),
    });
    tera.register_filter("lag", |milliseconds: f64, _: Kwargs, _: &State| safe(numbers::lag(milliseconds)));
    tera.register_filter("number", |n: u64, _: Kwargs, _: &State| safe(numbers::number(n)));
    tera.register_filter("times", |ratio: f64, _: Kwargs, _: &State| safe(numbers::times(ratio)));
    tera.register_filter("count", |n: u64, arguments: Kwargs, _: &State| count(n, &arguments, dialect));
    tera.register_filter("percent", |share: f64, _: Kwargs, _: &State| safe(format!("{:.0} %", share * 100.0)));
    tera.register_filter("refs", |evidence: &[Value], _: Kwargs, _: &State| refs(evidence, dialect));
    tera.register_filter("codes", |words: &[Value], arguments: Kwargs, _: &State| codes(words, &arguments, dialect));
    tera.register_filter("sentence", |text: Value, _: Kwargs, _: &State| sentence(&text, dialect));
    tera.register_filter("clause", |text: Value, _: Kwargs, _: &State| clause(&text, dialect));
    tera.register_filter("prose", move |text: Value, _: Kwargs, _: &State| safe(prose(&plain(&text))));
    tera.register_filter("safe", |_: Value, _: Kwargs, _: &State| -> TeraResult<Value> {
        Err(Error::message("`safe` is not available: text from logs must be escaped"))
    });
}

/// Registers what only Markdown has: Mermaid diagrams, trees in fences, scalars of front matter.
pub(crate) fn register_diagrams(tera: &mut Tera) {
    tera.register_filter("mermaid", |text: Value, _: Kwargs, _: &State| safe(mermaid::label(&plain(&text))));
    tera.register_filter("node", |id: &str, _: Kwargs, _: &State| safe(mermaid::node(id)));
    tera.register_filter("tree", tree);
    tera.register_filter("quoted", |text: Value, _: Kwargs, _: &State| safe(escape::quoted(&plain(&text))));
}

fn limit(arguments: &Kwargs) -> TeraResult<usize> {
    Ok(arguments.get::<usize>("limit")?.unwrap_or(usize::MAX))
}

/// `{{ n | count(one="event", many="events") }}`: the number with the word that fits it.
fn count(n: u64, arguments: &Kwargs, dialect: &Dialect) -> TeraResult<Value> {
    let (one, many) = (arguments.must_get::<&str>("one")?, arguments.must_get::<&str>("many")?);
    let word = if n == 1 { one } else { many };
    Ok(safe(format!("{} {}", numbers::number(n), (dialect.plain)(word))))
}

/// `(evidence: ..., counted: ...)` for a list of evidence, or a plain statement that there is none.
fn refs(evidence: &[Value], dialect: &Dialect) -> Value {
    let mut shown: Vec<String> = Vec::new();
    for item in evidence {
        let label = match field(item, "kind") {
            "count" => "counted: ",
            "pattern" => "pattern: ",
            "code" => "code: ",
            "commit" => "commit: ",
            _ => "",
        };
        let reference = format!("{label}{}", (dialect.code)(field(item, "reference")));
        if !shown.contains(&reference) {
            shown.push(reference);
        }
    }
    let more = shown.len().saturating_sub(REFERENCES_SHOWN);
    shown.truncate(REFERENCES_SHOWN);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    safe(match shown.is_empty() {
        true => "(no evidence in this input)".to_string(),
        false => format!("({}{more})", shown.join(", ")),
    })
}

/// A list of words as code spans, or `unknown`.
fn codes(words: &[Value], arguments: &Kwargs, dialect: &Dialect) -> TeraResult<Value> {
    let limit = arguments.get::<usize>("limit")?.unwrap_or(5);
    let spans: Vec<String> = words.iter().take(limit).map(|word| (dialect.code)(&plain(word))).collect();
    let more = words.len().saturating_sub(limit);
    Ok(safe(match (spans.is_empty(), more) {
        (true, _) => "unknown".to_string(),
        (false, 0) => spans.join(", "),
        (false, more) => format!("{} and {more} more", spans.join(", ")),
    }))
}

/// The text with exactly one full stop at its end, so that facts from several hands read alike.
fn sentence(text: &Value, dialect: &Dialect) -> Value {
    let text = plain(text);
    let text = text.trim_end();
    let text = &capitalised(text);
    let end = if text.is_empty() || text.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    safe(format!("{}{end}", (dialect.prose)(text)))
}

/// Like `sentence`, for text that stands inside one: its first letter stays as it is.
fn clause(text: &Value, dialect: &Dialect) -> Value {
    let text = plain(text);
    let text = text.trim_end();
    let end = if text.is_empty() || text.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    safe(format!("{}{end}", (dialect.prose)(text)))
}

/// The text with a capital first letter, unless the first word looks like a name or a command.
fn capitalised(text: &str) -> String {
    let first = text.split([' ', ':', ';', ',']).next().unwrap_or("");
    let word = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_lowercase());
    let command = ["git", "docker", "gcloud", "kubectl", "curl", "pip", "python", "gunicorn", "uvicorn", "psql"];
    match text.get(..1) {
        Some(letter) if word && !command.contains(&first) => format!("{}{}", letter.to_ascii_uppercase(), &text[1..]),
        _ => text.to_string(),
    }
}

/// The failure chain as a fenced tree.
fn tree(branches: &[Value], _: Kwargs, _: &State) -> Value {
    let lines: Vec<String> = branches.iter().map(|branch| escape::visible(&branch_line(branch))).collect();
    safe(escape::fence(&lines.join("\n"), "text", Display::default()))
}

fn branch_line(branch: &Value) -> String {
    let number_at = |path: &str| branch.get_from_path(path).and_then(Value::as_u64).unwrap_or_default();
    let events = numbers::counted(number_at("entries"), "event", "events");
    let line = format!("{}{}  {events}", field(branch, "prefix"), field(branch, "title"));
    match field(branch, "link.kind") {
        "" => line,
        kind => format!("{line}  ({kind} {} of {})", number_at("link.occurrences"), number_at("link.of")),
    }
}

fn field<'a>(value: &'a Value, path: &'a str) -> &'a str {
    value.get_from_path(path).and_then(Value::as_str).unwrap_or_default()
}

fn plain(value: &Value) -> String {
    if value.is_none() { "unknown".to_string() } else { value.to_string() }
}

fn safe(text: String) -> Value {
    Value::safe_string(&text)
}
