//! A Cloud Logging of a few lines on the loopback: lists entries by window, pages, and fails on request.
//! One port speaks both halves of the API: REST here, the stream over HTTP/2 in `tailing`.
//! Leaves out the query language: of a filter it knows the times, the service and the least severity.
#![allow(unreachable_pub)]

pub mod identity;
pub mod run;
pub mod save;
pub mod tailing;
pub mod wire;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// How one request is answered.
pub enum Reply {
    /// As Cloud Logging would.
    Right,
    /// With this status, headers (each with its line end) and body.
    Status(u16, String, String),
    /// With the right answer, cut after so many bytes of the whole response.
    Cut(usize),
    /// With the right answer, its body cut to so many bytes, without telling its length.
    Short(usize),
    /// With this page.
    Page(Value),
}

type Script = Box<dyn FnMut(usize, &Value) -> Reply + Send>;

struct Shared {
    entries: Mutex<Vec<Held>>,
    script: Mutex<Script>,
    asked: Mutex<Vec<Value>>,
    longest: Mutex<usize>,
    tailing: Arc<tailing::Tailing>,
    stop: AtomicBool,
}

/// A server that answers until it is dropped.
pub struct FakeCloud {
    shared: Arc<Shared>,
    at: SocketAddr,
}

impl FakeCloud {
    /// Starts a server that holds these entries.
    pub fn new(entries: Vec<Value>) -> FakeCloud {
        FakeCloud::with(entries, |_, _| Reply::Right)
    }

    /// Starts a server that asks `script` how to answer each request (by its number from 0).
    pub fn with(entries: Vec<Value>, script: impl FnMut(usize, &Value) -> Reply + Send + 'static) -> FakeCloud {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let at = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            entries: Mutex::new(sorted(entries)),
            script: Mutex::new(Box::new(script)),
            asked: Mutex::new(Vec::new()),
            longest: Mutex::new(0),
            tailing: Arc::default(),
            stop: AtomicBool::new(false),
        });
        let served = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if served.stop.load(Ordering::SeqCst) {
                    break;
                }
                let served = Arc::clone(&served);
                std::thread::spawn(move || match speaks_http2(&stream) {
                    true => tailing::serve(stream, &served.tailing),
                    false => serve(&stream, &served),
                });
            }
        });
        FakeCloud { shared, at }
    }

    /// Returns the endpoint.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.at)
    }

    /// Returns the requests so far.
    pub fn asked(&self) -> Vec<Value> {
        self.shared.asked.lock().expect("whole").clone()
    }

    /// Adds an entry.
    pub fn add(&self, entry: Value) {
        self.adding(vec![entry])();
    }

    /// Returns what adds these entries when it is called.
    pub fn adding(&self, more: Vec<Value>) -> Box<dyn FnOnce() + Send> {
        let shared = Arc::clone(&self.shared);
        Box::new(move || {
            let mut held = shared.entries.lock().expect("whole");
            let entries = held.drain(..).map(|(_, entry)| entry).chain(more).collect();
            *held = sorted(entries);
        })
    }

    /// Returns the streaming half.
    pub fn tailing(&self) -> &tailing::Tailing {
        &self.shared.tailing
    }

    /// Returns the length of the longest response, head included.
    pub fn longest_response(&self) -> usize {
        *self.shared.longest.lock().expect("whole")
    }
}

impl Drop for FakeCloud {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.at);
    }
}

/// An entry of a Cloud Run service.
pub fn entry(service: &str, time: &str, severity: &str, text: &str, id: &str) -> Value {
    json!({
        "insertId": id,
        "logName": "projects/wickshop/logs/run.googleapis.com%2Fstderr",
        "resource": {"type": "cloud_run_revision", "labels": {"project_id": "wickshop", "service_name": service, "revision_name": format!("{service}-00042-qix"), "location": "europe-west1"}},
        "severity": severity,
        "textPayload": text,
        "timestamp": time,
        "receiveTimestamp": time,
    })
}

/// A refusal as Google writes it.
pub fn refusal(http: u16, status: &str, message: &str, headers: &str) -> Reply {
    let body = json!({"error": {"code": http, "message": message, "status": status}}).to_string();
    Reply::Status(http, headers.to_string(), body)
}

pub fn time_of(entry: &Value) -> DateTime<Utc> {
    time(entry["timestamp"].as_str().expect("a timestamp"))
}

fn time(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("RFC 3339").to_utc()
}

/// An entry with its time, which is read once.
type Held = (DateTime<Utc>, Value);

