//! Changes the block, the title and the labels of an issue, as far as they differ from what is wanted.
//! Leaves out what people write meanwhile: see `mend`.

use super::block;
use super::fault::{Fault, FaultKind};
use super::mend;
use super::perform::{Performed, Stop, TRIES, done, dropped, has, lost, ours};
use super::run::Run;
use super::tracker::{Change, RemoteIssue, Tracker};
use crate::report::draft::title as title_of;

/// An edit of an issue; the number of one that is still to be found or opened is 0.
pub(super) struct Edit<'a> {
    pub(super) number: u64,
    pub(super) fingerprint: &'a str,
    /// The new title and the one that it replaces.
    pub(super) titles: Option<(&'a str, &'a str)>,
    pub(super) block: &'a str,
    pub(super) add_labels: &'a [String],
    pub(super) remove_labels: &'a [String],
}

/// Makes the issue as wanted; writes nothing that is so already.
pub(super) fn change(
    tracker: &mut dyn Tracker,
    run: &mut Run,
    edit: &Edit,
    started_before: bool,
) -> Result<Performed, Stop> {
    let number = edit.number;
    let mut read = ours(tracker, number, edit.fingerprint)?;
    let (mut written, mut known) = (None, true);
    for _ in 0..TRIES {
        let Some(change) = difference(&read, edit)? else { break };
        let based = |new: &Option<String>, old: &str| new.clone().map(|new| (old.to_owned(), new));
        let (body, title) = (based(&change.body, &read.body), based(&change.title, &read.title));
        written = Some(mend::Written { number, body, title, adopting: None });
        match tracker.edit(number, &change) {
            Err(fault) if fault.is_unknown() => {
                // Sent again as it is, it would undo what a person changes meanwhile.
                known = false;
                std::thread::sleep(run.settings.settle);
                read = ours(tracker, number, edit.fingerprint)?;
            }
            changed => {
                changed?;
                known = true;
                break;
            }
        }
    }
    if !known && difference(&read, edit)?.is_some() {
        return Err(Stop::Failed(lost("changing the issue")));
    }
    let mut wrote = written.is_some();
    let mut mended = match written {
        Some(written) => mend::after(tracker, written, edit.block, run.settings.settle)?,
        None if started_before => {
            let titles = edit.titles.filter(|(new, _)| read.title == title_of(new));
            let titles = titles.map(|(_, old)| (old, read.title.as_str()));
            mend::earlier(tracker, number, &read.body, titles, edit.block)?
        }
        None => mend::Mended::default(),
    };
    if mended.taken_over {
        return Err(dropped(
            format!("#{number} is not ours to write to: somebody removed its marker"),
            Some(read.as_issue(false)),
        ));
    }
    let missing: Vec<String> = edit.add_labels.iter().filter(|label| !has(&read.labels, label)).cloned().collect();
    let missing = run.labels(tracker, &missing, &mut mended.notes)?;
    if !missing.is_empty() {
        tracker.add_labels(number, &missing)?;
        wrote = true;
    }
    for label in edit.remove_labels.iter().filter(|label| has(&read.labels, label)) {
        tracker.remove_label(number, label)?;
        wrote = true;
    }
    Ok(done(&read, wrote, mended.notes))
}

/// Returns what of the issue is to change, if anything.
fn difference(read: &RemoteIssue, edit: &Edit) -> Result<Option<Change>, Stop> {
    let Some(body) = block::replace(&read.body, edit.block) else {
        let cause = format!("the text that people wrote into #{} leaves no room for ours", edit.number);
        return Err(Stop::Failed(Fault::new(FaultKind::Refused, cause)));
    };
    let body = (!block::same(&body, &read.body)).then_some(body);
    // A title that a person gave is a person's text.
    let title = edit.titles.filter(|(_, old)| read.title == *old).map(|(new, _)| title_of(new));
    let title = title.filter(|title| *title != read.title);
    Ok((body.is_some() || title.is_some()).then_some(Change { title, body, state: None }))
}
