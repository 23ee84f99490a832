//! A GitHub of one repository on the loopback: it remembers what was written, fails on request, and lets
//! people edit between any two calls. Leaves out what no test asks for; `github_schema.rs` compares what it
//! answers with GitHub's published description.
#![allow(unreachable_pub)]

pub mod answer;
mod app;
mod http;
pub mod routes;
pub mod store;

use std::io::{BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use log_gardener::publish::github::{Auth, GitHub, GitHubSettings, Secret};
use serde_json::Value;

use http::{read, written};
pub use store::{Item, Store};

/// The token that may do everything.
pub const TOKEN: &str = "good-token";

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// Path below the base of the interface, without the query.
    pub path: String,
    /// Decoded pairs of the query.
    pub query: Vec<(String, String)>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

impl Request {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn writes(&self) -> bool {
        self.method != "GET" && self.path != "/graphql"
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    /// Each with its line end.
    pub headers: String,
    /// `Null` for none.
    pub body: Value,
}

/// What happens to one request.
#[derive(Debug, Clone)]
pub enum Fate {
    /// It is carried out and answered.
    Right,
    /// It is not carried out; the connection is closed.
    LostBefore,
    /// It is carried out; the connection is closed without an answer.
    LostAfter,
    /// The connection is closed; it is carried out so much later.
    Late(Duration),
    /// It is not carried out, and answered with this.
    Instead(Reply),
    /// It is carried out, and answered with this.
    After(Reply),
    /// It is carried out; the answer's body is cut to so many bytes, and then the connection closed.
    Cut(usize),
    /// It is carried out; the answer is this text.
    Garbled(&'static str),
}

type Script = Box<dyn FnMut(usize, &Request) -> Fate + Send>;
type Between = Box<dyn FnMut(usize, &mut Store) + Send>;

struct Shared {
    store: Mutex<Store>,
    script: Mutex<Script>,
    between: Mutex<Between>,
    asked: Mutex<Vec<(Request, Option<Reply>)>>,
    stop: AtomicBool,
    prefix: &'static str,
}

/// A server that answers until it is dropped.
pub struct FakeGitHub {
    shared: Arc<Shared>,
    at: SocketAddr,
}

impl FakeGitHub {
    /// Starts a server without issues that looks like github.com.
    pub fn new() -> FakeGitHub {
        FakeGitHub::start("")
    }

    /// Starts a server that looks like GitHub Enterprise.
    pub fn enterprise() -> FakeGitHub {
        FakeGitHub::start("/api/v3")
    }

    fn start(prefix: &'static str) -> FakeGitHub {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let at = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            store: Mutex::new(Store::new(format!("http://{at}{prefix}"))),
            script: Mutex::new(Box::new(|_, _| Fate::Right)),
            between: Mutex::new(Box::new(|_, _| {})),
            asked: Mutex::new(Vec::new()),
            stop: AtomicBool::new(false),
            prefix,
        });
        let served = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if served.stop.load(Ordering::SeqCst) {
                    break;
                }
                let served = Arc::clone(&served);
                std::thread::spawn(move || serve(&stream, &served));
            }
        });
        FakeGitHub { shared, at }
    }

    /// Asks `script` what happens to each request (by its number since then, from 0; a request that was under way
    /// already counts as the first).
    pub fn script(&self, mut script: impl FnMut(usize, &Request) -> Fate + Send + 'static) {
        let start = self.asked().len();
        *self.shared.script.lock().expect("whole") =
            Box::new(move |number, request| script(number.saturating_sub(start), request));
    }

    /// Lets people act after each request (by its number since then, from 0) and before its answer.
    pub fn between(&self, mut between: impl FnMut(usize, &mut Store) + Send + 'static) {
        let start = self.asked().len();
        *self.shared.between.lock().expect("whole") =
            Box::new(move |number, store| between(number.saturating_sub(start), store));
    }

    /// Answers everything as it should be from now on.
    pub fn heal(&self) {
        self.script(|_, _| Fate::Right);
        self.between(|_, _| {});
    }

    /// Looks at, or changes, what the server holds.
    pub fn with<T>(&self, look: impl FnOnce(&mut Store) -> T) -> T {
        look(&mut self.shared.store.lock().expect("whole"))
    }

    /// Returns the requests so far.
    pub fn asked(&self) -> Vec<Request> {
        self.shared.asked.lock().expect("whole").iter().map(|(request, _)| request.clone()).collect()
    }

    /// Returns the requests so far with what the server meant to answer.
    pub fn answered(&self) -> Vec<(Request, Option<Reply>)> {
        self.shared.asked.lock().expect("whole").clone()
    }

    /// Forgets what was asked so far, but not how often.
    pub fn forget(&self) {
        let mut asked = self.shared.asked.lock().expect("whole");
        // What was forgotten before is at the front.
        for (request, reply) in asked.iter_mut().rev().take_while(|(_, reply)| reply.is_some()) {
            (request.body, *reply) = (Value::Null, None);
        }
    }

    /// Returns a client with this way to sign in, without long waits.
    pub fn client_as(&self, auth: Auth) -> GitHub {
        GitHub::new(self.settings(auth)).expect("a client")
    }

    /// Returns a client with the token, without long waits.
    pub fn client(&self) -> GitHub {
        self.client_as(Auth::Token(Secret::new(TOKEN)))
    }

    /// Returns the base of the interface.
    pub fn api(&self) -> String {
        format!("http://{}{}", self.at, self.shared.prefix)
    }

    /// Returns settings without long waits.
    pub fn settings(&self, auth: Auth) -> GitHubSettings {
        let settings = GitHubSettings::new("wick/shop", auth).expect("a repository");
        let api = self.api();
        GitHubSettings {
            first_wait: Duration::from_millis(1),
            longest_wait: Duration::from_millis(4),
            total_wait: Duration::from_secs(3),
            request_time: Duration::from_secs(5),
            write_gap: Duration::ZERO,
            limit_wait: Duration::from_millis(5),
            seed: 1,
            ..settings.at(&api).expect("this machine")
        }
    }
}

