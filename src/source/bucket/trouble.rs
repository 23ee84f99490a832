//! What goes wrong with a bucket, in the words of its user and with the command that mends it.
//! Leaves out bodies and headers of answers: they may repeat tokens.

use std::error::Error as _;
use std::time::Duration;

use object_store::Error;
use object_store::client::{HttpError, HttpErrorKind};

use super::address::{Address, Scheme};
use crate::source::SourceError;

/// Longer causes say nothing more.
const MOST_CHARACTERS: usize = 300;

/// Says why a listing failed.
pub(super) fn not_listed(address: &Address, error: &Error) -> SourceError {
    let Address { scheme, bucket, .. } = address;
    let failed = SourceError::new(format!("cannot read {address}"));
    let cause = cause(error);
    let hint = match (status(error), scheme) {
        (Some(404), _) => {
            return failed
                .caused_by(format!("there is no bucket `{bucket}`"))
                .caused_by(cause)
                .hint("check the name of the bucket and, for S3, the endpoint");
        }
        (Some(403), Scheme::Gs) => format!(
            "allow it: gcloud storage buckets add-iam-policy-binding gs://{bucket} --member=MEMBER --role=roles/storage.objectViewer"
        ),
        (Some(403), Scheme::S3) => {
            format!("the caller (aws sts get-caller-identity) needs s3:ListBucket and s3:GetObject on {bucket}")
        }
        (Some(401), _) => log_in(*scheme).to_owned(),
        (Some(301 | 307), _) => region(bucket),
        _ if cause.contains("region") => region(bucket),
        _ if cause.contains("invalid_grant") || cause.contains("token") => log_in(*scheme).to_owned(),
        _ => "try again; LOG_GARDENER_BUCKET_TIMEOUT (seconds) bounds how long an answer may take".to_owned(),
    };
    failed.caused_by(cause).hint(hint)
}

fn region(bucket: &str) -> String {
    format!("set AWS_REGION to the region of the bucket: aws s3api head-bucket --bucket {bucket}")
}

/// Says that nobody told who is asking.
pub(super) fn no_credentials(address: &Address) -> SourceError {
    let cause = match address.scheme {
        Scheme::Gs => {
            "no credentials: GOOGLE_APPLICATION_CREDENTIALS is not set, gcloud left no login, and there is no metadata server"
        }
        Scheme::S3 => "no credentials: AWS_ACCESS_KEY_ID is not set, no role is given, and there is no metadata server",
    };
    SourceError::new(format!("cannot read {address}")).caused_by(cause).hint(log_in(address.scheme))
}

/// Says that the credentials or settings found cannot be used.
pub(super) fn unusable(address: &Address, error: &Error) -> SourceError {
    SourceError::new(format!("cannot read {address}")).caused_by(cause(error)).hint(log_in(address.scheme))
}

/// Says that an answer did not come in time.
pub(super) fn no_answer(most: Duration) -> String {
    format!("no answer within {} s", most.as_secs())
}

fn log_in(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Gs => {
            "log in: gcloud auth application-default login; or set GOOGLE_APPLICATION_CREDENTIALS to a key file; public buckets: GOOGLE_SKIP_SIGNATURE=true"
        }
        Scheme::S3 => {
            "log in: eval \"$(aws configure export-credentials --format env)\"; public buckets: AWS_SKIP_SIGNATURE=true"
        }
    }
}

/// Returns the cause of an error in few words: the same each time, without addresses, timings and bodies.
pub(super) fn cause(error: &Error) -> String {
    let all = error.to_string();
    let mut words = match status(error) {
        Some(401) => "the credentials were not accepted (401)".to_owned(),
        Some(403) => "permission denied (403)".to_owned(),
        Some(404) => "not found (404)".to_owned(),
        Some(412) => "it changed while it was read (412)".to_owned(),
        Some(429) => "too many requests (429)".to_owned(),
        Some(status) => format!("the service answered with status {status}"),
        None => transport(error).unwrap_or_else(|| innermost(error)),
    };
    if let Some(code) = between(&all, "<Code>", "</Code>") {
        words = format!("{words}: {code}");
    } else if all.contains("invalid_grant") {
        words.push_str(": invalid_grant, the login has expired or was revoked");
    }
    if let Some(message) = between(&all, "<Message>", "</Message>") {
        words = format!("{words}, {message}");
    }
    shorten(&words)
}

/// Returns the status of the answer, if there was one. The crate keeps the type that holds it to itself.
fn status(error: &Error) -> Option<u16> {
    match error {
        Error::NotFound { .. } => Some(404),
        Error::PermissionDenied { .. } => Some(403),
        Error::Unauthenticated { .. } => Some(401),
        Error::Precondition { .. } => Some(412),
        _ => {
            let all = error.to_string();
            let (_, rest) = all.split_once("non-2xx status code: ")?;
            rest.get(..3)?.parse().ok()
        }
    }
}

/// Says how the connection failed, if it did.
fn transport(error: &Error) -> Option<String> {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(failed) = inner.downcast_ref::<HttpError>() {
            let words = match failed.kind() {
                HttpErrorKind::Connect => "cannot connect",
                HttpErrorKind::Timeout => "no answer in time",
                HttpErrorKind::Interrupted => "the connection was cut",
                HttpErrorKind::Decode => "the body broke off or is damaged",
                _ => "the request failed",
            };
            return Some(words.to_owned());
        }
        source = inner.source();
    }
    None
}

fn innermost(error: &Error) -> String {
    let mut last: &dyn std::error::Error = error;
    while let Some(inner) = last.source() {
        last = inner;
    }
    last.to_string()
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(found, _)| found).filter(|found| !found.is_empty() && found.len() < 200)
}

fn shorten(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST_CHARACTERS).collect();
    plain.trim().to_owned()
}
