//! What a failed request means: wait and ask again, get a new token, start the slice again, or give up.
//! Leaves out waiting.

use std::time::Duration;

use google_cloud_gax::error::Error;
use google_cloud_gax::error::rpc::{Code, StatusDetails};

/// What to do about a failed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Ask again after a while.
    Again,
    /// Ask again after a while, and more slowly from now on.
    Slower,
    /// Get a new token, once.
    NewToken,
    /// The page token is not accepted (any more): ask from the last entry on.
    FromLastEntry,
    /// The answer is whole, but an entry in it is none: read it entry by entry.
    EntryByEntry,
    /// No waiting helps.
    GiveUp,
}

/// A failed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// What to do about it.
    pub(super) remedy: Remedy,
    /// What happened, in one line.
    pub(super) cause: String,
    /// How long the server asked to wait.
    pub(super) wait: Option<Duration>,
    /// What the user can do.
    pub(super) hint: Option<String>,
}

impl Fault {
    /// Returns a fault of our own making.
    pub(super) fn new(remedy: Remedy, cause: impl Into<String>) -> Fault {
        Fault { remedy, cause: cause.into(), wait: None, hint: None }
    }
}

/// Reads an error of the client; `paged` tells whether the request carried a page token.
pub(super) fn read(error: &Error, paged: bool, project: Option<&str>) -> Fault {
    let status = error.status();
    let http = error.http_status_code();
    let code = status.map(|status| status.code);
    let remedy = match (code, http) {
        (Some(Code::ResourceExhausted), _) | (_, Some(429)) => Remedy::Slower,
        (Some(Code::Unauthenticated), _) | (_, Some(401)) => Remedy::NewToken,
        (Some(Code::Unavailable | Code::DeadlineExceeded | Code::Internal | Code::Aborted | Code::Unknown), _) => {
            Remedy::Again
        }
        (_, Some(408 | 500..=599)) => Remedy::Again,
        (Some(Code::InvalidArgument | Code::OutOfRange | Code::NotFound), _) if paged => Remedy::FromLastEntry,
        (Some(_), _) | (_, Some(_)) => Remedy::GiveUp,
        (None, None) => without_status(error),
    };
    let cause = match (status, http) {
        (Some(status), _) => format!("{}: {}", status.code.name(), one_line(&status.message)),
        (None, Some(http)) => format!("HTTP {http}"),
        (None, None) => line(error),
    };
    let wait = header(error).or_else(|| retry_info(error));
    let hint = hint(code, http, &cause, project);
    Fault { remedy, cause, wait, hint }
}

/// Reads the end of a stream: what the server ends by itself, as it does every hour, may be opened again.
pub(super) fn of_stream(error: &Error, project: Option<&str>) -> Fault {
    let mut fault = read(error, false, project);
    if error.status().is_none() && (error.is_connect() || error.is_transport()) {
        // The layers between say the same in words of their own.
        let what = if error.is_connect() { "cannot connect" } else { "the connection broke" };
        fault.cause = format!("{what}: {}", one_line(&innermost(error).to_string()));
    }
    match error.status().map(|status| status.code) {
        Some(Code::OutOfRange | Code::Cancelled | Code::Ok) => Fault { remedy: Remedy::Again, hint: None, ..fault },
        _ => fault,
    }
}

fn innermost(error: &dyn std::error::Error) -> &dyn std::error::Error {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error
}

/// Errors without an answer: the network, a cut or garbled answer, the credentials.
fn without_status(error: &Error) -> Remedy {
    if error.is_authentication() {
        return Remedy::NewToken;
    }
    let json = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<serde_json::Error>());
    if error.is_deserialization() && json.is_some_and(serde_json::Error::is_data) {
        return Remedy::EntryByEntry;
    }
    let passing = error.is_timeout()
        || error.is_io()
        || error.is_connect()
        || error.is_transport()
        || error.is_deserialization()
        || error.is_exhausted();
    if passing { Remedy::Again } else { Remedy::GiveUp }
}

/// Returns an error with its causes in one line.
pub(super) fn line(error: &dyn std::error::Error) -> String {
    one_line(&words(error))
}

/// Returns an error with its causes, however long.
pub(super) fn words(error: &dyn std::error::Error) -> String {
    let text = chain(error);
    // The address of the request is always the same and says nothing.
    match text.split_once(" for url (").map(|(before, rest)| (before, rest.split_once(')'))) {
        Some((before, Some((_, after)))) => format!("{before}{after}"),
        _ => text,
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut inner = error.source();
    while let Some(cause) = inner {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        inner = cause.source();
    }
    text
}

/// Messages of servers may hold anything; one line of moderate length is shown.
pub(super) fn one_line(text: &str) -> String {
    const MOST: usize = 400;
    let mut line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(MOST) {
        line.truncate(end);
        line.push_str(" ...");
    }
    line
}

/// `Retry-After` in seconds or as a date.
fn header(error: &Error) -> Option<Duration> {
    let headers = error.http_headers()?;
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = chrono::DateTime::parse_from_rfc2822(text).ok()?;
    let date = headers.get("date").and_then(|date| chrono::DateTime::parse_from_rfc2822(date.to_str().ok()?).ok());
    // The server's own clock is the one that its date belongs to.
    let now = date.map_or_else(chrono::Utc::now, |date| date.to_utc());
    (until.to_utc() - now).to_std().ok()
}

fn retry_info(error: &Error) -> Option<Duration> {
    error.status()?.details.iter().find_map(|detail| match detail {
        StatusDetails::RetryInfo(info) => {
            let delay = info.retry_delay.as_ref()?;
            let nanos = u32::try_from(delay.nanos()).ok()?;
            Some(Duration::new(u64::try_from(delay.seconds()).ok()?, nanos))
        }
        _ => None,
    })
}

fn hint(code: Option<Code>, http: Option<u16>, cause: &str, project: Option<&str>) -> Option<String> {
    let project = project.unwrap_or("PROJECT");
    let hint = match (code, http) {
        _ if cause.contains("quota project") => format!("gcloud auth application-default set-quota-project {project}"),
        (Some(Code::PermissionDenied), _) | (_, Some(403))
            if cause.contains("has not been used") || cause.contains("disabled") =>
        {
            format!("gcloud services enable logging.googleapis.com --project {project}")
        }
        (Some(Code::PermissionDenied), _) | (_, Some(403)) => {
            format!("gcloud projects add-iam-policy-binding {project} --member user:YOU --role roles/logging.viewer")
        }
        (Some(Code::Unauthenticated), _) | (_, Some(401)) => "gcloud auth application-default login".to_owned(),
        (Some(Code::NotFound), _) | (_, Some(404)) => {
            "check the address; `gcloud projects list` shows the projects you can see".to_owned()
        }
        (Some(Code::InvalidArgument), _) => "look at the filter: --explain-filter prints it".to_owned(),
        _ => return None,
    };
    Some(hint)
}
