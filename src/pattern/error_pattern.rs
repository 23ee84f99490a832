//! What is known about one error, as `patterns/errors/*.toml` states it: how to recognise it, what it
//! means, which deeper questions it raises and what to do. Leaves out the load-time law (`law`) and
//! the matching (`recognise`).

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use crate::entry::Severity;
use crate::pattern::{Action, ClientKind, Reason, TestIdea, Text};

/// The categories a pattern may have; cascade rules speak of them.
pub const CATEGORIES: &[&str] = &[
    "import",
    "attribute",
    "type",
    "await",
    "websocket",
    "auth",
    "session",
    "http-client-error",
    "http-server-error",
    "database",
    "cache",
    "search",
    "queue",
    "migration",
    "startup",
    "exit",
    "memory",
    "storage",
    "config",
    "deprecation",
    "observability",
    "shutdown",
    "network",
    "upstream",
    "other",
];

/// One pattern: how an error is recognised and what is known about it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorPattern {
    /// Unique name in kebab-case.
    pub id: Text,
    /// One line for people; `{name}` stands for a capture.
    pub title: Text,
    /// One of [`CATEGORIES`].
    pub category: Text,
    /// The part of the system it belongs to, for labels.
    pub area: Text,
    /// Regex on the message of the event, and on `Type: message` of the exception that propagated.
    pub message: Option<Text>,
    /// Regex on the exception's type; it holds as well for an event that has no exception.
    pub exception: Option<Text>,
    /// Regex on `file function` of the innermost frame; an event without a frame does not pass.
    pub raised_in: Option<Text>,
    /// What a request entry must look like; without a request the pattern does not match.
    pub http: Option<HttpRule>,
    /// Words of which the text must contain one, anywhere and in any case.
    #[serde(default)]
    pub any: Vec<Text>,
    /// Settles which of several matching patterns wins; the higher one does.
    #[serde(default)]
    pub rank: i32,
    /// Captures that name the fault and count in the fingerprint; the others are values that vary.
    #[serde(default)]
    pub identity: Vec<Text>,
    /// Which frames of the application count in the fingerprint.
    #[serde(default)]
    pub frames: Frames,
    /// What else counts in the fingerprint.
    #[serde(default)]
    pub grouping: Grouping,
    /// With which other errors of the same service it is told together, once their causes are known.
    pub family: Option<Family>,
    /// What part such an error plays in an incident.
    #[serde(default)]
    pub role: Role,
    /// When in the life of a process it is seen.
    pub stage: Option<Stage>,
    /// The most serious severity that such an error deserves.
    #[serde(default, deserialize_with = "severity")]
    pub severity: Option<Severity>,
    /// What does not work because of it; true whenever the pattern matches.
    pub impact: Text,
    /// What should happen instead.
    pub expected: Text,
    /// What to do first; begins with a verb.
    pub fix: Text,
    /// Why it happened.
    #[serde(default)]
    pub why: Vec<Reason>,
    /// Why no check caught it before.
    #[serde(default)]
    pub not_caught: Vec<Reason>,
    /// Why nothing contained it.
    #[serde(default)]
    pub not_contained: Vec<Reason>,
    /// What can be done, bounded.
    #[serde(default)]
    pub action: Vec<Action>,
    /// Tests that would fail now and pass once it is mended.
    #[serde(default)]
    pub test: Vec<TestIdea>,
    /// Examples that it must recognise.
    #[serde(default)]
    pub should_match: Vec<toml::Spanned<ShouldMatch>>,
    /// Examples that look similar and must not be recognised as this error.
    #[serde(default)]
    pub should_not_match: Vec<toml::Spanned<ShouldNotMatch>>,
}

/// Errors that are told apart for finding their causes and told together: what callers of one service see.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// Its name in kebab-case, the same in all its patterns; it stands in the fingerprint.
    pub id: Text,
    /// One line for people when it holds several kinds; `{name}` stands for a capture.
    pub title: Text,
}

/// What a request entry must look like. Every key that is given must hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpRule {
    /// Statuses (`"503"`) or classes of them (`"5xx"`).
    pub status: Vec<Text>,
    /// Methods, upper case; absent: any.
    #[serde(default)]
    pub method: Vec<String>,
    /// Regex on the path without query; absent: any.
    pub path: Option<Text>,
    /// Callers by kind; absent: any, unknown ones included.
    #[serde(default)]
    pub client: Vec<ClientKind>,
}

/// Which frames of the application count in the fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Frames {
    /// All of them.
    #[default]
    All,
    /// The innermost one: the same fault is reached by many ways.
    Innermost,
    /// None: where it surfaces says nothing about the fault.
    None,
}

/// What counts in the fingerprint besides the pattern and its identity captures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grouping {
    /// The whole message, normalised.
    #[default]
    Message,
    /// Nothing: one fault of the environment is said in many ways and places.
    Target,
}

/// What part an error plays in an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Something failed here.
    #[default]
    Failure,
    /// Reports again what another entry says more precisely.
    Wrapper,
    /// What a caller sees at the edge.
    Symptom,
    /// Nothing failed; the configuration or the code deserves a look.
    Finding,
    /// Expected: a test client, a probe, a normal shutdown.
    Noise,
}

/// When in the life of a process an error is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Before the first request is served.
    Startup,
    /// While a request is served.
    Request,
    /// In work that no request waits for.
    Background,
    /// While the process ends.
    Shutdown,
}

/// An example that the pattern must recognise.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShouldMatch {
    /// The event's message, and the exception's when a type is given.
    #[serde(default)]
    pub text: String,
    /// The exception's type.
    pub exception: Option<String>,
    /// `file function` of the innermost frame.
    pub raised_in: Option<String>,
    /// The request of a request entry.
    pub http: Option<HttpExample>,
    /// Captures with their values; those left out are not checked.
    #[serde(default)]
    pub captures: BTreeMap<String, String>,
}

/// An example that looks similar and must not be recognised as this error.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShouldNotMatch {
    /// The event's message, and the exception's when a type is given.
    #[serde(default)]
    pub text: String,
    /// The exception's type.
    pub exception: Option<String>,
    /// `file function` of the innermost frame.
    pub raised_in: Option<String>,
    /// The request of a request entry.
    pub http: Option<HttpExample>,
    /// Why it is something else.
    #[serde(default)]
    pub reason: String,
}

/// The request of an example.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpExample {
    /// Response status.
    pub status: u16,
    /// `GET`, `POST`, ...
    pub method: Option<String>,
    /// The path without query.
    pub path: Option<String>,
    /// The caller's user agent.
    pub user_agent: Option<String>,
}

fn severity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Severity>, D::Error> {
    let word = String::deserialize(deserializer)?;
    match Severity::from_word(&word) {
        Some(severity) => Ok(Some(severity)),
        None => Err(serde::de::Error::custom(format!("unknown severity `{word}`"))),
    }
}
