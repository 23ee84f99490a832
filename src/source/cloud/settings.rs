//! How patiently the API is asked: attempts, waits, quota, and the endpoint. From the environment, with
//! defaults that keep within the documented quota. Leaves out what is asked.

use std::time::Duration;

use super::CredentialChoice;
use crate::source::SourceError;

/// The environment variable that names another endpoint, for tests.
pub const ENDPOINT: &str = "LOG_GARDENER_GCP_ENDPOINT";

/// How the API is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudSettings {
    /// Another endpoint, on this machine only; no credentials are sent there.
    pub endpoint: Option<String>,
    /// Whose token is used, unless another endpoint is asked.
    pub credentials: CredentialChoice,
    /// Attempts for one page.
    pub attempts: u32,
    /// First wait after a failure; it doubles with each further one.
    pub first_wait: Duration,
    /// Longest wait.
    pub longest_wait: Duration,
    /// Longest time for one page, waits included.
    pub page_time: Duration,
    /// Longest time for one request.
    pub request_time: Duration,
    /// Longest time for getting a token.
    pub token_time: Duration,
    /// Reads allowed in a minute.
    pub reads_per_minute: u32,
    /// A stream that says nothing for so long is opened anew: a connection may die without a word.
    pub silence: Duration,
    /// How long entries need, at most, until they can be listed and a stream that was opened hears them.
    pub settle: Duration,
    /// Where the jitter starts; the same seed gives the same waits.
    pub seed: u64,
}

impl CloudSettings {
    /// Returns the settings that the environment asks for, with these credentials.
    pub fn from_environment(credentials: CredentialChoice) -> Result<CloudSettings, SourceError> {
        let millis = |name: &str, default: u64| number(name, default).map(Duration::from_millis);
        let small = |name: &str, default: u32| {
            number(name, u64::from(default)).map(|value| u32::try_from(value).unwrap_or(u32::MAX).max(1))
        };
        let clock =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |time| time.as_nanos());
        let seed = u64::try_from(clock & u128::from(u64::MAX)).unwrap_or(0) ^ u64::from(std::process::id());
        Ok(CloudSettings {
            endpoint: endpoint(std::env::var(ENDPOINT).ok().as_deref())?,
            credentials,
            attempts: small("LOG_GARDENER_GCP_ATTEMPTS", 7)?,
            first_wait: millis("LOG_GARDENER_GCP_FIRST_WAIT_MS", 1_000)?,
            longest_wait: millis("LOG_GARDENER_GCP_LONGEST_WAIT_MS", 60_000)?,
            page_time: millis("LOG_GARDENER_GCP_PAGE_TIME_MS", 300_000)?,
            request_time: millis("LOG_GARDENER_GCP_REQUEST_TIME_MS", 60_000)?,
            token_time: millis("LOG_GARDENER_GCP_TOKEN_TIME_MS", 10_000)?,
            // Documented: 60 reads a minute and project.
            reads_per_minute: small("LOG_GARDENER_GCP_READS_PER_MINUTE", 60)?,
            silence: millis("LOG_GARDENER_GCP_SILENCE_MS", 300_000)?,
            settle: millis("LOG_GARDENER_GCP_SETTLE_MS", 30_000)?,
            seed: number("LOG_GARDENER_GCP_SEED", seed)?,
        })
    }
}

fn number(name: &str, default: u64) -> Result<u64, SourceError> {
    match std::env::var(name) {
        Err(_) => Ok(default),
        Ok(text) => text.trim().parse().map_err(|_| {
            SourceError::new(format!("`{text}` is no number for {name}")).hint("write a whole number, or unset it")
        }),
    }
}

/// Log data, and the question for it, may go in plain text only to this machine.
fn endpoint(text: Option<&str>) -> Result<Option<String>, SourceError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let loopback = text.strip_prefix("http://").is_some_and(|rest| {
        let host = rest.trim_end_matches('/');
        let (host, port) = host.rsplit_once(':').unwrap_or((host, "80"));
        matches!(host, "127.0.0.1" | "localhost" | "[::1]") && port.parse::<u16>().is_ok()
    });
    if loopback {
        return Ok(Some(text.trim_end_matches('/').to_owned()));
    }
    Err(SourceError::new(format!("cannot use {ENDPOINT}={text}"))
        .caused_by("it is no plain address on this machine")
        .hint("it is meant for tests: write http://127.0.0.1:PORT, or unset it to ask Cloud Logging itself"))
}

/// Returns the wait before attempt `attempt` (1 is the first retry): exponential, with full jitter in
/// its upper half, so that clients that failed together do not come back together.
pub(super) fn backoff(settings: &CloudSettings, attempt: u32, jitter: &mut Jitter) -> Duration {
    let doubled = settings.first_wait.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1).min(16)));
    let whole = doubled.min(settings.longest_wait);
    whole / 2 + (whole / 2).mul_f64(jitter.next())
}

/// Random enough for spreading waits, and repeatable: splitmix64.
#[derive(Debug, Clone)]
pub(super) struct Jitter(u64);

impl Jitter {
    pub(super) fn new(seed: u64) -> Jitter {
        Jitter(seed)
    }

    /// Returns a number from 0 to 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        f64::from(u32::try_from(bits >> 32).unwrap_or(0)) / f64::from(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked_without_encryption() {
        for right in ["http://127.0.0.1:8080", "http://localhost:1/", "http://[::1]:9"] {
            assert!(endpoint(Some(right)).is_ok_and(|found| found.is_some()), "{right}");
        }
        for wrong in [
            "http://logging.example:80",
            "https://127.0.0.1:80",
            "http://127.0.0.1.example:80",
            "http://127.0.0.1:80@evil.example",
            "http://evil.example/127.0.0.1:80",
            "127.0.0.1:80",
        ] {
            assert!(endpoint(Some(wrong)).is_err(), "{wrong}");
        }
        assert_eq!(endpoint(None), Ok(None));
    }

    #[test]
    fn waits_double_up_to_a_limit_and_repeat_with_their_seed() {
        let settings = CloudSettings {
            endpoint: None,
            credentials: CredentialChoice::default(),
            attempts: 7,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
            page_time: Duration::from_secs(300),
            request_time: Duration::from_secs(60),
            token_time: Duration::from_secs(10),
            reads_per_minute: 60,
            silence: Duration::from_secs(300),
            settle: Duration::from_secs(30),
            seed: 7,
        };
        let waits = |seed| {
            let mut jitter = Jitter::new(seed);
            (1..=9).map(|attempt| backoff(&settings, attempt, &mut jitter)).collect::<Vec<_>>()
        };
        assert_eq!(waits(7), waits(7));
        assert_ne!(waits(7), waits(8));
        for (index, wait) in waits(7).iter().enumerate() {
            let whole = Duration::from_secs(1 << index).min(Duration::from_secs(60));
            assert!(*wait >= whole / 2 && *wait <= whole, "{wait:?} of {whole:?}");
        }
    }
}
