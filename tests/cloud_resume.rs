//! A killed `fetch` goes on where it was, and ends with the bytes of a run that nobody killed.
//! Leaves out what is saved: see `cloud_fetch`.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::fake_cloud::save::{command, entries, manifest, run};
use crate::fake_cloud::{FakeCloud, Reply, entry};

const FETCH: [&str; 4] = ["fetch", "gcp://wickshop", "--out", "killed.zst"];

/// Runs against a server that answers so many requests and no more, and kills the run while it waits.
fn kill_after(answers: usize, entries: Vec<Value>, at: &Path, arguments: &[&str]) {
    let stuck = FakeCloud::with(entries, move |number, _| {
        if number >= answers {
            std::thread::sleep(Duration::from_secs(20));
        }
        Reply::Right
    });
    let mut child = command(&stuck, at, arguments).stderr(Stdio::null()).spawn().expect("the binary starts");
    let begun = Instant::now();
    while stuck.asked().len() <= answers && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
}

#[test]
fn a_killed_fetch_leaves_no_file_and_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let whole = FakeCloud::new(entries());
    assert_eq!(run(&whole, at, &["fetch", "gcp://wickshop", "--out", "whole.zst"]).0, 0);
    kill_after(2, entries(), at, &FETCH);
    assert!(!at.join("killed.zst").exists(), "a file with its name is whole");
    assert!(at.join("killed.zst.part").exists());
    // Another question must not be answered with this part.
    for other in [["--service", "billing"].as_slice(), &["--widen"], &["--limit", "10"]] {
        let (code, _, stderr) = run(&whole, at, &[&FETCH[..], &["--resume"], other].concat());
        assert_eq!(code, 2);
        assert!(stderr.contains("the part of another question"), "{stderr}");
    }
    let again = FakeCloud::new(entries());
    let (code, _, stderr) = run(&again, at, &[&FETCH[..], &["--resume"]].concat());
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(again.asked().len(), 3, "two slices that were missing, and what arrived late");
    assert_eq!(manifest(at, "killed.zst"), manifest(at, "whole.zst"), "byte for byte");
    assert_eq!(manifest(at, "killed.zst")["entries"], 180);
    assert!(!at.join("killed.zst.part").exists() && !at.join("killed.zst.part.json").exists());
}

#[test]
fn a_torn_end_of_the_part_is_cut_off_before_going_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let fetch = ["fetch", "gcp://wickshop", "--out", "torn.ndjson"];
    kill_after(2, entries(), at, &fetch);
    // Half a line behind the last checkpoint, as a power cut leaves it.
    let mut part = OpenOptions::new().append(true).open(at.join("torn.ndjson.part")).expect("a part");
    part.write_all(b"{\"insertId\":\"ha").expect("written");
    let (code, _, stderr) = run(&FakeCloud::new(entries()), at, &[&fetch[..], &["--resume"]].concat());
    assert_eq!(code, 0, "{stderr}");
    let text = fs::read_to_string(at.join("torn.ndjson")).expect("text");
    assert_eq!(text.lines().count(), 180);
    assert!(text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    // A part that lost what its state promises cannot be gone on with.
    kill_after(2, entries(), at, &fetch);
    fs::write(at.join("torn.ndjson.part"), "{}\n").expect("written");
    let (code, _, stderr) = run(&FakeCloud::new(entries()), at, &[&fetch[..], &["--resume"]].concat());
    assert_eq!(code, 4);
    assert!(stderr.contains("shorter than its state says"), "{stderr}");
}

/// An error each minute from 07:10 to 09:15.
fn long_outage() -> Vec<Value> {
    let minutes = (7 * 60 + 10)..(9 * 60 + 15);
    minutes
        .map(|minute| {
            let time = format!("2026-03-10T{:02}:{:02}:20Z", minute / 60, minute % 60);
            entry("checkout", &time, "ERROR", "payment refused by bank", &format!("id{minute}"))
        })
        .collect()
}

#[test]
fn a_window_that_grows_does_so_after_a_kill_at_any_point() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let window = ["--widen", "--since", "2026-03-10T08:00:00Z", "--until", "2026-03-10T09:00:00Z"];
    let whole = FakeCloud::new(long_outage());
    let (code, _, stderr) =
        run(&whole, at, &[&["fetch", "gcp://wickshop", "--out", "whole.zst"], &window[..]].concat());
    assert_eq!(code, 0, "{stderr}");
    let expected = manifest(at, "whole.zst");
    // Half an hour on both sides, then an hour before; there the errors begin.
    assert_eq!(expected["asked"]["from"], "2026-03-10T06:30:00Z");
    assert_eq!(expected["asked"]["to"], "2026-03-10T09:30:00Z");
    assert_eq!(expected["entries"], 125);
    assert!(expected["notes"].to_string().contains("WIDENED 2 times"), "{expected}");
    let requests = whole.asked().len();
    assert_eq!(requests, 4 + 2 + 2 + 4 + 1, "slices, and what arrived late");
    let fetch = [&FETCH[..], &window].concat();
    let resume = [&fetch[..], &["--resume"]].concat();
    for killed in 0..requests {
        kill_after(killed, long_outage(), at, &fetch);
        // The second run is killed too, two slices later.
        if killed % 3 == 0 && killed + 2 < requests {
            kill_after(2, long_outage(), at, &resume);
        }
        let again = FakeCloud::new(long_outage());
        let mut last = command(&again, at, &resume);
        // The clock went on, but for who has nothing to go on with; the window stays what it was.
        if killed > 0 {
            last.env("LOG_GARDENER_NOW", "2026-03-10T12:00:00Z");
        }
        let output = last.output().expect("the binary starts");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(manifest(at, "killed.zst"), expected, "killed after {killed} answers");
        let bytes = |name: &str| fs::read(at.join(name)).expect("saved");
        assert!(bytes("killed.zst") == bytes("whole.zst"), "killed after {killed} answers");
        assert!(again.asked().len() <= requests - killed, "nothing is asked for twice");
    }
}

#[test]
fn what_could_not_be_read_is_still_known_after_a_kill() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let spoilt = || {
        let mut entries = entries();
        // One in the first slice and one in the last; the second is among those that may arrive late.
        for index in [10, 178] {
            entries[index]["labels"] = serde_json::json!({"attempt": 7});
        }
        entries
    };
    let told = |manifest: Value| {
        let notes = manifest["notes"].as_array().cloned().unwrap_or_default();
        // How many requests that took is another number in each run.
        let notes = notes.into_iter().filter(|note| !note.to_string().contains("requests"));
        (manifest["entries"].clone(), manifest["sha256"].clone(), notes.collect::<Vec<Value>>())
    };
    assert_eq!(run(&FakeCloud::new(spoilt()), at, &["fetch", "gcp://wickshop", "--out", "whole.zst"]).0, 0);
    let expected = told(manifest(at, "whole.zst"));
    assert_eq!(expected.0, 178);
    assert!(expected.2.iter().any(|note| note.to_string().contains("2 entries could not be read")), "{expected:?}");
    for killed in [2, 4, 6] {
        kill_after(killed, spoilt(), at, &FETCH);
        assert_eq!(run(&FakeCloud::new(spoilt()), at, &[&FETCH[..], &["--resume"]].concat()).0, 0);
        assert_eq!(told(manifest(at, "killed.zst")), expected, "killed after {killed} answers");
    }
}