impl Drop for FakeGitHub {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.at);
    }
}

fn serve(stream: &TcpStream, shared: &Arc<Shared>) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader, shared.prefix) {
        let number = {
            let mut asked = shared.asked.lock().expect("whole");
            asked.push((request.clone(), None));
            asked.len() - 1
        };
        let fate = (shared.script.lock().expect("whole"))(number, &request);
        let act = |shared: &Shared| {
            let mut store = shared.store.lock().expect("whole");
            let reply = routes::answer(&mut store, &request);
            shared.asked.lock().expect("whole")[number].1 = Some(reply.clone());
            (shared.between.lock().expect("whole"))(number, &mut store);
            reply
        };
        let bytes = match fate {
            Fate::Right => Some(written(&act(shared))),
            Fate::LostBefore => None,
            Fate::LostAfter => {
                act(shared);
                None
            }
            Fate::Late(delay) => {
                let (shared, request) = (Arc::clone(shared), request.clone());
                std::thread::spawn(move || {
                    std::thread::sleep(delay);
                    routes::answer(&mut shared.store.lock().expect("whole"), &request);
                });
                None
            }
            Fate::Instead(reply) => Some(written(&reply)),
            Fate::After(reply) => {
                act(shared);
                Some(written(&reply))
            }
            Fate::Cut(at) => {
                let reply = act(shared);
                let mut bytes = written(&Reply { body: Value::Null, ..reply.clone() });
                let body = reply.body.to_string();
                let head = String::from_utf8_lossy(&bytes)
                    .replace("Content-Length: 0", &format!("Content-Length: {}", body.len()));
                bytes = head.into_bytes();
                bytes.extend_from_slice(&body.as_bytes()[..at.min(body.len().saturating_sub(1))]);
                let mut out = stream;
                let _ = out.write_all(&bytes);
                None
            }
            Fate::Garbled(text) => {
                let reply = act(shared);
                Some(
                    format!("HTTP/1.1 {} Answer\r\nContent-Length: {}\r\n\r\n{text}", reply.status, text.len())
                        .into_bytes(),
                )
            }
        };
        let mut out = stream;
        if bytes.is_none_or(|bytes| out.write_all(&bytes).is_err()) {
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
    }
}
