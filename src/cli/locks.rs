//! `locks`: who works on which issue, as labels that everybody sees.
//! Leaves out talking to GitHub.
//!
//! An issue is locked by `actively-being-worked-on` and a session label, `agent-session-YYYYMMDD-HHMMSS` in UTC,
//! which says since when. A lock is as old as its newest sign of life: the session's begin, or a later comment of
//! somebody who is not this program.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::json;

use crate::audit::{LOCK, SESSION};
use crate::entry::Timestamp;
use crate::publish::github::{Comment, Fault, GitHub, Listing, RemoteIssue, Tracker, block};

use super::arguments::TextOrJson;
use super::failure::{Exit, Failure};
use super::memory_arguments::{LocksCommand, TrackerArguments};
use super::settings::Settings;
use super::{input, print, tracker};

/// Age from which on a lock without a newer comment is stale, nanoseconds: 20 minutes.
const STALE: i64 = 20 * 60_000_000_000;

/// Longest time that a session which gives way needs to take its label off again.
const GIVE_WAY: Duration = Duration::from_secs(2);
/// Seconds by which a name is moved on while others have it, at most.
const NAMES: i64 = 60;

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
        locks.push(lock(issue, &comments, now));
    }
    locks.sort_by_key(|lock| lock.issue.number);
    Ok(locks)
}

fn lock(issue: RemoteIssue, comments: &[Comment], now: Timestamp) -> Lock {
    // What this program tells about the incident is no sign that somebody works on it.
    let theirs = comments.iter().filter(|comment| !block::is_ours(&comment.body));
    let last_comment = theirs.filter_map(|comment| comment.at).max();
    let sessions = sessions(&issue);
    // Without a session label the lock is as old as the last change of the issue.
    let since = sessions.iter().filter_map(|label| begun(label)).max().or(issue.updated_at);
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

/// Locks an issue.
///
/// Two sessions may ask at the same moment. Each has a name of its own, because a label can be created once only;
/// each writes its name and then looks. Who sees nobody else has it: others, who write later, see that name. Of
/// two who see each other the later name gives way, and the earlier waits for that. One whose rival does not give
/// way was late: the rival saw nobody, and has it.
fn take(github: &mut GitHub, number: u64, now: Timestamp) -> Result<Exit, Failure> {
    let what = format!("cannot lock #{number}");
    let issue = github.issue(number).map_err(failed(&what))?;
    if issue.labels.iter().any(|label| label == LOCK) {
        return Err(held(number, &sessions(&issue)));
    }
    github.ensure_label(LOCK, true).map_err(failed(&what))?;
    let own = name(github, now).map_err(failed(&what))?.ok_or_else(|| {
        Failure::new(Exit::CannotSay, what.clone())
            .because("every session label of this minute is taken")
            .hint("try again in a minute")
    })?;
    github.add_labels(number, &[LOCK.to_string(), own.clone()]).map_err(failed(&what))?;
    let alone = |others: &[String]| others == [own.clone()];
    let mut others = sessions(&github.issue(number).map_err(failed(&what))?);
    if !alone(&others) && others.first() == Some(&own) {
        std::thread::sleep(GIVE_WAY);
        others = sessions(&github.issue(number).map_err(failed(&what))?);
    }
    if alone(&others) {
        return print::text(&format!("{own}\n"));
    }
    github.remove_label(number, &own).map_err(failed(&what))?;
    others.retain(|session| *session != own);
    Err(held(number, &others))
}

/// Returns a session label that nobody else has, named after `now` or the next second that is free.
fn name(github: &mut GitHub, now: Timestamp) -> Result<Option<String>, Fault> {
    for second in 0..NAMES {
        let at = now.plus_nanos(second * 1_000_000_000);
        let own = format!("{SESSION}{}", at.to_utc().format("%Y%m%d-%H%M%S"));
        if github.create_label(&own)? {
            return Ok(Some(own));
        }
    }
    Ok(None)
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
    let mut going = sessions(&issue);
    let locked = !going.is_empty() || issue.labels.iter().any(|label| label == LOCK);
    if let Some(session) = session {
        if !going.iter().any(|label| label == session) {
            let who = if going.is_empty() { "none".to_string() } else { going.join(", ") };
            return Err(Failure::new(Exit::CannotSay, format!("#{number} is not locked by {session}"))
                .because(format!("its sessions: {who}"))
                .hint("leave it alone, or release it without --session"));
        }
        going.retain(|label| label == session);
    }
    unlock(github, &issue, &going).map_err(failed(&what))?;
    print::text(&format!("#{number} {}\n", if locked { "released" } else { "was not locked" }))
}

/// Takes sessions off an issue, and with the last one the lock.
fn unlock(github: &mut dyn Tracker, issue: &RemoteIssue, going: &[String]) -> Result<(), Fault> {
    for session in going {
        github.remove_label(issue.number, session)?;
    }
    let stays = sessions(issue).iter().any(|session| !going.contains(session));
    match !stays && issue.labels.iter().any(|label| label == LOCK) {
        true => github.remove_label(issue.number, LOCK),
        false => Ok(()),
    }
}

fn clear(github: &mut dyn Tracker, now: Timestamp, yes: bool) -> Result<Exit, Failure> {
    let mut stale = locks(github, now)?;
    stale.retain(|lock| lock.stale);
    if yes {
        let mut cleared = Vec::new();
        for known in stale {
            // A lock that was renewed, or commented on, since the list was read is not stale any more.
            let again = "cannot look at the lock again";
            let issue = github.issue(known.issue.number).map_err(failed(again))?;
            let comments = github.comments(issue.number).map_err(failed(again))?;
            let found = lock(issue, &comments, now);
            if found.stale && found.sessions == known.sessions {
                unlock(github, &found.issue, &found.sessions).map_err(failed("cannot clear the lock"))?;
                cleared.push(found);
            }
        }
        stale = cleared;
    } else if !stale.is_empty() {
        print::note("note: nothing was cleared; --yes does it");
    }
    match stale.is_empty() {
        true => print::text("no stale locks\n"),
        false => print::text(&table(&stale)),
    }
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
