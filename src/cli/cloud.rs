//! The options of Cloud Logging sources, and the question they make.
//! Leaves out asking it.

use std::path::PathBuf;

use clap::Args;

use crate::entry::{Severity, Timestamp};
use crate::source::SourcePath;
use crate::source::cloud::{CloudAddress, CloudQuery, CloudSettings, CredentialChoice, Selection, Window};

use super::arguments::InputArguments;
use super::failure::{Exit, Failure};
use super::{input, print};

/// Without `--since`, this much before `--until` (or now) is read, nanoseconds.
const HOUR: i64 = 3_600_000_000_000;

/// What to ask Cloud Logging for.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of gcp:// sources")]
pub(super) struct CloudArguments {
    /// Entries of this service only: Cloud Run, GKE container, function, job or App Engine module
    #[arg(long, value_name = "NAME")]
    pub(super) service: Option<String>,
    /// Entries of this revision only
    #[arg(long, value_name = "NAME")]
    pub(super) revision: Option<String>,
    /// Entries of this type of resource only, such as cloud_run_revision
    #[arg(long, value_name = "TYPE")]
    pub(super) resource_type: Option<String>,
    /// Entries of this log only, such as run.googleapis.com/stderr; may be given several times
    #[arg(long = "log", value_name = "LOG")]
    pub(super) logs: Vec<String>,
    /// A filter in the Logging query language, in addition to the other options
    #[arg(long, value_name = "FILTER")]
    pub(super) filter: Option<String>,
    /// Stop after so many entries, oldest first; without it every entry is read
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) limit: Option<u64>,
    /// Widen the window, up to three times by half, while errors touch its edges
    #[arg(long)]
    pub(super) widen: bool,
    /// Print the filter and what it is asked of, and end without connecting
    #[arg(long)]
    pub(super) explain_filter: bool,
    /// Whether entries of every severity are asked for, whatever an event must have.
    #[arg(skip)]
    pub(super) whole: bool,
    /// Whose token is used.
    #[command(flatten)]
    pub(super) credentials: CredentialArguments,
}

/// Whose token is used; without options the one that Google's client libraries find.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(super) struct CredentialArguments {
    /// A file of credentials (user, service account, impersonation, workload identity); the default is the
    /// login that gcloud left, or the metadata server
    #[arg(long, value_name = "FILE")]
    pub(super) credentials: Option<PathBuf>,
    /// Read as this service account, on whose behalf the credentials may create tokens
    #[arg(long, value_name = "EMAIL")]
    pub(super) impersonate_service_account: Option<String>,
}

impl CredentialArguments {
    fn choice(&self) -> Result<CredentialChoice, Failure> {
        let impersonate = self.impersonate_service_account.clone();
        if let Some(email) = impersonate.as_ref().filter(|email| !is_email(email)) {
            return Err(Failure::new(Exit::Usage, format!("`{email}` is no service account"))
                .hint("write its email, such as NAME@PROJECT.iam.gserviceaccount.com"));
        }
        Ok(CredentialChoice { file: self.credentials.clone(), impersonate })
    }
}

/// The email becomes part of an address, so nothing else may stand in it.
fn is_email(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
    };
    text.split_once('@').is_some_and(|(name, domain)| plain(name) && plain(domain))
}

impl CloudArguments {
    pub(super) fn is_empty(&self) -> bool {
        let names = [&self.service, &self.revision, &self.resource_type, &self.filter];
        let texts = names.iter().all(|name| name.is_none()) && self.logs.is_empty();
        let named = self.credentials != CredentialArguments::default();
        texts && self.limit.is_none() && !self.widen && !self.explain_filter && !named
    }
}

