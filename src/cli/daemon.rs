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

/// Runs passes until SIGINT or SIGTERM; a pass that is under way is finished first.
pub(super) fn run(out: &Path, every: i64, pass: &mut dyn FnMut() -> Result<Ended, Failure>) -> Result<Exit, Failure> {
    let stop = signals()?;
    let mut random = u64::from(std::process::id()) | 1;
    let mut number = 0_u64;
    loop {
        number += 1;
        let begun = now();
        let ended = pass();
        let (exit, line) = match &ended {
            Ok(ended) => (ended.exit, ended.line.clone()),
            Err(failure) => {
                print::note(&failure.to_string());
                (failure.exit, failure.message.clone())
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
                print::note(&format!("{name}: stopped after {number} passes"));
                return Ok(exit);
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(exit),
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
fn signals() -> Result<Receiver<&'static str>, Failure> {
    let failed = |error: std::io::Error| Failure::new(Exit::Publish, "cannot listen for signals").because(error);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let (send, receive) = channel();
    std::thread::spawn(move || {
        runtime.block_on(async {
            for _ in 0..2 {
                let Some(name) = signal().await else { return };
                if send.send(name).is_err() {
                    return;
                }
            }
            std::process::exit(130);
        });
    });
    Ok(receive)
}

#[cfg(unix)]
async fn signal() -> Option<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).ok()?;
    tokio::select! {
        _ = terminate.recv() => Some("SIGTERM"),
        done = tokio::signal::ctrl_c() => done.ok().map(|()| "SIGINT"),
    }
}

#[cfg(not(unix))]
async fn signal() -> Option<&'static str> {
    tokio::signal::ctrl_c().await.ok().map(|()| "interrupt")
}
