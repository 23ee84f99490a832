//! The options of the commands that check a document: `verify` and `lint`.
//! Leaves out what they do.

use std::path::PathBuf;

use clap::Args;

use super::arguments::{InputArguments, TextOrJson};
use super::code_arguments::CodeArguments;

/// What a document is checked against.
#[derive(Debug, Clone, Args)]
pub(super) struct AgainstArguments {
    /// A folder of templates that replace ours by name
    #[arg(long, value_name = "DIR")]
    pub(super) templates: Option<PathBuf>,
    /// The ledger, for what a document says from memory: states, issue numbers, counts over all passes
    #[arg(long, value_name = "FILE")]
    pub(super) ledger: Option<PathBuf>,
    /// Where the source code is.
    #[command(flatten)]
    pub(super) code: CodeArguments,
    /// The input and how it is read; time and window are read from the document where they are not given.
    #[command(flatten)]
    pub(super) input: InputArguments,
}

#[derive(Debug, Args)]
#[command(override_usage = "log-gardener verify [OPTIONS] <REPORT> --against <SOURCE>...")]
#[command(mut_arg("sources", |sources| sources.long("against").num_args(1..)))]
pub(super) struct VerifyArguments {
    /// The report, issue body, audit, summary or worklog; `-` for stdin
    #[arg(value_name = "REPORT")]
    pub(super) report: PathBuf,
    /// How to print the result
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: TextOrJson,
    /// What it is checked against.
    #[command(flatten)]
    pub(super) against: AgainstArguments,
}

#[derive(Debug, Args)]
#[command(mut_arg("sources", |sources| {
    sources.long("against").num_args(1..).required(false).help("Verify the report against this input as well")
}))]
pub(super) struct LintArguments {
    /// The report; `-` for stdin
    #[arg(value_name = "REPORT")]
    pub(super) report: PathBuf,
    /// How to print the result
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: TextOrJson,
    /// Exit with 1 when the report scores less than this, of 20
    #[arg(long, value_name = "N")]
    pub(super) at_least: Option<f64>,
    /// What point 3 is checked against.
    #[command(flatten)]
    pub(super) against: AgainstArguments,
}
