//! Objects of a bucket as sources, over a store in memory and one that fails where it is told to:
//! which objects are read for a window, packed ones, gaps. Leaves out the services: see `bucket_emulators.rs`.

mod faulty;
pub(crate) mod wire;

use std::io::Write;
use std::sync::{Arc, LazyLock};

use log_gardener::entry::Timestamp;
use log_gardener::pattern::Catalog;
use log_gardener::source::bucket::{self, Address, Listed};
use log_gardener::source::{ReadOptions, SourceError, SourceSummary, Window, expand};
use object_store::ObjectStore;

use faulty::{Fault, Faulty};

const HOUR: i64 = 3600 * 1_000_000_000;

fn time(text: &str) -> Timestamp {
    let parsed = chrono::DateTime::parse_from_rfc3339(text).expect("a time");
    Timestamp::from_chrono(&parsed).expect("in range")
}

fn window(since: &str, until: &str) -> Window {
    let end = |text: &str| (!text.is_empty()).then(|| time(text));
    Window { since: end(since), until: end(until) }
}

fn address(text: &str) -> Address {
    Address::parse(text).expect("an address").expect("a good one")
}

fn list(store: &Arc<dyn ObjectStore>, text: &str, window: Window) -> Result<Listed, SourceError> {
    bucket::list_with(Arc::clone(store), &address(text), window)
}

/// Keys to read, without `gs://logs/`, and the notes.
fn keys(store: &Arc<dyn ObjectStore>, text: &str, window: Window) -> (Vec<String>, String) {
    let listed = list(store, text, window).expect("listed");
    let keys = listed.objects.iter().map(|object| object.name().trim_start_matches("gs://logs/").to_owned());
    (keys.collect(), listed.notes.join("\n"))
}

/// Reads every object; summaries in order, and the messages of all entries.
fn read(store: &Arc<dyn ObjectStore>, text: &str) -> (Vec<SourceSummary>, Vec<String>) {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::builtin().expect("the built-in catalog loads"));
    let mut messages = Vec::new();
    let listed = list(store, text, Window::default()).expect("listed");
    let summaries = listed.objects.iter().map(|object| {
        let sink = &mut |entry: log_gardener::entry::LogEntry| messages.push(entry.message);
        bucket::read(object, &ReadOptions::default(), &CATALOG.traces, &mut |_| {}, sink)
    });
    (summaries.collect(), messages)
}

fn entry(message: &str) -> String {
    format!(
        "{{\"severity\":\"ERROR\",\"textPayload\":\"{message}\",\"timestamp\":\"2026-03-10T09:00:00Z\",\"insertId\":\"{message}\",\"logName\":\"l\"}}\n"
    )
}

/// A sink with two logs and every hour of a few days.
fn sink() -> Faulty {
    let store = Faulty::default();
    for log in ["run.googleapis.com/stderr", "run.googleapis.com/requests"] {
        for day in ["2025/12/31", "2026/02/28", "2026/03/09", "2026/03/10", "2026/03/11"] {
            for hour in 0..24 {
                let key = format!("{log}/{day}/{hour:02}:00:00_{hour:02}:59:59_S0.json");
                store.put(&key, entry(&format!("{log} {day} {hour}")));
            }
        }
    }
    store.put("run.googleapis.com/stderr/2026/03/10/09:00:00_09:59:59_A1:late.json", entry("late"));
    store
}

