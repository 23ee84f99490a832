//! From source arguments to a finished run: opens, reads, feeds, and sums up how it was read.
//! Leaves out printing.

use chrono::{DateTime, Datelike, FixedOffset, Utc};

use crate::entry::{Calm, LogEntry, ReadOptions, Severity, Timestamp};
use crate::limits::Limits;
use crate::pattern::{Catalog, TraceGrammars};
use crate::report::WindowView;
use crate::report::numbers;
use crate::report::view::{SourceView, TriageView};
use crate::source::cloud::CloudQuery;
use crate::source::{self, OriginList, Sink, SourcePath, SourceSummary};
use crate::triage::{Triage, TriageOptions, Triaged};

use super::arguments::InputArguments;
use super::cloud::CredentialArguments;
use super::failure::{Exit, Failure};
use super::progress::Progress;
use super::{cloud, limits, manifest};

/// A source of more bytes gets a SHA-256 only where one is asked for: making it takes longer than all the rest.
const HASHED: u64 = 64 << 20;
/// Threads are not asked for beyond this many unless somebody says so: reading is the bound by then.
const USUAL_THREADS: usize = 8;

/// Refuses values as they are where a result is remembered or goes to others.
pub(super) fn redacts(arguments: &InputArguments, command: &str) -> Result<(), Failure> {
    if !arguments.no_redact {
        return Ok(());
    }
    Err(Failure::new(Exit::Usage, format!("--no-redact cannot be used with {command}"))
        .because("what it finds is remembered in the ledger, published and told to webhooks")
        .hint("look at the values with `log-gardener triage --no-redact`"))
}

/// A finished run with the view of it.
pub(super) struct Run {
    /// The results.
    pub(super) triaged: Triaged,
    /// What every output shows.
    pub(super) view: TriageView,
    /// Whether every source was read to its end.
    pub(super) complete: bool,
}

/// Reads all sources and finds the incidents in them.
pub(super) fn triage(arguments: &InputArguments, catalog: &Catalog, assign: bool) -> Result<Run, Failure> {
    read(arguments, catalog, &mut |options| Triage::new(catalog, options, assign), None)
}

/// The same, and shows every entry to `see` as it is read.
pub(super) fn triage_seeing(
    arguments: &InputArguments,
    catalog: &Catalog,
    see: &mut dyn FnMut(&LogEntry),
) -> Result<Run, Failure> {
    read(arguments, catalog, &mut |options| Triage::new(catalog, options, false), Some(see))
}

/// The same, and counts what was served.
pub(super) fn triage_with_traffic(arguments: &InputArguments, catalog: &Catalog) -> Result<Run, Failure> {
    read(arguments, catalog, &mut |options| Triage::new(catalog, options, false).with_traffic(), None)
}

/// Reads the sources into the run that `begin` makes.
pub(super) fn read<'c>(
    arguments: &InputArguments,
    catalog: &'c Catalog,
    begin: &mut dyn FnMut(TriageOptions) -> Triage<'c>,
    see: Option<&mut dyn FnMut(&LogEntry)>,
) -> Result<Run, Failure> {
    let now = now(arguments.now.as_deref())?;
    let least = severity(&arguments.min_severity)?;
    let (since, until) = window(arguments, now)?;
    let bounds = limits::of(arguments)?;
    let read_options = ReadOptions {
        max_hashed_bytes: if arguments.hash_large { u64::MAX } else { HASHED },
        threads: threads(arguments.threads),
        named: catalog.redactions.fields().to_vec(),
        ..read_options(arguments.assume_tz.as_deref(), now, &bounds)?
    };
    let (paths, mut notes) =
        source::expand_within(&arguments.sources, source::Window { since, until }, bounds.sources)?;
    let queries = cloud::queries(arguments, &paths)?;
    // A widened window is the source's to keep.
    let (from, to) = if arguments.cloud.widen { (None, None) } else { (since, until) };
    let options = TriageOptions { least, since: from, until: to, now };
    let (mut triaged, summaries) = std::thread::scope(|scope| {
        let mut run = begin(options).with_limits(bounds).with_threads(scope, read_options.threads);
        let questions = Questions { queries: &queries, credentials: &arguments.cloud.credentials };
        let mut fed = Fed { run: &mut run, see };
        let summaries = read_paths(&paths, questions, &read_options, &catalog.traces, &mut fed)?;
        let cut: Vec<Severity> = summaries.iter().flat_map(capped).collect();
        let mut triaged = run.finish(&cut);
        triaged.reveal(catalog);
        Ok::<_, Failure>((triaged, summaries))
    })?;
    let complete = summaries.iter().all(|summary| summary.complete);
    let mut asked = WindowView { from: since, to: until };
    if since.is_none() && until.is_none() {
        asked.from = summaries.iter().filter_map(|summary| summary.asked_from).min();
        asked.to = summaries.iter().filter_map(|summary| summary.asked_to).max();
    }
    if let Some((first, last)) = cloud::asked(&queries) {
        asked = WindowView { from: Some(first), to: Some(last) };
    }
    notes.extend(queries.iter().filter_map(cloud::asked_note));
    for summary in &summaries {
        notes.extend(notes_of(summary));
    }
    let sources = summaries.iter().map(source_view).collect();
    let mut view = triaged.view(catalog, sources, asked, notes);
    view.coverage.truncated |= summaries.iter().any(|summary| summary.truncated);
    Ok(Run { triaged, view, complete })
}

