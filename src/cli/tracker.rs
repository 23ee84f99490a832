//! From settings and environment to a connection with the tracker.
//! Leaves out what is asked of it.

use std::path::Path;

use crate::entry::Timestamp;
use crate::publish::github::{Fault, FaultKind, GitHub, GitHubSettings, PublishSettings, repository_name};

use super::failure::{Exit, Failure};
use super::memory_arguments::TrackerArguments;
use super::print;
use super::settings::Settings;

/// Returns the repository's name from the option, the environment or the settings, if one is named.
pub(super) fn repository(arguments: &TrackerArguments, settings: &Settings) -> Result<Option<String>, Failure> {
    let named = arguments.repository.as_ref().or(settings.github.repository.as_ref());
    let named = named.map(|text| repository_name(text)).transpose();
    // Nothing was sent yet: what is wrong here is how the program was set up.
    named.map_err(|fault| Failure { exit: Exit::Usage, ..failure("cannot reach the issues", &fault) })
}

/// Connects, or says what is missing.
pub(super) fn connect(arguments: &TrackerArguments, settings: &Settings) -> Result<GitHub, Failure> {
    let Some(repository) = repository(arguments, settings)? else {
        return Err(Failure::new(Exit::Usage, "no repository is named").hint(
            "name it with --repository OWNER/NAME, or in log-gardener.toml: [github] repository = \"OWNER/NAME\"",
        ));
    };
    let variable = |name: &str| match (name, &settings.github.api) {
        // What the environment says goes before the file.
        ("GITHUB_API_URL", Some(api)) => std::env::var(name).ok().or_else(|| Some(api.clone())),
        _ => std::env::var(name).ok(),
    };
    for name in ["LOG_GARDENER_GITHUB_TOKEN_FILE", "LOG_GARDENER_GITHUB_APP_KEY_FILE"] {
        if let Some(path) = std::env::var_os(name) {
            print::warn_if_open(Path::new(&path));
        }
    }
    let helper = settings.github.token_command.as_deref();
    let asked = GitHubSettings::from_environment(&repository, &variable, helper).and_then(GitHub::new);
    let message = format!("cannot reach the issues of {repository}");
    asked.map_err(|fault| Failure { exit: Exit::Usage, ..failure(&message, &fault) })
}

/// Returns how orders are carried out.
pub(super) fn publish_settings(settings: &Settings) -> PublishSettings {
    let default = PublishSettings::default();
    PublishSettings {
        label: settings.labels().generated,
        create_labels: settings.github.create_labels.unwrap_or(default.create_labels),
        ..default
    }
}

/// Returns what the user sees of a failed call.
pub(super) fn failure(message: &str, fault: &Fault) -> Failure {
    let failure = Failure::new(Exit::Publish, message).because(&fault.cause);
    match (&fault.hint, fault.kind) {
        (Some(hint), _) => failure.hint(hint),
        (None, FaultKind::RetryLater(at)) => failure.hint(format!("run it again after {}", Timestamp::short(at))),
        (None, _) => failure,
    }
}
