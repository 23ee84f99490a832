//! Saving what Cloud Logging holds: the same incidents offline, kills, resumption, stated gaps.
//! Leaves out the faults of single requests: see `cloud`.

mod fake_cloud;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fake_cloud::{FakeCloud, Reply, entry, refusal};
use serde_json::{Value, json};

const NOW: &str = "2026-03-10T10:00:00Z";

fn command(cloud: &FakeCloud, at: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_log-gardener"));
    command
        .args(arguments)
        .args(["--now", NOW])
        .current_dir(at)
        .env_clear()
        .env("LOG_GARDENER_GCP_ENDPOINT", cloud.endpoint())
        .env("LOG_GARDENER_GCP_READS_PER_MINUTE", "1000000")
        .env("LOG_GARDENER_GCP_FIRST_WAIT_MS", "2")
        .env("LOG_GARDENER_GCP_LONGEST_WAIT_MS", "10");
    command
}

/// Returns exit code, stdout and stderr.
fn run(cloud: &FakeCloud, at: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = command(cloud, at, arguments).output().expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

fn triage(cloud: &FakeCloud, at: &Path, source: &str) -> (i32, Value) {
    let (code, stdout, stderr) = run(cloud, at, &["triage", source, "--format", "json"]);
    (code, serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{stderr}")))
}

/// A crash loop and timeouts of another service, over the hour before now.
fn entries() -> Vec<Value> {
    let mut entries = Vec::new();
    for minute in 0..60 {
        let at = |second: &str| format!("2026-03-10T09:{minute:02}:{second}Z");
        let trace = "Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in <module>\n    import shop.tax\nModuleNotFoundError: No module named 'shop.tax'";
        entries.push(entry("checkout", &at("01.5"), "DEFAULT", trace, &format!("a{minute}")));
        entries.push(entry("checkout", &at("02"), "WARNING", "Container called exit(3).", &format!("b{minute}")));
        let mut answer = entry("billing", &at("30.000000001"), "ERROR", "", &format!("c{minute}"));
        answer.as_object_mut().expect("an object").remove("textPayload");
        answer["jsonPayload"] = json!({"message": "upstream timeout after 30 s", "order": minute, "ratio": 0.25});
        answer["labels"] = json!({"instanceId": "i-1"});
        answer["trace"] = json!(format!("projects/wickshop/traces/{minute}"));
        entries.push(answer);
    }
    entries
}

/// The incidents without the place where the entries stood.
fn incidents(view: &Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, _| !matches!(name.as_str(), "source" | "line"));
                fields.values_mut().for_each(strip);
            }
            Value::Array(values) => values.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut incidents = view["incidents"].clone();
    strip(&mut incidents);
    incidents
}

#[test]
fn a_fetched_file_gives_the_same_incidents_as_its_source() {
    let cloud = FakeCloud::new(entries());
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let (code, live) = triage(&cloud, at, "gcp://wickshop");
    assert_eq!(code, 0);
    assert!(live["incidents"].as_array().is_some_and(|incidents| incidents.len() >= 2));
    for (name, magic) in [("e.ndjson.zst", &[0x28, 0xb5][..]), ("e.gz", &[0x1f, 0x8b]), ("e.ndjson", b"{\"")] {
        let (code, stdout, stderr) = run(&cloud, at, &["fetch", "gcp://wickshop", "--out", name]);
        assert_eq!((code, stdout.as_str()), (0, ""), "{stderr}");
        assert!(fs::read(at.join(name)).expect("written").starts_with(magic), "{name}");
        let (code, offline) = triage(&cloud, at, name);
        assert_eq!(code, 0);
        assert_eq!(incidents(&offline), incidents(&live), "{name}");
        assert_eq!(offline["coverage"]["asked"], live["coverage"]["asked"]);
        assert_eq!(offline["coverage"]["entries"], 180);
        let manifest = manifest(at, name);
        assert_eq!(manifest["schema"], "log-gardener/manifest/1");
        assert_eq!(manifest["entries"], 180);
        assert_eq!(manifest["sha256"], offline["coverage"]["sources"][0]["sha256"]);
        assert_eq!(manifest["resource_names"], json!(["projects/wickshop"]));
        assert_eq!(manifest["asked"], json!({"from": "2026-03-10T09:00:00Z", "to": NOW}));
        assert_eq!(manifest["from"], "2026-03-10T09:00:01.500Z");
        assert_eq!(manifest["gaps"], json!([]));
    }
    let text = fs::read_to_string(at.join("e.ndjson")).expect("text");
    let first: Value = serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
    // The API leaves DEFAULT out, and so does the file.
    assert_eq!(first["severity"], Value::Null);
    assert!(
        text.contains("\"severity\":\"ERROR\"") && text.contains("\"timestamp\":\"2026-03-10T09:00:30.000000001Z\"")
    );
    let names: Vec<String> = fs::read_dir(at)
        .expect("listed")
        .map(|found| found.expect("a file").file_name().to_string_lossy().into_owned())
        .collect();
    assert!(!names.iter().any(|name| name.contains(".part")), "{names:?}");
}

