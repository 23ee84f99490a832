//! `resolve`: whether an incident is mended, with the arithmetic, or what speaks against it and what to wait for.
//! Leaves out the proof (`decision`), the counting (`audit`) and the wording (`templates/resolution.md`).

use std::collections::BTreeSet;

use serde_json::json;

use crate::analysis;
use crate::audit::{Audit, Evidence, count, newest_revision, standing};
use crate::decision::{Action, Counted, Decision, Deployed, Record, prove};
use crate::entry::Timestamp;
use crate::ledger::Ledger;
use crate::publish;
use crate::publish::github::Tracker;
use crate::report::Templates;
use crate::report::view::{CommitView, CountedView, DoubtView, IncidentView, ResolutionView};

use super::arguments::TextOrJson;
use super::audit::{clock, failure, of_ledger};
use super::checkout::Checkout;
use super::failure::{Exit, Failure};
use super::incidents::one;
use super::input::{self, Run};
use super::memory_arguments::ResolveArguments;
use super::settings::Settings;
use super::{catalog, cloud, owner, print, tracker, triage};

/// Without `--before`, this much before the fix is read of a live source, nanoseconds.
const BEFORE: i64 = 24 * 3_600_000_000_000;

/// Runs the command.
pub(super) fn run(mut arguments: ResolveArguments) -> Result<Exit, Failure> {
    if arguments.input.cloud.explain_filter {
        return cloud::explain(&arguments.input);
    }
    let now = input::now(arguments.input.now.as_deref())?;
    let settings = Settings::read(arguments.tracker.settings.as_deref())?;
    input::redacts(&arguments.input, "resolve")?;
    let known = catalog::catalog_under(arguments.input.patterns.as_deref(), &settings)?;
    let templates = catalog::templates(arguments.templates.as_deref())?.with_labels(settings.labels());
    let mut ledger = super::incidents::open(&arguments.ledger)?;
    let record = one(&ledger, &arguments.incident)?;
    let told = arguments.input.since.take().map(|text| deploy(&text, now));
    if let Some(Deploy::At(at)) = told
        && at > now
    {
        return Err(Failure::new(Exit::Usage, "--since lies in the future")
            .because(format!("it names {}, and it is {} now", at.short(), now.short()))
            .hint("name the time from which on the fix is in service, once it has come"));
    }
    if arguments.outside.as_deref().is_some_and(|what| what.trim().is_empty()) {
        return Err(Failure::new(Exit::Usage, "--outside needs words")
            .hint("say what mended it: --outside \"redis was started again\""));
    }
    if arguments.outside.is_some() && told.is_none() {
        return Err(Failure::new(Exit::Usage, "--outside needs --since")
            .hint("no revision says when it was mended; say it with --since 2026-09-16T00:43:00Z"));
    }
    arguments.input.since = from(&arguments, told.as_ref(), now)?;
    // Traffic is whatever a service logs, so every severity is read.
    arguments.input.cloud.whole = true;
    let run = input::triage_with_traffic(&arguments.input, &known)?;
    let names = names(&ledger, &record)?;
    let evidence = Evidence {
        record: &record,
        names: &names,
        view: &run.view,
        traffic: &run.triaged.traffic,
        coverage: &run.triaged.coverage,
        complete: run.complete && !run.view.coverage.truncated,
        outside: arguments.outside.as_deref().map(str::trim),
    };
    if run.view.coverage.entries == 0 {
        return Err(triage::nothing_read(&run.view, run.complete));
    }
    let fixed_at = fixed_at(told, &evidence)?;
    // The checkout of the settings is for the commit; without one nothing is asked of it.
    let set = settings.code.repo.as_deref().filter(|_| arguments.commit.is_some());
    let checkout = arguments.repo.as_deref().or(set).map(Checkout::open).transpose()?;
    let commit = arguments.commit.as_deref().map(|id| named(id, checkout.as_ref())).transpose()?;
    let resolution = view(&evidence, &run, fixed_at, commit, now);
    write(&arguments, &templates, &resolution, now)?;
    let page =
        templates.resolution_summary(&resolution).map_err(|problem| Failure::of_problems("templates", &[problem]))?;
    match arguments.format {
        TextOrJson::Text => print::text(&terminal(&resolution))?,
        TextOrJson::Json => print::json(&json!({
            "schema": "log-gardener/resolution/1", "resolution": resolution, "summary": page,
        }))?,
    };
    if !resolution.proven {
        print::note(
            "error: it is not proven that the incident is mended\nhint: the reasons above say what to wait for",
        );
        return Ok(Exit::CannotSay);
    }
    store(&arguments, &settings, &templates, &mut ledger, &record, &resolution)
}

/// How the user said when the fix went into service.
enum Deploy {
    At(Timestamp),
    /// With the first entry of this revision.
    Revision(String),
}

