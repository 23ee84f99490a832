//! `same`: whether two error texts fall into one group, part by part.
//! Leaves out how fingerprints are made.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Serialize;

use crate::entry::{Decoder, Position, ReadOptions};
use crate::event::{Event, read_event};
use crate::group::{Fingerprint, fingerprint};
use crate::pattern::Catalog;
use crate::report::numbers;

use super::arguments::{SameArguments, TextOrJson};
use super::failure::{Exit, Failure};
use super::{catalog, print};

/// An error text is one log record; what a file holds beyond this is none, bytes.
const TEXT_LIMIT: u64 = 16 << 20;

#[derive(Serialize)]
struct Same {
    schema: &'static str,
    same: bool,
    parts: Vec<Compared>,
}

#[derive(Serialize)]
struct Compared {
    name: String,
    a: Option<String>,
    b: Option<String>,
    counts: bool,
    why: String,
}

/// Runs the command.
pub(super) fn run(arguments: SameArguments) -> Result<Exit, Failure> {
    let mut texts = arguments.texts.clone();
    for file in &arguments.files {
        texts.push(read_text(file)?);
    }
    let [a, b] = texts.as_slice() else {
        return Err(Failure::new(
            Exit::Usage,
            format!(
                "{} given, two are compared",
                numbers::counted(texts.len() as u64, "error text was", "error texts were")
            ),
        )
        .hint("log-gardener same A.txt B.txt, or log-gardener same -e TEXT -e TEXT"));
    };
    let known = catalog::catalog(arguments.patterns.as_deref())?;
    let (a, b) = (of_text(a, &known), of_text(b, &known));
    let same =
        Same { schema: "log-gardener/same/1", same: a.0.hash == b.0.hash, parts: compare(&a.0, &b.0, (&a.1, &b.1)) };
    let text = match arguments.format {
        Some(format) => format == TextOrJson::Text,
        None => std::io::IsTerminal::is_terminal(&std::io::stdout()),
    };
    if !text {
        return print::json(&same);
    }
    let mut page = format!("{}\n", if same.same { "same group" } else { "different groups" });
    for part in &same.parts {
        let mark = if part.a == part.b { "=" } else { "x" };
        page.push_str(&format!("{mark} {} ({})\n", part.name, part.why));
        for (name, value) in [("a", &part.a), ("b", &part.b)] {
            page.push_str(&format!("    {name}: {}\n", print::plain(value.as_deref().unwrap_or("-"))));
        }
    }
    print::text(&page)
}

fn read_text(file: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    File::open(file).and_then(|file| file.take(TEXT_LIMIT).read_to_end(&mut bytes)).map_err(|error| {
        Failure::new(Exit::CannotSay, format!("cannot read {}", file.display()))
            .because(error)
            .hint("name two files, or give the texts with -e TEXT -e TEXT")
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns the fingerprint of one error text, read as a log entry would be, and the text as masked.
fn of_text(text: &str, known: &Catalog) -> (Fingerprint, String) {
    fingerprint(&event_of(text, known), known)
}

fn event_of(text: &str, known: &Catalog) -> Event {
    let options = ReadOptions::default();
    let at = Position { source: "text".into(), index: 0, line: 1, end_line: 1 };
    read_event(Decoder::new(&options, &known.traces).text(text.trim_end(), at).entry, known)
}

/// Returns fingerprint, masked text and the winning pattern with its captures, for `patterns explain`.
pub(super) fn explained(text: &str, known: &Catalog) -> Explanation {
    let event = event_of(text, known);
    let (fingerprint, template) = fingerprint(&event, known);
    let winner = event.known.map(|winner| (known.errors.get(winner.pattern).id.to_string(), winner.captures));
    (fingerprint, template, winner)
}

/// Fingerprint, masked text, and the winning pattern with its captures.
type Explanation = (Fingerprint, String, Option<(String, BTreeMap<String, String>)>);

fn compare(a: &Fingerprint, b: &Fingerprint, templates: (&str, &str)) -> Vec<Compared> {
    let mut names: Vec<&str> = Vec::new();
    for part in a.parts.iter().chain(&b.parts) {
        if !names.contains(&part.name.as_str()) {
            names.push(&part.name);
        }
    }
    let value = |fingerprint: &Fingerprint, name: &str| {
        fingerprint.parts.iter().find(|part| part.name == name).map(|part| (part.value.clone(), part.why))
    };
    let mut parts: Vec<Compared> = names
        .into_iter()
        .map(|name| {
            let (a, b) = (value(a, name), value(b, name));
            let why = a.as_ref().or(b.as_ref()).map_or("", |(_, why)| why).to_string();
            Compared {
                name: name.to_string(),
                a: a.map(|(value, _)| value),
                b: b.map(|(value, _)| value),
                counts: true,
                why,
            }
        })
        .collect();
    if !parts.iter().any(|part| part.name == "message") {
        parts.push(Compared {
            name: "message".to_string(),
            a: Some(templates.0.to_string()),
            b: Some(templates.1.to_string()),
            counts: false,
            why: "the parts above say it more precisely".to_string(),
        });
    }
    parts
}