/// Returns the questions for the Cloud Logging sources among `paths`, in their order.
pub(super) fn queries(arguments: &InputArguments, paths: &[SourcePath]) -> Result<Vec<CloudQuery>, Failure> {
    let cloud = &arguments.cloud;
    let addresses: Vec<_> = paths
        .iter()
        .filter_map(|path| match path {
            SourcePath::Cloud(address) => Some(address),
            _ => None,
        })
        .collect();
    if addresses.is_empty() {
        if cloud.is_empty() {
            return Ok(Vec::new());
        }
        return Err(no_source());
    }
    if cloud.widen && addresses.len() < paths.len() {
        return Err(Failure::new(Exit::Usage, "--widen cannot be used with files beside gcp:// sources")
            .hint("a file holds no more than it holds; run them apart"));
    }
    let now = input::now(arguments.now.as_deref())?;
    let (since, until) = input::window(arguments, now)?;
    let selection = selection(cloud, &arguments.min_severity)?;
    // What is wrong with options is said before anything is read.
    cloud.credentials.choice()?;
    let to = until.unwrap_or(now);
    let window = Window { from: since.unwrap_or(to.plus_nanos(-HOUR)), to };
    let query = |address: &&CloudAddress| CloudQuery {
        address: (**address).clone(),
        selection: selection.clone(),
        window,
        limit: cloud.limit,
        widen: cloud.widen,
        now,
    };
    Ok(addresses.iter().map(query).collect())
}

/// Returns the failure of options that ask Cloud Logging where it is no source.
pub(super) fn no_source() -> Failure {
    Failure::new(Exit::Usage, "no gcp:// source is named")
        .because("--service, --revision, --resource-type, --log, --filter, --limit, --widen, --explain-filter, --credentials and --impersonate-service-account are for Cloud Logging")
        .hint("name a source such as gcp://PROJECT, or leave these options out")
}

/// Returns which entries are asked for.
pub(super) fn selection(cloud: &CloudArguments, min_severity: &str) -> Result<Selection, Failure> {
    let selection = Selection {
        least: if cloud.whole { Severity::Default } else { input::severity(min_severity)? },
        service: cloud.service.clone(),
        revision: cloud.revision.clone(),
        resource_type: cloud.resource_type.clone(),
        logs: cloud.logs.clone(),
        raw: cloud.filter.clone(),
    };
    selection.check().map_err(|error| Failure { exit: Exit::Usage, ..Failure::from(error) })?;
    Ok(selection)
}

/// Returns how patiently Cloud Logging is asked, and with whose token.
pub(super) fn settings(credentials: &CredentialArguments) -> Result<CloudSettings, Failure> {
    let choice = credentials.choice()?;
    let named = || std::env::var_os("GOOGLE_APPLICATION_CREDENTIALS").map(PathBuf::from);
    if let Some(file) = choice.file.clone().or_else(named) {
        print::warn_if_open(&file);
    }
    CloudSettings::from_environment(choice).map_err(|error| Failure { exit: Exit::Usage, ..Failure::from(error) })
}

/// Prints what would be asked: the resource names and the filter of each source.
pub(super) fn explain(arguments: &InputArguments) -> Result<Exit, Failure> {
    let paths = crate::source::expand(&arguments.sources)?;
    let mut text = String::new();
    for query in queries(arguments, &paths)? {
        let Window { from, to } = query.window;
        text.push_str(&format!("resource names  {}\n", query.address.resource_name()));
        text.push_str(&format!("window          {from} - {to}\n"));
        text.push_str(&format!("filter          {}\n", query.selection.filter(&query.address, from, to)));
    }
    print::text(&text)
}

/// Says which severities were asked for, because a count of what was not asked for means nothing.
pub(super) fn asked_note(query: &CloudQuery) -> Option<String> {
    (query.selection.least > Severity::Default).then(|| {
        format!(
            "{}: only entries with severity {} or higher, or without one, and recorded deployments were asked for",
            query.address, query.selection.least
        )
    })
}

/// Returns the window asked for over all questions.
pub(super) fn asked(queries: &[CloudQuery]) -> Option<(Timestamp, Timestamp)> {
    let first = queries.iter().map(|query| query.window.from).min()?;
    let last = queries.iter().map(|query| query.window.to).max()?;
    Some((first, last))
}
