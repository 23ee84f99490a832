//! The script of `gh` commands for teams that approve by hand, run against a `gh` that notes what it is given.
//! Leaves out `gh` itself.

use std::fs;
use std::process::Command;

use crate::auditing::{self, Auditing, EAGER, NOW, shop};
use crate::bed;
use crate::injection::corpus;

/// Notes its words, one a line, and the body file; answers `issue view` with `BODY`.
const GH: &str = "#!/bin/sh\n{ for word in \"$@\"; do printf '<%s>' \"$word\"; done; echo; } >> \"$NOTES\"\n\
    if [ \"$2\" = view ]; then cat \"$BODY\"; fi\n\
    while [ $# -gt 0 ]; do if [ \"$1\" = --body-file ]; then cp \"$2\" \"$NOTES.body\"; fi; shift; done\n";

/// Runs the script and returns what `gh` was told, and the last body.
fn send(all: &Auditing, run: &str, body: &str) -> (String, String) {
    all.garden.write("bin/gh", GH).write("body", body).write("notes", "").write("notes.body", "");
    let script = all.garden.path(&format!("reports/2026-03-10/{run}/plan/commands.sh"));
    let check = Command::new("sh").arg("-n").arg(&script).output().expect("sh");
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(all.garden.path("bin/gh"), fs::Permissions::from_mode(0o755)).expect("set");
    let path = format!("{}:/usr/bin:/bin", all.garden.path("bin").display());
    let mut command = Command::new("sh");
    command.arg(&script).env_clear().env("PATH", path).current_dir(all.garden.path("."));
    command.env("NOTES", all.garden.path("notes")).env("BODY", all.garden.path("body"));
    let output = command.output().expect("sh");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    (all.garden.read("notes") + &said, all.garden.read("notes.body"))
}

#[test]
fn nothing_from_a_log_is_run() {
    let all = Auditing::new();
    let text = "it's over'; touch pwned; ' `touch pwned` $(touch pwned) \\\" \n touch pwned";
    let entry = auditing::entry("shop-1", "2026-03-10T09:30:00Z", "ERROR", serde_json::json!({ "textPayload": text }));
    all.garden.write("shop.ndjson", bed::ndjson(&[entry]));
    assert_eq!(all.audit(NOW, &[]).code, 0);
    let (told, body) = send(&all, "094000Z", "");
    assert!(told.contains("<issue><create><--repo><wick/shop><--title><GCP-new | P"), "{told}");
    assert!(told.contains("it's over'; touch pwned; '"), "{told}");
    assert!(told.starts_with("<label><create><--repo><wick/shop><--><P"), "{told}");
    assert!(body.starts_with("<!-- log-gardener:begin fingerprint="), "{body}");
    assert!(!all.garden.path("pwned").exists());
    assert!(!all.garden.path("reports/2026-03-10/094000Z/plan/pwned").exists());
}

