//! The decision: a record, what this pass saw of it, and the time; out comes an action with its reason.
//! Leaves out the limit on new issues, which is about all incidents of a run: see `pass`.

use super::policy::{HOUR, Policy};
use super::state::row;
use super::{Action, Decision, IssueState, Record, Silence, State};
use crate::entry::Timestamp;
use crate::report::numbers::counted;

/// What a pass saw of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Nothing.
    Unseen,
    /// Only events that a pass before had seen: the same entries once more.
    Again,
    /// Events that no pass before had seen.
    News,
}

/// Decides about one incident.
pub fn decide(record: &Record, sight: Sight, silences: &[Silence], policy: &Policy, now: Timestamp) -> Decision {
    let (action, reason) = answer(record, sight, silences, policy, now);
    Decision { incident: record.incident.clone(), action, reason }
}

fn answer(record: &Record, sight: Sight, silences: &[Silence], policy: &Policy, now: Timestamp) -> (Action, String) {
    let news = sight == Sight::News || record.owed;
    if let Some(kind) = &record.noise {
        return (Action::Leave, format!("kept apart as noise: {kind}"));
    }
    if let Some(decided) = by_a_person(record) {
        return decided;
    }
    if let Some(silence) = silences.iter().find(|silence| silence.covers(record, now)) {
        let what = if silence.id > 0 { format!("silence {}", silence.id) } else { "a silence".to_string() };
        return (Action::Silenced, format!("{what} until {}: {}", silence.until.short(), silence.reason));
    }
    match &record.issue {
        None => without_issue(record, sight, policy, now),
        Some(issue) if issue.state == IssueState::Completed => {
            let closed = issue.closed_at.or(record.resolved.as_ref().map(|resolved| resolved.at));
            let after = closed.zip(record.last_seen).is_some_and(|(at, last)| last > at.plus_nanos(policy.grace));
            match (news && after, closed, record.last_seen) {
                (true, Some(closed), Some(last)) => (
                    Action::Reopen,
                    format!(
                        "regression: #{} was closed at {}, the last event is from {}",
                        issue.number,
                        closed.short(),
                        last.short()
                    ),
                ),
                _ => (Action::Leave, format!("#{} is closed, and no event is from after that", issue.number)),
            }
        }
        Some(issue) => with_issue(record, issue.number, news, policy, now),
    }
}

/// What a person did to the issue stands.
fn by_a_person(record: &Record) -> Option<(Action, String)> {
    let issue = record.issue.as_ref()?;
    let number = issue.number;
    let reason = match issue.state {
        IssueState::Gone => format!("#{number} is gone (deleted or transferred)"),
        IssueState::NotPlanned => match issue.closed_at {
            Some(at) => format!("#{number} was closed as not planned at {}", at.short()),
            None => format!("#{number} was closed as not planned"),
        },
        _ if !issue.marked => format!("#{number} has lost its marker: a person has taken it over"),
        _ => return None,
    };
    Some((Action::Yield, reason))
}

/// What was planned and not written is planned again when the same entries come in.
fn without_issue(record: &Record, sight: Sight, policy: &Policy, now: Timestamp) -> (Action, String) {
    if sight == Sight::Unseen {
        let over = matches!(record.state, State::Quiet | State::Resolved);
        return match record.owed && !over {
            true => {
                let reason = "an issue was planned and not published; this pass read no event to write it from";
                (Action::Wait, reason.to_string())
            }
            false => (Action::Leave, standing(record)),
        };
    }
    let events = counted(record.events, "event", "events");
    let passes = record.in_a_row;
    if record.priority.as_str() > policy.least.as_str() {
        let reason =
            format!("{} is less urgent than {}, from which on issues are opened", record.priority, policy.least);
        return (Action::Leave, reason);
    }
    if record.priority == "P0" {
        return (Action::Open, format!("P0 needs one pass; {events} so far"));
    }
    if record.events < policy.events {
        let needed = counted(policy.events, "event", "events");
        return (Action::Wait, format!("{} of {needed} that an issue needs", record.events));
    }
    let flaps = flaps(record, now);
    if flaps >= policy.flapping {
        return (
            Action::Open,
            format!("it comes and goes: back {} within a day, {events} so far", counted(flaps as u64, "time", "times")),
        );
    }
    // Its row was long enough once; where a setting asks for more since then, the setting counts.
    let was_enough = record.state != State::New || record.missed > 0;
    if record.owed && was_enough && passes < policy.passes {
        return (Action::Open, format!("planned by an earlier pass and not published; {events} so far"));
    }
    if passes < policy.passes {
        let needed = counted(policy.passes.into(), "pass", "passes in a row");
        // Another look at what was read is a pass that is listed, and none that says that it goes on.
        let again = match sight {
            Sight::Again => "; this pass saw only events that were counted before, so it is none of them",
            _ => "",
        };
        return (Action::Wait, format!("seen in {passes} of {needed} that an issue needs{again}"));
    }
    (Action::Open, format!("seen in {}, {events} so far", row(record)))
}

