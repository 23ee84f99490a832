//! `patterns`: list, check and explain what the tool knows.
//! Leaves out loading and matching.

use std::fmt::Write as _;
use std::io::Read;

use comfy_table::{ContentArrangement, Table, presets};

use crate::pattern::{Catalog, NamedText, Tally};
use crate::report::numbers;

use super::arguments::TextOrJson;
use super::failure::{Exit, Failure};
use super::pattern_arguments::{PatternsArguments, PatternsCommand};
use super::{catalog, print};

/// Runs the command.
pub(super) fn run(arguments: PatternsArguments) -> Result<Exit, Failure> {
    match arguments.command {
        PatternsCommand::List { format, patterns } => list(&catalog::catalog(patterns.as_deref())?, format),
        PatternsCommand::Check { folder } => {
            let user = match &folder {
                Some(folder) => catalog::read_folder(folder, &["toml"], "patterns")?,
                None => Vec::new(),
            };
            check(&user)
        }
        PatternsCommand::Draft { group, input, out } => super::draft::run(&group, &input, out.as_deref()),
        PatternsCommand::Explain { text, patterns } => {
            let known = catalog::catalog(patterns.as_deref())?;
            let text = if text == "-" { read_stdin()? } else { text };
            explain(&known, text.trim_end())
        }
    }
}

fn list(known: &Catalog, format: TextOrJson) -> Result<Exit, Failure> {
    if format == TextOrJson::Json {
        let patterns: Vec<_> = known
            .errors
            .iter()
            .map(|pattern| {
                serde_json::json!({ "id": &*pattern.id, "title": &*pattern.title, "category": &*pattern.category,
                    "examples": pattern.should_match.len() + pattern.should_not_match.len() })
            })
            .collect();
        let redactions: Vec<_> = known
            .redactions
            .rules()
            .map(|rule| {
                serde_json::json!({ "id": rule.id, "kind": rule.kind, "about": rule.about, "examples": rule.examples() })
            })
            .collect();
        return print::json(&serde_json::json!({
            "schema": "log-gardener/patterns/1", "patterns": patterns, "redactions": redactions,
        }));
    }
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(print::width() as u16);
    table.set_header(["CATEGORY", "ID", "TITLE"]);
    let mut rows: Vec<[String; 3]> = known
        .errors
        .iter()
        .map(|pattern| [pattern.category.to_string(), pattern.id.to_string(), pattern.title.to_string()])
        .collect();
    rows.sort();
    let count = rows.len();
    table.add_rows(rows);
    let mut redacted = Table::new();
    redacted
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(print::width() as u16);
    redacted.set_header(["REDACTED AS", "ID", "WHAT"]);
    let mut rows: Vec<[&str; 3]> =
        known.redactions.rules().map(|rule| [rule.kind.as_str(), rule.id.as_str(), rule.about.as_str()]).collect();
    rows.sort_unstable();
    let kinds = rows.iter().map(|[kind, ..]| kind).collect::<std::collections::BTreeSet<_>>().len();
    let rules = rows.len();
    redacted.add_rows(rows);
    print::text(&format!("{table}\n\n{count} patterns\n\n{redacted}\n\n{rules} redactions of {kinds} kinds\n"))
}

/// Loads ours and the user's files, which runs the examples of traces, masks, cascades and priorities,
/// and then runs the examples of the error patterns.
fn check(user: &[NamedText]) -> Result<Exit, Failure> {
    let known = Catalog::proven(user).map_err(|problems| Failure::of_problems("patterns", &problems))?;
    let mut wrong = known.clients.check();
    wrong.extend(crate::event::trace::check_examples(&known.traces).iter().map(ToString::to_string));
    let results = known.check_examples();
    wrong.extend(
        results
            .iter()
            .filter(|result| !result.ok)
            .map(|result| format!("{}:{}: {}: {}", result.file, result.line, result.pattern, result.what)),
    );
    if wrong.is_empty() {
        let files =
            if user.is_empty() { "built in".to_string() } else { format!("{} of yours on top of ours", user.len()) };
        return print::text(&format!(
            "{} error patterns ({files}), {} examples: all as stated\n{} cascade rules, {} priority rules, {} redactions: all examples as stated\n",
            known.errors.iter().count(),
            results.len(),
            known.cascades.len(),
            known.priorities.len(),
            known.redactions.rules().count(),
        ));
    }
    let mut failure = Failure::new(
        Exit::Usage,
        format!("{} not as stated", numbers::counted(wrong.len() as u64, "example is", "examples are")),
    );
    for line in wrong.iter().take(20) {
        failure = failure.because(line);
    }
    Err(failure.hint("change the pattern or the example; `log-gardener patterns explain TEXT` shows what matches"))
}

fn explain(known: &Catalog, text: &str) -> Result<Exit, Failure> {
    let mut page = String::new();
    let (parts, template, winner) = super::same::explained(text, known);
    match winner {
        Some((id, captures)) => {
            let _ = writeln!(page, "recognised as {id}");
            for (name, value) in captures {
                let _ = writeln!(page, "  {name} = {value}");
            }
        }
        None => page.push_str("no pattern knows this text; it is grouped by its words\n"),
    }
    for explained in known.errors.explain(text) {
        match explained {
            (id, Ok(_)) => {
                let _ = writeln!(page, "{id}: matches");
            }
            (id, Err(why)) => {
                let _ = writeln!(page, "{id}: {why}");
            }
        }
    }
    let mut tally = Tally::default();
    let redacted = known.redactions.redact(text, &mut tally);
    for (kind, count) in tally.counts() {
        let _ = writeln!(page, "redacted: {} {count}", known.redactions.kind(kind));
    }
    if !tally.is_empty() {
        let _ = writeln!(page, "shown as: {redacted}");
    }
    let _ = writeln!(page, "\nmasked: {template}\nfingerprint {}", parts.hash);
    for part in &parts.parts {
        let _ = writeln!(page, "  {}: {}  ({})", part.name, part.value.replace('\n', " <- "), part.why);
    }
    print::text(&print::plain(&page))
}

fn read_stdin() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .take(1 << 20)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::new(Exit::CannotSay, "cannot read stdin").because(error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
