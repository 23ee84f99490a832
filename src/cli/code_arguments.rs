//! The options that say where the source code is, and which commit of it logged.
//! Leaves out what is looked for in it.

use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use super::settings::{CodePart, Settings};

/// Where the source code is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Options of the source code")]
pub(super) struct CodeArguments {
    /// A git checkout of the service, in which the cause is looked up; its files and history are only read; without it
    /// `repo` in [code] of log-gardener.toml says
    #[arg(long, value_name = "DIR")]
    pub(super) repo: Option<PathBuf>,
    /// Where a path of the container lies in the repository: /app=. or /srv/shop=services/shop; may be given several
    /// times, and without it the longest common end of the paths counts
    #[arg(long, value_name = "PATH=PATH")]
    pub(super) repo_map: Vec<String>,
    /// The commit that logged: a hash, a tag, a branch; without it labels and revisions of the log say, else it is HEAD
    #[arg(long, value_name = "REVISION")]
    pub(super) deployed: Option<String>,
}

impl CodeArguments {
    /// Returns the options with what the settings in the working directory say where the options name no checkout.
    pub(super) fn settled(&self) -> Result<CodeArguments, Failure> {
        let mut settled = self.clone();
        settled.complete(&Settings::read(None)?.code);
        Ok(settled)
    }

    /// Takes from the settings what the options leave open; the paths of one checkout say nothing of another.
    pub(super) fn complete(&mut self, settings: &CodePart) {
        if self.repo.is_none() {
            self.repo.clone_from(&settings.repo);
            if self.repo_map.is_empty() {
                self.repo_map.clone_from(&settings.map);
            }
        }
    }
}
