//! `tail gcp://`: whatever happens to the stream, each entry is in the incidents exactly once, or a gap
//! is stated and the exit code is 3.
//! Leaves out how incidents are found, and the list by itself: see `tail` and `cloud_faults`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::fake_cloud::tailing::{Gate, Step};
use crate::fake_cloud::{FakeCloud, Reply, entry, refusal};

/// A test that waits in vain fails after this.
const PATIENCE: Duration = Duration::from_secs(40);
const OUT_OF_RANGE: u32 = 11;
const PERMISSION_DENIED: u32 = 7;
const UNAVAILABLE: u32 = 14;
const UNAUTHENTICATED: u32 = 16;

/// A run of `tail`, and what it has said so far.
struct Tail {
    child: Child,
    lines: Receiver<Value>,
    news: Vec<Value>,
}

impl Tail {
    /// Follows until `stop_after`, with short waits.
    fn run(cloud: &FakeCloud, stop_after: &str, more: &[&str], environment: &[(&str, &str)]) -> Tail {
        let arguments = [&["tail", "gcp://wickshop", "--format", "json", "--stop-after", stop_after], more].concat();
        let mut child = command(cloud, &arguments).envs(environment.iter().copied()).spawn().expect("it runs");
        let (send, lines) = channel();
        let out = BufReader::new(child.stdout.take().expect("piped")).lines();
        std::thread::spawn(move || {
            for line in out.map_while(Result::ok) {
                let _ = send.send(serde_json::from_str(&line).expect("JSON"));
            }
        });
        Tail { child, lines, news: Vec::new() }
    }

    /// Waits until incidents of all these services were told, each once and with one entry.
    fn until_all(&mut self, services: &[String]) {
        let told = |news: &[Value]| {
            let mut told: BTreeMap<String, u32> = BTreeMap::new();
            for one in news.iter().filter(|one| one["incident"].is_object()) {
                assert_eq!((&one["news"], &one["incident"]["entries"]), (&json!("new"), &json!(1)), "{one}");
                *told.entry(one["incident"]["services"][0].as_str().expect("a name").into()).or_default() += 1;
            }
            told
        };
        while !services.iter().all(|service| told(&self.news).contains_key(service)) {
            self.hear();
        }
        assert!(told(&self.news).values().all(|count| *count == 1), "{:?}", told(&self.news));
    }

    /// Waits for news of this kind and returns the first.
    fn until(&mut self, word: &str) -> Value {
        loop {
            if let Some(found) = self.news.iter().find(|news| news["news"] == word) {
                return found.clone();
            }
            self.hear();
        }
    }

    /// Says the news in short, for a test that fails.
    fn so_far(&self) -> String {
        let short = |news: &Value| match news.get("incident") {
            Some(incident) => format!("{} {} {}\n", news["news"], incident["services"], incident["entries"]),
            None => format!("{news}\n"),
        };
        self.news.iter().map(short).collect()
    }

    fn hear(&mut self) {
        let next = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{error} after {}", self.so_far()));
        self.news.push(next);
    }

