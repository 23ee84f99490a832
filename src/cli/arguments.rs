//! Every command and option, with its help text.
//! Leaves out what they do.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::limits::Limits;

use super::check_arguments::{LintArguments, VerifyArguments};
use super::cloud::{CloudArguments, CredentialArguments};
use super::code_arguments::CodeArguments;
use super::memory_arguments::{
    AuditArguments, IncidentsCommand, LedgerArguments, LocksCommand, ResolveArguments, SilenceCommand,
    WhyIssueArguments,
};
use super::pattern_arguments::PatternsArguments;
use super::redact::RedactArguments;

/// Says what is broken, what broke only because of it, and why, with evidence for each statement.
#[derive(Debug, Parser)]
#[command(name = "log-gardener", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  an incident at or above --fail-on; a claim that does not hold; a score below --at-least
  2  wrong arguments, settings, patterns or templates
  3  a source could not be read, or not completely, or held no entries
  4  writing or publishing failed";

/// For `resolve` the window that matters begins with the fix.
const SINCE_FIXED: &str = "When the fix went into service: RFC 3339, a time ago such as 90m, or the revision that \
    brought it; the default is the first entry of the newest revision";

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Find incidents in logs: roots, consequences, causes
    Triage(TriageArguments),
    /// Render the five-whys report of one incident, or of the whole run
    Report(ReportArguments),
    /// Render the title, labels and body of the GitHub issue of one incident
    Issue(IssueArguments),
    /// Check every number, quotation, id and time of a report or issue body against the input
    Verify(VerifyArguments),
    /// Score a report by the 20 points of a good one
    Lint(LintArguments),
    /// Follow a growing log or Cloud Logging and print incidents as they emerge
    Tail(TailArguments),
    /// Save what Cloud Logging holds, to triage it offline and as often as needed
    Fetch(FetchArguments),
    /// Check everything that reading Cloud Logging needs, and say what mends it
    Doctor(DoctorArguments),
    /// Remember what is found, decide what to do about it, and keep GitHub issues in step
    Audit(AuditArguments),
    /// What is remembered of incidents
    #[command(subcommand)]
    Incidents(IncidentsCommand),
    /// With sources: what links a group to its causes and effects. Without: why an incident of the ledger was treated
    /// as it was, each change of state, decision and write with its reason
    #[command(mut_arg("sources", |sources| sources.required(false)))]
    Why(Box<WhyArguments>),
    /// Why one group is not linked to another as its cause: everything that was looked at
    WhyNot(Box<WhyNotArguments>),
    /// The same for an issue
    WhyIssue(WhyIssueArguments),
    /// Say nothing about something for a while
    #[command(subcommand)]
    Silence(SilenceCommand),
    /// Who works on which issue
    #[command(subcommand)]
    Locks(LocksCommand),
    /// Prove that an incident is mended, or say what speaks against it
    #[command(mut_arg("since", |since| since.value_name("DEPLOY").help(SINCE_FIXED)))]
    Resolve(ResolveArguments),
    /// Show how an input is read: one JSON line per event block
    Parse(ParseArguments),
    /// Group every line into templates, not only errors
    Templates(TemplatesArguments),
    /// Say whether two error texts fall into one group, and why
    Same(SameArguments),
    /// Print a log without its secrets and personal data, line by line
    Redact(RedactArguments),
    /// List, check and explain error patterns
    Patterns(PatternsArguments),
    /// Print a completion script for a shell
    Completions {
        /// The shell to complete for
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff)
    Man,
}

/// What to read and how.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct InputArguments {
    /// Files, folders, globs, gcp://PROJECT, gs:// or s3:// BUCKET/PREFIX, or `-` for stdin; .gz and .zst are read
    #[arg(value_name = "SOURCE", required = true)]
    pub(super) sources: Vec<String>,
    /// Look at entries from this time on: RFC 3339, or a time ago such as 90m, 1h, 2d
    #[arg(long, value_name = "TIME")]
    pub(super) since: Option<String>,
    /// Look at entries before this time
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<String>,
    /// Least severity of an event; inferred where an entry states none
    #[arg(long, value_name = "SEVERITY", default_value = "WARNING")]
    pub(super) min_severity: String,
    /// Zone of times written without one: UTC, +02:00, -07:00
    #[arg(long, value_name = "ZONE")]
    pub(super) assume_tz: Option<String>,
    /// The time at which the run speaks (RFC 3339); the default is the clock
    #[arg(long, value_name = "TIME", env = "LOG_GARDENER_NOW")]
    pub(super) now: Option<String>,
    /// A folder of pattern files that add to ours or replace them by id
    #[arg(long, value_name = "DIR")]
    pub(super) patterns: Option<PathBuf>,
    /// Longest record read, in bytes; longer ones are skipped and counted [default: 16777216]
    #[arg(long, value_name = "BYTES")]
    pub(super) max_record_bytes: Option<usize>,
    /// How many times its size a compressed source may unpack to; what is beyond is not read [default: 500]
    #[arg(long, value_name = "N")]
    pub(super) max_unpacked_ratio: Option<NonZeroU64>,
    /// Different errors told apart; further ones are counted together [default: 20000]
    #[arg(long, value_name = "N")]
    pub(super) max_groups: Option<NonZeroUsize>,
    /// The limits of settings that were read already; the others of `[limits]` are set there.
    #[arg(skip)]
    pub(super) limits: Option<Limits>,
    /// Threads to work with; the default is one for each core up to 8, and the result is the same
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) threads: Option<u16>,
    /// Show values as they stand in the log, for the own screen: secrets and personal data are not replaced by marks
    #[arg(long)]
    pub(super) no_redact: bool,
    /// Whether large sources get a SHA-256 too, as documents that name their inputs want it.
    #[arg(skip = true)]
    pub(super) hash_large: bool,
    /// What to ask Cloud Logging for.
    #[command(flatten)]
    pub(super) cloud: CloudArguments,
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For reading in a terminal
    Text,
    /// For programs: the documented JSON
    Json,
    /// For pages: the summary and one report per incident
    Markdown,
}