/// A run that is fed, with somebody who looks on.
struct Fed<'a, 's, 'c> {
    run: &'a mut Triage<'c>,
    see: Option<&'s mut dyn FnMut(&LogEntry)>,
}

impl Sink for Fed<'_, '_, '_> {
    fn entry(&mut self, entry: LogEntry) {
        if let Some(see) = &mut self.see {
            see(&entry);
        }
        self.run.push(entry);
    }

    fn least(&self) -> Option<Severity> {
        self.run.least().filter(|_| self.see.is_none())
    }

    fn calm(&mut self, calm: &[Calm], origins: &OriginList) {
        self.run.push_calm(calm, origins);
    }

    fn settle(&mut self, origins: &OriginList) {
        self.run.settle(origins);
    }
}

/// Reads `--since` and `--until`.
pub(super) fn window(
    arguments: &InputArguments,
    now: Timestamp,
) -> Result<(Option<Timestamp>, Option<Timestamp>), Failure> {
    let since = arguments.since.as_deref().map(|text| time("--since", text, now)).transpose()?;
    let until = arguments.until.as_deref().map(|text| time("--until", text, now)).transpose()?;
    if since.zip(until).is_some_and(|(since, until)| since >= until) {
        return Err(
            Failure::new(Exit::Usage, "--since is not before --until").hint("a window runs from --since to --until")
        );
    }
    Ok((since, until))
}

/// Opens every source in turn and hands each entry to `sink`; the notes say what a bucket was not asked for.
pub(super) fn read_all(
    arguments: &[String],
    window: source::Window,
    options: &ReadOptions,
    traces: &TraceGrammars,
    sink: &mut dyn Sink,
) -> Result<(Vec<SourceSummary>, Vec<String>), Failure> {
    let (paths, notes) = source::expand_within(arguments, window, limits::of_settings()?.sources)?;
    let none = Questions { queries: &[], credentials: &CredentialArguments::default() };
    Ok((read_paths(&paths, none, options, traces, sink)?, notes))
}

/// The question for each Cloud Logging source, in their order, and whose token they are asked with.
struct Questions<'a> {
    queries: &'a [CloudQuery],
    credentials: &'a CredentialArguments,
}

/// Reads every source in turn.
fn read_paths(
    paths: &[SourcePath],
    questions: Questions<'_>,
    options: &ReadOptions,
    traces: &TraceGrammars,
    sink: &mut dyn Sink,
) -> Result<Vec<SourceSummary>, Failure> {
    let total: u64 = paths.iter().map(|path| path.stored_bytes().unwrap_or(0)).sum();
    let progress = Progress::new(total);
    let mut before = 0;
    let mut summaries = Vec::new();
    let mut queries = questions.queries.iter();
    for path in paths {
        let mut at = 0;
        let mut heard = |bytes| {
            at = bytes;
            progress.at(before + bytes);
        };
        let query = if matches!(path, SourcePath::Cloud(_)) { queries.next() } else { None };
        let mut summary = match query {
            Some(query) => {
                let settings = cloud::settings(questions.credentials)?;
                source::cloud::read(query, &settings, options, traces, &mut heard, sink)?
            }
            None => source::read(path, options, traces, &mut heard, sink)?,
        };
        if let SourcePath::File(file) = path {
            manifest::recall(file, &mut summary);
        }
        before += at;
        summaries.push(summary);
    }
    Ok(summaries)
}

/// Returns how many threads to work with.
pub(super) fn threads(asked: Option<u16>) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from).min(USUAL_THREADS);
    asked.map_or_else(cores, usize::from)
}

/// Reads a severity.
pub(super) fn severity(word: &str) -> Result<Severity, Failure> {
    Severity::from_word(word).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("`{word}` is no severity"))
            .hint("use DEFAULT, DEBUG, INFO, NOTICE, WARNING, ERROR, CRITICAL, ALERT or EMERGENCY")
    })
}

