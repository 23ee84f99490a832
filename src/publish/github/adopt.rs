//! Takes on an issue that a person opened, because a person said so (`--adopt`): its text stays, and the
//! managed block comes after it. Leaves out proposing one: see `candidates`.

use super::block::{self, Marking};
use super::change::{Edit, change};
use super::fault::{Fault, FaultKind};
use super::mend;
use super::perform::{Performed, Stop, dropped, settled};
use super::run::Run;
use super::tracker::{Change, Tracker};
use crate::decision::IssueState;

/// Puts the block of an incident into an open issue that has none, and labels it.
///
/// Doing it twice does the same as once; an issue that carries the incident's marker already is edited.
pub fn adopt(
    tracker: &mut dyn Tracker,
    run: &mut Run,
    number: u64,
    fingerprint: &str,
    text: &str,
    labels: &[String],
) -> Performed {
    settled(take_on(tracker, run, number, fingerprint, text, labels))
}

fn take_on(
    tracker: &mut dyn Tracker,
    run: &mut Run,
    number: u64,
    fingerprint: &str,
    text: &str,
    labels: &[String],
) -> Result<Performed, Stop> {
    let read = tracker.issue(number)?;
    let mut told = Vec::new();
    if block::marking(&read.body) == Marking::None {
        if read.is_pull_request || read.state != IssueState::Open {
            let reason = format!("#{number} is no open issue");
            return Err(dropped(reason, Some(read.as_issue(false))));
        }
        let Some(body) = block::append(&read.body, fingerprint, text) else {
            let cause = format!("the text that people wrote into #{number} leaves no room for ours");
            return Err(Stop::Failed(Fault::new(FaultKind::Refused, cause)));
        };
        tracker.edit(number, &Change { body: Some(body.clone()), ..Change::default() })?;
        let adopting = Some(fingerprint.to_owned());
        let written = mend::Written { number, body: Some((read.body.clone(), body)), title: None, adopting };
        let mended = mend::after(tracker, written, text, run.settings.settle)?;
        told = mended.notes;
    }
    let edit = Edit { number, fingerprint, titles: None, block: text, add_labels: labels, remove_labels: &[] };
    let mut performed = change(tracker, run, &edit, told.is_empty())?;
    if let Performed::Done { notes, .. } = &mut performed {
        notes.splice(0..0, told);
    }
    Ok(performed)
}
