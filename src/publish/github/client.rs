//! Asks GitHub with patience: what may be repeated is, limits are waited for, and a write whose answer was
//! lost is never sent again from here. Leaves out which calls there are (`calls`) and what they are for.
//!
//! The rules are GitHub's own ("Best practices for using the REST API"): one request at a time, a second
//! between writes, `retry-after` first, then `x-ratelimit-reset`, else a minute.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use reqwest::{Method, Url};
use serde_json::Value;

use super::app::Credentials;
use super::fault::{Fault, FaultKind};
use super::settings::GitHubSettings;
use super::wire::{Answer, Lost, Wire};
use crate::entry::Timestamp;
use crate::publish::Secret;
use crate::publish::secret::shown_address;

/// Redirects followed for one request; GitHub needs one for a renamed repository.
const REDIRECTS: u32 = 3;

/// One request.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) body: Option<&'a Value>,
    /// Whether carrying it out twice does the same as once, whatever others did in between. A change of an
    /// issue does not: sent again, it would undo what a person changed after the first time.
    pub(super) repeatable: bool,
    /// Whether it changes anything, so that GitHub wants a pause before the next one.
    pub(super) writes: bool,
}

impl<'a> Call<'a> {
    pub(super) fn get(url: String) -> Call<'a> {
        Call { method: Method::GET, url, body: None, repeatable: true, writes: false }
    }

    pub(super) fn write(method: Method, url: String, body: &'a Value) -> Call<'a> {
        let repeatable = method == Method::DELETE;
        Call { method, url, body: Some(body).filter(|body| !body.is_null()), repeatable, writes: true }
    }
}

/// A repository on GitHub.
pub struct GitHub {
    pub(super) settings: GitHubSettings,
    wire: Wire,
    base: Url,
    pub(super) credentials: Credentials,
    /// API address and full name of the repository, as GitHub gives them; asked for once.
    pub(super) home: Option<(String, String)>,
    jitter: u64,
    waited: Duration,
    last_write: Option<Instant>,
    /// Until when no request may be sent.
    shut_until: Option<DateTime<Utc>>,
    /// Requests sent.
    pub(super) requests: u64,
}

/// What to do after an answer that is no success.
enum Next {
    /// Return it: the caller knows what it means.
    Return,
    /// Send it again after a wait that GitHub asks for.
    Limit(Duration),
    /// Send it again after a while.
    Again(Option<Duration>),
    /// Send it again with a new token.
    NewToken,
    /// The answer is lost and the request must not be sent again.
    Unknown,
}

impl GitHub {
    /// Returns a connection; the first request is sent with the first call.
    pub fn new(settings: GitHubSettings) -> Result<GitHub, Fault> {
        let broken = |cause: String| Fault::new(FaultKind::NotAllowed, cause);
        let base = Url::parse(&settings.api).map_err(|error| broken(format!("{}: {error}", settings.api)))?;
        let wire = Wire::new(&base, settings.request_time).map_err(broken)?;
        Ok(GitHub {
            wire,
            base,
            credentials: Credentials::new(&settings.auth)?,
            home: None,
            jitter: settings.seed,
            waited: Duration::ZERO,
            last_write: None,
            shut_until: None,
            requests: 0,
            settings,
        })
    }

    /// Returns how many requests were sent so far.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Sends a request with the credentials of the settings.
    pub(super) fn call(&mut self, call: &Call) -> Result<Answer, Fault> {
        let mut renewed = false;
        loop {
            let bearer = self.bearer()?;
            let answer = self.call_as(call, &bearer)?;
            if answer.status != 401 || renewed || !self.credentials.forget() {
                return Ok(answer);
            }
            renewed = true;
        }
    }

    /// Sends a request as often as its kind, the limits and the settings allow.
    ///
    /// Returns successes, and refusals for which waiting does not help.
    pub(super) fn call_as(&mut self, call: &Call, bearer: &Secret) -> Result<Answer, Fault> {
        let (mut url, mut redirects, mut attempt) = (call.url.clone(), 0, 0);
        loop {
            self.open_gate(call)?;
            attempt += 1;
            self.requests += 1;
            let sent = self.wire.send(&call.method, &url, bearer, call.body);
            let (next, cause) = match &sent {
                Ok(answer) => {
                    (self.judge(call, answer), format!("GitHub answers {}: {}", answer.status, answer.message()))
                }
                Err(lost) => (lost_next(call, lost), format!("no answer from GitHub: {}", lost.cause)),
            };
            let wait = match (next, sent) {
                (Next::Return | Next::NewToken, Ok(answer)) => match self.redirect(call, &answer)? {
                    Some(to) if redirects < REDIRECTS => {
                        redirects += 1;
                        attempt = 0;
                        url = to;
                        continue;
                    }
                    Some(_) => return Err(Fault::new(FaultKind::Gone, "GitHub redirects in a circle")),
                    None => return Ok(answer),
                },
                (Next::Unknown, _) => {
                    return Err(Fault::new(
                        FaultKind::OutcomeUnknown,
                        format!("{cause}; it may have been carried out"),
                    ));
                }
                (Next::Limit(wait), _) => {
                    self.shut_until = Some(Utc::now() + wait);
                    wait
                }
                (Next::Again(wait), _) => self.backoff(attempt).max(wait.unwrap_or_default()),
                (Next::Return | Next::NewToken, Err(lost)) => return Err(self.later(lost.cause, Duration::ZERO)),
            };
            if attempt >= self.settings.attempts {
                return Err(self.later(format!("{cause} (asked {attempt} times)"), wait));
            }
            self.pause(wait, &cause)?;
        }
    }