/// Reads `--since`: a time, a time ago, or else the name of a revision.
fn deploy(text: &str, now: Timestamp) -> Deploy {
    input::time("--since", text, now).map_or_else(|_| Deploy::Revision(text.to_string()), Deploy::At)
}

/// Returns from when on is read: so long before the fix, or from a time on.
fn from(arguments: &ResolveArguments, told: Option<&Deploy>, now: Timestamp) -> Result<Option<String>, Failure> {
    let live = arguments.input.sources.iter().any(|source| source.contains("://"));
    let fixed = match told {
        Some(Deploy::At(at)) => *at,
        // The first entry of the revision is not read yet.
        Some(Deploy::Revision(_)) | None => now,
    };
    let from = match arguments.before.as_deref() {
        Some(text) => Some(input::time("--before", text, fixed)?),
        None => live.then(|| fixed.plus_nanos(-BEFORE)),
    };
    if from.is_some_and(|from| from >= fixed) {
        return Err(Failure::new(Exit::Usage, "--before is not before the fix")
            .hint("the time from --before to --since is compared with the time after --since"));
    }
    Ok(from.map(|from| from.to_string()))
}

/// Returns when the fix went into service, as told or as the newest revision shows.
fn fixed_at(told: Option<Deploy>, evidence: &Evidence<'_>) -> Result<Timestamp, Failure> {
    let known = || {
        let revisions = evidence.coverage.revisions.iter();
        let own = revisions.filter(|((service, _), _)| *service == evidence.record.kin.service);
        own.filter_map(|((_, name), seen)| Some((name.clone(), seen.first?))).collect::<Vec<_>>()
    };
    match told {
        Some(Deploy::At(at)) => Ok(at),
        Some(Deploy::Revision(name)) => {
            let revisions = known();
            let first = revisions.iter().find(|(known, _)| *known == name).map(|(_, first)| *first);
            first.ok_or_else(|| {
                let names = revisions.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
                let names = if names.is_empty() { "none".to_string() } else { names };
                Failure::new(Exit::CannotSay, format!("`{name}` is neither a time nor a revision that logged"))
                    .because(format!("revisions of {} in the entries read: {names}", evidence.record.kin.service))
                    .hint("wait until it serves, or write --since 2026-09-16T00:43:00Z")
            })
        }
        None => newest_revision(evidence).map(|(at, _)| at).ok_or_else(|| {
            Failure::new(Exit::Usage, "when the fix went into service is not known")
                .because("the entries name no revision that replaced another one")
                .hint("say it with --since 2026-09-16T00:43:00Z")
        }),
    }
}

/// Returns every fingerprint that the incident goes by.
fn names(ledger: &Ledger, record: &Record) -> Result<BTreeSet<String>, Failure> {
    let aliases = ledger.aliases().map_err(|error| of_ledger(&error))?;
    let mut names: BTreeSet<String> =
        aliases.into_iter().filter(|(_, incident)| *incident == record.incident).map(|(name, _)| name).collect();
    names.insert(record.incident.clone());
    Ok(names)
}

fn named(id: &str, checkout: Option<&Checkout>) -> Result<CommitView, Failure> {
    match checkout {
        Some(checkout) => checkout.commit(id),
        None => Ok(CommitView { id: id.to_string(), subject: None, files: Vec::new() }),
    }
}

fn view(
    evidence: &Evidence<'_>,
    run: &Run,
    fixed_at: Timestamp,
    commit: Option<CommitView>,
    now: Timestamp,
) -> ResolutionView {
    let counts = count(evidence, fixed_at);
    let proof = prove(&counts);
    let record = evidence.record;
    let counted = |counted: Counted| CountedView {
        from: counted.from,
        to: counted.to,
        events: counted.events,
        occurrences: counted.occurrences,
        served: counted.served,
    };
    let decision = Decision { incident: record.incident.clone(), action: Action::Leave, reason: String::new() };
    let own = |incident: &&IncidentView| evidence.names.contains(&incident.fingerprint);
    let actions = run.view.incidents.iter().filter(own).flat_map(|incident| &incident.actions);
    let of_kind = |kinds: &[&str]| {
        actions
            .clone()
            .filter(|action| kinds.contains(&action.kind.as_str()))
            .map(|action| action.text.clone())
            .collect()
    };
    ResolutionView {
        standing: standing(record, &decision, now),
        proven: proof.proven,
        fixed_at: counts.after.from,
        commit,
        revision: match &counts.deployed {
            Deployed::Live(revision) => Some(revision.clone()),
            _ => None,
        },
        old_revisions: match &counts.deployed {
            Deployed::NotLive(revisions) => revisions.clone(),
            _ => Vec::new(),
        },
        outside: evidence.outside.map(str::to_string),
        before: counted(counts.before),
        after: counted(counts.after),
        unit: counts.unit,
        expected: format!("{:.2}", proof.expected),
        arithmetic: proof.arithmetic,
        against: proof
            .against
            .into_iter()
            .zip(proof.wait_for)
            .map(|(reason, wait_for)| DoubtView { reason, wait_for })
            .collect(),
        cause: if record.cause.is_empty() { record.title.clone() } else { record.cause.clone() },
        lessons: of_kind(&["prevent", "detect"]),
        follow_ups: of_kind(&["investigate"]),
        sources: run
            .view
            .coverage
            .sources
            .iter()
            .map(|source| match &source.sha256 {
                Some(sum) => {
                    format!("{} ({}, sha256 {sum})", source.source, analysis::counted(source.entries, "entry"))
                }
                None => format!("{} ({})", source.source, analysis::counted(source.entries, "entry")),
            })
            .collect(),
    }
}

