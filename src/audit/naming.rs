//! Which service an incident and its issue name, so that two with one title are told apart.
//! Leaves out the title itself: see the templates.

use crate::decision::{ROLLUP, Record};
use crate::report::issue_title;

/// Returns the services of an incident, that of its root first.
pub fn services(record: &Record) -> Vec<String> {
    let root = &record.kin.service;
    let first = (!root.is_empty()).then(|| root.clone());
    first.into_iter().chain(record.services.iter().filter(|service| *service != root).cloned()).collect()
}

/// Returns the title of an issue, with the service of its root where another incident has the same title.
///
/// An issue keeps the form that its title has: one that came to stand alone is not called otherwise for that.
pub(super) fn told_apart<'r>(title: &str, record: &Record, mut others: impl Iterator<Item = &'r Record>) -> String {
    let service = &record.kin.service;
    if service.is_empty() {
        return title.to_string();
    }
    let ending = format!(" ({service})");
    let named = match &record.published {
        Some(published) => published.title.ends_with(&ending),
        None => others.any(|other| {
            let own = other.incident == record.incident || other.incident == ROLLUP || other.noise.is_some();
            !own && other.title == record.title && other.kin.service != *service
        }),
    };
    if named && !title.ends_with(&ending) { issue_title(title, &ending) } else { title.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{Pass, Published, Sighting, judge};
    use crate::entry::Timestamp;

    fn record(service: &str, title: &str) -> Record {
        let pass = Pass {
            source: "mill.log".to_string(),
            from: None,
            to: None,
            now: Timestamp(0),
            complete: true,
            entries: 1,
            events: 1,
        };
        let mut sighting =
            Sighting { fingerprint: format!("{service}-{title}"), title: title.to_string(), ..Sighting::default() };
        sighting.kin.service = service.to_string();
        sighting.services = vec!["brook".to_string(), service.to_string()];
        let judged = judge(&Default::default(), &[sighting], &pass, &Default::default());
        judged.records.into_values().next().expect("one record")
    }

    fn published(record: &Record, title: &str) -> Record {
        let says = Published {
            at: Timestamp(0),
            priority: String::new(),
            title: title.to_string(),
            cause: String::new(),
            events: 1,
            services: Vec::new(),
            state: record.state,
            told_at: Timestamp(0),
            body: String::new(),
        };
        Record { published: Some(says), ..record.clone() }
    }

    #[test]
    fn two_services_with_one_title_are_told_apart_and_titles_that_stand_stay() {
        let (mill, weir) = (record("mill", "The stone is worn"), record("weir", "The stone is worn"));
        let title = |of: &Record, others: &[Record]| told_apart("GCP-new | P1 | The stone is worn", of, others.iter());
        let both = [mill.clone(), weir.clone()];
        assert_eq!(title(&mill, &both), "GCP-new | P1 | The stone is worn (mill)");
        assert_eq!(title(&weir, &both), "GCP-new | P1 | The stone is worn (weir)");
        assert_eq!(title(&mill, &[mill.clone(), record("weir", "No water")]), "GCP-new | P1 | The stone is worn");
        let old = published(&mill, "GCP-new | P1 | The stone is worn");
        assert_eq!(title(&old, &both), "GCP-new | P1 | The stone is worn", "the other one came later");
        let told = published(&mill, "GCP-new | P2 | The stone is worn (mill)");
        assert_eq!(
            title(&told, std::slice::from_ref(&mill)),
            "GCP-new | P1 | The stone is worn (mill)",
            "the other one is gone"
        );
        assert_eq!(services(&mill), ["mill", "brook"]);
        let long = told_apart(&"x".repeat(300), &mill, both.iter());
        assert!(long.chars().count() <= 256 && long.ends_with(" (mill)"), "{long}");
    }
}
