//! Tries the way to Cloud Logging step by step and says which step fails and what mends it.
//! Leaves out mending, and reading more than one entry.

use std::time::Duration;

use google_cloud_auth::credentials::anonymous;
use google_cloud_gax::error::Error;
use google_cloud_gax::options::RequestOptionsBuilder;
use google_cloud_gax::retry_policy::NeverRetry;
use google_cloud_logging_v2::client::LoggingServiceV2;

use super::client::{Api, Ask, runtime, token, within};
use super::credential_trouble::LOGIN;
use super::credentials;
use super::fault::{self, Fault, Remedy};
use super::filter::window;
use super::settings::CloudSettings;
use super::{CloudAddress, ENDPOINT};
use crate::entry::Timestamp;

/// Nobody waits longer for a diagnosis.
const PATIENCE: Duration = Duration::from_secs(5);
/// Google refuses tokens of clocks that are further off, seconds.
const WRONG_CLOCK: i64 = 300;
const HOUR: i64 = 3_600_000_000_000;

/// One step of the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// `credentials`, `token`, `endpoint`, `clock`, `project`, `permission` or `quota`.
    pub name: &'static str,
    /// Whether it works; `None` when it could not be tried.
    pub works: Option<bool>,
    /// What was found.
    pub found: String,
    /// The command that mends it.
    pub mend: Option<String>,
}

/// Tries everything, the network for a few seconds at most each time.
pub fn examine(address: Option<&CloudAddress>, settings: &CloudSettings, now: Timestamp) -> Vec<Check> {
    let settings = CloudSettings {
        attempts: 1,
        request_time: settings.request_time.min(PATIENCE),
        token_time: settings.token_time.min(PATIENCE),
        ..settings.clone()
    };
    let mut checks = vec![credentials(&settings)];
    if checks[0].works == Some(true) {
        checks.push(a_token(&settings));
    }
    let ready = checks.iter().all(|check| check.works == Some(true));
    checks.extend(endpoint(&settings, now));
    match address {
        Some(address) if ready => checks.extend(entries(address, &settings, now)),
        Some(address) => checks.push(Check::untried("project", format!("{address} cannot be asked without a token"))),
        None => checks.push(Check::untried("project", "name one to try it: log-gardener doctor gcp://PROJECT")),
    }
    checks
}

impl Check {
    fn works(name: &'static str, found: impl Into<String>) -> Check {
        Check { name, works: Some(true), found: found.into(), mend: None }
    }

    fn fails(name: &'static str, found: impl Into<String>, mend: Option<String>) -> Check {
        Check { name, works: Some(false), found: found.into(), mend }
    }

    fn untried(name: &'static str, found: impl Into<String>) -> Check {
        Check { name, works: None, found: found.into(), mend: None }
    }
}

/// Which credentials the client will use; their content is not shown, only their kind.
fn credentials(settings: &CloudSettings) -> Check {
    if settings.endpoint.is_some() && !named(settings) {
        return Check::works("credentials", format!("none are sent, because {ENDPOINT} is set"));
    }
    match credentials::find(&settings.credentials) {
        Ok(found) if settings.endpoint.is_some() => {
            Check::works("credentials", format!("{}; not sent, because {ENDPOINT} is set", found.describe()))
        }
        Ok(found) => Check::works("credentials", found.describe()),
        Err(fault) => Check::fails("credentials", fault.cause, fault.hint),
    }
}

/// Whether options name credentials: these are tried even where they are not sent.
fn named(settings: &CloudSettings) -> bool {
    settings.credentials != super::CredentialChoice::default()
}

fn a_token(settings: &CloudSettings) -> Check {
    if settings.endpoint.is_some() && !named(settings) {
        return Check::works("token", "none is needed");
    }
    let got = runtime().and_then(|runtime| {
        let got = token(&runtime, settings);
        runtime.shutdown_background();
        got
    });
    match got {
        Ok(_) => Check::works("token", "obtained"),
        Err(fault) => Check::fails("token", fault.cause, Some(fault.hint.unwrap_or_else(|| LOGIN.into()))),
    }
}

