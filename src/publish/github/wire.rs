//! Sends one request to GitHub and returns the whole answer, bounded in size and time.
//! Leaves out what an answer means and trying again (`client`). The only async code of the room.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::{Method, Url};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::publish::Secret;

/// Most bytes of an answer: a page of 50 issues whose bodies are as long as GitHub allows (65,536
/// characters of up to four bytes each), with room for the rest.
const MOST: usize = 16 << 20;

/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// `Null` when there is none, or none that is JSON.
    pub(super) body: Value,
    /// Whether the body was what it should be: JSON or nothing.
    pub(super) whole: bool,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.header(name)?.parse().ok()
    }

    pub(super) fn location(&self) -> Option<&str> {
        self.headers.get(LOCATION)?.to_str().ok()
    }

    /// Returns what GitHub says about a refusal: its message and the fields that it does not accept.
    pub(super) fn message(&self) -> String {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut words = vec![text(&self.body["message"])];
        for error in self.body["errors"].as_array().into_iter().flatten() {
            let said = match &error["message"] {
                Value::String(message) => message.clone(),
                _ => format!("{} {} {}", text(&error["resource"]), text(&error["field"]), text(&error["code"])),
            };
            words.push(if error.is_string() { text(error) } else { said });
        }
        words.retain(|word| !word.trim().is_empty());
        if words.is_empty() { format!("HTTP {}", self.status) } else { words.join(": ") }
    }
}

/// No answer.
#[derive(Debug, Clone)]
pub(super) struct Lost {
    /// Whether the request may have reached GitHub.
    pub(super) sent: bool,
    pub(super) cause: String,
}

/// Connections to GitHub.
pub(super) struct Wire {
    // Taken out when dropped: a name lookup that hangs must not keep the program from ending.
    runtime: Option<Runtime>,
    client: reqwest::Client,
    time: Duration,
}

impl Wire {
    pub(super) fn new(base: &Url, time: Duration) -> Result<Wire, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("cannot start the network runtime: {error}"))?;
        let builder = reqwest::Client::builder()
            .user_agent(concat!("log-gardener/", env!("CARGO_PKG_VERSION")))
            // A redirect may lead to another host, which must not see the token.
            .redirect(reqwest::redirect::Policy::none())
            // Whether a request may be sent again is decided by its kind, not by the transport.
            .retry(reqwest::retry::never())
            .connect_timeout(time.min(Duration::from_secs(10)));
        // On this machine there is no proxy and no certificate; loading those of the system takes a while.
        let builder = match base.scheme() {
            "http" => builder.no_proxy().tls_certs_only([]),
            _ => builder.https_only(true),
        };
        let client = builder.build().map_err(|error| format!("cannot set up the client: {}", line(&error)))?;
        Ok(Wire { runtime: Some(runtime), client, time })
    }

    /// Sends one request and waits for the whole answer.
    pub(super) fn send(
        &self,
        method: &Method,
        url: &str,
        bearer: &Secret,
        body: Option<&Value>,
    ) -> Result<Answer, Lost> {
        let Some(runtime) = &self.runtime else {
            return Err(Lost { sent: false, cause: "the connection is closed".to_owned() });
        };
        let mut request = self
            .client
            .request(method.clone(), url)
            .header(ACCEPT, "application/vnd.github+json")
            .header("X-GitHub-Api-Version", "2022-11-28")
            .bearer_auth(bearer.reveal());
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let whole = async { tokio::time::timeout(self.time, receive(request, bearer)).await };
        runtime.block_on(whole).unwrap_or_else(|_| {
            let cause = format!("no answer within {} s", self.time.as_secs_f64());
            Err(Lost { sent: true, cause })
        })
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn receive(request: reqwest::RequestBuilder, bearer: &Secret) -> Result<Answer, Lost> {
    let lost = |error: reqwest::Error| Lost { sent: !(error.is_connect() || error.is_builder()), cause: line(&error) };
    let mut response = request.send().await.map_err(lost)?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        if bytes.len() + chunk.len() > MOST {
            let cause = format!("the answer is larger than {} MiB", MOST >> 20);
            return Err(Lost { sent: true, cause });
        }
        bytes.extend_from_slice(&chunk);
    }
    if status >= 300 {
        // What is said about a refusal is shown, and what stands between us and GitHub may repeat the request.
        bytes = bearer.hidden_in(&String::from_utf8_lossy(&bytes)).into_bytes();
    }
    let body = serde_json::from_slice(&bytes);
    Ok(Answer { status, headers, whole: bytes.is_empty() || body.is_ok(), body: body.unwrap_or(Value::Null) })
}

/// Returns an error with its causes in one line, without the address, which says nothing new.
fn line(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    if let Some((before, (_, after))) =
        text.split_once(" for url (").and_then(|(before, rest)| Some((before, rest.split_once(')')?)))
    {
        text = format!("{before}{after}");
    }
    let mut inner = std::error::Error::source(error);
    while let Some(cause) = inner {
        let said = cause.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        inner = cause.source();
    }
    text
}