fn sorted(entries: Vec<Value>) -> Vec<Held> {
    let mut held: Vec<Held> = entries.into_iter().map(|entry| (time_of(&entry), entry)).collect();
    held.sort_by_cached_key(|(time, entry)| (*time, entry["insertId"].to_string()));
    held
}

fn serve(stream: &TcpStream, shared: &Shared) {
    let mut reader = BufReader::new(stream);
    while let Some(body) = request(&mut reader) {
        let number = {
            let mut asked = shared.asked.lock().expect("whole");
            asked.push(body.clone());
            asked.len() - 1
        };
        let reply = (shared.script.lock().expect("whole"))(number, &body);
        let mut out = stream;
        let right = || list(&shared.entries.lock().expect("whole"), &body);
        let (bytes, close) = match reply {
            Reply::Right => match right() {
                Ok(page) => (response(200, "", &page.to_string()), false),
                Err(message) => {
                    let body = json!({"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}});
                    (response(400, "", &body.to_string()), false)
                }
            },
            Reply::Page(page) => (response(200, "", &page.to_string()), false),
            Reply::Status(status, headers, body) => (response(status, &headers, &body), false),
            Reply::Cut(at) => {
                let mut whole = response(200, "", &right().expect("a page").to_string());
                whole.truncate(at);
                (whole, true)
            }
            Reply::Short(at) => {
                let body = right().expect("a page").to_string();
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n";
                let mut whole = head.as_bytes().to_vec();
                whole.extend_from_slice(&body.as_bytes()[..at.min(body.len())]);
                (whole, true)
            }
        };
        let mut longest = shared.longest.lock().expect("whole");
        *longest = longest.max(bytes.len());
        drop(longest);
        if out.write_all(&bytes).is_err() || close {
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
    }
}

/// Looks at the first bytes of a connection without taking them.
fn speaks_http2(stream: &TcpStream) -> bool {
    let mut first = [0; 3];
    while let Ok(count) = stream.peek(&mut first) {
        match count {
            0 => return false,
            3 => return first == *b"PRI",
            _ => std::thread::yield_now(),
        }
    }
    false
}

fn response(status: u16, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status} Answer\r\nContent-Type: application/json\r\nDate: Tue, 10 Mar 2026 09:45:00 GMT\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn request(reader: &mut BufReader<&TcpStream>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// Answers `entries:list`.
fn list(entries: &[Held], body: &Value) -> Result<Value, String> {
    let filter = body["filter"].as_str().unwrap_or("");
    let after = |key: &str| {
        let found = filter.split(key).nth(1)?;
        found.trim_start_matches('"').split(['"', ' ', ')']).next().map(str::to_string)
    };
    let (from, to) = (after(" timestamp>=").or(after("timestamp>=")), after("timestamp<"));
    let received = after("receiveTimestamp>=").map(|text| time(&text));
    // `receiveTimestamp>=` ends like `timestamp>=` but for its capital letter, so both are told apart.
    let (from, to) = (from.map(|text| time(&text)), to.map(|text| time(&text)));
    let service = after("resource.labels.service_name=");
    let least = after("severity>=").map(|name| rank(&name));
    let mut matching: Vec<&Value> = entries
        .iter()
        .filter(|(at, entry)| {
            let severity = rank(entry["severity"].as_str().unwrap_or("DEFAULT"));
            let audit = entry["logName"].as_str().unwrap_or("").contains("cloudaudit");
            from.is_none_or(|from| *at >= from)
                && to.is_none_or(|to| *at < to)
                && received.is_none_or(|since| time(entry["receiveTimestamp"].as_str().unwrap_or("")) >= since)
                && service.as_ref().is_none_or(|name| entry["resource"]["labels"]["service_name"] == **name)
                && least.is_none_or(|least| severity >= least || severity == 0 || audit)
        })
        .map(|(_, entry)| entry)
        .collect();
    if body["orderBy"] == "timestamp desc" {
        matching.reverse();
    }
    let token = body["pageToken"].as_str().unwrap_or("");
    let start: usize = if token.is_empty() { 0 } else { token.parse().map_err(|_| "page_token is not valid")? };
    let size = usize::try_from(body["pageSize"].as_i64().unwrap_or(50)).unwrap_or(50);
    let end = (start + size).min(matching.len());
    let mut page = json!({"entries": matching[start.min(end)..end]});
    if end < matching.len() {
        page["nextPageToken"] = json!(end.to_string());
    }
    Ok(page)
}

fn rank(severity: &str) -> usize {
    let names = ["DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"];
    names.iter().position(|name| *name == severity).unwrap_or(0)
}
