//! A bucket service of few lines on the loopback, that answers as it is told and remembers what it was asked.
//! Leaves out whatever a real service does besides.
#![allow(unreachable_pub)]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};

/// One answer: the status line's end, further headers, the body, and how long the body claims to be.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: &'static str,
    pub body: Vec<u8>,
    pub claims: Option<usize>,
}

impl Answer {
    /// Returns a good answer.
    pub fn good(body: impl Into<Vec<u8>>) -> Answer {
        Answer { status: "200 OK", body: body.into(), claims: None }
    }

    /// Returns a refusal.
    pub fn status(status: &'static str, body: &str) -> Answer {
        Answer { status, body: body.into(), claims: None }
    }
}

/// A service that runs until the test ends.
pub struct Service {
    pub port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Service {
    /// Starts a service; `answer` gets the path with its query, and how often that was asked before.
    pub fn start(answer: impl Fn(&str, usize) -> Answer + Send + Sync + 'static) -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(answer);
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, log) = (Arc::clone(&answer), Arc::clone(&log));
                std::thread::spawn(move || serve(&stream, &*answer, &log));
            }
        });
        Service { port, asked }
    }

    /// Returns all that was asked so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no test thread died").clone()
    }
}

fn serve(mut stream: &TcpStream, answer: &dyn Fn(&str, usize) -> Answer, log: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        lines.push(line);
    }
    let Some(path) = lines.first().and_then(|line| line.split(' ').nth(1)) else { return };
    let before = {
        let mut log = log.lock().expect("no test thread died");
        let before = log.iter().filter(|asked| asked.as_str() == path).count();
        log.push(path.to_owned());
        before
    };
    let Answer { status, body, claims } = answer(path, before);
    let claims = claims.unwrap_or(body.len());
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {claims}\r\netag: \"1\"\r\nlast-modified: Tue, 10 Mar 2026 09:00:00 GMT\r\nconnection: close\r\n\r\n"
    );
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&body);
}

/// Returns the answer to a listing: keys and sizes.
pub fn listing(objects: &[(&str, usize)]) -> Answer {
    let contents: String = objects
        .iter()
        .map(|(key, size)| {
            format!("<Contents><Key>{key}</Key><LastModified>2026-03-10T09:00:00.000Z</LastModified><ETag>\"1\"</ETag><Size>{size}</Size></Contents>")
        })
        .collect();
    Answer::good(format!(
        "<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>"
    ))
}

/// How a run ended.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs the binary with nothing in its environment but this.
pub fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_log-gardener"));
    let nobody = [
        ("GCE_METADATA_HOST", "127.0.0.1:9"),
        ("GCE_METADATA_IP", "127.0.0.1:9"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    command.args(arguments).env_clear().envs(nobody).env("LOG_GARDENER_BUCKET_TIMEOUT", "4");
    let output = command.envs(environment.iter().copied()).output().expect("the binary starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code().unwrap_or(-1), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}
