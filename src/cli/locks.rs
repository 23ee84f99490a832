//! `locks`: who works on which issue, as labels that everybody sees.
//! Leaves out talking to GitHub.
//!
//! An issue is locked by `actively-being-worked-on` and a session label, `agent-session-YYYYMMDD-HHMMSS` in UTC,
//! which says since when. Of two sessions that lock at the same moment the earlier name wins.

use std::fmt::Write as _;

use serde_json::json;

use crate::audit::{LOCK, SESSION};
use crate::entry::Timestamp;
use crate::publish::github::{Fault, GitHub, Listing, RemoteIssue, Tracker};

use super::arguments::TextOrJson;
use super::failure::{Exit, Failure};
use super::memory_arguments::{LocksCommand, TrackerArguments};
use super::settings::Settings;
use super::{input, print, tracker};

/// Age from which on a lock without a newer comment is stale, nanoseconds: 20 minutes.
const STALE: i64 = 20 * 60_000_000_000;

/// A lock on an issue.
struct Lock {
    issue: RemoteIssue,
    sessions: Vec<String>,
    since: Option<Timestamp>,
    last_comment: Option<Timestamp>,
    stale: bool,
}

/// Runs the command.
pub(super) fn run(command: LocksCommand) -> Result<Exit, Failure> {
    match command {
        LocksCommand::List { tracker, now, format } => {
            let locks = locks(&mut connect(&tracker)?, input::now(now.as_deref())?)?;
            match format {
                TextOrJson::Text => print::text(&table(&locks)),
                TextOrJson::Json => print::json(&json!({
                    "schema": "log-gardener/locks/1",
                    "locks": locks.iter().map(|lock| json!({
                        "issue": lock.issue.number, "title": lock.issue.title, "sessions": lock.sessions,
                        "since": lock.since, "last_comment": lock.last_comment, "stale": lock.stale,
                    })).collect::<Vec<_>>(),
                })),
            }
        }
        LocksCommand::Take { number, tracker, now } => {
            take(&mut connect(&tracker)?, number, input::now(now.as_deref())?)
        }
        LocksCommand::Release { number, session, tracker } => {
            release(&mut connect(&tracker)?, number, session.as_deref())
        }
        LocksCommand::ClearStale { yes, tracker, now } => {
            clear(&mut connect(&tracker)?, input::now(now.as_deref())?, yes)
        }
    }
}

fn connect(arguments: &TrackerArguments) -> Result<GitHub, Failure> {
    tracker::connect(arguments, &Settings::read(arguments.settings.as_deref())?)
}

fn failed(what: &str) -> impl Fn(Fault) -> Failure {
    let what = what.to_string();
    move |fault| tracker::failure(&what, &fault)
}

fn locks(github: &mut dyn Tracker, now: Timestamp) -> Result<Vec<Lock>, Failure> {
    let listing = Listing { label: Some(LOCK.to_string()), open_only: true, ..Listing::default() };
    let issues = github.issues(&listing).map_err(failed("cannot list the locks"))?;
    let mut locks = Vec::new();
    for issue in issues {
        let comments = github.comments(issue.number).map_err(failed("cannot read the comments"))?;
        locks.push(lock(issue, comments.iter().filter_map(|comment| comment.at).max(), now));
    }
    locks.sort_by_key(|lock| lock.issue.number);
    Ok(locks)
}

fn lock(issue: RemoteIssue, last_comment: Option<Timestamp>, now: Timestamp) -> Lock {
    let sessions = sessions(&issue);
    // Without a session label the lock is as old as the last change of the issue.
    let since = sessions.iter().filter_map(|label| begun(label)).min().or(issue.updated_at);
    let newest = since.max(last_comment);
    let stale = newest.is_some_and(|newest| now.nanos_since(newest) > STALE);
    Lock { issue, sessions, since, last_comment, stale }
}

fn sessions(issue: &RemoteIssue) -> Vec<String> {
    let mut sessions: Vec<String> = issue.labels.iter().filter(|label| label.starts_with(SESSION)).cloned().collect();
    sessions.sort();
    sessions
}

