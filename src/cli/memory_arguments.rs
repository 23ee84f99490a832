//! The arguments of the commands that use the ledger: `audit`, `incidents`, `why`, `silence`, `locks`, `resolve`.
//! Leaves out what they do.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::arguments::{InputArguments, TextOrJson};
use super::code_arguments::CodeArguments;

/// Where the memory is.
#[derive(Debug, Clone, Args)]
pub(super) struct LedgerArguments {
    /// The file that remembers incidents, decisions and what is to be written
    #[arg(long, value_name = "FILE", default_value = "reports/ledger.db", env = "LOG_GARDENER_LEDGER")]
    pub(super) ledger: PathBuf,
}

/// Where issues are kept.
#[derive(Debug, Clone, Args)]
pub(super) struct TrackerArguments {
    /// The repository whose issues are kept true
    #[arg(long, value_name = "OWNER/NAME", env = "GITHUB_REPOSITORY")]
    pub(super) repository: Option<String>,
    /// Settings file; the default is log-gardener.toml in the working directory, if there is one
    #[arg(long, value_name = "FILE")]
    pub(super) settings: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct AuditArguments {
    #[command(flatten)]
    pub(super) input: InputArguments,
    #[command(flatten)]
    pub(super) ledger: LedgerArguments,
    #[command(flatten)]
    pub(super) tracker: TrackerArguments,
    /// Write to GitHub; without it the plan is printed and nothing is written there
    #[arg(long)]
    pub(super) publish: bool,
    /// Tell the webhooks of the settings; with --publish they are told anyway
    #[arg(long)]
    pub(super) notify: bool,
    /// Go on as a daemon, one pass in this time: 15m, 1h
    #[arg(long, value_name = "DURATION")]
    pub(super) every: Option<String>,
    /// Write reports, plan and bodies below this folder; the ledger stays where --ledger says
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(super) out: PathBuf,
    /// Write our part into an issue that a person opened, from now on: its number, for this incident
    #[arg(long, value_name = "INCIDENT=NUMBER")]
    pub(super) adopt: Vec<String>,
    /// How to print the plan
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: TextOrJson,
    /// A folder of templates that replace ours by name
    #[arg(long, value_name = "DIR")]
    pub(super) templates: Option<PathBuf>,
    /// Exit with 1 when an incident is at least this urgent: P0, P1, P2 or P3
    #[arg(long, value_name = "PRIORITY", value_parser = ["P0", "P1", "P2", "P3"])]
    pub(super) fail_on: Option<String>,
    /// Where the source code is; audit takes the owners of a file from it as well.
    #[command(flatten)]
    pub(super) code: CodeArguments,
}

#[derive(Debug, Clone, Subcommand)]
pub(super) enum IncidentsCommand {
    /// Every incident that is remembered, most urgent first
    List {
        /// Only these states: new, ongoing, quiet, resolved, regressed
        #[arg(long, value_name = "STATE")]
        state: Vec<String>,
        #[command(flatten)]
        ledger: LedgerArguments,
        /// How to print the result
        #[arg(long, value_enum, default_value = "text")]
        format: TextOrJson,
    },
    /// What is remembered of one incident
    Show(OneArguments),
    /// How one incident went from state to state, and what was decided
    History(OneArguments),
}

/// One incident and how to print what is known of it.
#[derive(Debug, Clone, Args)]
pub(super) struct OneArguments {
    /// Its id, or the beginning of it
    #[arg(value_name = "INCIDENT")]
    pub(super) incident: String,
    #[command(flatten)]
    pub(super) ledger: LedgerArguments,
    /// How to print the result
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: TextOrJson,
}

#[derive(Debug, Clone, Args)]
pub(super) struct WhyIssueArguments {
    /// The number of the issue
    #[arg(value_name = "NUMBER")]
    pub(super) number: u64,
    #[command(flatten)]
    pub(super) ledger: LedgerArguments,
    /// How to print the result
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: TextOrJson,
}

#[derive(Debug, Clone, Subcommand)]
pub(super) enum SilenceCommand {
    /// Say nothing about something until a time; with --from it is a maintenance window
    Add {
        /// An incident's id, service:NAME, category:NAME, pattern:ID, or all
        #[arg(value_name = "WHAT")]
        what: String,
        /// Until when: RFC 3339, or a time from now such as 2h, 3d
        #[arg(long, value_name = "TIME")]
        until: String,
        /// From when on; the default is now
        #[arg(long, value_name = "TIME")]
        from: Option<String>,
        /// Why; it stands in every decision that it causes
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The time at which the command speaks (RFC 3339); the default is the clock
        #[arg(long, value_name = "TIME", env = "LOG_GARDENER_NOW")]
        now: Option<String>,
        #[command(flatten)]
        ledger: LedgerArguments,
    },
    /// Silences that have not ended
    List {
        /// Also those that have ended
        #[arg(long)]
        all: bool,
        /// The time at which the command speaks (RFC 3339); the default is the clock
        #[arg(long, value_name = "TIME", env = "LOG_GARDENER_NOW")]
        now: Option<String>,
        #[command(flatten)]
        ledger: LedgerArguments,
        /// How to print the result
        #[arg(long, value_enum, default_value = "text")]
        format: TextOrJson,
    },
    /// End a silence now
    End {
        /// Its number
        #[arg(value_name = "NUMBER")]
        id: i64,
        /// The time at which the command speaks (RFC 3339); the default is the clock
        #[arg(long, value_name = "TIME", env = "LOG_GARDENER_NOW")]
        now: Option<String>,
        #[command(flatten)]
        ledger: LedgerArguments,
    },
}

#[derive(Debug, Clone, Subcommand)]
pub(super) enum LocksCommand {
    /// Issues that somebody works on
    List {
        #[command(flatten)]
        tracker: TrackerArguments,
        /// The time at which the command speaks (RFC 3339); the default is the clock
        #[arg(long, value_name = "TIME", env = "LOG_GARDENER_NOW")]
        now: Option<String>,
        /// How to print the result
        #[arg(long, value_enum, default_value = "text")]
        format: TextOrJson,
    },
    /// Say that you work on an issue
    Take {
        /// Its number
        #[arg(value_name = "NUMBER")]
        number: u64,
        #[command(flatten)]
        tracker: TrackerArguments,
        /// The time at which the command speaks (RFC 3339); the default is the clock
        #[arg(long, value_name = "TIME", env = "LOG_GARDENER_NOW")]
        now: Option<String>,
    },
    /// Say that you no longer work on an issue
    Release {
        /// Its number
        #[arg(value_name = "NUMBER")]
        number: u64,
        /// The session label that `take` printed; the default releases whichever session has it
        #[arg(long, value_name = "LABEL")]
        session: Option<String>,
        #[command(flatten)]
        tracker: TrackerArguments,
    },
    /// Take away locks older than 20 minutes without a newer comment; lists them unless --yes is given
    ClearStale {
        /// Do it
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        tracker: TrackerArguments,
        /// The time at which the command speaks (RFC 3339); the default is the clock
        #[arg(long, value_name = "TIME", env = "LOG_GARDENER_NOW")]
        now: Option<String>,
    },
}

#[derive(Debug, Clone, Args)]
pub(super) struct ResolveArguments {
    /// Its id, or the beginning of it
    #[arg(value_name = "INCIDENT")]
    pub(super) incident: String,
    #[command(flatten)]
    pub(super) input: InputArguments,
    #[command(flatten)]
    pub(super) ledger: LedgerArguments,
    #[command(flatten)]
    pub(super) tracker: TrackerArguments,
    /// How much before the fix is compared: 6h, 2d, or a time from which on; the default is all of a file, and a day
    /// of a live source
    #[arg(long, value_name = "TIME")]
    pub(super) before: Option<String>,
    /// The commit that mended it
    #[arg(long, value_name = "SHA")]
    pub(super) commit: Option<String>,
    /// What mended it where that was outside of the service (a dependency, a setting), so that no new revision is
    /// waited for; it stands in the report as stated
    #[arg(long, value_name = "TEXT")]
    pub(super) outside: Option<String>,
    /// A git checkout of the service, for what the commit touched; without it `repo` in [code] of the settings says
    #[arg(long, value_name = "DIR")]
    pub(super) repo: Option<PathBuf>,
    /// Comment on the issue and close it, if it is proven
    #[arg(long)]
    pub(super) publish: bool,
    /// Write the reports below this folder
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(super) out: PathBuf,
    /// How to print the result
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: TextOrJson,
    /// A folder of templates that replace ours by name
    #[arg(long, value_name = "DIR")]
    pub(super) templates: Option<PathBuf>,
}