/// Text or JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TextOrJson {
    /// For reading in a terminal
    Text,
    /// For programs: the documented JSON
    Json,
}

#[derive(Debug, Args)]
pub(super) struct TriageArguments {
    #[command(flatten)]
    pub(super) input: InputArguments,
    /// How to print the result
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
    /// Make a SHA-256 of sources beyond 64 MiB too; documents that are written always state it
    #[arg(long)]
    pub(super) sha256: bool,
    /// Write reports, issue bodies, summary, worklog and JSON below `reports/`
    #[arg(long)]
    pub(super) write: bool,
    /// Write them below this folder instead
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// A folder of templates that replace ours by name
    #[arg(long, value_name = "DIR")]
    pub(super) templates: Option<PathBuf>,
    /// Write one JSON line per entry of an event: its group, incident and role
    #[arg(long, value_name = "FILE")]
    pub(super) assignments: Option<PathBuf>,
    /// The ledger, or what an earlier run printed with `--format json`: incidents it lacks are new, rates beyond it escalate
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Exit with 1 when an incident is at least this urgent: P0, P1, P2 or P3
    #[arg(long, value_name = "PRIORITY", value_parser = ["P0", "P1", "P2", "P3"])]
    pub(super) fail_on: Option<String>,
    /// Show every incident in full, also the less urgent ones and noise (test clients, probes, normal shutdown)
    #[arg(long)]
    pub(super) all: bool,
    /// Where the source code is.
    #[command(flatten)]
    pub(super) code: CodeArguments,
}

/// Which document is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Document {
    /// The five-whys report of one incident
    Report,
    /// The audit report of the primary incident: why it was chosen, test plan, next actions
    Audit,
    /// The executive summary of the run
    Summary,
    /// The worklog of the run
    Worklog,
}

/// Form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Page {
    /// Markdown, for terminals, repositories and issues
    Markdown,
    /// One file for a browser that loads nothing from anywhere: of an incident, or with --document summary of the run
    Html,
}

#[derive(Debug, Args)]
pub(super) struct ReportArguments {
    #[command(flatten)]
    pub(super) input: InputArguments,
    /// Id of the incident, as `triage` shows it; the default is the first
    #[arg(long, value_name = "ID")]
    pub(super) incident: Option<String>,
    /// Which document
    #[arg(long, value_enum, default_value = "report")]
    pub(super) document: Document,
    /// How to print it
    #[arg(long, value_enum, default_value = "markdown")]
    pub(super) format: Page,
    /// A folder of templates that replace ours by name
    #[arg(long, value_name = "DIR")]
    pub(super) templates: Option<PathBuf>,
    /// Where the source code is.
    #[command(flatten)]
    pub(super) code: CodeArguments,
}

#[derive(Debug, Args)]
pub(super) struct IssueArguments {
    #[command(flatten)]
    pub(super) input: InputArguments,
    /// Id of the incident, as `triage` shows it; the default is the first
    #[arg(long, value_name = "ID")]
    pub(super) incident: Option<String>,
    /// How to print it: text is title, labels and body; JSON holds the three as fields
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: TextOrJson,
    /// A folder of templates that replace ours by name
    #[arg(long, value_name = "DIR")]
    pub(super) templates: Option<PathBuf>,
    /// Where the source code is.
    #[command(flatten)]
    pub(super) code: CodeArguments,
}

#[derive(Debug, Args)]
pub(super) struct WhyArguments {
    /// Id of a group in the sources, or of an incident in the ledger; the beginning is enough
    #[arg(value_name = "ID")]
    pub(super) id: String,
    #[command(flatten)]
    pub(super) input: InputArguments,
    #[command(flatten)]
    pub(super) ledger: LedgerArguments,
    /// How to print the result
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: TextOrJson,
}