    fn judge(&self, call: &Call, answer: &Answer) -> Next {
        match answer.status {
            403 | 429 if let Some(wait) = self.limit(answer) => Next::Limit(wait),
            // No JSON: something in between answered, or the answer was cut. What it says is not GitHub's
            // word; a 404 of a proxy must not pass for a deleted issue.
            _ if !answer.whole && call.repeatable => Next::Again(None),
            _ if !answer.whole => Next::Unknown,
            401 => Next::NewToken,
            408 | 500..=599 if call.repeatable => Next::Again(answer.number("retry-after").map(Duration::from_secs)),
            408 | 500..=599 => Next::Unknown,
            _ => Next::Return,
        }
    }

    /// Returns how long to wait if the answer is a refusal for a rate limit.
    fn limit(&self, answer: &Answer) -> Option<Duration> {
        if let Some(seconds) = answer.number("retry-after") {
            return Some(Duration::from_secs(seconds));
        }
        if answer.number("x-ratelimit-remaining") == Some(0)
            && let Some(reset) = answer.number("x-ratelimit-reset")
        {
            // The server's own clock is the one that its time belongs to.
            let date = answer.header("date").and_then(|date| DateTime::parse_from_rfc2822(date).ok());
            let now = date.map_or_else(Utc::now, |date| date.to_utc()).timestamp();
            let left = i64::try_from(reset).unwrap_or(i64::MAX).saturating_sub(now).max(0);
            return Some(Duration::from_secs(left.unsigned_abs().saturating_add(1)));
        }
        let message = answer.message().to_lowercase();
        let named = message.contains("rate limit") || message.contains("abuse detection");
        (answer.status == 429 || named).then_some(self.settings.limit_wait)
    }

    /// Returns where to ask instead, if the answer says so and that is the same server.
    fn redirect(&self, call: &Call, answer: &Answer) -> Result<Option<String>, Fault> {
        if !matches!(answer.status, 301 | 302 | 307 | 308) {
            return Ok(None);
        }
        let to = answer.location().and_then(|to| self.base.join(to).ok());
        let Some(to) = to.filter(|to| call.method == Method::GET && self.is_ours(to)) else {
            let to = shown_address(answer.location().unwrap_or("nowhere"));
            return Err(Fault::new(FaultKind::Gone, format!("it was moved: GitHub redirects to {to}"))
                .hint("check the name of the repository"));
        };
        Ok(Some(to.into()))
    }

    /// Returns whether an address is on the server that may see the token.
    pub(super) fn is_ours(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }

    /// Waits until the next request may be sent.
    fn open_gate(&mut self, call: &Call) -> Result<(), Fault> {
        if let Some(until) = self.shut_until {
            let left = (until - Utc::now()).to_std().unwrap_or_default();
            if !left.is_zero() {
                self.pause(left, "GitHub's rate limit is used up")?;
            }
            self.shut_until = None;
        }
        if call.writes {
            let gap = self.last_write.map(|last| self.settings.write_gap.saturating_sub(last.elapsed()));
            std::thread::sleep(gap.unwrap_or_default());
            self.last_write = Some(Instant::now());
        }
        Ok(())
    }

    /// Waits, unless that would be longer than a run may wait in all.
    fn pause(&mut self, wait: Duration, cause: &str) -> Result<(), Fault> {
        if self.waited + wait > self.settings.total_wait {
            return Err(self.later(cause.to_owned(), wait));
        }
        self.waited += wait;
        std::thread::sleep(wait);
        Ok(())
    }

    fn later(&self, cause: String, wait: Duration) -> Fault {
        let at = self.shut_until.unwrap_or_else(Utc::now).max(Utc::now() + wait);
        let at = Timestamp::from_chrono(&at).unwrap_or(Timestamp(i64::MAX));
        Fault::new(FaultKind::RetryLater(at), cause).hint(format!("run it again after {}", at.short()))
    }

    /// Exponential, with jitter in its upper half (splitmix64), so that clients that failed together do not
    /// come back together.
    fn backoff(&mut self, attempt: u32) -> Duration {
        self.jitter = self.jitter.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.jitter;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let part = f64::from(u32::try_from((bits ^ (bits >> 31)) >> 32).unwrap_or(0)) / f64::from(u32::MAX);
        let doubled = self.settings.first_wait.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1).min(16)));
        let whole = doubled.min(self.settings.longest_wait);
        whole / 2 + (whole / 2).mul_f64(part)
    }
}

impl std::fmt::Debug for GitHub {
    /// Writes the settings, in which secrets are not shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GitHub").field("settings", &self.settings).field("requests", &self.requests).finish()
    }
}

fn lost_next(call: &Call, lost: &Lost) -> Next {
    if call.repeatable || !lost.sent { Next::Again(None) } else { Next::Unknown }
}