fn with_issue(record: &Record, number: u64, news: bool, policy: &Policy, now: Timestamp) -> (Action, String) {
    let Some(published) = &record.published else {
        // Adopted, or its writing was interrupted.
        return (
            if news { Action::Update } else { Action::Leave },
            format!("what #{number} says is not known to be current"),
        );
    };
    let age = now.nanos_since(published.at);
    if !news {
        if published.state != record.state {
            let reason = format!("it is {} now; #{number} says {}", record.state.name(), published.state.name());
            return (Action::Update, reason);
        }
        if published.events != record.events && age >= policy.refresh {
            let reason = format!("{}, #{number} says {}", counted(record.events, "event", "events"), published.events);
            return (Action::Update, reason);
        }
        return (Action::Leave, standing(record));
    }
    let may_tell = now.nanos_since(published.told_at) >= policy.tell_every;
    if record.priority < published.priority {
        let reason = format!("priority rose from {} to {}", published.priority, record.priority);
        return (Action::Tell, reason);
    }
    let flaps = flaps(record, now);
    let quietly = |reason: String| match (may_tell, flaps >= policy.flapping) {
        (true, false) => (Action::Tell, reason),
        (false, false) => {
            (Action::Update, format!("{reason}; people were told of something within {} h", policy.tell_every / HOUR))
        }
        (_, true) => (
            Action::Update,
            format!(
                "{reason}; it comes and goes ({} within a day), so nobody is told",
                counted(flaps as u64, "time", "times")
            ),
        ),
    };
    if published.state != record.state && record.state == State::Ongoing && published.state == State::Quiet {
        return quietly("seen again after it was quiet".to_string());
    }
    let new: Vec<&str> =
        record.services.iter().filter(|service| !published.services.contains(service)).map(String::as_str).collect();
    if !new.is_empty() {
        return quietly(format!("it reached {}", new.join(", ")));
    }
    if record.events >= published.events.saturating_mul(10).max(10) {
        return quietly(format!("{}, the issue says {}", counted(record.events, "event", "events"), published.events));
    }
    if published.state != record.state {
        return (
            Action::Update,
            format!("it is {} now; #{number} says {}", record.state.name(), published.state.name()),
        );
    }
    if age >= policy.refresh {
        return (Action::Update, format!("#{number} was refreshed {} h ago", age / HOUR));
    }
    (Action::Leave, format!("#{number} says it all; it is refreshed every {} h", policy.refresh / HOUR))
}

/// Returns how often it came back from quiet within the last day.
pub(crate) fn flaps(record: &Record, now: Timestamp) -> usize {
    record.returns.iter().filter(|at| now.nanos_since(**at) < 24 * HOUR).count()
}

