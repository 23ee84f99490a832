//! An entry that cannot be read costs itself and one request, not the page in which it stands.
//! Leaves out answers that are cut or no JSON: see `cloud_faults`.

use serde_json::{Value, json};

use crate::fake_cloud::run::triage;
use crate::fake_cloud::{FakeCloud, Reply, entry, save};

const WINDOW: [&str; 4] = ["--since", "2026-03-10T09:00:00Z", "--until", "2026-03-10T09:10:00Z"];

/// An error each second for ten minutes, some of them spoilt: a page of 500 and one of 100.
fn cloud(spoil: impl Fn(usize, &mut Value)) -> FakeCloud {
    let made = |index: usize| {
        let time = format!("2026-03-10T09:{:02}:{:02}Z", index / 60, index % 60);
        let mut made = entry("checkout", &time, "ERROR", &format!("payment {index} refused"), &format!("id{index}"));
        spoil(index, &mut made);
        made
    };
    let entries: Vec<Value> = (0..600).map(made).collect();
    FakeCloud::with(Vec::new(), move |_, asked| {
        // Asking for what arrived late finds the spoilt ones again.
        if asked["filter"].as_str().unwrap_or("").contains("receiveTimestamp") {
            return Reply::Page(json!({"entries": entries[250..252]}));
        }
        match asked["pageToken"].as_str() {
            Some("500") => Reply::Page(json!({"entries": entries[500..]})),
            _ => Reply::Page(json!({"entries": entries[..500], "nextPageToken": "500"})),
        }
    })
}

#[test]
fn only_the_entry_itself_is_lost_and_its_place_is_told() {
    let spoilt: Vec<(&str, Value, &str)> = vec![
        ("timestamp", json!("not a time"), "beside 2026-03-10T09:04:09Z, insertId id250: "),
        ("labels", json!({"attempt": 7}), "at 2026-03-10T09:04:10Z, insertId id250: invalid type: integer `7`"),
        ("insertId", json!(250), "at 2026-03-10T09:04:10Z, insertId unknown: "),
        ("textPayload", json!(["a", "list"]), "at 2026-03-10T09:04:10Z, insertId id250: "),
        ("traceSampled", json!("perhaps"), "at 2026-03-10T09:04:10Z, insertId id250: "),
    ];
    for (field, value, place) in spoilt {
        let cloud = cloud(|index, entry| {
            if index == 250 {
                entry[field] = value.clone();
            }
        });
        let ran = triage(&cloud, &WINDOW);
        assert_eq!(ran.code, 0, "{field}: {}", ran.stderr);
        let coverage = &ran.json()["coverage"];
        assert_eq!((&coverage["entries"], &coverage["events"]), (&json!(599), &json!(599)), "{field}");
        assert_eq!(coverage["sources"][0]["skipped_total"], 1, "{field}");
        let reason = coverage["sources"][0]["skipped"][0]["reason"].as_str().expect("a reason").to_owned();
        assert!(reason.starts_with(place), "{field}: {reason}");
        assert!(ran.notes().contains("1 part could not be read as a log entry"), "{}", ran.notes());
        assert!(ran.notes().contains("2 of 5 requests were made to read pages entry by entry"), "{}", ran.notes());
        assert!(!ran.notes().contains("GAP"), "{}", ran.notes());
        assert_eq!(cloud.asked().len(), 5, "two pages and what arrived late; two of the three once more");
    }
}

#[test]
fn many_of_them_cost_no_more_requests_than_pages() {
    let cloud = cloud(|index, entry| {
        if index % 2 == 0 {
            entry["timestamp"] = json!(format!("no time, number {index}"));
        }
    });
    let ran = triage(&cloud, &WINDOW);
    let coverage = &ran.json()["coverage"];
    assert_eq!((&coverage["entries"], &coverage["sources"][0]["skipped_total"]), (&json!(300), &json!(300)));
    assert_eq!(cloud.asked().len(), 6);
}

#[test]
fn a_saved_file_says_what_it_lacks() {
    let cloud = cloud(|index, entry| {
        if index == 250 || index == 251 {
            entry["timestamp"] = json!("not a time");
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = [&["fetch", "gcp://wickshop", "--out", "e.ndjson"], &WINDOW[..]].concat();
    let (code, _, stderr) = save::run(&cloud, folder.path(), &arguments);
    assert_eq!(code, 0, "{stderr}");
    let manifest = save::manifest(folder.path(), "e.ndjson");
    assert_eq!(manifest["entries"], 598);
    let told = "2 entries could not be read, the first beside 2026-03-10T09:04:09Z, insertId id250";
    assert!(manifest["notes"].to_string().contains(told), "{manifest}");
    assert!(stderr.contains(told), "{stderr}");
    let (_, view) = save::triage(&cloud, folder.path(), "e.ndjson");
    assert!(view["coverage"]["notes"].to_string().contains(told), "offline it is as true as it was");
}

#[test]
fn an_answer_that_is_no_page_at_all_is_a_fault_like_any_other() {
    let cloud = FakeCloud::with(Vec::new(), |_, _| Reply::Page(json!({"entries": "please log in"})));
    let ran = triage(&cloud, &WINDOW);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{}", ran.stderr);
    assert!(ran.stderr.starts_with("error: cannot read gcp://wickshop\ncaused by: "), "{}", ran.stderr);
    assert!(cloud.asked().len() <= 14, "{}", cloud.asked().len());
}
