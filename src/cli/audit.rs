//! `audit`: one pass of the loop: read, remember, decide, plan, and with `--publish` write.
//! Leaves out when the next pass is due: see `daemon`.

use std::path::Path;

use crate::audit::{Audit, AuditError, Audited, Look};
use crate::decision::{Pass, Rhythm, Traffic, next_window};
use crate::entry::{Severity, Timestamp};
use crate::ledger::{Ledger, LedgerError, Trouble};
use crate::pattern::Catalog;
use crate::publish;
use crate::publish::github::Tracker;
use crate::report::Templates;
use crate::report::view::IncidentView;
use crate::source::{SourcePath, expand};

use super::arguments::{InputArguments, TextOrJson};
use super::audit_plan::{self, Tense};
use super::checkout::Checkout;
use super::failure::{Exit, Failure};
use super::input::{self, Run};
use super::memory_arguments::AuditArguments;
use super::settings::Settings;
use super::{catalog, cloud, daemon, notify, owner, print, tracker, triage};

/// Everything that stays the same from pass to pass.
pub(super) struct Loop {
    arguments: AuditArguments,
    settings: Settings,
    known: Catalog,
    templates: Templates,
    checkout: Option<Checkout>,
    adopt: Vec<(String, u64)>,
}

/// How a pass ended.
pub(super) struct Ended {
    /// The exit code that it would lead to.
    pub(super) exit: Exit,
    /// One line about it.
    pub(super) line: String,
}

/// Runs the command.
pub(super) fn run(arguments: AuditArguments) -> Result<Exit, Failure> {
    if arguments.input.cloud.explain_filter {
        return cloud::explain(&arguments.input);
    }
    let every = arguments.every.as_deref().map(|text| input::duration("--every", text)).transpose()?;
    if every.is_some() && (arguments.input.now.is_some() || arguments.input.until.is_some()) {
        return Err(Failure::new(Exit::Usage, "--every cannot be used with --now or --until")
            .hint("a daemon reads up to the present, pass after pass"));
    }
    let settings = Settings::read(arguments.tracker.settings.as_deref())?;
    let all = Loop {
        known: catalog::catalog(arguments.input.patterns.as_deref())?,
        templates: catalog::templates(arguments.templates.as_deref())?.with_labels(settings.labels()),
        checkout: arguments.repo.as_deref().map(Checkout::open).transpose()?,
        adopt: arguments.adopt.iter().map(|text| adopted(text)).collect::<Result<_, _>>()?,
        settings,
        arguments,
    };
    match every {
        None => Ok(all.pass()?.exit),
        Some(every) => daemon::run(&all.arguments.out, every, &mut || all.pass()),
    }
}

fn adopted(text: &str) -> Result<(String, u64), Failure> {
    let parts = text
        .split_once('=')
        .and_then(|(incident, number)| Some((incident, number.trim_start_matches('#').parse().ok()?)));
    match parts {
        Some((incident, number)) if incident.len() >= 6 => Ok((incident.to_string(), number)),
        _ => Err(Failure::new(Exit::Usage, format!("`{text}` does not say what is adopted"))
            .hint("write --adopt INCIDENT=NUMBER with at least six digits of the incident's id")),
    }
}

