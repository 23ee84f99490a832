//! `audit --every`: pass after pass, until a signal; what happened stands in files that others can watch.
//! Leaves out the pass itself.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::json;

use crate::entry::Timestamp;

use super::audit::{Ended, write_beside};
use super::failure::{Exit, Failure};
use super::{input, print};

/// Part of the time between passes by which the next one is moved at random, so that many daemons that were
/// started together do not ask together.
const JITTER: f64 = 0.1;

/// Runs passes until SIGINT or SIGTERM; a pass that is under way is finished first, so that no two overlap and
/// nothing is cut. What one pass cannot do the next one tries again; only a first pass that fails on how the
/// daemon was started ends it, for no later one could do better.
pub(super) fn run(out: &Path, every: i64, pass: &mut dyn FnMut() -> Result<Ended, Failure>) -> Result<Exit, Failure> {
    let stop = signals()?;
    let mut random = u64::from(std::process::id()) | 1;
    let mut number = 0_u64;
    loop {
        number += 1;
        let begun = now();
        let (exit, line) = match pass() {
            Ok(ended) => (ended.exit, ended.line),
            Err(failure) if number == 1 && failure.exit == Exit::Usage => return Err(failure),
            Err(failure) => {
                print::note(&failure.to_string());
                (failure.exit, failure.message)
            }
        };
        let next = begun.plus_nanos(every).max(now());
        let next = next.plus_nanos(moved(&mut random, every));
        health(out, number, exit, &line, begun, next);
        print::note(&format!("pass {number} at {}: {line}; next at {}", begun.short(), next.short()));
        let wait = u64::try_from(next.nanos_since(now())).unwrap_or(0);
        match stop.recv_timeout(Duration::from_nanos(wait)) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(name) => {
                let passes = if number == 1 { "pass" } else { "passes" };
                print::note(&format!("{name}: stopped after {number} {passes}"));
                return Ok(Exit::Done);
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(Exit::Done),
        }
    }
}

/// Writes the health of the daemon, and when it last succeeded.
fn health(out: &Path, number: u64, exit: Exit, line: &str, at: Timestamp, next: Timestamp) {
    let fine = matches!(exit, Exit::Done | Exit::Found);
    let health = json!({
        "schema": "log-gardener/health/1",
        "fine": fine,
        "pass": number,
        "at": at,
        "next": next,
        "exit": exit as u8,
        "line": line,
        "pid": std::process::id(),
    });
    write_beside(&out.join("health.json"), &format!("{health}\n"));
    if fine {
        write_beside(&out.join("last-success"), &format!("{at}\n"));
    }
}

fn now() -> Timestamp {
    input::now(None).unwrap_or(Timestamp(0))
}

/// Returns up to a tenth of the time, from a small generator (xorshift64).
fn moved(state: &mut u64, every: i64) -> i64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    ((*state % 1000) as f64 / 1000.0 * JITTER * every as f64) as i64
}

/// Returns where the name of the first signal arrives; the second one ends the program at once.
///
/// The handlers are in place when it returns: a signal that comes during the first pass is not lost.
fn signals() -> Result<Receiver<&'static str>, Failure> {
    let failed = |error: std::io::Error| Failure::new(Exit::Publish, "cannot listen for signals").because(error);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let mut listener = {
        let _inside = runtime.enter();
        Listener::new().map_err(failed)?
    };
    let (send, receive) = channel();
    std::thread::spawn(move || {
        runtime.block_on(async {
            let name = listener.next().await;
            if send.send(name).is_err() {
                return;
            }
            listener.next().await;
            std::process::exit(130);
        });
    });
    Ok(receive)
}

#[cfg(unix)]
struct Listener {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Listener {
    fn new() -> std::io::Result<Listener> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Listener { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(not(unix))]
struct Listener;

#[cfg(not(unix))]
impl Listener {
    fn new() -> std::io::Result<Listener> {
        Ok(Listener)
    }

    async fn next(&mut self) -> &'static str {
        // Without a handler there is nothing to wait for.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "interrupt"
    }
}
