//! Gives the sources of a view the names that a document has for them, so that both speak of the same file.
//! Leaves out which name is whose: `Stated` has the names, the sha256 pairs them.

use crate::report::view::{EvidenceView, TriageView};

/// Returns the pairs (name here, name in the document) that differ.
pub fn renames(view: &TriageView, stated: &[(String, Option<String>)]) -> Vec<(String, String)> {
    let sources = &view.coverage.sources;
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_string();
    let mut pairs = Vec::new();
    for (at, source) in sources.iter().enumerate() {
        if stated.iter().any(|(name, _)| *name == source.source) {
            continue;
        }
        let free = |name: &String| !sources.iter().any(|other| other.source == *name);
        let same_sum = stated.iter().find(|(_, sum)| sum.is_some() && *sum == source.sha256);
        let same_name = || stated.iter().find(|(name, _)| last(name) == last(&source.source));
        let same_place = || stated.get(at).filter(|_| stated.len() == sources.len());
        let found = same_sum.or_else(same_name).or_else(same_place);
        if let Some((name, _)) = found.filter(|(name, _)| free(name)) {
            pairs.push((source.source.clone(), name.clone()));
        }
    }
    pairs
}

/// Renames a source everywhere in a view.
pub fn rename(view: &mut TriageView, from: &str, to: &str) {
    let name = |text: &mut String| {
        if text == from {
            *text = to.to_string();
        }
    };
    // `name:line` in a reference, `name: ...` in a note, or the name alone.
    let before = |text: &mut String| {
        name(text);
        if let Some(rest) = text.strip_prefix(from).filter(|rest| rest.starts_with(':')) {
            *text = format!("{to}{rest}");
        }
    };
    let all = |evidence: &mut Vec<EvidenceView>| evidence.iter_mut().for_each(|item| before(&mut item.reference));
    view.coverage.sources.iter_mut().for_each(|source| name(&mut source.source));
    view.coverage.notes.iter_mut().for_each(before);
    for incident in &mut view.incidents {
        incident.groups.iter_mut().flat_map(|group| &mut group.samples).for_each(|sample| name(&mut sample.source));
        incident.links.iter_mut().flat_map(|link| &mut link.evidence).flatten().for_each(before);
        incident.timeline.iter_mut().for_each(|item| before(&mut item.reference));
        incident.impact.iter_mut().for_each(|statement| all(&mut statement.evidence));
        incident.whys.iter_mut().for_each(|why| all(&mut why.evidence));
        all(&mut incident.trigger.evidence);
        all(&mut incident.root_cause.evidence);
    }
}