impl Loop {
    /// Makes one pass.
    pub(super) fn pass(&self) -> Result<Ended, Failure> {
        let arguments = &self.arguments;
        let now = input::now(arguments.input.now.as_deref())?;
        let mut ledger = Ledger::open(&arguments.ledger.ledger).map_err(|error| of_ledger(&error))?;
        let source = source_name(&arguments.input);
        let (input, gap) = self.window(&ledger, &source, now)?;
        let run = input::triage_with_traffic(&input, &self.known)?;
        if run.view.coverage.entries == 0 {
            print::note(&triage::nothing_read(&run.view, run.complete).to_string());
        }
        let pass = pass(&run, &input, source, now, gap.is_some());
        let traffic = if all_severities(&input) { traffic(&run) } else { Vec::new() };
        let mut view = run.view.clone();
        view.coverage.notes.extend(gap.clone());
        let mut connection = match tracker::repository(&arguments.tracker, &self.settings) {
            Some(_) if arguments.publish || has_token() => Some(tracker::connect(&arguments.tracker, &self.settings)?),
            None if arguments.publish => Some(tracker::connect(&arguments.tracker, &self.settings)?),
            _ => None,
        };
        let policy =
            self.settings.policy().map_err(|cause| Failure::new(Exit::Usage, "wrong settings").because(cause))?;
        let audit = Audit {
            ledger: &mut ledger,
            tracker: connection.as_mut().map(|connection| connection as &mut dyn Tracker),
            publish: arguments.publish,
            policy: &policy,
            settings: &tracker::publish_settings(&self.settings),
            templates: &self.templates,
            owners: &|incident: &IncidentView| {
                self.checkout.as_ref().map_or(Vec::new(), |checkout| checkout.owners(incident))
            },
            adopt: &self.adopt,
            clock: &|| clock(&arguments.input),
            owner: &owner::name(),
            is_dead: &owner::is_dead,
        };
        let audited = audit.run(Look { pass, view, traffic }).map_err(failure)?;
        self.write(&run, &audited, now)?;
        notify::tell(&self.settings.webhook, &audited);
        let tense = if arguments.publish { Tense::Published } else { Tense::Planned };
        match arguments.format {
            TextOrJson::Text => print::text(&audit_plan::text(&audited, tense))?,
            TextOrJson::Json => print::json(&audit_plan::document(&audited, tense))?,
        };
        Ok(self.ended(&run, &audited, gap))
    }

    /// Returns the question for this pass: from the cursor on where a live source is read, else as asked.
    fn window(
        &self,
        ledger: &Ledger,
        source: &str,
        now: Timestamp,
    ) -> Result<(InputArguments, Option<String>), Failure> {
        let mut input = self.arguments.input.clone();
        let asked = input.since.is_some() || input.until.is_some();
        if asked || !is_live(&input.sources)? {
            return Ok((input, None));
        }
        let rhythm: Rhythm =
            self.settings.rhythm().map_err(|cause| Failure::new(Exit::Usage, "wrong settings").because(cause))?;
        let cursor = ledger.cursor(source).map_err(|error| of_ledger(&error))?;
        let (from, to, gap) = next_window(cursor, now, rhythm);
        (input.since, input.until) = (Some(from.to_string()), Some(to.to_string()));
        Ok((input, gap))
    }

    /// Writes the reports, the plan and its bodies.
    fn write(&self, run: &Run, audited: &Audited, now: Timestamp) -> Result<(), Failure> {
        let repository = tracker::repository(&self.arguments.tracker, &self.settings);
        let mut files = triage::render_files(&self.templates, &audited.view)?;
        files.extend(audit_plan::files(audited, repository.as_deref().unwrap_or("OWNER/NAME")));
        let _ = run;
        let below = publish::write_run(&self.arguments.out, now, &files).map_err(|error| {
            Failure::new(Exit::Publish, format!("cannot write the reports below {}", self.arguments.out.display()))
                .because(error)
                .hint("choose another folder with --out")
        })?;
        print::note(&format!("wrote {} files below {}", files.len(), below.display()));
        Ok(())
    }

    /// Says how the pass went on stderr; returns the exit code.
    fn ended(&self, run: &Run, audited: &Audited, gap: Option<String>) -> Ended {
        let delivered = &audited.delivered;
        for note in gap.iter().chain(&delivered.notes) {
            print::note(&format!("note: {note}"));
        }
        for (order, reason) in &delivered.dropped {
            print::note(&format!("note: {} was not carried out: {reason}", order.name()));
        }
        for failed in &delivered.failed {
            let next = if failed.given_up { "given up" } else { "the next run goes on with it" };
            print::note(&format!(
                "error: cannot {} the issue of {} ({next})\ncaused by: {}",
                failed.order,
                failed.incident.chars().take(8).collect::<String>(),
                failed.fault.cause
            ));
            if let Some(hint) = &failed.fault.hint {
                print::note(&format!("hint: {hint}"));
            }
        }
        let wrote = delivered.done.iter().filter(|(.., wrote)| *wrote).count();
        let line = format!(
            "{} entries, {} incidents, {} changes of state, {wrote} writes, {} waiting",
            run.view.coverage.entries,
            audited.view.incidents.len(),
            audited.transitions.len(),
            audited.waiting
        );
        let read = triage::verdict(run, self.arguments.fail_on.as_deref());
        let exit = if !delivered.failed.is_empty() {
            Exit::Publish
        } else if gap.is_some() && read == Exit::Done {
            Exit::CannotSay
        } else {
            read
        };
        Ended { exit, line }
    }
}

