//! Asks Cloud Logging for one page at a time, with patience: quota, retries, a new token.
//! Leaves out which pages are asked for, and what stands in them. The only async code of the source.

use std::future::Future;
use std::time::{Duration, Instant};

use google_cloud_auth::credentials::{Credentials, anonymous};
use google_cloud_gax::options::RequestOptionsBuilder;
use google_cloud_gax::retry_policy::NeverRetry;
use google_cloud_logging_v2::client::LoggingServiceV2;
use tokio::runtime::Runtime;

use super::CloudAddress;
use super::credential_trouble as trouble;
use super::credentials;
use super::fault::{self, Fault, Remedy};
use super::limiter::Limiter;
use super::page::{self, Page};
use super::settings::{CloudSettings, Jitter, backoff};
use crate::source::SourceError;

/// Most entries that the API puts into one page.
pub(super) const PAGE: i32 = 1000;

/// What one request asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'a> {
    pub(super) filter: &'a str,
    pub(super) page_token: &'a str,
    pub(super) page_size: i32,
    /// `asc` or `desc`.
    pub(super) order: &'a str,
}

/// A connection to Cloud Logging, with everything that patience needs to remember.
pub(super) struct Api {
    // Taken out when dropped: a name lookup that hangs must not keep the program from ending.
    runtime: Option<Runtime>,
    client: LoggingServiceV2,
    /// What the client was set up with.
    credentials: Credentials,
    settings: CloudSettings,
    resource_name: String,
    project: Option<String>,
    limiter: Limiter,
    jitter: Jitter,
    started: Instant,
    /// Whether the token was renewed since the last answer.
    renewed: bool,
    /// Requests sent.
    pub(super) requests: u64,
    /// Requests repeated.
    pub(super) repeated: u64,
    /// Pages received.
    pub(super) answers: u64,
    /// Pages read entry by entry.
    pub(super) stumbled: u64,
}

impl Api {
    /// Connects: finds credentials and gets a first token, so that what is wrong with them is told at once.
    pub(super) fn connect(address: &CloudAddress, settings: &CloudSettings) -> Result<Api, Fault> {
        let runtime = runtime()?;
        let (client, credentials) = client(&runtime, settings)?;
        Ok(Api {
            runtime: Some(runtime),
            client,
            credentials,
            resource_name: address.resource_name(),
            project: address.project().map(str::to_owned),
            limiter: Limiter::new(settings.reads_per_minute),
            jitter: Jitter::new(settings.seed),
            started: Instant::now(),
            renewed: false,
            requests: 0,
            repeated: 0,
            answers: 0,
            stumbled: 0,
            settings: settings.clone(),
        })
    }

    /// Returns a page, after as many attempts and waits as the settings allow.
    pub(super) fn page(&mut self, ask: Ask) -> Result<Page, Fault> {
        let begun = Instant::now();
        let mut attempt = 0;
        loop {
            let fault = match self.once(ask).or_else(|fault| self.entry_by_entry(ask, fault)) {
                Ok(page) => {
                    self.renewed = false;
                    self.answers += 1;
                    self.limiter.speed_up();
                    return Ok(page);
                }
                Err(fault) => fault,
            };
            attempt += 1;
            match fault.remedy {
                Remedy::GiveUp | Remedy::FromLastEntry => return Err(fault),
                Remedy::NewToken if self.renewed => {
                    return Err(Fault { remedy: Remedy::GiveUp, ..fault });
                }
                Remedy::NewToken => self.renew()?,
                Remedy::Slower => self.limiter.slow_down(),
                Remedy::Again | Remedy::EntryByEntry => {}
            }
            let wait = match fault.remedy {
                Remedy::NewToken => Duration::ZERO,
                _ => backoff(&self.settings, attempt, &mut self.jitter).max(fault.wait.unwrap_or_default()),
            };
            if attempt >= self.settings.attempts || begun.elapsed().saturating_add(wait) > self.settings.page_time {
                let asked = match fault.wait.map(|wait| wait.as_secs()).filter(|seconds| *seconds > 0) {
                    Some(seconds) => format!("; the server asks to wait {seconds} s"),
                    None => String::new(),
                };
                let seconds = begun.elapsed().as_secs();
                let cause = format!("{} (asked {attempt} times in {seconds} s{asked})", fault.cause);
                return Err(Fault { cause, ..fault });
            }
            std::thread::sleep(wait);
            self.repeated += 1;
        }
    }

