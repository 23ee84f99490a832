//! Opens an issue unless there is one, and looks before it repeats itself when the answer was lost.
//! Leaves out how an issue is found (`find`) and changed (`change`).

use super::block;
use super::change::{Edit, change};
use super::find;
use super::perform::{Performed, Stop, TRIES, done, has, lost};
use super::run::Run;
use super::tracker::{NewIssue, Tracker};
use crate::report::draft::title as title_of;

/// Logins that GitHub takes as assignees of one issue.
const ASSIGNEES: usize = 10;

/// Opens the issue that `edit` describes, or edits the one that exists.
pub(super) fn open(
    tracker: &mut dyn Tracker,
    run: &mut Run,
    edit: Edit,
    title: &str,
    assignees: &[String],
    started_before: bool,
) -> Result<Performed, Stop> {
    if let Some(found) = find::issue(tracker, run, edit.fingerprint, started_before)? {
        return change(tracker, run, &Edit { number: found.number, ..edit }, started_before);
    }
    let mut notes = Vec::new();
    let labels = run.labels(tracker, edit.add_labels, &mut notes)?;
    let mut able = Vec::new();
    for login in assignees.iter().take(ASSIGNEES) {
        // GitHub refuses the whole issue for one login that it does not accept.
        match tracker.can_be_assigned(login)? {
            true => able.push(login.clone()),
            false => notes.push(format!("@{login} cannot be assigned in this repository")),
        }
    }
    let title = title_of(title);
    let body = block::place(edit.fingerprint, edit.block);
    let new = NewIssue { title, body, labels: labels.clone(), assignees: able };
    for _ in 0..TRIES {
        let created = match tracker.create(&new) {
            Err(fault) if fault.is_unknown() => {
                std::thread::sleep(run.settings.settle);
                match find::issue(tracker, run, edit.fingerprint, true)? {
                    Some(found) => found,
                    None => continue,
                }
            }
            created => created?,
        };
        if labels.iter().any(|label| !has(&created.labels, label)) {
            notes.push(
                "GitHub left labels out: give the token write access, or later runs may not find the issue".to_owned(),
            );
        }
        let performed = done(&created, true, notes);
        if let Some(listed) = &mut run.listed {
            listed.push(created);
        }
        return Ok(performed);
    }
    Err(Stop::Failed(lost("opening the issue")))
}