    /// Waits for the end by itself; every entry must have been heard, and each once.
    fn ends(mut self, entries: usize, gaps: u64) -> (i32, String) {
        let ended = self.until("ended");
        assert_eq!((&ended["entries"], &ended["gaps"]), (&json!(entries), &json!(gaps)), "{}", self.so_far());
        let mut text = String::new();
        self.child.stderr.take().expect("piped").read_to_string(&mut text).expect("UTF-8");
        (self.child.wait().expect("ended").code().unwrap_or(-1), text)
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(cloud: &FakeCloud, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_log-gardener"));
    command
        .args(arguments)
        .env_clear()
        .env("LOG_GARDENER_GCP_ENDPOINT", cloud.endpoint())
        .env("LOG_GARDENER_GCP_READS_PER_MINUTE", "1000000")
        .env("LOG_GARDENER_GCP_FIRST_WAIT_MS", "5")
        .env("LOG_GARDENER_GCP_LONGEST_WAIT_MS", "20")
        .env("LOG_GARDENER_GCP_REQUEST_TIME_MS", "5000")
        .env("LOG_GARDENER_GCP_SETTLE_MS", "200")
        .env("LOG_GARDENER_GCP_ATTEMPTS", "2")
        .env("LOG_GARDENER_GCP_SEED", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn wait_for(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// An error of now, of a service of its own so that each is an incident of its own.
fn fresh(number: usize) -> Value {
    let time = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Nanos, true);
    entry(&service(number), &time, "ERROR", "the cellar is flooded", &format!("id{number}"))
}

fn service(number: usize) -> String {
    format!("svc-{}", char::from(b'a' + u8::try_from(number).expect("small")))
}

fn services(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(service).collect()
}

#[test]
fn the_hourly_end_loses_nothing_that_comes_between_two_sessions() {
    let cloud = FakeCloud::new(Vec::new());
    let (first, between, late) = (fresh(0), fresh(1), fresh(2));
    let gate = Gate::default();
    let ended = Step::End(OUT_OF_RANGE, "the session has lasted an hour");
    let listed = cloud.adding(vec![first.clone(), between.clone()]);
    cloud.tailing().then(vec![Step::Entries(vec![first]), Step::Do(listed), ended]);
    // The second session tells one of them again, and something new.
    cloud.tailing().then(vec![Step::Until(gate.clone()), Step::Entries(vec![between, fresh(3)])]);
    let mut tail = Tail::run(&cloud, "5s", &["--filter", "a=1"], &[]);
    tail.until("lost");
    cloud.add(late);
    gate.open();
    tail.until_all(&services(0..4));
    let (code, stderr) = tail.ends(4, 0);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("the stream is down (OUT_OF_RANGE: the session has lasted an hour); opening"), "{stderr}");
    assert!(stderr.contains("the stream is open again"), "{stderr}");
    for (names, filter) in cloud.tailing().asked() {
        assert_eq!(names, ["projects/wickshop"]);
        assert!(filter.starts_with("((severity>=WARNING OR severity=DEFAULT) OR ") && filter.ends_with(" AND (a=1)"));
        assert!(!filter.contains("timestamp"), "a stream has no window: {filter}");
    }
}

#[test]
fn a_connection_that_is_cut_is_opened_again_and_its_entries_are_found() {
    let cloud = FakeCloud::new(Vec::new());
    let (first, lost) = (fresh(0), fresh(1));
    let listed = cloud.adding(vec![first.clone(), lost]);
    cloud.tailing().then(vec![Step::Entries(vec![first]), Step::Do(listed), Step::Cut]);
    cloud.tailing().then(vec![Step::Cut]);
    cloud.tailing().then(vec![Step::Entries(vec![fresh(2)])]);
    let mut tail = Tail::run(&cloud, "5s", &[], &[]);
    tail.until_all(&services(0..3));
    tail.until("back");
    let (code, stderr) = tail.ends(3, 0);
    assert_eq!(code, 0, "{stderr}");
    let cause = stderr.lines().find_map(|line| line.split_once("the stream is down (")).expect("a note").1;
    assert!(cause.starts_with("the connection broke: ") && cause.len() < 120, "one short line: {cause}");
}

#[test]
fn an_api_that_is_away_for_a_while_is_waited_for() {
    let cloud = FakeCloud::new(Vec::new());
    for _ in 0..2 {
        cloud.tailing().then(vec![Step::End(UNAVAILABLE, "try again")]);
    }
    cloud.tailing().then(vec![Step::End(UNAUTHENTICATED, "token expired")]);
    cloud.tailing().then(vec![Step::Entries(vec![fresh(0)])]);
    let mut tail = Tail::run(&cloud, "4s", &[], &[]);
    tail.until_all(&services(0..1));
    let lost = tail.until("lost");
    assert_eq!(lost["cause"], "UNAVAILABLE: try again");
    let (code, stderr) = tail.ends(1, 0);
    assert_eq!((code, cloud.tailing().asked().len()), (0, 4), "{stderr}");
    assert!(stderr.contains("could not be opened 2 times in a row (UNAVAILABLE: try again)"), "{stderr}");
}

#[test]
fn what_no_trying_mends_ends_the_command_with_a_hint() {
    for (status, message, cause, hint) in [
        (PERMISSION_DENIED, "logging.logEntries.list denied", "PERMISSION_DENIED: logging", "roles/logging.viewer"),
        (UNAUTHENTICATED, "no such account", "UNAUTHENTICATED: no such account", "application-default login"),
    ] {
        let cloud = FakeCloud::new(Vec::new());
        for _ in 0..5 {
            cloud.tailing().then(vec![Step::End(status, message)]);
        }
        let output = command(&cloud, &["tail", "gcp://wickshop", "--stop-after", "60s"]).output().expect("it runs");
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(3), "{stderr}");
        assert!(stderr.contains(&format!("error: cannot follow gcp://wickshop\ncaused by: {cause}")), "{stderr}");
        assert!(
            stderr.lines().last().is_some_and(|line| line.starts_with("hint: ") && line.contains(hint)),
            "{stderr}"
        );
        assert!(stderr.lines().count() <= 6, "one screen: {stderr}");
    }
}

#[test]
fn what_the_server_held_back_is_asked_for() {
    let cloud = FakeCloud::new(Vec::new());
    let held_back: Vec<Value> = (1..8).map(fresh).collect();
    let gate = Gate::default();
    cloud.tailing().then(vec![
        Step::Entries(vec![fresh(0)]),
        Step::Until(gate.clone()),
        Step::Do(cloud.adding(held_back)),
        Step::Suppress(1, 7),
        Step::Suppress(2, 0),
    ]);
    let mut tail = Tail::run(&cloud, "5s", &[], &[]);
    // Not before the searches at the opening are over, which would find them too.
    wait_for(|| cloud.asked().len() >= 2);
    std::thread::sleep(Duration::from_millis(100));
    gate.open();
    tail.until_all(&services(0..8));
    let suppressed = tail.until("suppressed");
    assert_eq!((&suppressed["count"], &suppressed["reason"]), (&json!(7), &json!("rate limit")));
    let (code, stderr) = tail.ends(8, 0);
    assert_eq!(code, 0);
    assert!(stderr.contains("held back 7 entries (rate limit); asking for them"), "{stderr}");
}

#[test]
fn a_search_that_is_never_answered_is_a_gap_and_exit_3() {
    let cloud = FakeCloud::with(Vec::new(), |_, _| refusal(503, "UNAVAILABLE", "try again", ""));
    cloud.tailing().then(vec![Step::Entries(vec![fresh(0)])]);
    let mut tail = Tail::run(&cloud, "3s", &[], &[]);
    tail.until_all(&services(0..1));
    assert!(tail.until("gap")["cause"].to_string().contains("UNAVAILABLE"));
    let (code, stderr) = tail.ends(1, 1);
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.contains("GAP: entries received from "), "{stderr}");
}

#[test]
fn a_gap_is_closed_when_the_search_succeeds_after_all() {
    let cloud = FakeCloud::with(vec![fresh(0)], |number, _| match number {
        0..8 => refusal(503, "UNAVAILABLE", "try again", ""),
        _ => Reply::Right,
    });
    let mut tail = Tail::run(&cloud, "5s", &[], &[("LOG_GARDENER_GCP_SETTLE_MS", "60")]);
    tail.until("gap");
    tail.until("filled");
    tail.until_all(&services(0..1));
    assert_eq!(tail.ends(1, 0).0, 0);
}

#[test]
fn entries_that_become_listed_late_are_found_by_the_second_search() {
    let cloud = FakeCloud::with(vec![fresh(0)], |number, _| match number {
        0 => Reply::Page(json!({})),
        _ => Reply::Right,
    });
    // A stream that has said something is not searched for once more at the end.
    cloud.tailing().then(vec![Step::Entries(vec![fresh(1)])]);
    let mut tail = Tail::run(&cloud, "4s", &[], &[]);
    tail.until_all(&services(0..2));
    assert_eq!(tail.ends(2, 0).0, 0);
}

#[test]
fn a_stream_that_dies_without_a_word_is_opened_anew() {
    let cloud = FakeCloud::new(Vec::new());
    let mut tail = Tail::run(&cloud, "4s", &[], &[("LOG_GARDENER_GCP_SILENCE_MS", "300")]);
    wait_for(|| cloud.tailing().asked().len() >= 3);
    cloud.add(fresh(0));
    tail.until_all(&services(0..1));
    let (code, stderr) = tail.ends(1, 0);
    assert_eq!(code, 0);
    assert!(!stderr.contains("the stream is down"), "quiet is no news: {stderr}");
}

#[test]
fn what_a_stream_changes_in_entries_is_undone() {
    let cloud = FakeCloud::new(Vec::new());
    // A stream tells of an audit entry only that there is one; the list holds it whole.
    let mut audit = fresh(0);
    audit.as_object_mut().expect("an object").remove("textPayload");
    audit["protoPayload"] = json!({
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog", "methodName": "Services.ReplaceService",
        "status": {"code": 13, "message": "the revision did not become ready"},
    });
    // In a stream, numbers are fractions.
    let mut fields = fresh(1);
    fields.as_object_mut().expect("an object").remove("textPayload");
    fields["jsonPayload"] = json!({"message": "tank empty", "tanks": [7, 2.5], "of": {"pumps": 3}});
    cloud.tailing().then(vec![Step::Do(cloud.adding(vec![audit.clone()])), Step::Entries(vec![audit, fields])]);
    let mut tail = Tail::run(&cloud, "4s", &[], &[]);
    tail.until_all(&services(0..2));
    let told = format!("{:?}", tail.news);
    assert!(told.contains("the revision did not become ready"), "{told}");
    assert_eq!(tail.ends(2, 0).0, 0);
}

#[test]
fn from_start_begins_with_the_window_and_without_it_old_entries_are_no_news() {
    let time = (chrono::Utc::now() - chrono::Duration::minutes(8)).to_rfc3339();
    let old = entry(&service(0), &time, "ERROR", "the cellar is flooded", "old");
    for (more, expected) in [(&["--from-start"][..], 1), (&["--from-start", "--window", "5m"], 0), (&[], 0)] {
        let cloud = FakeCloud::new(vec![old.clone()]);
        let mut tail = Tail::run(&cloud, "2s", more, &[]);
        tail.until_all(&services(0..expected));
        // Where nothing came in, that is no health: another filter or window may have had something.
        let (code, stderr) = tail.ends(expected, 0);
        assert_eq!(code, if expected == 0 { 3 } else { 0 }, "{stderr}");
        assert_eq!(stderr.contains("error: no log entries were read"), expected == 0, "{stderr}");
    }
}

#[test]
fn an_outage_longer_than_the_window_is_judged_all_the_same() {
    let time = |minutes| (chrono::Utc::now() - chrono::Duration::minutes(minutes)).to_rfc3339();
    let mut old = entry(&service(0), &time(50), "ERROR", "the cellar is flooded", "old");
    old["receiveTimestamp"] = json!(chrono::Utc::now().to_rfc3339());
    let cloud = FakeCloud::new(vec![old]);
    cloud.tailing().then(vec![Step::Entries(vec![fresh(1)])]);
    let mut tail = Tail::run(&cloud, "3s", &["--window", "1m"], &[]);
    tail.until_all(&services(0..2));
    assert_eq!(tail.ends(2, 0).0, 0);
}

#[test]
fn options_of_a_window_are_refused_and_the_filter_can_be_looked_at() {
    let cloud = FakeCloud::new(Vec::new());
    let ran = |arguments: &[&str]| {
        let output = command(&cloud, arguments).output().expect("it runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
    };
    for (arguments, stderr) in [
        (
            &["tail", "gcp://wickshop", "--limit", "5"][..],
            "error: --limit cannot be used with tail\ncaused by: a stream has no oldest entries to stop after\nhint: say --stop-after, or use triage\n",
        ),
        (
            &["tail", "gcp://wickshop", "--widen"],
            "error: --widen cannot be used with tail\ncaused by: a stream has no window whose edges errors touch\nhint: leave it out, or use triage\n",
        ),
    ] {
        assert_eq!(ran(arguments), (2, String::new(), stderr.to_string()));
    }
    let (code, _, stderr) = ran(&["tail", "-", "--service", "checkout"]);
    assert!(code == 2 && stderr.starts_with("error: no gcp:// source is named\n"), "{stderr}");
    let (code, _, stderr) = ran(&["tail", "gs://bucket/logs"]);
    assert!(code != 0 && stderr.contains("hint: "), "{stderr}");
    let explained =
        ran(&["tail", "gcp://folders/7", "--min-severity", "DEFAULT", "--filter", "a=1", "--explain-filter"]);
    assert_eq!(explained, (0, "resource names  folders/7\nfilter          (a=1)\n".to_string(), String::new()));
    assert!(cloud.asked().is_empty() && cloud.tailing().asked().is_empty());
}