#[derive(Debug, Args)]
pub(super) struct WhyNotArguments {
    /// Id of the group that could be the cause; the beginning is enough
    #[arg(value_name = "CAUSE")]
    pub(super) cause: String,
    /// Id of the group that could be the effect
    #[arg(value_name = "EFFECT")]
    pub(super) effect: String,
    #[command(flatten)]
    pub(super) input: InputArguments,
    /// How to print the result
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: TextOrJson,
}

#[derive(Debug, Args)]
pub(super) struct TailArguments {
    /// A file that grows, gcp://PROJECT, or `-` for stdin
    #[arg(value_name = "SOURCE")]
    pub(super) source: String,
    /// Begin with what the file already holds, not at its end; of gcp:// with the entries of the last --window
    #[arg(long)]
    pub(super) from_start: bool,
    /// Entries this recent are judged together: 15m, 1h
    #[arg(long, value_name = "DURATION", default_value = "15m")]
    pub(super) window: String,
    /// Stop by itself after this time: 30s, 10m
    #[arg(long, value_name = "DURATION")]
    pub(super) stop_after: Option<String>,
    /// How to print: text for reading, JSON as one line per piece of news
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: TextOrJson,
    /// Least severity of an event; inferred where an entry states none
    #[arg(long, value_name = "SEVERITY", default_value = "WARNING")]
    pub(super) min_severity: String,
    /// Zone of times written without one: UTC, +02:00, -07:00
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    pub(super) assume_tz: Option<String>,
    /// A folder of pattern files that add to ours or replace them by id
    #[arg(long, value_name = "DIR")]
    pub(super) patterns: Option<PathBuf>,
    /// What to ask Cloud Logging for.
    #[command(flatten)]
    pub(super) cloud: CloudArguments,
    /// Where the source code is.
    #[command(flatten)]
    pub(super) code: CodeArguments,
}

#[derive(Debug, Args)]
pub(super) struct FetchArguments {
    #[command(flatten)]
    pub(super) input: InputArguments,
    /// The file to write: zstd, or gzip and plain text by its ending (.gz, .ndjson)
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Go on with the part that an interrupted run left
    #[arg(long)]
    pub(super) resume: bool,
}

#[derive(Debug, Args)]
pub(super) struct DoctorArguments {
    /// What to try, such as gcp://PROJECT
    #[arg(value_name = "SOURCE")]
    pub(super) source: Option<String>,
    /// Whose token is tried.
    #[command(flatten)]
    pub(super) credentials: CredentialArguments,
    /// How to print the result
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: TextOrJson,
    /// The time at which the run speaks (RFC 3339); the default is the clock
    #[arg(long, value_name = "TIME", env = "LOG_GARDENER_NOW")]
    pub(super) now: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct ParseArguments {
    /// Files, folders, globs, gs://BUCKET/PREFIX, s3://BUCKET/PREFIX or `-` for stdin; .gz and .zst are read
    #[arg(value_name = "SOURCE", required = true)]
    pub(super) sources: Vec<String>,
    /// Zone of times written without one: UTC, +02:00, -07:00
    #[arg(long, value_name = "ZONE")]
    pub(super) assume_tz: Option<String>,
    /// Show values as they stand in the log: secrets and personal data are not replaced by marks
    #[arg(long)]
    pub(super) no_redact: bool,
    /// A folder of pattern files that add to ours or replace them by id
    #[arg(long, value_name = "DIR")]
    pub(super) patterns: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct TemplatesArguments {
    /// Files, folders, globs, gs://BUCKET/PREFIX, s3://BUCKET/PREFIX or `-` for stdin; .gz and .zst are read
    #[arg(value_name = "SOURCE", required = true)]
    pub(super) sources: Vec<String>,
    /// Lines have no header (time, level, logger): every word is message
    #[arg(long)]
    pub(super) content: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: TextOrJson,
    /// Write one template id per input line, aligned with the input
    #[arg(long, value_name = "FILE")]
    pub(super) assignments: Option<PathBuf>,
    /// What an earlier run printed with `--format json`: templates it lacks are new, rates beyond it escalate
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Show values as they stand in the log: secrets and personal data are not replaced by marks
    #[arg(long)]
    pub(super) no_redact: bool,
    /// A folder of pattern files that add to ours or replace them by id
    #[arg(long, value_name = "DIR")]
    pub(super) patterns: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct SameArguments {
    /// Two files, each with one error text
    #[arg(value_name = "FILE", num_args = 0..=2)]
    pub(super) files: Vec<PathBuf>,
    /// An error text; give it twice instead of files
    #[arg(short = 'e', long = "text", value_name = "TEXT", allow_hyphen_values = true)]
    pub(super) texts: Vec<String>,
    /// How to print the result; the default is text on a terminal and JSON elsewhere
    #[arg(long, value_enum)]
    pub(super) format: Option<TextOrJson>,
    /// A folder of pattern files that add to ours or replace them by id
    #[arg(long, value_name = "DIR")]
    pub(super) patterns: Option<PathBuf>,
}