#[test]
fn of_a_sink_only_the_hours_asked_for_are_read_with_one_hour_of_slack() {
    let store = sink().shared();
    let (found, notes) =
        keys(&store, "gs://logs/run.googleapis.com/stderr", window("2026-03-10T09:30:00Z", "2026-03-10T10:00:00Z"));
    let names = ["08:00:00_08:59:59_S0", "09:00:00_09:59:59_A1:late", "09:00:00_09:59:59_S0", "10:00:00_10:59:59_S0"];
    let expect: Vec<String> =
        names.iter().map(|name| format!("run.googleapis.com/stderr/2026/03/10/{name}.json")).collect();
    assert_eq!(found, expect);
    expect_test::expect![[r#"gs://logs/run.googleapis.com/stderr: 25 objects listed, 4 to read; left out: 21 of hours outside the window; 4 folders of days, months or years outside the window"#]].assert_eq(&notes);
}

#[test]
fn the_slack_reaches_over_midnight_and_new_year() {
    let store = sink().shared();
    let (found, _) =
        keys(&store, "gs://logs/run.googleapis.com/stderr/", window("2026-01-01T00:30:00Z", "2026-01-02T00:00:00Z"));
    assert_eq!(found, ["run.googleapis.com/stderr/2025/12/31/23:00:00_23:59:59_S0.json"]);
    let (found, _) = keys(&store, "gs://logs", window("2026-03-11T23:30:00Z", ""));
    assert_eq!(found.len(), 4, "{found:?}");
}

#[test]
fn a_window_gives_the_same_objects_from_wherever_the_prefix_starts() {
    let asked = window("2026-03-09T22:00:00Z", "2026-03-10T01:00:00Z");
    let store = sink().shared();
    let whole = keys(&store, "gs://logs", asked).0;
    assert_eq!(whole.len(), 2 * 5, "{whole:?}");
    let stderr: Vec<String> = whole.iter().filter(|key| key.contains("stderr")).cloned().collect();
    assert_eq!(keys(&store, "gs://logs/run.googleapis.com/stderr/2026", asked).0, stderr);
    assert_eq!(keys(&store, "gs://logs/run.googleapis.com/stderr/2026/03/", asked).0, stderr);
    assert_eq!(keys(&store, "gs://logs/run.googleapis.com/std", asked).0, stderr, "a prefix need not end at a folder");
    assert_eq!(keys(&store, "gs://logs/run.googleapis.com/stderr/2026/03/10", asked).0.len(), 2);
}

#[test]
fn a_window_does_not_list_the_days_outside_it() {
    let store = Arc::new(sink());
    let shared: Arc<dyn ObjectStore> = Arc::clone(&store) as Arc<dyn ObjectStore>;
    list(&shared, "gs://logs/run.googleapis.com/stderr", window("2026-03-10T09:00:00Z", "2026-03-10T10:00:00Z"))
        .expect("listed");
    // The folder, three looks at the newest day, then year, month, day and the objects of the day.
    assert!(store.listings.load(std::sync::atomic::Ordering::SeqCst) <= 8);
}

#[test]
fn other_layouts_are_read_whole_but_for_what_was_written_a_day_before_the_window() {
    let store = Faulty::default();
    for key in ["app/dt=2026-01-01/a.json", "app/dt=2026-01-02/b.ndjson.gz", "app/c.log", "app/d.log.1", "app/_SUCCESS"]
    {
        store.put(key, entry(key));
    }
    // A year in the path that is no sink's: `stream-1.log` could hold anything.
    store.put("fire/2020/01/01/stream-1.log", entry("a"));
    store.put("fire/2021/01/01/stream-1.log", entry("b"));
    let store = store.shared();
    let now = time(&chrono::Utc::now().to_rfc3339());
    let past = Window { since: None, until: Some(time("2026-01-01T12:00:00Z")) };
    let (found, notes) = keys(&store, "gs://logs/app", past);
    assert_eq!(found, ["app/c.log", "app/d.log.1", "app/dt=2026-01-01/a.json", "app/dt=2026-01-02/b.ndjson.gz"]);
    assert!(notes.contains("1 without the name of a log (first: app/_SUCCESS)"), "{notes}");
    assert!(notes.contains("not all objects are filed by the hour"), "{notes}");
    let (found, _) = keys(&store, "gs://logs/fire", Window { since: Some(time("2026-03-01T00:00:00Z")), until: None });
    assert_eq!(found.len(), 2, "they were written now, whatever the folder says: {found:?}");
    // Written now, asked for in 23 hours: clocks and zones may differ by that; in 25 they may not.
    let within = |hours: i64| Window { since: Some(now.plus_nanos(hours * HOUR)), until: None };
    assert_eq!(keys(&store, "gs://logs/app", within(23)).0.len(), 4);
    let error = list(&store, "gs://logs/app", within(25)).expect_err("nothing is left");
    assert!(error.to_string().contains("4 last written more than a day before the window"), "{error}");
}

#[test]
fn nothing_in_the_window_cannot_be_called_healthy() {
    let store = sink().shared();
    let error = list(&store, "gs://logs/run.googleapis.com", window("2026-06-01T00:00:00Z", "")).expect_err("nothing");
    expect_test::expect![[r#"
        error: no logs in gs://logs/run.googleapis.com
        caused by: no object holds entries from 2026-06-01T00:00:00Z to open
        caused by: 0 objects listed, 0 to read; 6 folders of days, months or years outside the window
        hint: no objects is no sign of health; check the prefix, the window (UTC) and whether the sink still writes"#]]
    .assert_eq(&error.to_string());
    let error = list(&store, "gs://logs/none/", Window::default()).expect_err("nothing");
    expect_test::expect![[r#"
        error: no logs in gs://logs/none
        caused by: 0 objects listed, 0 to read
        hint: check the prefix; logs end in .json, .ndjson, .log, .txt, .gz or .zst"#]]
    .assert_eq(&error.to_string());
}

#[test]
fn packed_objects_are_read_and_hashed_as_they_are_stored() {
    let store = Faulty::default();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(entry("packed by gzip").as_bytes()).expect("memory");
    let gz = gz.finish().expect("memory");
    store.put("p/a.json.gz", gz.clone());
    store.put("p/b.json.zst", zstd::encode_all(entry("packed by zstd").as_bytes(), 3).expect("memory"));
    store.put("p/c.txt", "2026-03-10T09:00:00Z ERROR plain text\n");
    store.put("p/no-ending", entry("named in full"));
    let store = store.shared();
    let (summaries, messages) = read(&store, "gs://logs/p");
    assert_eq!(messages.len(), 3, "{messages:?}");
    assert!(summaries.iter().all(|summary| summary.complete && summary.entries == 1), "{summaries:#?}");
    assert_eq!(summaries[0].name, "gs://logs/p/a.json.gz");
    assert_eq!(summaries[0].bytes, gz.len() as u64);
    let hash: String = <sha2::Sha256 as sha2::Digest>::digest(&gz).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(summaries[0].sha256.as_deref(), Some(hash.as_str()));
    assert_eq!(read(&store, "gs://logs/p/no-ending").1, ["named in full"]);
}

#[test]
fn an_object_that_cannot_be_read_is_a_gap_and_the_others_are_read() {
    let lines: String = (0..200).map(|number| entry(&number.to_string())).collect();
    let store = Faulty::default()
        .fault("a/gone.json", Fault::Gone)
        .fault("a/forbidden.json", Fault::Forbidden)
        .fault("a/breaks.json", Fault::Breaks(1000))
        .fault("a/cut.json.gz", Fault::Ends(30))
        .fault("a/ends.json", Fault::Ends(1000))
        .fault("a/first.json", Fault::Breaks(0))
        .fault("a/replaced.json", Fault::Replaced(b"2026-03-10T09:00:00Z ERROR other\n"));
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(lines.as_bytes()).expect("memory");
    store.put("a/cut.json.gz", gz.finish().expect("memory"));
    for key in ["gone", "forbidden", "breaks", "ends", "first", "replaced", "whole"] {
        store.put(&format!("a/{key}.json"), lines.clone());
    }
    let (summaries, _) = read(&store.shared(), "gs://logs/a/");
    let told: String = summaries
        .iter()
        .map(|summary| {
            let name = summary.name.trim_start_matches("gs://logs/a/");
            format!(
                "{name} complete={} entries={} hash={} {:?}\n",
                summary.complete,
                summary.entries,
                summary.sha256.is_some(),
                summary.notes
            )
        })
        .collect();
    assert!(!told.contains("SECRET"), "{told}");
    expect_test::expect![[r#"
        breaks.json complete=false entries=38 hash=false ["cut off inside the record at line 39", "the input is damaged after line 39: the cable was pulled"]
        cut.json.gz complete=false entries=0 hash=false ["stored as gzip", "cut off inside the record at line 1", "the input is damaged after line 1: the body ended after 120 of 1143 bytes"]
        ends.json complete=false entries=38 hash=false ["cut off inside the record at line 39", "the input is damaged after line 39: the body ended after 4000 of 21180 bytes"]
        first.json complete=false entries=0 hash=false ["could not be read: the cable was pulled"]
        forbidden.json complete=false entries=0 hash=false ["could not be read: permission denied (403): AccessDenied, no"]
        gone.json complete=false entries=0 hash=false ["could not be read: not found (404)"]
        replaced.json complete=false entries=1 hash=true ["it changed while it was read: 21180 bytes when listed, 33 when opened"]
        whole.json complete=true entries=200 hash=true []
    "#]].assert_eq(&told);
}

#[test]
fn a_body_that_breaks_off_is_taken_up_where_it_broke() {
    let lines: String = (0..50).map(|number| entry(&number.to_string())).collect();
    let store = Faulty::default().fault("a.json", Fault::BreaksOnce(1234));
    store.put("a.json", lines.clone());
    let (summaries, messages) = read(&store.shared(), "gs://logs/a.json");
    assert!(summaries[0].complete && summaries[0].bytes == lines.len() as u64, "{summaries:#?}");
    assert_eq!(messages.len(), 50);
}

#[test]
fn an_object_in_many_chunks_passes_whole_through_the_channel() {
    let lines: String = (0..5000).map(|number| entry(&format!("number {number}"))).collect();
    let store = Faulty::default().fault("large.json", Fault::Ends(usize::MAX));
    store.put("large.json", lines.clone());
    let (summaries, messages) = read(&store.shared(), "gs://logs/large.json");
    assert!(summaries[0].complete && summaries[0].bytes == lines.len() as u64, "{:?}", summaries[0].notes);
    assert_eq!(messages.len(), 5000);
}

#[test]
fn addresses() {
    let check = |text: &str, expect: &str| {
        let shown = match Address::parse(text) {
            None => "no bucket".to_owned(),
            Some(Ok(address)) => format!("{} folder={}", address, address.folder),
            Some(Err(error)) => error.causes.join(": "),
        };
        assert_eq!(shown, expect, "{text}");
    };
    check("gs://logs", "gs://logs folder=true");
    check("S3://logs/a/b", "s3://logs/a/b folder=false");
    check("gs://logs/a/b/", "gs://logs/a/b folder=true");
    check("gs://", "`` is no name of a bucket");
    check("gs://a b/c", "`a b` is no name of a bucket");
    check("gs://user:password@host/c", "`user:password@host` is no name of a bucket");
    check("gs://logs/*.json", "a pattern cannot be read in a bucket; a prefix reads everything below it");
    check("https://x", "no bucket");
    check("a.json", "no bucket");
    assert!(expand(&["ftp://x/y".to_owned()]).is_err());
}