fn manifest(at: &Path, name: &str) -> Value {
    let text = fs::read_to_string(at.join(format!("{name}.manifest.json"))).expect("a manifest");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn a_killed_fetch_leaves_no_file_and_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let whole = FakeCloud::new(entries());
    assert_eq!(run(&whole, at, &["fetch", "gcp://wickshop", "--out", "whole.zst"]).0, 0);
    // The third slice never gets an answer; the run is killed while it waits.
    let stuck = FakeCloud::with(entries(), |number, _| {
        if number >= 2 {
            std::thread::sleep(Duration::from_secs(20));
        }
        Reply::Right
    });
    let mut child = command(&stuck, at, &["fetch", "gcp://wickshop", "--out", "killed.zst"])
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let begun = Instant::now();
    while stuck.asked().len() < 3 && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    assert!(!at.join("killed.zst").exists(), "a file with its name is whole");
    assert!(at.join("killed.zst.part").exists());
    // Another question must not be answered with this part.
    let (code, _, stderr) =
        run(&whole, at, &["fetch", "gcp://wickshop", "--service", "billing", "--out", "killed.zst", "--resume"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("the part of another question"), "{stderr}");
    let again = FakeCloud::new(entries());
    // Even when the clock went on, the window stays what it was.
    let (code, _, stderr) = run(&again, at, &["fetch", "gcp://wickshop", "--out", "killed.zst", "--resume"]);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(again.asked().len(), 3, "two slices that were missing, and what arrived late");
    assert_eq!(manifest(at, "killed.zst")["sha256"], manifest(at, "whole.zst")["sha256"], "byte for byte");
    assert_eq!(manifest(at, "killed.zst")["entries"], 180);
    assert!(!at.join("killed.zst.part").exists() && !at.join("killed.zst.part.json").exists());
}

#[test]
fn a_torn_end_of_the_part_is_cut_off_before_going_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let failing = FakeCloud::with(entries(), |number, _| {
        if number >= 2 { refusal(403, "PERMISSION_DENIED", "revoked", "") } else { Reply::Right }
    });
    // A refusal in the middle ends with a stated gap, not with a part.
    let (code, _, stderr) = run(&failing, at, &["fetch", "gcp://wickshop", "--out", "gap.ndjson"]);
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.contains("GAP: from 2026-03-10T09:30:00Z to 2026-03-10T10:00:00Z"), "{stderr}");
    assert_eq!(manifest(at, "gap.ndjson")["entries"], 90);
    // Offline the gap is as true as it was online.
    let (code, view) = triage(&failing, at, "gap.ndjson");
    assert_eq!(code, 3);
    assert!(view["coverage"]["notes"].to_string().contains("GAP: from 2026-03-10T09:30:00Z"));
    // A part with half a line behind its last checkpoint, as a power cut leaves it.
    let half = fs::read_to_string(at.join("gap.ndjson")).expect("text");
    let bytes = half.len();
    fs::write(at.join("torn.ndjson.part"), half + "{\"insertId\":\"ha").expect("written");
    let slices = json!([
        {"from": "2026-03-10T09:00:00Z", "to": "2026-03-10T09:15:00Z"},
        {"from": "2026-03-10T09:15:00Z", "to": "2026-03-10T09:30:00Z"}
    ]);
    let stuck = FakeCloud::with(entries(), |_, _| {
        std::thread::sleep(Duration::from_secs(20));
        Reply::Right
    });
    let question = {
        // The question as the program writes it, taken from a run that is killed after its first slice.
        let first = FakeCloud::with(entries(), |number, _| {
            if number >= 1 {
                std::thread::sleep(Duration::from_secs(20));
            }
            Reply::Right
        });
        let mut child = command(&first, at, &["fetch", "gcp://wickshop", "--out", "q.ndjson"])
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        while first.asked().len() < 2 {
            std::thread::sleep(Duration::from_millis(10));
        }
        child.kill().expect("killed");
        child.wait().expect("ended");
        let state: Value =
            serde_json::from_str(&fs::read_to_string(at.join("q.ndjson.part.json")).expect("state")).expect("JSON");
        state["question"].clone()
    };
    drop(stuck);
    let state = json!({"asked": {"from": "2026-03-10T09:00:00Z", "to": NOW}, "now": NOW, "question": question,
        "slices": slices, "entries": 90, "bytes": bytes, "first": "2026-03-10T09:00:01.500Z", "last": "2026-03-10T09:29:30.000000001Z"});
    fs::write(at.join("torn.ndjson.part.json"), state.to_string()).expect("written");
    let cloud = FakeCloud::new(entries());
    let (code, _, stderr) = run(&cloud, at, &["fetch", "gcp://wickshop", "--out", "torn.ndjson", "--resume"]);
    assert_eq!(code, 0, "{stderr}");
    let text = fs::read_to_string(at.join("torn.ndjson")).expect("text");
    assert_eq!(text.lines().count(), 180);
    assert!(text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
}