/// Asks without credentials: any answer, a refusal too, shows that the way is open, and tells the time.
fn endpoint(settings: &CloudSettings, now: Timestamp) -> Vec<Check> {
    let name = settings.endpoint.clone().unwrap_or_else(|| "https://logging.googleapis.com".to_owned());
    let answer = runtime().and_then(|runtime| {
        let answer =
            within(&runtime, settings.request_time, "waiting for an answer", async { Ok(anonymous(settings).await) });
        runtime.shutdown_background();
        answer
    });
    let error = match answer {
        Ok(Ok(())) => return vec![Check::works("endpoint", format!("{name} answers"))],
        Ok(Err(error)) => error,
        Err(fault) => return vec![unreachable(&name, &fault.cause)],
    };
    if error.http_status_code().is_none() {
        return vec![unreachable(&name, &fault::read(&error, false, None).cause)];
    }
    let date = error
        .http_headers()
        .and_then(|headers| headers.get("date"))
        .and_then(|date| chrono::DateTime::parse_from_rfc2822(date.to_str().ok()?).ok());
    let mut checks = vec![Check::works("endpoint", format!("{name} answers"))];
    if let Some(date) = date {
        let off = now.to_utc().signed_duration_since(date).num_seconds();
        let found = format!("{} s {} the server's", off.abs(), if off < 0 { "behind" } else { "before" });
        let found = if off == 0 { "the same as the server's".to_owned() } else { found };
        checks.push(if off.abs() > WRONG_CLOCK {
            Check::fails("clock", found, Some("sudo timedatectl set-ntp true".into()))
        } else {
            Check::works("clock", found)
        });
    }
    checks
}

fn unreachable(name: &str, cause: &str) -> Check {
    let mend = format!("curl -sI {name}   # then look at the network, the proxy (HTTPS_PROXY) and the firewall");
    Check::fails("endpoint", format!("{name} does not answer: {cause}"), Some(mend))
}

async fn anonymous(settings: &CloudSettings) -> Result<(), Error> {
    let mut builder =
        LoggingServiceV2::builder().with_retry_policy(NeverRetry).with_credentials(anonymous::Builder::new().build());
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    let client = builder.build().await.map_err(Error::io)?;
    client.list_log_entries().with_attempt_timeout(settings.request_time).send().await.map(drop)
}

/// Asks for one entry of the last hour.
fn entries(address: &CloudAddress, settings: &CloudSettings, now: Timestamp) -> Vec<Check> {
    let filter = window(now.plus_nanos(-HOUR), now);
    let asked = Api::connect(address, settings)
        .and_then(|mut api| api.page(Ask { filter: &filter, page_token: "", page_size: 1, order: "desc" }));
    let quota = Check::works(
        "quota",
        format!("documented are 60 reads a minute and project; this program keeps to {}", settings.reads_per_minute),
    );
    let reachable = Check::works("project", format!("{address} is known"));
    match asked {
        Ok(page) => {
            let found = if page.entries.is_empty() && page.next_page_token.is_empty() {
                "entries may be listed; the last hour holds none"
            } else {
                "entries may be listed"
            };
            vec![reachable, Check::works("permission", found), quota]
        }
        Err(Fault { remedy: Remedy::Slower, cause, .. }) => {
            let mend = "wait a minute; `gcloud services quota` and the console show who uses it up".to_owned();
            vec![reachable, Check::fails("quota", cause, Some(mend))]
        }
        Err(fault) if fault.cause.starts_with("PERMISSION_DENIED") => {
            vec![Check::fails("permission", fault.cause, fault.hint), quota]
        }
        Err(fault) => vec![Check::fails("project", fault.cause, fault.hint)],
    }
}
