//! Puts back what a person wrote between our reading of an issue and our writing of it.
//! Leaves out the block itself (`block`) and the order of calls (`perform`).
//!
//! GitHub has no "change it only if it is still as I read it". What it has is the history of a body, each
//! version as saved. So after each write the version before ours is looked at: if it is not the one that
//! was read, a person was faster, and their text is put back with our block in it. Titles likewise.
//! Rejected: times (`updated_at` has whole seconds, and changes with every comment and label).

use std::time::Duration;

use super::block::{self, Marking};
use super::fault::Fault;
use super::tracker::{BodyVersion, Change, History, Tracker};

/// Times that a person's text is put back before giving up.
const ROUNDS: usize = 3;

/// Times that the history is asked until it holds what was just written.
const LOOKS: usize = 3;

/// What a write was based on, and what it wrote.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) number: u64,
    /// The body that was read, and the one that was written; `None` when only the title was.
    pub(super) body: Option<(String, String)>,
    /// The title that was read, and the one that was written.
    pub(super) title: Option<(String, String)>,
    /// The incident, when the body that was read had no block yet.
    pub(super) adopting: Option<String>,
}

/// What was found, for the user.
#[derive(Debug, Default)]
pub(super) struct Mended {
    pub(super) notes: Vec<String>,
    /// A person removed the marker just before we wrote: the issue is theirs, and is as they left it.
    pub(super) taken_over: bool,
}

/// Looks whether a person was faster than the write, and puts their text back.
pub(super) fn after(
    tracker: &mut dyn Tracker,
    written: Written,
    text: &str,
    settle: Duration,
) -> Result<Mended, Fault> {
    let mut mended = Mended::default();
    let Written { number, mut body, title, adopting } = written;
    for round in 0..=ROUNDS {
        let (history, found) = match look(tracker, number, body.as_ref(), settle) {
            Ok(found) => found,
            Err(fault) => {
                mended
                    .notes
                    .push(format!("whether somebody edited #{number} meanwhile could not be checked: {}", fault.cause));
                return Ok(mended);
            }
        };
        if let (0, Some((read, wrote))) = (round, &title) {
            keep_title(tracker, number, &history, read, wrote, &mut mended)?;
        }
        let Some((read, wrote)) = body.take() else { return Ok(mended) };
        let Some(at) = found else {
            mended.notes.push(format!(
                "the history of #{number} does not hold our edit; whether somebody edited it meanwhile is unknown"
            ));
            return Ok(mended);
        };
        let Some(before) = before(&history.bodies, at, &wrote) else { return Ok(mended) };
        let Some(theirs) = &before.text else {
            mended.notes.push(format!("the version of #{number} before ours was deleted from its history"));
            return Ok(mended);
        };
        if block::same(theirs, &read) {
            return Ok(mended);
        }
        if at > 0 || round == ROUNDS {
            mended.notes.push(lost(before));
            return Ok(mended);
        }
        let back = put_back(tracker, number, before, adopting.as_deref(), text, &mut mended)?;
        if mended.taken_over {
            return Ok(mended);
        }
        body = Some((wrote, back));
    }
    Ok(mended)
}

/// Does what [`after`] would have done for a run that ended before it could: the body is as wanted, but
/// the write that made it so was not looked at.
///
/// `titles` are the one that was to be replaced and the one that the issue has now, if that is the wanted one.
pub(super) fn earlier(
    tracker: &mut dyn Tracker,
    number: u64,
    body: &str,
    titles: Option<(&str, &str)>,
    text: &str,
) -> Result<Mended, Fault> {
    let mut mended = Mended::default();
    let versions = match tracker.history(number) {
        Ok(history) => {
            if let Some((read, wrote)) = titles {
                keep_title(tracker, number, &history, read, wrote, &mut mended)?;
            }
            history.bodies
        }
        Err(fault) => {
            mended
                .notes
                .push(format!("whether somebody edited #{number} meanwhile could not be checked: {}", fault.cause));
            return Ok(mended);
        }
    };
    let text_of = |at: usize| versions.get(at).and_then(|version: &BodyVersion| version.text.as_deref());
    let Some(newest) = text_of(0).filter(|newest| block::same(newest, body)) else { return Ok(mended) };
    // Our write is the first version with this block; what follows it are other people's edits.
    let wanted = block::inside(newest);
    let same_block = |at: &usize| text_of(*at).is_some_and(|text| block::inside(text) == wanted);
    let ours = (0..versions.len()).take_while(same_block).last().unwrap_or(0);
    let (Some(before), Some(theirs)) = (versions.get(ours + 1), text_of(ours + 1)) else { return Ok(mended) };
    let stays = |at: usize| text_of(at).is_some_and(|text| alike(text, theirs));
    if (0..=ours).any(stays) {
        return Ok(mended);
    }
    // A write of ours changes the block alone. So if it changed more, it was based on an older version,
    // which is in the history too; anything else is not of our making and is left alone.
    let alike_newest = |at: &usize| text_of(*at).is_some_and(|text| alike(text, newest));
    let based_on = (ours + 2..versions.len()).find(alike_newest).and_then(text_of);
    if ours > 0 {
        mended.notes.push(lost(before));
    } else if let Some(base) = based_on {
        // Without a block in what it was based on, the write was the one that put it there.
        let ours = block::marking(newest).fingerprint().map(str::to_owned);
        let adopting = ours.filter(|_| block::marking(base) == Marking::None);
        put_back(tracker, number, before, adopting.as_deref(), text, &mut mended)?;
    }
    Ok(mended)
}

