//! Who gives out tokens, in a few lines on the loopback: user logins, impersonation, and a proxy that lets
//! nothing through, so that a test can see where a program wants to go and never gets there.
//! Leaves out checking what it is asked.
#![allow(unreachable_pub)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The service account of the tests.
pub const ACCOUNT: &str = "reader@wickshop.iam.gserviceaccount.com";

/// One request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Method and path, such as `POST /token` or `CONNECT logging.googleapis.com:443`.
    pub what: String,
    pub authorization: Option<String>,
    pub body: String,
}

type Answer = (u16, String);

/// A server that runs until the test ends.
pub struct Identity {
    at: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Identity {
    /// Starts a server that gives everybody a token.
    pub fn new() -> Identity {
        Identity::with(|_| None)
    }

    /// Starts a server that answers as `script` says, and gives a token where that says nothing.
    pub fn with(script: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static) -> Identity {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let at = listener.local_addr().expect("an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, script) = (Arc::clone(&asked), Arc::new(script));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, script) = (Arc::clone(&log), Arc::clone(&script));
                std::thread::spawn(move || serve(&stream, &*script, &log));
            }
        });
        Identity { at, asked }
    }

    /// Returns the address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.at)
    }

    /// Returns the environment in which nothing but this server can be reached.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let here = self.url("");
        vec![
            ("HTTPS_PROXY", here.clone()),
            ("HTTP_PROXY", here),
            ("NO_PROXY", "127.0.0.1".to_owned()),
            ("GCE_METADATA_HOST", self.at.to_string()),
        ]
    }

    /// Returns the requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("whole").clone()
    }

    /// Returns the methods and paths of the requests so far.
    pub fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.what).collect()
    }
}

fn serve(stream: &TcpStream, script: &dyn Fn(&Asked) -> Option<Answer>, log: &Mutex<Vec<Asked>>) {
    let mut reader = BufReader::new(stream);
    while let Some(asked) = request(&mut reader) {
        log.lock().expect("whole").push(asked.clone());
        let (status, body) = script(&asked).unwrap_or_else(|| usual(&asked.what));
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status} Answer\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
        let mut out = stream;
        if out.write_all(head.as_bytes()).and_then(|()| out.write_all(body.as_bytes())).is_err() {
            return;
        }
    }
}

fn usual(what: &str) -> Answer {
    let body = match what {
        "POST /token" => r#"{"access_token": "user-token", "expires_in": 3600, "token_type": "Bearer"}"#,
        _ if what.ends_with(":generateAccessToken") => {
            r#"{"accessToken": "borrowed-token", "expireTime": "2099-01-01T00:00:00Z"}"#
        }
        _ if what.starts_with("POST /v2/entries:list") => "{}",
        _ => return (403, r#"{"error": "nothing gets out of this test"}"#.to_owned()),
    };
    (200, body.to_owned())
}

fn request(reader: &mut BufReader<&TcpStream>) -> Option<Asked> {
    let (mut lines, mut length, mut authorization) = (Vec::new(), 0, None);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        match line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim())) {
            Some((name, value)) if name == "content-length" => length = value.parse().ok()?,
            Some((name, value)) if name == "authorization" => authorization = Some(value.to_owned()),
            _ => {}
        }
        lines.push(line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let what = lines.first()?.rsplit_once(' ')?.0.to_owned();
    Some(Asked { what, authorization, body: String::from_utf8_lossy(&body).into_owned() })
}
