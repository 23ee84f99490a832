//! `why GROUP SOURCE` and `why-not A B SOURCE`: what links two groups, and what was looked at where nothing does.

use serde_json::Value;

use crate::bed::Garden;

/// A garden with the case in which one fault explains a part of another, and the ids of groups by title.
fn garden() -> (Garden, impl Fn(&str) -> String) {
    let garden = Garden::new();
    garden.write("quay.ndjson", include_bytes!("cases/partly-caused/entries.ndjson"));
    let (_, triage) = garden.triage("quay.ndjson");
    let id = move |title: &str| {
        let groups = triage["incidents"].as_array().into_iter().flatten().flat_map(|one| one["groups"].as_array());
        let group = groups.flatten().find(|group| group["title"] == title);
        group.and_then(|group| group["id"].as_str()).unwrap_or_else(|| panic!("{title}")).to_string()
    };
    (garden, id)
}

const TIDE: &str = "The tide table of this quay could not be loaded";
const SLOT: &str = "No slot could be offered to the vessel";
const CRANE: &str = "The crane log is full";

#[test]
fn a_link_is_told_with_its_counts_lags_and_evidence() {
    let (garden, id) = garden();
    let why = garden.run(&["why", &id(SLOT)[..6], "quay.ndjson"]);
    let text = why.done();
    assert!(text.starts_with(&format!("{}  {SLOT}, 24 events\n    root of its incident\n", id(SLOT))), "{text}");
    assert!(
        text.contains(&format!(
            "because of\n    {}  {TIDE}\n        by trace: 8 of 24 events, lag 184 ms (p50)",
            id(TIDE)
        )),
        "{text}"
    );
    assert!(text.contains("\n        probability by chance ") && text.contains("\n        evidence 6995"), "{text}");
    assert!(text.ends_with("leads to\n    nothing in this input\n"), "{text}");
    let json = garden.run(&["why", &id(TIDE), "quay.ndjson", "--format", "json"]).json();
    assert_eq!((&json["effects"][0]["to"], &json["effects"][0]["kind"]), (&id(SLOT).into(), &"trace".into()));
    assert_eq!(json["causes"], Value::Array(Vec::new()));
}

#[test]
fn what_is_no_link_is_told_with_everything_that_was_looked_at() {
    let (garden, id) = garden();
    let run = |cause: &str, effect: &str, format: &str| {
        garden.run(&["why-not", &id(cause), &id(effect), "quay.ndjson", "--format", format])
    };
    let none = run(CRANE, SLOT, "text");
    assert!(
        none.done().starts_with("no link: nothing ties them, and the one never precedes the other on an instance\n"),
        "{}",
        none.stdout
    );
    for kind in ["exception-chain", "trace", "correlation", "rule", "instance"] {
        assert!(none.stdout.contains(&format!("\n{kind} ")), "{kind}: {}", none.stdout);
    }
    assert!(
        none.stdout.contains("0 of 24 events of the effect have the cause within 5.0 s before them"),
        "{}",
        none.stdout
    );
    assert!(run(TIDE, SLOT, "text").done().starts_with("linked: by trace, 8 of 24 events\n"));
    assert!(run(SLOT, TIDE, "text").done().starts_with("no link: it is the other way round"));
    let json = run(CRANE, SLOT, "json").json();
    assert_eq!(
        (&json["linked"], &json["order"]["pairs"], &json["order"]["of"]),
        (&false.into(), &0.into(), &24.into())
    );
    assert_eq!(run(TIDE, SLOT, "json").json()["ties"][0]["occurrences"], 8);
}

#[test]
fn groups_that_are_not_there_are_refused() {
    let (garden, id) = garden();
    for (arguments, says) in [
        (vec!["why", "zzz", "quay.ndjson"], "error: no group `zzz` is in this input\nhint: "),
        (vec!["why-not", &id(SLOT), &id(SLOT), "quay.ndjson"], "error: both are the same group\nhint: "),
        (vec!["why-not", "", &id(SLOT), "quay.ndjson"], "error: no group `` is in this input\nhint: "),
    ] {
        let run = garden.run(&arguments);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(run.stderr.starts_with(says), "{}", run.stderr);
    }
}

#[test]
fn a_group_has_one_name_and_an_effect_does_not_look_like_its_cause() {
    let garden = Garden::new();
    garden.write("export.json", include_bytes!("../reports/example/export.json"));
    let (_, triage) = garden.triage("export.json");
    let incident = &triage["incidents"][0];
    let groups = incident["groups"].as_array().expect("groups");
    let titles: Vec<&str> = groups.iter().filter_map(|group| group["title"].as_str()).collect();
    let mut once = titles.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), titles.len(), "{titles:?}");
    let root = incident["root"].as_str().expect("an id");
    let text = garden.run(&["why", root, "export.json"]).stdout;
    for group in groups {
        let (id, title) = (group["id"].as_str().expect("an id"), group["title"].as_str().expect("a title"));
        let shown: Vec<&str> = text.lines().filter(|line| line.trim_start().starts_with(id)).collect();
        assert!(shown.iter().all(|line| line.contains(title)), "{title}: {shown:?}");
    }
    let timeline = incident["timeline"].as_array().expect("a timeline");
    let firsts: Vec<&str> =
        timeline.iter().filter_map(|item| item["text"].as_str()?.strip_prefix("first of ")).collect();
    for title in &titles {
        assert!(firsts.iter().filter(|text| text.ends_with(title)).count() <= 1, "{title}: {firsts:#?}");
    }
    assert!(firsts.len() > 1, "{firsts:?}");
}