/// Returns the history, and where in it the body that was written stands.
fn look(
    tracker: &mut dyn Tracker,
    number: u64,
    body: Option<&(String, String)>,
    settle: Duration,
) -> Result<(History, Option<usize>), Fault> {
    let mut history = tracker.history(number)?;
    let Some((read, wrote)) = body else { return Ok((history, None)) };
    let says = |version: &BodyVersion, text: &str| version.text.as_deref().is_some_and(|said| block::same(said, text));
    for look in 1.. {
        let found = history.bodies.iter().position(|version| says(version, wrote));
        // The same text may have been written long ago; while the newest version is the one that was read,
        // the history does not hold our write yet.
        let waits = history.bodies.first().is_none_or(|newest| says(newest, read));
        if (found.is_some() && !waits) || look >= LOOKS {
            return Ok((history, found.filter(|_| !waits)));
        }
        std::thread::sleep(settle);
        history = tracker.history(number)?;
    }
    Ok((history, None))
}

/// Returns the version before the one that was written; a repeated write may stand there twice.
fn before<'a>(versions: &'a [BodyVersion], at: usize, wrote: &str) -> Option<&'a BodyVersion> {
    versions[at..].iter().find(|version| !version.text.as_deref().is_some_and(|text| block::same(text, wrote)))
}

/// Gives the issue the title back that a person gave it after we read it.
fn keep_title(
    tracker: &mut dyn Tracker,
    number: u64,
    history: &History,
    read: &str,
    wrote: &str,
    mended: &mut Mended,
) -> Result<(), Fault> {
    if let Some(last) = history.renames.first().filter(|last| last.to == wrote && last.from != read) {
        tracker.edit(number, &Change { title: Some(last.from.clone()), ..Change::default() })?;
        mended.notes.push("kept the title that somebody gave it meanwhile".to_owned());
    }
    Ok(())
}

fn put_back(
    tracker: &mut dyn Tracker,
    number: u64,
    version: &BodyVersion,
    adopting: Option<&str>,
    text: &str,
    mended: &mut Mended,
) -> Result<String, Fault> {
    let theirs = version.text.as_deref().unwrap_or_default();
    let with_block = match (block::marking(theirs), adopting) {
        (Marking::Managed { .. } | Marking::Draft { .. }, _) => block::replace(theirs, text),
        (Marking::None, Some(fingerprint)) => block::append(theirs, fingerprint, text),
        _ => None,
    };
    mended.taken_over = with_block.is_none();
    let back = with_block.unwrap_or_else(|| theirs.to_owned());
    tracker.edit(number, &Change { body: Some(back.clone()), ..Change::default() })?;
    mended.notes.push(format!("kept the edit that {} made meanwhile", editor(version)));
    Ok(back)
}

fn alike(left: &str, right: &str) -> bool {
    let ((before, after), (other_before, other_after)) = (block::around(left), block::around(right));
    block::same(before, other_before) && block::same(after, other_after)
}

fn lost(version: &BodyVersion) -> String {
    let at = version.at.map_or_else(String::new, |at| format!(" at {}", at.short()));
    format!(
        "an edit that {} made{at} was overwritten and could not be put back; it stands in the issue's history",
        editor(version)
    )
}

fn editor(version: &BodyVersion) -> &str {
    if version.editor.is_empty() { "somebody" } else { &version.editor }
}