fn write(
    arguments: &ResolveArguments,
    templates: &Templates,
    resolution: &ResolutionView,
    now: Timestamp,
) -> Result<(), Failure> {
    let fault = |problem| Failure::of_problems("templates", &[problem]);
    let id: String = resolution.standing.incident.chars().take(8).collect();
    let files = [
        (format!("resolution-{id}/report.md"), templates.resolution(resolution).map_err(fault)?),
        (format!("resolution-{id}/executive-summary.md"), templates.resolution_summary(resolution).map_err(fault)?),
    ];
    let below = publish::write_run(&arguments.out, now, &files).map_err(|error| {
        Failure::new(Exit::Publish, format!("cannot write the reports below {}", arguments.out.display()))
            .because(error)
            .hint("choose another folder with --out")
    })?;
    print::note(&format!("wrote {} below {}", analysis::counted(files.len() as u64, "file"), below.display()));
    Ok(())
}

/// Returns the result for reading in a terminal.
fn terminal(resolution: &ResolutionView) -> String {
    let verdict = if resolution.proven { "RESOLVED" } else { "NOT PROVEN" };
    let id: String = resolution.standing.incident.chars().take(8).collect();
    let mut page = format!("{verdict}  {id}  {}\n", print::plain(&resolution.standing.title));
    for line in &resolution.arithmetic {
        page.push_str(&format!("    {}\n", print::plain(line)));
    }
    if let Some(revision) = &resolution.revision {
        page.push_str(&format!("    in service: {}\n", print::plain(revision)));
    }
    if let Some(what) = &resolution.outside {
        page.push_str(&format!("    mended outside of the service, as stated: {}\n", print::plain(what)));
    }
    for doubt in &resolution.against {
        page.push_str(&format!(
            "    against   {}\n    next      {}\n",
            print::plain(&doubt.reason),
            print::plain(&doubt.wait_for)
        ));
    }
    page
}

/// Stores the end and, with `--publish`, tells it on the issue.
fn store(
    arguments: &ResolveArguments,
    settings: &Settings,
    templates: &Templates,
    ledger: &mut Ledger,
    record: &Record,
    resolution: &ResolutionView,
) -> Result<Exit, Failure> {
    if record.issue.is_some() && !arguments.publish {
        print::note("note: the issue is left open, and the ledger as it is; --publish comments on it and closes it");
        return Ok(Exit::Done);
    }
    let mut writing = Ledger::open(&arguments.ledger.ledger).map_err(|error| of_ledger(&error))?;
    std::mem::swap(ledger, &mut writing);
    let mut connection = match (arguments.publish, record.issue.is_some()) {
        (true, true) => Some(tracker::connect(&arguments.tracker, settings)?),
        _ => None,
    };
    let audit = Audit {
        ledger,
        tracker: connection.as_mut().map(|connection| connection as &mut dyn Tracker),
        publish: arguments.publish,
        policy: &settings.policy(),
        settings: &tracker::publish_settings(settings),
        templates,
        owners: &|_: &IncidentView| Vec::new(),
        adopt: &[],
        clock: &|| clock(&arguments.input),
        owner: &owner::name(),
        is_dead: &owner::is_dead,
    };
    let delivered = audit.resolve(record, resolution).map_err(failure)?;
    if record.issue.is_none() {
        print::note("note: it has no issue; the ledger holds it as resolved");
    }
    for (order, number, url, _) in &delivered.done {
        print::note(&format!("{} #{number} {url}", order.name()));
    }
    for (order, reason) in &delivered.dropped {
        print::note(&format!("note: {} was not carried out: {reason}", order.name()));
    }
    for failed in &delivered.failed {
        print::note(&format!("error: cannot {} the issue\ncaused by: {}", failed.order, failed.fault.cause));
    }
    Ok(if delivered.failed.is_empty() { Exit::Done } else { Exit::Publish })
}
