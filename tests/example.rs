//! The example run in `reports/example/`: rendered from the shipped export, and as it is rendered today.
//! Leaves out other inputs; those are `tests/cases.rs`. `UPDATE_EXPECT=1` writes the files anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::garden::evidence::{Input, check};
use crate::garden::{self, Garden, adds_up, files, incidents, place, text};

const EXPORT: &str = "reports/example/export.json";
const NOW: &str = "2026-03-10T10:00:00Z";

/// Returns the files of the shipped run.
fn shipped(folder: &Path) -> BTreeMap<String, String> {
    let mut kept = files(folder);
    kept.remove("export.json");
    kept
}

#[test]
fn the_example_is_what_is_rendered_today() {
    let garden = Garden::new(garden::root(), NOW);
    let (_, rendered) = garden.rendered(EXPORT);
    assert!(rendered.contains_key("summary.md"), "{:?}", rendered.keys());

    let folder = garden::root().join("reports/example");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        for name in shipped(&folder).keys() {
            fs::remove_file(folder.join(name)).expect("removed");
        }
        let _ = fs::remove_dir_all(folder.join("incidents"));
        for (name, page) in &rendered {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("created");
            fs::write(path, page).expect("written");
        }
    }
    let kept = shipped(&folder);
    assert_eq!(
        kept.keys().collect::<Vec<_>>(),
        rendered.keys().collect::<Vec<_>>(),
        "files of the example; UPDATE_EXPECT=1 writes them anew"
    );
    for (name, page) in &rendered {
        assert!(kept[name] == *page, "reports/example/{name} is out of date; UPDATE_EXPECT=1 writes it anew");
        assert!(!page.contains(garden::root().to_str().expect("UTF-8")), "{name} names a folder of this machine");
    }
}

#[test]
fn every_claim_of_the_example_is_in_its_export() {
    let garden = Garden::new(garden::root(), NOW);
    let input = Input::new(&fs::read_to_string(garden::root().join(EXPORT)).expect("the export"));
    let (triage, written) = garden.rendered(EXPORT);
    adds_up(&triage);
    for incident in incidents(&triage).iter().filter(|incident| incident["noise"].is_null()) {
        let report = &written[&format!("{}/report.md", place(incident))];
        assert_eq!(*report, garden.report(EXPORT, text(incident, "id")), "`report` and `triage --out` agree");
        assert_eq!(check(&input, incident, report), "", "report of {}", text(incident, "title"));
    }
}

#[test]
fn the_example_reads_as_its_author_meant_it() {
    let garden = Garden::new(garden::root(), NOW);
    let triage = garden.triage(&[EXPORT]);
    let lines: Vec<String> = incidents(&triage)
        .iter()
        .map(|incident| {
            let noise = incident["noise"].as_str().map(|noise| format!(" noise {noise}")).unwrap_or_default();
            let groups = incident["groups"].as_array().map_or(0, Vec::len);
            format!(
                "{} {} in {groups}{noise}: {}",
                text(incident, "priority"),
                incident["entries"],
                text(incident, "title")
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "P0 82 in 9: Python cannot import `wickshop.tax`",
            "P1 14 in 2: `payments.pebblepay.example` did not answer in time",
            "P2 2 in 1: The database `wick_reports\\n` does not exist",
            "P3 9 in 1: `SHIPPING_REGION` holds blanks or line ends",
            "P3 9 in 1: The Sentry SDK is not installed",
            "P3 4 in 1 noise http-refused-test-client: A test client was refused (404)",
            "P3 2 in 1 noise http-refused-scanner: A scanner looked for weak spots and was refused (404)",
        ]
    );
    assert_eq!(triage["coverage"]["duplicates"], 1);
}

#[test]
fn traffic_is_moved_only_from_a_failure_and_only_to_an_earlier_revision() {
    let garden = Garden::new(garden::root(), NOW);
    let triage = garden.triage(&[EXPORT]);
    for incident in incidents(&triage).iter().filter(|incident| incident["noise"].is_null()) {
        let actions = incident["actions"].to_string();
        assert!(!actions.contains("checkout-api-00042-qix"), "the revision that crashes: {actions}");
        let crash_loop = text(incident, "priority") == "P0";
        assert_eq!(actions.contains("traffic to revision checkout-api-00041-lum"), crash_loop, "{actions}");
    }
}

#[test]
fn callers_unknown_to_the_rules_are_not_called_no_users() {
    let garden = Garden::new(garden::root(), NOW);
    for incident in incidents(&garden.triage(&[EXPORT])).iter().filter(|incident| incident["noise"].is_null()) {
        assert!(!incident["impact"].to_string().contains("not users"), "{}", incident["impact"]);
    }
}