    fn once(&mut self, ask: Ask) -> Result<Page, Fault> {
        std::thread::sleep(self.limiter.take(self.started.elapsed()));
        self.requests += 1;
        let request = self
            .client
            .list_log_entries()
            .set_resource_names([self.resource_name.clone()])
            .set_filter(ask.filter)
            .set_order_by(format!("timestamp {}", ask.order))
            .set_page_size(ask.page_size)
            .set_page_token(ask.page_token)
            .with_attempt_timeout(self.settings.request_time);
        let runtime = self.runtime.as_ref().ok_or_else(|| Fault::new(Remedy::GiveUp, "the connection is closed"))?;
        let paged = !ask.page_token.is_empty();
        // The client's own limit leaves out the time for a token; this one leaves out nothing.
        let most = self.settings.request_time + self.settings.token_time;
        let project = self.project.as_deref();
        within(runtime, most, "waiting for an answer", async {
            request.send().await.map(Page::from).map_err(|error| fault::read(&error, paged, project))
        })
        .map_err(|fault| mended(fault, &self.settings))
    }

    /// Asks once more for a page in which the client stumbled over an entry; other faults stay what they are.
    fn entry_by_entry(&mut self, ask: Ask, fault: Fault) -> Result<Page, Fault> {
        let Some(runtime) = self.runtime.as_ref().filter(|_| fault.remedy == Remedy::EntryByEntry) else {
            return Err(fault);
        };
        std::thread::sleep(self.limiter.take(self.started.elapsed()));
        self.requests += 1;
        let most = self.settings.request_time;
        let endpoint = self.settings.endpoint.as_deref();
        let read = page::entry_by_entry(&self.credentials, endpoint, &self.resource_name, ask, most);
        let page = within(runtime, most + self.settings.token_time, "waiting for an answer", read)?;
        self.stumbled += 1;
        Ok(page)
    }

    fn renew(&mut self) -> Result<(), Fault> {
        self.renewed = true;
        if let Some(runtime) = &self.runtime {
            (self.client, self.credentials) = client(runtime, &self.settings)?;
        }
        Ok(())
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Returns a runtime of this thread alone: requests are sent one after the other.
pub(super) fn runtime() -> Result<Runtime, Fault> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Fault::new(Remedy::GiveUp, format!("cannot start the network runtime: {error}")))
}

/// Waits for `work`, but not for ever.
pub(super) fn within<T>(
    runtime: &Runtime,
    most: Duration,
    what: &str,
    work: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    match runtime.block_on(async { tokio::time::timeout(most, work).await }) {
        Ok(result) => result,
        Err(_) => Err(Fault::new(Remedy::Again, format!("{what} took longer than {} s", most.as_secs_f64()))),
    }
}

/// Returns a client with fresh credentials; none are sent to another endpoint.
pub(super) fn client(runtime: &Runtime, settings: &CloudSettings) -> Result<(LoggingServiceV2, Credentials), Fault> {
    let credentials = match &settings.endpoint {
        Some(_) => anonymous::Builder::new().build(),
        None => token(runtime, settings)?,
    };
    let builder = LoggingServiceV2::builder().with_retry_policy(NeverRetry).with_credentials(credentials.clone());
    let builder = match &settings.endpoint {
        Some(endpoint) => builder.with_endpoint(endpoint),
        None => builder,
    };
    let client = within(runtime, settings.token_time, "setting up the client", async {
        builder.build().await.map_err(|error| Fault::new(Remedy::GiveUp, format!("cannot set up the client: {error}")))
    })?;
    Ok((client, credentials))
}

/// Returns credentials that have shown that they can get a token.
pub(super) fn token(runtime: &Runtime, settings: &CloudSettings) -> Result<Credentials, Fault> {
    let found = credentials::find(&settings.credentials)?;
    within(runtime, settings.token_time, "getting a token", found.token()).map_err(|fault| match fault.hint {
        Some(_) => fault,
        None => trouble::no_answer(&found, fault),
    })
}

/// Puts the account that asked into the hint: who has a service account mends it in another way.
fn mended(fault: Fault, settings: &CloudSettings) -> Fault {
    let (None, Some(hint)) = (&settings.endpoint, &fault.hint) else { return fault };
    let Ok(found) = credentials::find(&settings.credentials) else { return fault };
    let hint = match hint.as_str() {
        trouble::LOGIN => trouble::mend(&found, &fault.cause),
        other => other.replace("user:YOU", &trouble::member(&found)),
    };
    Fault { hint: Some(hint), ..fault }
}

impl Fault {
    /// Returns the error that the user sees when a source cannot be read at all.
    pub(super) fn into_error(self, message: String) -> SourceError {
        let error = SourceError::new(message).caused_by(self.cause);
        match self.hint {
            Some(hint) => error.hint(hint),
            None => error.hint("run `log-gardener doctor` to see which part of the way is broken"),
        }
    }
}