/// What tells one audited set of entries from another: the sources and what narrows them.
fn source_name(input: &InputArguments) -> String {
    let mut parts = input.sources.clone();
    let cloud = &input.cloud;
    for (name, value) in [
        ("service", &cloud.service),
        ("revision", &cloud.revision),
        ("resource-type", &cloud.resource_type),
        ("filter", &cloud.filter),
    ] {
        parts.extend(value.as_ref().map(|value| format!("--{name}={value}")));
    }
    parts.extend(cloud.logs.iter().map(|log| format!("--log={log}")));
    parts.join(" ")
}

/// Whether the sources grow by themselves and are asked for a window.
fn is_live(sources: &[String]) -> Result<bool, Failure> {
    let addressed =
        |source: &String| source.starts_with("gcp://") || source.starts_with("gs://") || source.starts_with("s3://");
    if !sources.iter().any(addressed) {
        return Ok(false);
    }
    let cloud = sources.iter().filter(|source| source.starts_with("gcp://")).cloned().collect::<Vec<_>>();
    Ok(!expand(&cloud)?.iter().any(|path| matches!(path, SourcePath::File(_))))
}

/// Whether entries of every severity come in, so that a count of them says something about the traffic.
fn all_severities(input: &InputArguments) -> bool {
    let narrowed = input.sources.iter().any(|source| source.starts_with("gcp://"));
    !narrowed || input::severity(&input.min_severity).is_ok_and(|least| least == Severity::Default)
}

fn traffic(run: &Run) -> Vec<(String, i64, Traffic)> {
    let services = run.triaged.traffic.services.iter();
    services
        .flat_map(|(service, minutes)| {
            minutes.iter().map(move |(minute, served)| {
                (service.clone(), *minute, Traffic { entries: served.entries, requests: served.requests })
            })
        })
        .collect()
}

/// Says what was read. A file that is read whole says where it begins and ends; a window was asked for.
fn pass(run: &Run, input: &InputArguments, source: String, now: Timestamp, gap: bool) -> Pass {
    let coverage = &run.view.coverage;
    let after = |time: Timestamp| time.plus_nanos(1);
    let asked = &coverage.asked;
    Pass {
        source,
        from: asked.from.or(coverage.from),
        to: if input.until.is_some() { asked.to } else { asked.to.or(coverage.to.map(after)) },
        now,
        complete: run.complete && !coverage.truncated && !gap,
        entries: coverage.entries,
        events: coverage.events,
    }
}

fn has_token() -> bool {
    const NAMES: [&str; 4] =
        ["GITHUB_TOKEN", "GH_TOKEN", "LOG_GARDENER_GITHUB_TOKEN_FILE", "LOG_GARDENER_GITHUB_APP_ID"];
    NAMES.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// The time of a step: the clock, or where the run was told when it is, that.
pub(super) fn clock(input: &InputArguments) -> Timestamp {
    input::now(input.now.as_deref()).unwrap_or(Timestamp(0))
}

/// Returns what the user sees of a ledger that cannot be used.
pub(super) fn of_ledger(error: &LedgerError) -> Failure {
    let exit = match error.trouble {
        Trouble::Missing | Trouble::Unusable => Exit::Usage,
        _ => Exit::Publish,
    };
    let mut failure = Failure::new(exit, error.message.clone());
    failure.causes = error.causes.clone();
    failure.hint = error.hint.clone();
    failure
}

/// Returns what the user sees of a pass that could not be finished.
pub(super) fn failure(error: AuditError) -> Failure {
    match error {
        AuditError::Held { owner, until } => Failure::new(Exit::CannotSay, "another run is at work")
            .because(format!("{owner} holds the ledger until {until} at most, unless it goes on"))
            .hint("let it finish; two runs at once would only repeat each other"),
        AuditError::Ledger(error) => of_ledger(&error),
        AuditError::Template(problem) => Failure::of_problems("templates", &[*problem]),
        AuditError::Tracker(fault) => tracker::failure("cannot ask GitHub how our issues stand", &fault),
    }
}

/// Writes a small file that other programs watch; a failure is told and stops nothing.
pub(super) fn write_beside(path: &Path, text: &str) {
    if let Err(error) = publish::write_file(path, text.as_bytes()) {
        print::note(&format!("warning: cannot write {}: {error}", path.display()));
    }
}
