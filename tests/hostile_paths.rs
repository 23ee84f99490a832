//! Paths that a log or a repository names are words: none is opened, joined to a folder, or followed as a link.
//! Leaves out names of files that we choose: see `publish/folder.rs`.
#![cfg(unix)]

use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::auditing::{Auditing, NOW, Repository, entry};
use crate::bed::ndjson;

/// Stands in files that nobody named but logs.
const INSIDE: &str = "kanarienvogel";

/// A trace whose innermost frame is in this file.
fn trace(file: &str) -> String {
    format!(
        "Traceback (most recent call last):\n  File \"/app/shop/api.py\", line 2, in price\n    rate(item)\n  \
         File \"{file}\", line 1, in rate\n    RATES[item]\nKeyError: 'CHF'"
    )
}

fn search(folder: &Path) -> usize {
    let mut searched = 0;
    for item in fs::read_dir(folder).into_iter().flatten() {
        let path = item.expect("readable").path();
        if path.is_dir() {
            searched += search(&path);
        } else {
            let bytes = fs::read(&path).expect("read");
            assert_eq!(memchr::memmem::find(&bytes, INSIDE.as_bytes()), None, "{}", path.display());
            searched += 1;
        }
    }
    searched
}

#[test]
fn no_path_of_a_log_or_a_repository_is_opened() {
    let all = Auditing::new();
    all.garden.write("outside/secret.py", format!("RATES = '{INSIDE}'\nsecret = '{INSIDE}'\n"));
    // Who opens a pipe to read from it waits for ever.
    let pipe = all.garden.path("outside/pipe.py");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("it runs").success());
    let code = Repository::new(&all.garden, &[("shop/api.py", "import prices\nprices.rate(item)\n")]);
    symlink("../../outside/secret.py", all.garden.path("code/shop/link.py")).expect("linked");
    symlink("../outside", all.garden.path("code/away")).expect("linked");
    code.commit("links", &[]);
    let outside = |name: &str| all.garden.path(&format!("outside/{name}")).display().to_string();
    let files = [
        outside("secret.py"),
        outside("pipe.py"),
        "../outside/secret.py".to_owned(),
        "../outside/pipe.py".to_owned(),
        "/app/../outside/pipe.py".to_owned(),
        "/app/shop/link.py".to_owned(),
        "/app/away/secret.py".to_owned(),
        "/app/away/pipe.py".to_owned(),
        "/proc/self/environ".to_owned(),
        "~/.ssh/id_rsa".to_owned(),
        "file:///etc/passwd".to_owned(),
        "-rf".to_owned(),
        "--output=outside/written.py".to_owned(),
        ":(top)shop/api.py".to_owned(),
        "HEAD:shop/api.py".to_owned(),
        "a\u{0}b".to_owned(),
    ];
    let entries: Vec<_> = files
        .iter()
        .enumerate()
        .map(|(at, file)| {
            let time = format!("2026-03-10T09:30:{:02}.000Z", at + 10);
            let labels =
                json!({ "project_id": "wickshop", "service_name": format!("shop{at}"), "revision_name": file });
            let resource = json!({ "type": "cloud_run_revision", "labels": labels });
            let location = json!({ "file": file, "line": "1", "function": "rate" });
            let labels = json!({ "commit-sha": file, "instanceId": file });
            entry(
                "shop-1",
                &time,
                "ERROR",
                json!({ "textPayload": trace(file), "resource": resource,
                "sourceLocation": location, "labels": labels }),
            )
        })
        .collect();
    all.garden.write("paths.ndjson", ndjson(&entries));
    for arguments in [
        &["triage", "paths.ndjson", "--repo", "code", "--repo-map", "/app=.", "--write"][..],
        &["triage", "paths.ndjson", "--format", "json", "--repo", "code"],
        &["triage", "paths.ndjson", "--format", "markdown"],
        &["audit", "paths.ndjson", "--repo", "code", "--publish"],
        &["parse", "paths.ndjson"],
    ] {
        let mut command = all.command(NOW, arguments);
        command.env("PATH", "/usr/bin:/bin:/usr/local/bin").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it runs");
        let reader = |mut from: Box<dyn Read + Send>| {
            std::thread::spawn(move || {
                let mut text = Vec::new();
                let _ = from.read_to_end(&mut text);
                String::from_utf8_lossy(&text).into_owned()
            })
        };
        let out = reader(Box::new(child.stdout.take().expect("piped")));
        let err = reader(Box::new(child.stderr.take().expect("piped")));
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("waited") {
                break status;
            }
            if begun.elapsed() > Duration::from_secs(240) {
                let _ = child.kill();
                panic!("{arguments:?} waits for something");
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let said = out.join().expect("read") + &err.join().expect("read");
        assert_eq!(status.code(), Some(0), "{arguments:?}: {said}");
        assert!(!said.contains(INSIDE), "{arguments:?} told what is in a file that a log named:\n{said}");
    }
    assert!(!all.garden.path("outside/written.py").exists());
    assert!(search(&all.garden.path("reports")) > 20);
    let bodies = all.hub.with(|store| store.issues.values().map(|issue| issue.body.clone()).collect::<Vec<_>>());
    assert!(!bodies.is_empty() && bodies.iter().all(|body| !body.contains(INSIDE)));
}