/// Reads when a session began from its label.
fn begun(label: &str) -> Option<Timestamp> {
    let time = chrono::NaiveDateTime::parse_from_str(label.strip_prefix(SESSION)?, "%Y%m%d-%H%M%S").ok()?;
    Timestamp::from_chrono(&time.and_utc())
}

fn take(github: &mut dyn Tracker, number: u64, now: Timestamp) -> Result<Exit, Failure> {
    let what = format!("cannot lock #{number}");
    let issue = github.issue(number).map_err(failed(&what))?;
    if issue.labels.iter().any(|label| label == LOCK) {
        return Err(held(number, &sessions(&issue)));
    }
    let own = format!("{SESSION}{}", now.to_utc().format("%Y%m%d-%H%M%S"));
    for label in [LOCK, own.as_str()] {
        github.ensure_label(label, true).map_err(failed(&what))?;
    }
    github.add_labels(number, &[LOCK.to_string(), own.clone()]).map_err(failed(&what))?;
    // Two who asked at the same moment both see both now; the earlier name keeps it.
    let others = sessions(&github.issue(number).map_err(failed(&what))?);
    if others.first() != Some(&own) {
        github.remove_label(number, &own).map_err(failed(&what))?;
        return Err(held(number, &others));
    }
    print::text(&format!("{own}\n"))
}

fn held(number: u64, sessions: &[String]) -> Failure {
    let who = if sessions.is_empty() { "somebody without a session label".to_string() } else { sessions.join(", ") };
    Failure::new(Exit::CannotSay, format!("#{number} is being worked on"))
        .because(format!("locked by {who}"))
        .hint("`log-gardener locks list` shows since when, `locks clear-stale` frees what was left behind")
}

fn release(github: &mut dyn Tracker, number: u64, session: Option<&str>) -> Result<Exit, Failure> {
    let what = format!("cannot release #{number}");
    let issue = github.issue(number).map_err(failed(&what))?;
    let sessions = sessions(&issue);
    if let Some(session) = session.filter(|session| !sessions.iter().any(|label| label == session)) {
        return Err(Failure::new(Exit::CannotSay, format!("#{number} is not locked by {session}"))
            .because(format!("its sessions: {}", sessions.join(", ")))
            .hint("leave it alone, or release it without --session"));
    }
    unlock(github, &issue).map_err(failed(&what))?;
    print::text(&format!("#{number} released\n"))
}

fn unlock(github: &mut dyn Tracker, issue: &RemoteIssue) -> Result<(), Fault> {
    for session in sessions(issue) {
        github.remove_label(issue.number, &session)?;
    }
    match issue.labels.iter().any(|label| label == LOCK) {
        true => github.remove_label(issue.number, LOCK),
        false => Ok(()),
    }
}

fn clear(github: &mut dyn Tracker, now: Timestamp, yes: bool) -> Result<Exit, Failure> {
    let mut stale = locks(github, now)?;
    stale.retain(|lock| lock.stale);
    if yes {
        for lock in &stale {
            // A lock that was renewed since the list was read is not stale any more.
            let issue = github.issue(lock.issue.number).map_err(failed("cannot look at the lock again"))?;
            if sessions(&issue) == lock.sessions {
                unlock(github, &issue).map_err(failed("cannot clear the lock"))?;
            }
        }
    } else if !stale.is_empty() {
        print::note("note: nothing was cleared; --yes does it");
    }
    print::text(&table(&stale))
}

fn table(locks: &[Lock]) -> String {
    let mut page = String::new();
    for lock in locks {
        let time = |time: Option<Timestamp>| time.map_or("unknown".to_string(), Timestamp::short);
        let _ = writeln!(
            page,
            "#{}  {}  since {}  last comment {}  {}  {}",
            lock.issue.number,
            if lock.stale { "stale" } else { "active" },
            time(lock.since),
            time(lock.last_comment),
            lock.sessions.join(", "),
            print::plain(&lock.issue.title)
        );
    }
    if locks.is_empty() {
        page.push_str("no locks\n");
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_label_says_since_when() {
        let at = begun("agent-session-20260916-004300").map(Timestamp::short);
        assert_eq!(at.as_deref(), Some("2026-09-16T00:43:00.000Z"));
        assert_eq!(begun("agent-session-soon"), None);
    }
}
