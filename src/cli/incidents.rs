//! `incidents`, `why` and `why-issue`: what the ledger remembers, and the reason of every decision.
//! Leaves out changing anything.

use std::fmt::Write as _;

use serde_json::json;

use crate::decision::{ROLLUP, Record, State};
use crate::entry::Timestamp;
use crate::ledger::Ledger;

use super::arguments::{TextOrJson, WhyArguments};
use super::audit::of_ledger;
use super::failure::{Exit, Failure};
use super::memory_arguments::{IncidentsCommand, LedgerArguments, OneArguments, WhyIssueArguments};
use super::print;

/// Decisions shown, newest last.
const DECISIONS: usize = 20;

/// Runs `incidents`.
pub(super) fn run(command: IncidentsCommand) -> Result<Exit, Failure> {
    match command {
        IncidentsCommand::List { state, ledger, format } => list(&state, &ledger, format),
        IncidentsCommand::Show(one) => show(&one),
        IncidentsCommand::History(one) => history(&one),
    }
}

/// Opens the ledger of a command that only reads.
pub(super) fn open(arguments: &LedgerArguments) -> Result<Ledger, Failure> {
    Ledger::open_existing(&arguments.ledger).map_err(|error| of_ledger(&error))
}

/// Returns the one incident whose id begins so.
pub(super) fn one(ledger: &Ledger, id: &str) -> Result<Record, Failure> {
    let mut found = ledger.records_like(id).map_err(|error| of_ledger(&error))?;
    found.retain(|record| record.incident != ROLLUP);
    match (found.pop(), found.len()) {
        (Some(record), 0) if !id.is_empty() => Ok(record),
        (None, _) => Err(Failure::new(Exit::Usage, format!("no incident `{id}` is remembered"))
            .hint("`log-gardener incidents list` shows the ids")),
        (Some(_), _) => Err(Failure::new(Exit::Usage, format!("`{id}` is the beginning of several incidents' ids"))
            .hint("give more digits")),
    }
}

fn list(states: &[String], ledger: &LedgerArguments, format: TextOrJson) -> Result<Exit, Failure> {
    const ALL: [State; 5] = [State::New, State::Ongoing, State::Regressed, State::Quiet, State::Resolved];
    let mut wanted = Vec::new();
    for word in states {
        let state = ALL.iter().find(|state| state.name() == word.as_str());
        wanted.push(*state.ok_or_else(|| {
            Failure::new(Exit::Usage, format!("`{word}` is no state"))
                .hint("write new, ongoing, quiet, resolved or regressed")
        })?);
    }
    let wanted = if wanted.is_empty() { ALL.to_vec() } else { wanted };
    let mut records = open(ledger)?.records_in(&wanted).map_err(|error| of_ledger(&error))?;
    records.retain(|record| record.incident != ROLLUP);
    records.sort_by(|a, b| a.priority.cmp(&b.priority).then(b.last_seen.cmp(&a.last_seen)));
    if format == TextOrJson::Json {
        return print::json(&json!({ "schema": "log-gardener/incidents/1", "incidents": records }));
    }
    let mut page = String::new();
    for record in &records {
        let issue = record.issue.as_ref().map_or("-".to_string(), |issue| format!("#{}", issue.number));
        let _ = writeln!(
            page,
            "{}  {}  {:<9}  {:>7}  {:<6}  last {}  {}{}",
            short(&record.incident),
            record.priority,
            record.state.name(),
            record.events,
            issue,
            time(record.last_seen),
            print::plain(&record.title),
            super::audit_plan::in_services(&crate::audit::services(record))
        );
    }
    if records.is_empty() {
        page.push_str("no incident is remembered in these states\n");
    }
    print::text(&page)
}

fn show(arguments: &OneArguments) -> Result<Exit, Failure> {
    let record = one(&open(&arguments.ledger)?, &arguments.incident)?;
    if arguments.format == TextOrJson::Json {
        return print::json(&json!({ "schema": "log-gardener/incident/1", "incident": record }));
    }
    let issue = record.issue.as_ref().map_or("none".to_string(), |issue| {
        format!(
            "#{} {}",
            issue.number,
            serde_json::to_value(issue.state)
                .ok()
                .and_then(|word| word.as_str().map(str::to_string))
                .unwrap_or_default()
        )
    });
    let mut page = format!("{}  {}\n", record.incident, print::plain(&record.title));
    let mut line = |name: &str, value: String| {
        let _ = writeln!(page, "    {name:<12}{}", print::plain(&value));
    };
    line("priority", record.priority.clone());
    line("state", format!("{} since {}", record.state.name(), record.since.short()));
    line("events", format!("{} from {} to {}", record.events, time(record.first_seen), time(record.last_seen)));
    line("services", record.services.join(", "));
    line("revisions", record.revisions.join(", "));
    line("cause", record.cause.clone());
    line("issue", issue);
    line("regressions", record.regressions.to_string());
    if let Some(resolved) = &record.resolved {
        line("resolved", format!("{}: {}", resolved.at.short(), resolved.because));
    }
    if let Some(kind) = &record.noise {
        line("noise", kind.clone());
    }
    print::text(&page)
}

