//! Issues that people opened: proposed where one of ours would be opened, taken up only when somebody says so.
//! Leaves out the score (`publish::github::candidates`) and the writing (`publish::github::adopt`).

use std::collections::BTreeMap;

use super::pass::Planned;
use crate::decision::{Action, Judged, Memory};
use crate::publish::github::candidates::{Facts, candidates};
use crate::publish::github::{Fault, Listing, Tracker};
use crate::report::view::{IncidentView, TriageView};

/// Open issues looked at, the newest; a repository may have thousands.
const LOOKED_AT: usize = 300;

/// Turns the decisions about adopted incidents into openings.
///
/// Returns incident -> number, and a sentence for each that changes nothing. What a person says goes before the
/// thresholds, but not before what another person did.
pub(super) fn apply(
    adopt: &[(String, u64)],
    memory: &Memory,
    judged: &mut Judged,
) -> (BTreeMap<String, u64>, Vec<String>) {
    let (mut adopted, mut notes) = (BTreeMap::new(), Vec::new());
    for (beginning, number) in adopt {
        let seen_as = |incident: &String| judged.seen_as.get(incident).is_some_and(|seen| seen.starts_with(beginning));
        let named = |incident: &String| incident.starts_with(beginning) || seen_as(incident);
        let found: Vec<String> =
            judged.decisions.iter().map(|decision| &decision.incident).filter(|name| named(name)).cloned().collect();
        let wrong = match found.as_slice() {
            [] => Some("no incident is known whose id begins so".to_string()),
            [incident] => hindrance(incident, *number, memory, judged),
            _ => Some("several incidents' ids begin so; give more digits".to_string()),
        };
        match (wrong, found.into_iter().next()) {
            (None, Some(incident)) => {
                for decision in judged.decisions.iter_mut().filter(|decision| decision.incident == incident) {
                    decision.reason = format!("taken up into #{number} as asked; otherwise: {}", decision.reason);
                    decision.action = Action::Open;
                }
                adopted.insert(incident, *number);
            }
            (wrong, _) => {
                let why = wrong.unwrap_or_default();
                notes.push(format!("--adopt {beginning}={number} changes nothing: {why}"));
            }
        }
    }
    (adopted, notes)
}

/// Returns why an incident cannot be taken up into an issue.
fn hindrance(incident: &str, number: u64, memory: &Memory, judged: &Judged) -> Option<String> {
    let record = judged.records.get(incident).or(memory.records.get(incident))?;
    match &record.issue {
        Some(issue) if issue.number == number => Some(format!("#{number} is its issue already")),
        Some(issue) => Some(format!("it has issue #{} already", issue.number)),
        None if memory.busy.contains(incident) => Some("an earlier order for it is not carried out yet".to_string()),
        None if !judged.seen_as.contains_key(incident) => {
            Some("this pass did not see it, so there is nothing to write".to_string())
        }
        None => None,
    }
}

/// Looks for issues that people opened about what would be opened now.
pub(super) fn propose(tracker: &mut dyn Tracker, plan: &mut [Planned], view: &TriageView) -> Result<(), Fault> {
    let new = |planned: &&mut Planned| {
        matches!(planned.decision.action, Action::Open | Action::RollUp) && planned.issue.is_none()
    };
    let mut asked: Vec<(&mut Planned, &IncidentView)> = plan
        .iter_mut()
        .filter(new)
        .filter_map(|planned| {
            let standing = |incident: &&IncidentView| {
                incident.standing.as_ref().is_some_and(|standing| standing.incident == planned.decision.incident)
            };
            let incident = view.incidents.iter().find(standing)?;
            Some((planned, incident))
        })
        .collect();
    if asked.is_empty() {
        return Ok(());
    }
    let open = tracker.issues(&Listing { open_only: true, at_most: Some(LOOKED_AT), ..Listing::default() })?;
    for (planned, incident) in &mut asked {
        planned.candidates = candidates(&facts(incident), &open);
    }
    Ok(())
}

fn facts(incident: &IncidentView) -> Facts {
    let exceptions = || incident.groups.iter().filter_map(|group| group.exception.as_ref());
    let root = incident.groups.iter().find(|group| group.id == incident.root);
    let samples = || incident.groups.iter().flat_map(|group| &group.samples);
    let quotes = root.into_iter().flat_map(|group| &group.samples).map(|sample| sample.quote.clone());
    Facts {
        title: incident.title.clone(),
        type_name: exceptions().find_map(|exception| exception.type_name.clone()).unwrap_or_default(),
        messages: exceptions().filter_map(|exception| exception.message.clone()).chain(quotes).collect(),
        files: exceptions()
            .flat_map(|exception| &exception.frames)
            .filter(|frame| frame.in_app)
            .filter_map(|frame| frame.file.clone())
            .collect(),
        insert_ids: samples().filter_map(|sample| sample.insert_id.clone()).collect(),
    }
}
