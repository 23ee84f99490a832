//! `tail gcp://`: whatever happens to the stream, each entry is in the incidents exactly once, or a gap
//! is stated and the exit code is 3.
//! Leaves out how incidents are found, and the list by itself: see `tail` and `cloud_faults`.

mod fake_cloud;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use fake_cloud::tailing::{Gate, Step};
use fake_cloud::{FakeCloud, Reply, entry, refusal};
use serde_json::{Value, json};

/// A test that waits in vain fails after this.
const PATIENCE: Duration = Duration::from_secs(60);
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

    fn hear(&mut self) {
        let next = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{error} after {:#?}", self.news));
        self.news.push(next);
    }

    /// Waits for the end by itself; every entry must have been heard, and each once.
    fn ends(mut self, entries: usize, gaps: u64) -> (i32, String) {
        let ended = self.until("ended");
        assert_eq!((&ended["entries"], &ended["gaps"]), (&json!(entries), &json!(gaps)), "{:#?}", self.news);
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
    cloud.tailing().then(vec![
        Step::Entries(vec![first.clone()]),
        Step::Do(cloud.adding(vec![first, between.clone()])),
        Step::End(OUT_OF_RANGE, "the session has lasted an hour"),
    ]);
    // The second session tells one of them again, and something new.
    cloud.tailing().then(vec![Step::Until(gate.clone()), Step::Entries(vec![between, fresh(3)])]);
    let mut tail = Tail::run(&cloud, "6s", &["--service", "svc"], &[]);
    let _ = &mut tail;
    tail.until("lost");
    cloud.add(late);
    gate.open();
    tail.until_all(&services(0..4));
    let (code, stderr) = tail.ends(4, 0);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("the stream ended (OUT_OF_RANGE: the session has lasted an hour); opening"), "{stderr}");
}
