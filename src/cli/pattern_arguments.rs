//! The options of the commands that deal with pattern files. Leaves out what they do.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::arguments::{InputArguments, TextOrJson};

#[derive(Debug, Args)]
pub(super) struct PatternsArguments {
    #[command(subcommand)]
    pub(super) command: PatternsCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum PatternsCommand {
    /// List the error patterns
    List {
        /// How to print the result
        #[arg(long, value_enum, default_value = "text")]
        format: TextOrJson,
        /// A folder of pattern files that add to ours or replace them by id
        #[arg(long, value_name = "DIR")]
        patterns: Option<PathBuf>,
    },
    /// Load pattern files and run all their examples, both ways
    Check {
        /// A folder of pattern files; without it the built-in ones are checked
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// Write a pattern file for a group that no pattern knows, with examples from its members
    Draft {
        /// Id of the group or of the incident, as `triage` shows it
        #[arg(value_name = "GROUP")]
        group: String,
        #[command(flatten)]
        input: Box<InputArguments>,
        /// Write the file into this folder; without it, to stdout
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Say which pattern knows an error text, which others match, and what follows
    Explain {
        /// The error text; `-` reads it from stdin
        #[arg(value_name = "TEXT", allow_hyphen_values = true)]
        text: String,
        /// A folder of pattern files that add to ours or replace them by id
        #[arg(long, value_name = "DIR")]
        patterns: Option<PathBuf>,
    },
}