/// Says how a record without news stands.
fn standing(record: &Record) -> String {
    let last = record.last_seen.map_or("unknown".to_string(), Timestamp::short);
    match record.state {
        State::Quiet => format!("quiet since its last event at {last}; whether it is mended is not proven"),
        State::Resolved => "resolved, and not seen since".to_string(),
        _ => format!("no event since {last}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Issue, Kin, Published};
    use super::*;

    const NOW: Timestamp = Timestamp(1_773_136_800_000_000_000);

    fn record() -> Record {
        Record {
            incident: "a1b2c3d4e5f60718293a4b5c6d7e8f90".to_string(),
            source: "gcp://p".to_string(),
            state: State::Ongoing,
            since: NOW,
            kin: Kin::default(),
            title: "stones are worn".to_string(),
            category: "mill".to_string(),
            priority: "P1".to_string(),
            cause: String::new(),
            noise: None,
            services: vec!["mill".to_string()],
            revisions: Vec::new(),
            first_seen: Some(NOW),
            last_seen: Some(NOW),
            events: 5,
            in_a_row: 2,
            missed: 0,
            returns: Vec::new(),
            regressions: 0,
            resolved: None,
            issue: None,
            published: None,
            apart: false,
            owed: false,
        }
    }

    fn issue(state: IssueState, closed_at: Option<Timestamp>) -> Option<Issue> {
        Some(Issue { number: 7, state, closed_at, marked: true })
    }

    fn published() -> Option<Published> {
        Some(Published {
            at: NOW,
            priority: "P1".to_string(),
            title: "t".to_string(),
            cause: String::new(),
            events: 5,
            services: vec!["mill".to_string()],
            state: State::Ongoing,
            told_at: NOW.plus_nanos(-25 * HOUR),
            body: String::new(),
        })
    }

    fn check(record: Record, news: bool, expected: Action) {
        let sight = if news { Sight::News } else { Sight::Again };
        let decision = decide(&record, sight, &[], &Policy::default(), NOW);
        assert_eq!(decision.action, expected, "{}", decision.reason);
        assert!(!decision.reason.is_empty());
    }

    #[test]
    fn an_issue_needs_two_passes_and_three_events_unless_it_is_p0() {
        check(record(), true, Action::Open);
        check(Record { in_a_row: 1, ..record() }, true, Action::Wait);
        check(Record { events: 2, ..record() }, true, Action::Wait);
        check(Record { in_a_row: 1, events: 1, priority: "P0".into(), ..record() }, true, Action::Open);
        check(Record { priority: "P3".into(), ..record() }, true, Action::Leave);
        check(Record { noise: Some("probe".into()), priority: "P0".into(), ..record() }, true, Action::Leave);
        check(record(), false, Action::Open);
        let unseen = decide(&record(), Sight::Unseen, &[], &Policy::default(), NOW);
        assert_eq!(unseen.action, Action::Leave);
        // What comes and goes never lasts two passes, but it is there.
        check(Record { in_a_row: 1, returns: vec![NOW; 3], ..record() }, true, Action::Open);
    }

    #[test]
    fn the_same_entries_again_are_said_to_be_no_further_pass() {
        let once = Record { in_a_row: 1, ..record() };
        let reason = |sight| decide(&once, sight, &[], &Policy::default(), NOW).reason;
        assert_eq!(reason(Sight::News), "seen in 1 of 2 passes in a row that an issue needs");
        assert!(
            reason(Sight::Again)
                .ends_with("; this pass saw only events that were counted before, so it is none of them")
        );
    }

    #[test]
    fn what_a_person_decided_stands() {
        let after = Some(NOW.plus_nanos(-HOUR));
        check(Record { issue: issue(IssueState::NotPlanned, after), ..record() }, true, Action::Yield);
        check(Record { issue: issue(IssueState::Gone, None), ..record() }, true, Action::Yield);
        let unmarked = Issue { number: 7, state: IssueState::Open, closed_at: None, marked: false };
        check(Record { issue: Some(unmarked), ..record() }, true, Action::Yield);
    }

    #[test]
    fn a_closed_issue_is_opened_again_only_by_events_from_after_it_was_closed() {
        let closed = |ago: i64| issue(IssueState::Completed, Some(NOW.plus_nanos(-ago)));
        check(Record { issue: closed(HOUR), ..record() }, true, Action::Reopen);
        check(Record { issue: closed(HOUR), ..record() }, false, Action::Leave);
        // Within the time that a fix needs to go live.
        check(Record { issue: closed(HOUR / 20), ..record() }, true, Action::Leave);
        check(Record { issue: closed(-HOUR), ..record() }, true, Action::Leave);
    }

    #[test]
    fn people_are_told_of_what_changes_their_work_and_not_too_often() {
        let open = || Record { issue: issue(IssueState::Open, None), published: published(), ..record() };
        let told = |at: Timestamp| published().map(|known| Published { told_at: at, ..known });
        check(open(), true, Action::Leave);
        check(open(), false, Action::Leave);
        check(Record { priority: "P0".into(), published: told(NOW), ..open() }, true, Action::Tell);
        check(Record { events: 50, ..open() }, true, Action::Tell);
        check(Record { events: 50, published: told(NOW), ..open() }, true, Action::Update);
        check(Record { events: 50, returns: vec![NOW; 3], ..open() }, true, Action::Update);
        check(Record { services: vec!["mill".into(), "weir".into()], ..open() }, true, Action::Tell);
        check(Record { state: State::Quiet, ..open() }, false, Action::Update);
        let old = published().map(|known| Published { at: NOW.plus_nanos(-7 * HOUR), ..known });
        check(Record { published: old, ..open() }, true, Action::Update);
    }

    #[test]
    fn a_silence_ends_by_itself() {
        let silence = |from: i64, until: i64| Silence {
            id: 1,
            matches: "service:mill".to_string(),
            from: NOW.plus_nanos(from),
            until: NOW.plus_nanos(until),
            reason: "the stones are being changed".to_string(),
            by: "anna".to_string(),
        };
        let action = |silence| decide(&record(), Sight::News, &[silence], &Policy::default(), NOW).action;
        assert_eq!(action(silence(-HOUR, HOUR)), Action::Silenced);
        assert_eq!(action(silence(-2 * HOUR, -HOUR)), Action::Open);
        assert_eq!(action(silence(HOUR, 2 * HOUR)), Action::Open);
        assert_eq!(action(Silence { matches: "service:weir".to_string(), ..silence(-HOUR, HOUR) }), Action::Open);
    }
}