fn history(arguments: &OneArguments) -> Result<Exit, Failure> {
    let ledger = open(&arguments.ledger)?;
    let record = one(&ledger, &arguments.incident)?;
    explain(&ledger, &[record], arguments.format)
}

/// Runs `why`.
pub(super) fn why(arguments: &WhyArguments) -> Result<Exit, Failure> {
    history(&OneArguments {
        incident: arguments.id.clone(),
        ledger: arguments.ledger.clone(),
        format: arguments.format,
    })
}

/// Runs `why-issue`.
pub(super) fn why_issue(arguments: &WhyIssueArguments) -> Result<Exit, Failure> {
    let ledger = open(&arguments.ledger)?;
    let records = ledger.records_of_issue(arguments.number).map_err(|error| of_ledger(&error))?;
    if records.is_empty() {
        return Err(Failure::new(Exit::Usage, format!("no incident is known to have issue #{}", arguments.number))
            .hint("`log-gardener incidents list` shows which have one"));
    }
    explain(&ledger, &records, arguments.format)
}

/// Says how incidents went from state to state, what was decided about them and what was written.
fn explain(ledger: &Ledger, records: &[Record], format: TextOrJson) -> Result<Exit, Failure> {
    let failed = |error| of_ledger(&error);
    let mut documents = Vec::new();
    let mut page = String::new();
    for record in records {
        let steps = ledger.transitions(&record.incident).map_err(failed)?;
        let decisions = ledger.decisions(&record.incident).map_err(failed)?;
        let orders = ledger.orders_of(&record.incident).map_err(failed)?;
        let _ = writeln!(page, "{}  {}", short(&record.incident), print::plain(&record.title));
        for step in &steps {
            let from = step.transition.from.map_or("unknown", State::name);
            let to = step.transition.to.name();
            let _ =
                writeln!(page, "    {}  {from} -> {to}: {}", step.at.short(), print::plain(&step.transition.reason));
        }
        page.push_str("  decided\n");
        for decided in decisions.iter().rev().take(DECISIONS).rev() {
            let times = if decided.times > 1 { format!(" ({} passes)", decided.times) } else { String::new() };
            let _ = writeln!(
                page,
                "    {}  {}{times}: {}",
                decided.last.short(),
                decided.decision.action.name(),
                print::plain(&decided.decision.reason)
            );
        }
        if !orders.is_empty() {
            page.push_str("  written\n");
        }
        for sent in &orders {
            let number = sent.number.map(|number| format!(" #{number}")).unwrap_or_default();
            let note = sent.note.as_ref().map(|note| format!(": {}", print::plain(note))).unwrap_or_default();
            let state = serde_json::to_value(sent.state).ok().and_then(|word| word.as_str().map(str::to_string));
            let _ = writeln!(
                page,
                "    {}  {}{number} {}{note}",
                sent.at.short(),
                sent.order.name(),
                state.unwrap_or_default()
            );
        }
        documents.push(json!({
            "incident": record.incident,
            "title": record.title,
            "state": record.state,
            "transitions": steps.iter().map(|step| json!({
                "at": step.at, "from": step.transition.from, "to": step.transition.to, "reason": step.transition.reason,
            })).collect::<Vec<_>>(),
            "decisions": decisions.iter().map(|decided| json!({
                "first": decided.first, "last": decided.last, "passes": decided.times,
                "action": decided.decision.action, "reason": decided.decision.reason,
            })).collect::<Vec<_>>(),
            "orders": orders.iter().map(|sent| json!({
                "at": sent.at, "order": sent.order.name(), "state": sent.state, "issue": sent.number, "note": sent.note,
            })).collect::<Vec<_>>(),
        }));
    }
    match format {
        TextOrJson::Text => print::text(&page),
        TextOrJson::Json => print::json(&json!({ "schema": "log-gardener/why/1", "incidents": documents })),
    }
}

fn short(incident: &str) -> String {
    incident.chars().take(8).collect()
}

fn time(time: Option<Timestamp>) -> String {
    time.map_or("unknown".to_string(), Timestamp::short)
}
