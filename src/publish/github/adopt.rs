//! Takes up an issue that a person opened: our block goes below their text, which stays as it is.
//! Leaves out finding such issues: see `candidates`; nothing is taken up unless somebody says so.

use super::block::{self, LIMIT, Marking};
use super::change::{Edit, change};
use super::fault::{Fault, FaultKind};
use super::mend;
use super::perform::{Performed, Stop, done, dropped, lost};
use super::run::Run;
use super::tracker::{Change, Tracker};
use crate::decision::{Issue, IssueState};

/// Writes the block into the issue that `edit` names, and the labels; once it is there this is an edit.
pub(super) fn adopt(
    tracker: &mut dyn Tracker,
    run: &mut Run,
    edit: &Edit,
    started_before: bool,
) -> Result<Performed, Stop> {
    let number = edit.number;
    let read = match tracker.issue(number) {
        Ok(issue) => issue,
        Err(fault) if fault.is_gone() => {
            let gone = Issue { number, state: IssueState::Gone, closed_at: None, marked: false };
            return Err(dropped(format!("#{number} is not there: {}", fault.cause), Some(gone)));
        }
        Err(fault) => return Err(Stop::Failed(fault)),
    };
    let marking = block::marking(&read.body);
    match &marking {
        _ if read.is_pull_request => return Err(dropped(format!("#{number} is a pull request"), None)),
        _ if read.state == IssueState::NotPlanned => {
            return Err(dropped(format!("#{number} was closed as not planned or as a duplicate"), None));
        }
        Marking::Broken(how) => return Err(dropped(format!("#{number} cannot be taken up: {how}"), None)),
        Marking::Managed { fingerprint, .. } | Marking::Draft { fingerprint, .. }
            if fingerprint == edit.fingerprint =>
        {
            return change(tracker, run, edit, started_before);
        }
        Marking::Managed { .. } | Marking::Draft { .. } => {
            return Err(dropped(format!("#{number} is the issue of another incident"), None));
        }
        Marking::None => {}
    }
    let between = if read.body.is_empty() { "" } else { "\n\n" };
    let body = format!("{}{between}{}", read.body, block::place(edit.fingerprint, edit.block));
    if body.chars().count() > LIMIT {
        let cause = format!("the text that people wrote into #{number} leaves no room for ours");
        return Err(Stop::Failed(Fault::new(FaultKind::Refused, cause)));
    }
    tracker.edit(number, &Change { body: Some(body.clone()), ..Change::default() })?;
    let written = mend::Written { number, body: Some((read.body.clone(), body)), title: None };
    let mut mended = mend::after(tracker, written, edit.block, run.settings.settle)?;
    if mended.taken_over {
        // A person wrote at the same moment. Their text is back, and the next try begins with it.
        return Err(Stop::Failed(lost("taking up the issue")));
    }
    let labels = run.labels(tracker, edit.add_labels, &mut mended.notes)?;
    tracker.add_labels(number, &labels)?;
    Ok(done(&read, true, mended.notes))
}
