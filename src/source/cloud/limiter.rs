//! Keeps requests within the quota: a bucket of tokens that fills slower after each refusal.
//! Leaves out the clock and the waiting; time is an argument.

use std::time::Duration;

/// Requests that may start at once; with the filling of a minute this stays at the quota.
const BURST: f64 = 10.0;

/// A bucket of tokens, one a request.
#[derive(Debug, Clone)]
pub(super) struct Limiter {
    tokens: f64,
    burst: f64,
    /// Tokens a second, now and at most.
    rate: f64,
    most: f64,
    filled_at: Duration,
}

impl Limiter {
    /// Returns a limiter that stays within so many reads in any minute.
    pub(super) fn new(reads_per_minute: u32) -> Limiter {
        let reads = f64::from(reads_per_minute.max(1));
        let burst = BURST.min(reads / 6.0).max(1.0);
        let most = ((reads - burst) / 60.0).max(1.0 / 60.0);
        Limiter { tokens: burst, burst, rate: most, most, filled_at: Duration::ZERO }
    }

    /// Takes a token; returns how long to wait before the request. `now` runs from any fixed start.
    pub(super) fn take(&mut self, now: Duration) -> Duration {
        let passed = now.saturating_sub(self.filled_at).as_secs_f64();
        self.filled_at = self.filled_at.max(now);
        self.tokens = (self.tokens + passed * self.rate).min(self.burst) - 1.0;
        if self.tokens >= 0.0 { Duration::ZERO } else { Duration::from_secs_f64(-self.tokens / self.rate) }
    }

    /// Halves the rate after a refusal; others use the same quota.
    pub(super) fn slow_down(&mut self) {
        self.rate = (self.rate / 2.0).max(self.most / 16.0);
        self.tokens = self.tokens.min(0.0);
    }

    /// Speeds up by a twentieth after an answer, up to where it began.
    pub(super) fn speed_up(&mut self) {
        self.rate = (self.rate * 1.05).min(self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends as fast as the limiter allows; returns the times of `count` requests.
    fn times(limiter: &mut Limiter, count: usize) -> Vec<Duration> {
        let mut now = Duration::ZERO;
        (0..count)
            .map(|_| {
                now += limiter.take(now);
                now
            })
            .collect()
    }

    #[test]
    fn no_minute_holds_more_requests_than_the_quota() {
        let times = times(&mut Limiter::new(60), 500);
        for (index, start) in times.iter().enumerate() {
            let within = times[index..].iter().filter(|time| **time < *start + Duration::from_secs(60)).count();
            assert!(within <= 60, "{within} requests in the minute from {start:?}");
        }
        // 500 requests at 50 a minute after a burst of 10.
        assert!(times[499] < Duration::from_secs(600), "{:?}", times[499]);
    }

    #[test]
    fn a_refusal_halves_the_rate_and_answers_restore_it() {
        let mut limiter = Limiter::new(60);
        let before = limiter.rate;
        limiter.slow_down();
        assert!((limiter.rate - before / 2.0).abs() < 1e-9);
        for _ in 0..20 {
            limiter.speed_up();
        }
        assert!((limiter.rate - before).abs() < 1e-9);
        for _ in 0..50 {
            limiter.slow_down();
        }
        assert!(limiter.rate >= before / 16.0 - 1e-9, "it never stands still");
    }
}