#[test]
fn a_manifest_of_other_bytes_is_not_believed() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let cloud = FakeCloud::new(entries());
    assert_eq!(run(&cloud, at, &["fetch", "gcp://wickshop", "--out", "e.ndjson"]).0, 0);
    let text = fs::read_to_string(at.join("e.ndjson")).expect("text");
    fs::write(at.join("e.ndjson"), text.lines().take(30).collect::<Vec<_>>().join("\n")).expect("written");
    let (_, view) = triage(&cloud, at, "e.ndjson");
    assert!(view["coverage"]["notes"].to_string().contains("its manifest belongs to other bytes"));
    assert_eq!(view["coverage"]["asked"]["from"], Value::Null);
}

#[test]
fn nothing_is_written_when_nothing_can_be_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let cloud = FakeCloud::with(entries(), |_, _| refusal(403, "PERMISSION_DENIED", "no", ""));
    let (code, stdout, stderr) = run(&cloud, at, &["fetch", "gcp://wickshop", "--out", "e.zst"]);
    assert_eq!((code, stdout.as_str()), (3, ""));
    assert!(stderr.contains("roles/logging.viewer"), "{stderr}");
    assert_eq!(fs::read_dir(at).expect("listed").count(), 0);
    assert_eq!(run(&cloud, at, &["fetch", "gcp://wickshop"]).0, 2);
    assert_eq!(run(&cloud, at, &["fetch", "x.json", "--out", "e.zst"]).0, 3);
    let (code, _, stderr) =
        run(&FakeCloud::new(entries()), at, &["fetch", "gcp://wickshop", "--out", "/proc/none/e.zst"]);
    assert_eq!(code, 4, "{stderr}");
}

#[test]
fn two_hundred_thousand_entries_stay_in_little_memory() {
    // Pages are made when they are asked for, so that only the program's memory is measured.
    let page = |start: u64| -> Value {
        let entries: Vec<Value> = (start..start + 1000)
            .map(|index| {
                let second = index / 1000;
                let time =
                    format!("2026-03-10T09:{:02}:{:02}.{:09}Z", second / 60, second % 60, (index % 1000) * 1_000_000);
                entry(
                    "checkout",
                    &time,
                    "ERROR",
                    &format!("payment {index} refused by bank {}", "x".repeat(300)),
                    &format!("id{index}"),
                )
            })
            .collect();
        let next = start + 1000;
        if next < 200_000 {
            json!({"entries": entries, "nextPageToken": next.to_string()})
        } else {
            json!({"entries": entries})
        }
    };
    let cloud = FakeCloud::with(Vec::new(), move |_, asked| {
        if asked["filter"].as_str().unwrap_or("").contains("receiveTimestamp") {
            return Reply::Right;
        }
        Reply::Page(page(asked["pageToken"].as_str().unwrap_or("").parse().unwrap_or(0)))
    });
    let folder = tempfile::tempdir().expect("a folder");
    // Four minutes are one slice: 200 pages behind one another.
    let arguments = [
        "fetch",
        "gcp://wickshop",
        "--since",
        "2026-03-10T09:00:00Z",
        "--until",
        "2026-03-10T09:04:00Z",
        "--out",
        "big.zst",
    ];
    let mut child = command(&cloud, folder.path(), &arguments).stderr(Stdio::null()).spawn().expect("started");
    let mut most = 0;
    let code = loop {
        if let Ok(status) = fs::read_to_string(format!("/proc/{}/status", child.id())) {
            let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or("");
            most = most.max(line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0));
        }
        if let Some(status) = child.try_wait().expect("waited") {
            break status.code();
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(code, Some(0));
    assert_eq!(manifest(folder.path(), "big.zst")["entries"], 200_000);
    println!("peak memory {most} KiB");
    assert!(most < 120 << 10, "{most} KiB");
}
