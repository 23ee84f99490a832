//! `silence`: what is not to be told for a while, always with an end and a reason.
//! Leaves out what a silence does: see `decision`.

use std::fmt::Write as _;

use serde_json::json;

use crate::decision::{ROLLUP, Silence};
use crate::entry::Timestamp;
use crate::ledger::Ledger;

use super::arguments::TextOrJson;
use super::audit::of_ledger;
use super::failure::{Exit, Failure};
use super::incidents::{one, open};
use super::memory_arguments::SilenceCommand;
use super::{input, print};

/// Longest silence, nanoseconds: a year. What is wanted for longer is a setting.
const LONGEST: i64 = 366 * 24 * 3_600_000_000_000;

/// Runs the command.
pub(super) fn run(command: SilenceCommand) -> Result<Exit, Failure> {
    match command {
        SilenceCommand::Add { what, until, from, reason, now, ledger } => {
            let now = input::now(now.as_deref())?;
            let silence = Silence {
                id: 0,
                matches: String::new(),
                from: from.as_deref().map_or(Ok(now), |text| later("--from", text, now))?,
                until: later("--until", &until, now)?,
                reason: reason.trim().to_string(),
                by: std::env::var("USER").unwrap_or_else(|_| "unknown".to_string()),
            };
            check(&silence, now)?;
            let mut opened = Ledger::open(&ledger.ledger).map_err(|error| of_ledger(&error))?;
            let silence = Silence { matches: covered(&opened, &what)?, ..silence };
            let known = opened.records().map_err(|error| of_ledger(&error))?;
            // It may come yet, and be meant; a name that is misspelt silences nothing.
            let mut others = known.iter().filter(|record| record.incident != ROLLUP).peekable();
            if what != "all" && others.peek().is_some() && !others.any(|record| silence.matches(record)) {
                print::note(&format!(
                    "warning: `{what}` covers no incident that is remembered\nhint: `log-gardener incidents list` shows \
                     them, `incidents show INCIDENT` their services"
                ));
            }
            let id = opened.add_silence(&silence).map_err(|error| of_ledger(&error))?;
            print::text(&line(&Silence { id, ..silence }, now))
        }
        SilenceCommand::List { all, now, ledger, format } => {
            let now = input::now(now.as_deref())?;
            let opened = open(&ledger)?;
            let silences = if all { opened.silences() } else { opened.silences_at(now) };
            let silences = silences.map_err(|error| of_ledger(&error))?;
            match format {
                TextOrJson::Json => print::json(&json!({ "schema": "log-gardener/silences/1", "silences": silences })),
                TextOrJson::Text if silences.is_empty() => print::text("no silences\n"),
                TextOrJson::Text => print::text(&silences.iter().map(|silence| line(silence, now)).collect::<String>()),
            }
        }
        SilenceCommand::End { id, now, ledger } => {
            let now = input::now(now.as_deref())?;
            // To be written to, but not made for this.
            drop(open(&ledger)?);
            let mut opened = Ledger::open(&ledger.ledger).map_err(|error| of_ledger(&error))?;
            match opened.end_silence(id, now).map_err(|error| of_ledger(&error))? {
                true => print::text(&format!("silence {id} ended\n")),
                false => Err(Failure::new(Exit::Usage, format!("silence {id} is not known, or over already"))
                    .hint("`log-gardener silence list --all` shows them")),
            }
        }
    }
}

fn check(silence: &Silence, now: Timestamp) -> Result<(), Failure> {
    let wrong = |message: &str, hint: &str| Err(Failure::new(Exit::Usage, message).hint(hint));
    if silence.reason.is_empty() {
        return wrong("a silence needs a reason", "say why with --reason; it stands in every decision it causes");
    }
    if silence.until <= silence.from || silence.until <= now {
        return wrong("the silence would be over before it begins", "name a later --until");
    }
    if silence.until.nanos_since(silence.from) > LONGEST {
        return wrong("a silence lasts a year at most", "name an earlier --until");
    }
    Ok(())
}

/// Returns what the silence covers, as it is stored: an incident by its whole fingerprint.
fn covered(ledger: &Ledger, what: &str) -> Result<String, Failure> {
    let known = ["service:", "category:", "pattern:"];
    if what == "all" || known.iter().any(|kind| what.strip_prefix(kind).is_some_and(|name| !name.is_empty())) {
        return Ok(what.to_string());
    }
    if what.contains(':') {
        return Err(Failure::new(Exit::Usage, format!("`{what}` is nothing that can be silenced"))
            .hint("name an incident's id, service:NAME, category:NAME, pattern:ID, or all"));
    }
    Ok(one(ledger, what)?.incident)
}

/// Reads a time in the future: RFC 3339, or a duration from now.
fn later(option: &str, text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    let written = chrono::DateTime::parse_from_rfc3339(text.trim()).ok();
    let written = written.as_ref().and_then(Timestamp::from_chrono);
    let from_now = crate::pattern::duration(text.trim_start_matches('+')).map(|nanos| now.plus_nanos(nanos));
    written.or(from_now).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("`{text}` is no time for {option}"))
            .hint("write it as 2026-09-16T00:43:00Z, or as a time from now: 30m, 2h, 3d")
    })
}

fn line(silence: &Silence, now: Timestamp) -> String {
    let when = match (now < silence.from, now >= silence.until) {
        (true, _) => "from",
        (_, true) => "over, from",
        _ => "now, from",
    };
    let mut line = String::new();
    let by = match silence.by.as_str() {
        // So was it stored where the environment names nobody.
        "" | "unknown" => String::new(),
        by => format!("  by {}", print::plain(by)),
    };
    let _ = writeln!(
        line,
        "{}  {}  {when} {} until {}{by}: {}",
        silence.id,
        silence.matches,
        silence.from.short(),
        silence.until.short(),
        print::plain(&silence.reason)
    );
    line
}