/// Reads a duration such as 30s, 15m or 1h, in nanoseconds.
pub(super) fn duration(option: &str, text: &str) -> Result<i64, Failure> {
    crate::pattern::duration(text).filter(|nanos| *nanos > 0).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("`{text}` is no duration for {option}")).hint("write it as 30s, 15m or 1h")
    })
}

/// Returns how inputs are read.
pub(super) fn read_options(zone: Option<&str>, now: Timestamp, limits: &Limits) -> Result<ReadOptions, Failure> {
    Ok(ReadOptions {
        assume_tz: zone.map(parse_zone).transpose()?,
        reference_year: now.to_utc().year(),
        max_record_bytes: limits.record_bytes,
        max_text_lines: limits.text_lines,
        max_text_bytes: limits.text_bytes,
        max_unpacked_ratio: limits.unpacked_ratio,
        ..ReadOptions::default()
    })
}

fn parse_zone(text: &str) -> Result<FixedOffset, Failure> {
    let utc = matches!(text.to_ascii_uppercase().as_str(), "UTC" | "Z" | "GMT");
    let offset = if utc { FixedOffset::east_opt(0) } else { text.parse().ok() };
    offset.ok_or_else(|| {
        Failure::new(Exit::Usage, format!("`{text}` is no zone"))
            .hint("write UTC or an offset such as +02:00 or -07:00")
    })
}

/// Returns the time at which the run speaks: the argument, else the clock.
pub(super) fn now(argument: Option<&str>) -> Result<Timestamp, Failure> {
    match argument {
        None => Ok(Timestamp::from_chrono(&Utc::now()).unwrap_or(Timestamp(0))),
        Some(text) => rfc3339(text).ok_or_else(|| {
            Failure::new(Exit::Usage, format!("`{text}` is no time for --now")).hint("write it as 2026-09-16T00:43:00Z")
        }),
    }
}

/// Reads a time: RFC 3339, or a duration before `now`.
pub(super) fn time(option: &str, text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    let ago = crate::pattern::duration(text.trim_start_matches('-')).map(|nanos| now.plus_nanos(-nanos));
    rfc3339(text).or(ago).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("`{text}` is no time for {option}"))
            .hint("write it with its zone as 2026-09-16T00:43:00Z, or as a time ago: 15m, 1h, 2d")
    })
}

fn rfc3339(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text.trim()).ok().as_ref().and_then(Timestamp::from_chrono)
}

fn source_view(summary: &SourceSummary) -> SourceView {
    SourceView {
        source: summary.name.clone(),
        sha256: summary.sha256.clone(),
        format: summary.format.to_string(),
        entries: summary.entries,
        skipped: summary.skipped.clone(),
        skipped_total: summary.skipped_total,
        from: summary.first,
        to: summary.last,
    }
}

/// Returns the severities of which a dump holds exactly a usual limit: their older entries were left out.
fn capped(summary: &SourceSummary) -> Vec<Severity> {
    let by_severity = summary.format == "python-dump";
    let capped =
        summary.per_severity.iter().filter(|(_, count)| by_severity && crate::coverage::is_usual_limit(**count));
    capped.map(|(severity, _)| *severity).collect()
}

/// Returns what a reader must know about how one source was read.
fn notes_of(summary: &SourceSummary) -> Vec<String> {
    let name = &summary.name;
    let mut notes: Vec<String> = summary.notes.iter().map(|note| format!("{name}: {note}")).collect();
    if summary.zoneless > 0 {
        notes.push(format!(
            "{name}: {} no zone and {} read as UTC; say --assume-tz if that is wrong",
            numbers::counted(summary.zoneless, "time carries", "times carry"),
            if summary.zoneless == 1 { "was" } else { "were" }
        ));
    }
    if summary.skipped_total > 0 {
        notes.push(format!(
            "{name}: {} could not be read as {}",
            numbers::counted(summary.skipped_total, "part", "parts"),
            if summary.skipped_total == 1 { "a log entry" } else { "log entries" }
        ));
    }
    if summary.invalid_utf8 > 0 {
        notes.push(format!(
            "{name}: {} held bytes that are not UTF-8; they were replaced",
            numbers::counted(summary.invalid_utf8, "record", "records")
        ));
    }
    let capped: Vec<String> = capped(summary)
        .iter()
        .map(|severity| format!("{severity} {}", summary.per_severity.get(severity).copied().unwrap_or(0)))
        .collect();
    if !capped.is_empty() {
        notes.push(format!(
            "{name}: TRUNCATED? exactly {} entries, a usual limit per severity; rates and first times of these severities are not complete",
            capped.join(", ")
        ));
    }
    notes
}
