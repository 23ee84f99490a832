//! `audit`: one pass of the loop: read, remember, decide, plan, and with `--publish` write.
//! Leaves out which window is read (`audit_window`) and when the next pass is due (`daemon`).

use std::path::Path;

use crate::analysis::counted;
use crate::audit::{Audit, AuditError, Audited, Look};
use crate::decision::Traffic;
use crate::entry::{Severity, Timestamp};
use crate::ledger::{Ledger, LedgerError, Trouble};
use crate::pattern::Catalog;
use crate::publish;
use crate::publish::github::Tracker;
use crate::report::Templates;
use crate::report::view::IncidentView;

use super::arguments::{InputArguments, TextOrJson};
use super::audit_plan::{self, Tense};
use super::audit_window::{self, Window};
use super::cause::Search;
use super::failure::{Exit, Failure};
use super::input::{self, Run};
use super::memory_arguments::AuditArguments;
use super::settings::Settings;
use super::{audit_commands, catalog, cloud, daemon, history, limits, notify, owner, print, tracker, triage};

/// Everything that stays the same from pass to pass.
pub(super) struct Loop {
    arguments: AuditArguments,
    settings: Settings,
    known: Catalog,
    templates: Templates,
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
pub(super) fn run(mut arguments: AuditArguments) -> Result<Exit, Failure> {
    if arguments.input.cloud.explain_filter {
        return cloud::explain(&arguments.input);
    }
    let every = arguments.every.as_deref().map(|text| input::duration("--every", text)).transpose()?;
    if every.is_some() && (arguments.input.now.is_some() || arguments.input.until.is_some()) {
        return Err(Failure::new(Exit::Usage, "--every cannot be used with --now or --until")
            .hint("a daemon reads up to the present, pass after pass"));
    }
    if every.is_some() && arguments.input.sources.iter().any(|source| source == "-") {
        return Err(Failure::new(Exit::Usage, "--every cannot be used with `-`")
            .hint("stdin can be read once; name a file or gcp://PROJECT, or pipe into `log-gardener tail -`"));
    }
    input::redacts(&arguments.input, "audit")?;
    let settings = Settings::read(arguments.tracker.settings.as_deref())?;
    arguments.code.complete(&settings.code);
    arguments.input.limits = Some(settings.limits.limits());
    // A wrong checkout is told before the first pass; each pass opens it again, for it moves on.
    Search::open(&arguments.code)?;
    let all = Loop {
        known: catalog::catalog_under(arguments.input.patterns.as_deref(), &settings)?,
        templates: catalog::templates(arguments.templates.as_deref())?
            .with_labels(settings.labels())
            .with_most_bytes(settings.limits.limits().document_bytes),
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
        let search = Search::open(&arguments.code)?;
        let mut ledger = Ledger::open(&arguments.ledger.ledger).map_err(|error| of_ledger(&error))?;
        // Before anything is read, for wrong settings are quickly told.
        let named = tracker::repository(&arguments.tracker, &self.settings)?.is_some();
        let mut connection = match arguments.publish || (named && has_token()) {
            true => Some(tracker::connect(&arguments.tracker, &self.settings)?),
            false => None,
        };
        let source = audit_window::source_name(&arguments.input);
        let cursor = ledger.cursor(&source).map_err(|error| of_ledger(&error))?;
        let daemon = arguments.every.is_some();
        let window = audit_window::next(&arguments.input, cursor, now, self.settings.rhythm(), daemon)?;
        let run = input::triage_with_traffic(&window.input, &self.known)?;
        let pass = audit_window::pass(&run, &window, source.clone(), now);
        let traffic = if all_severities(&window.input) { traffic(&run) } else { Vec::new() };
        let mut view = run.view.clone();
        view.coverage.notes.extend(window.gap.clone());
        if let Some(search) = &search {
            search.run(&mut view, &self.known.redactions);
        }
        history::against(&ledger, &mut view).map_err(|error| of_ledger(&error))?;
        let audit = Audit {
            ledger: &mut ledger,
            tracker: connection.as_mut().map(|connection| connection as &mut dyn Tracker),
            publish: arguments.publish,
            policy: &self.settings.policy(),
            settings: &tracker::publish_settings(&self.settings),
            templates: &self.templates,
            owners: &|incident: &IncidentView| {
                search.as_ref().map_or(Vec::new(), |search| search.checkout.owners(incident))
            },
            adopt: &self.adopt,
            clock: &|| clock(&arguments.input),
            owner: &owner::name(),
            is_dead: &owner::is_dead,
        };
        let audited = audit.run(Look { pass, view, traffic }).map_err(failure)?;
        if self.is_preview(&window, now) && audited.plan.iter().any(|planned| !planned.orders.is_empty()) {
            // `--publish` after it must find what the plan shows, so the same window is read again.
            ledger.restore_cursor(&source, cursor).map_err(|error| of_ledger(&error))?;
        }
        let tense = if arguments.publish { Tense::Published } else { Tense::Planned };
        let page = match arguments.format {
            TextOrJson::Text => audit_plan::text(&audited, tense),
            TextOrJson::Json => audit_plan::json(&audited, tense)?,
        };
        let written = self.write(&audited, tense, now);
        print::text(&page)?;
        if arguments.publish || arguments.notify {
            notify::tell(&self.settings.webhook, &audited);
        }
        written?;
        Ok(self.ended(&run, &audited, window.gap))
    }

    /// Whether the plan is only looked at, so that the next pass is to read the same once more.
    ///
    /// A daemon without `--publish` is no preview. Nor is a window that has grown long: who never publishes would
    /// read ever more, and the same entries count once anyway.
    fn is_preview(&self, window: &Window, now: Timestamp) -> bool {
        let once = !self.arguments.publish && self.arguments.every.is_none();
        let since = window.input.since.as_deref().and_then(|text| input::time("--since", text, now).ok());
        let long = since.is_some_and(|from| now.nanos_since(from) > self.settings.rhythm().longest / 2);
        once && window.live && !long
    }

    /// Writes the reports, the plan and its bodies.
    fn write(&self, audited: &Audited, tense: Tense, now: Timestamp) -> Result<(), Failure> {
        let repository = tracker::repository(&self.arguments.tracker, &self.settings)?;
        let most = limits::of(&self.arguments.input)?.reports;
        let mut files = triage::render_files(&self.templates, &audited.view, most)?;
        files.push(("plan/plan.txt".to_string(), audit_plan::whole(audited, tense)));
        files.extend(audit_commands::files(audited, repository.as_deref().unwrap_or("OWNER/NAME"), tense));
        let below = publish::write_run(&self.arguments.out, now, &files).map_err(|error| {
            Failure::new(Exit::Publish, format!("cannot write the reports below {}", self.arguments.out.display()))
                .because(error)
                .hint("choose another folder with --out")
        })?;
        print::note(&format!("wrote {} below {}", counted(files.len() as u64, "file"), below.display()));
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
            "{}, {}, {}, {}, {} waiting",
            number(run.view.coverage.entries, "entry", "entries"),
            number(audited.view.incidents.len() as u64, "incident", "incidents"),
            number(audited.transitions.len() as u64, "change of state", "changes of state"),
            number(wrote as u64, "write", "writes"),
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

/// Whether entries of every severity come in, so that a count of them says something about the traffic.
fn all_severities(input: &InputArguments) -> bool {
    let narrowed = input.sources.iter().any(|source| source.starts_with("gcp://"));
    !narrowed || input::severity(&input.min_severity).is_ok_and(|least| least == Severity::Default)
}

fn traffic(run: &Run) -> Vec<(String, i64, Traffic)> {
    let services = run.triaged.traffic.services.iter();
    // Entries without a service may be anybody's: over several passes nothing is known of them.
    services
        .filter(|(service, _)| !service.is_empty())
        .flat_map(|(service, minutes)| {
            minutes.iter().map(move |(minute, served)| {
                (service.clone(), *minute, Traffic { entries: served.entries, requests: served.requests })
            })
        })
        .collect()
}

fn number(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn has_token() -> bool {
    const NAMES: [&str; 4] =
        ["GITHUB_TOKEN", "GH_TOKEN", "LOG_GARDENER_GITHUB_TOKEN_FILE", "LOG_GARDENER_GITHUB_APP_ID"];
    NAMES.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// The time of a step: the clock, or where the run was told when it is, that: then the time stands still, and a run
/// that is told the same does the same.
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
        AuditError::Tracker(fault) => {
            tracker::failure("GitHub does not say how our issues stand, so nothing was decided", &fault)
        }
    }
}

/// Writes a small file that other programs watch; a failure is told and stops nothing.
pub(super) fn write_beside(path: &Path, text: &str) {
    if let Err(error) = publish::write_file(path, text.as_bytes()) {
        print::note(&format!("warning: cannot write {}: {error}", path.display()));
    }
}