#[test]
fn the_script_sends_what_the_plan_says_whatever_a_log_holds() {
    let all = Auditing::new();
    let cases = corpus::cases();
    let entries: Vec<serde_json::Value> = cases
        .iter()
        .enumerate()
        .map(|(number, case)| {
            let service = format!("shop-{number}");
            let mut entry = auditing::entry("shop-1", "2026-03-10T09:30:00Z", "ERROR", serde_json::json!({}));
            entry["insertId"] = serde_json::json!(format!("c{number}"));
            entry["textPayload"] = serde_json::json!(format!("{} {number} broke", case.text));
            entry["resource"]["labels"]["service_name"] = serde_json::json!(service);
            entry
        })
        .collect();
    all.garden.write("shop.ndjson", bed::ndjson(&entries));
    let many = "most_new = 5000\nmost_new_a_day = 5000\n";
    all.garden.write("log-gardener.toml", format!("{EAGER}{many}"));
    let plan = all.plan(NOW, &["--out", "reports"]);
    let orders: Vec<&serde_json::Value> = plan["plan"]
        .as_array()
        .expect("a list")
        .iter()
        .flat_map(|one| one["orders"].as_array().expect("a list"))
        .collect();
    assert!(orders.len() > cases.len() * 8 / 10, "{} orders", orders.len());
    let (told, _) = send(&all, "094000Z", "");
    let mut calls = told.lines().filter(|line| line.starts_with("<issue>"));
    let words = |order: &serde_json::Value, key: &str, option: &str| -> String {
        let all = order[key].as_array().into_iter().flatten();
        all.map(|word| format!("<--{option}><{}>", word.as_str().expect("a word"))).collect()
    };
    for (number, order) in orders.iter().enumerate() {
        let title = order["title"].as_str().expect("a title");
        let file = format!("{:03}-open.md", number + 1);
        let labels = words(order, "labels", "label");
        let expected = format!("<issue><create><--repo><wick/shop><--title><{title}><--body-file><{file}>{labels}");
        assert_eq!(calls.next(), Some(expected.as_str()));
        let body = all.garden.read(&format!("reports/2026-03-10/094000Z/plan/{file}"));
        // What is too long for GitHub is cut; its beginning is there.
        let block: String = order["block"].as_str().expect("a body").trim().chars().take(2_000).collect();
        assert!(body.contains(&block), "{file}");
        assert_eq!(body.matches("<!-- log-gardener:").count(), 2, "{file}");
    }
    assert_eq!(calls.next(), None, "nothing else was called");
    assert!(
        told.lines().all(|line| line.starts_with("<issue><create>") || line.starts_with("<label><create><--repo>")),
        "{told}"
    );
    for folder in ["", "reports/2026-03-10/094000Z/plan/"] {
        assert!(!all.garden.path(&format!("{folder}owned")).exists());
    }
    println!("{} cases, {} orders, each sent as the plan says", cases.len(), orders.len());
}

#[test]
fn an_edit_by_hand_keeps_what_people_wrote() {
    let all = Auditing::new();
    all.garden.write("log-gardener.toml", format!("{EAGER}refresh = \"1m\"\n"));
    assert_eq!(all.audit(NOW, &["--publish"]).code, 0);
    let body = all.hub.with(|store| format!("Read this first.\r\n\r\n{}\r\nAnd this last.\r\n", store.issue(1).body));
    all.garden.write("shop.ndjson", shop("shop-00041", 30, 40, true));
    assert_eq!(all.audit("2026-03-10T09:55:00Z", &[]).code, 0);
    let (told, new) = send(&all, "095500Z", &body);
    assert!(told.contains("<issue><edit><1><--repo><wick/shop><--body-file><001-edit.md.whole>"), "{told}");
    assert!(new.starts_with("Read this first.\n\n<!-- log-gardener:begin"), "{new}");
    assert!(new.trim_end().ends_with("<!-- log-gardener:end -->\nAnd this last."), "{new}");
    assert!(
        new.contains("last event 2026-03-10 09:39:45Z") && !new.contains("last event 2026-03-10 09:35:45Z"),
        "{new}"
    );
    // Where our part is gone, a person has taken the issue over.
    let (told, new) = send(&all, "095500Z", "Only mine.\n");
    assert!(told.contains("#1 was left alone: our part of it was not found") && new.is_empty(), "{told}");
}

#[test]
fn an_adoption_by_hand_goes_below_the_text() {
    let all = Auditing::new();
    assert_eq!(all.audit(NOW, &["--adopt", "fb7955d7=7"]).code, 0);
    let (told, new) = send(&all, "094000Z", "Prices fail.\n");
    assert!(
        told.contains("<issue><edit><7><--repo><wick/shop><--body-file><001-adopt.md.whole><--add-label><P1>"),
        "{told}"
    );
    assert!(new.starts_with("Prices fail.\n\n<!-- log-gardener:begin"), "{new}");
}
