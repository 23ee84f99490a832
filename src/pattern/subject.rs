//! The part of an event that patterns look at: a head of the message, the exception that propagated,
//! the request. Leaves out the chain behind the exception: a match there is another event's.

use std::sync::LazyLock;

use regex::Regex;

use crate::entry::{HttpRequest, Severity};
use crate::exception::Exception;
use crate::pattern::{ClientKind, lean};

/// What a pattern needs to know says itself early; a megabyte of trace must not be searched.
const HEAD: usize = 8 * 1024;

/// What an event offers for recognition.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The message of the event, rejoined.
    pub message: &'a str,
    /// The exception in it.
    pub exception: Option<&'a Exception>,
    /// The request, for request entries.
    pub http: Option<&'a HttpRequest>,
    /// The effective severity; no pattern asks for it, but a caller may show it.
    pub severity: Severity,
    /// Who sent the request, see [`Clients`](crate::pattern::Clients).
    pub client: Option<ClientKind>,
}

/// A text that is searched, and the same in lower case: folding it is cheaper than an automaton that takes both cases.
#[derive(Debug)]
pub(crate) struct Searched {
    pub(crate) text: String,
    pub(crate) folded: String,
}

impl Searched {
    fn of(text: String) -> Searched {
        Searched { folded: text.to_ascii_lowercase(), text }
    }
}

impl Subject<'_> {
    /// Returns the texts to search, the most telling first: `Type: message`, then the message.
    pub(crate) fn texts(&self) -> Vec<Searched> {
        let mut texts = Vec::with_capacity(2);
        if let Some(exception) = self.exception {
            texts.push(Searched::of(exception_line(exception)));
        }
        let message = if self.exception.is_some() { before_trace(self.message) } else { self.message };
        if !message.is_empty() {
            texts.push(Searched::of(head(message).to_string()));
        }
        texts
    }
}

/// Returns the path with its numbers and ids replaced by `<id>`, so that it names the route.
pub(crate) fn route(path: &str) -> String {
    static ID: LazyLock<Regex> = LazyLock::new(|| {
        // Numbers, hexadecimal and UUID-like runs, and long runs with a digit in them.
        Regex::new(&lean(r"^(?:\d+|[0-9a-fA-F-]{8,}|[\w.~-]*\d[\w.~-]*)$")).expect("constant")
    });
    let looks_like_id = |part: &str| {
        let long = part.len() >= 16 || part.bytes().all(|byte| byte.is_ascii_digit());
        let hex = part.len() >= 8 && part.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        (long || hex) && part.bytes().any(|byte| byte.is_ascii_digit()) && ID.is_match(part) || is_numbered(part)
    };
    let parts: Vec<&str> = path.split('/').map(|part| if looks_like_id(part) { "<id>" } else { part }).collect();
    parts.join("/")
}

/// Whether a part of a path is a short prefix with a number: `P-40`, `order_7`.
fn is_numbered(part: &str) -> bool {
    part.split_once(['-', '_']).is_some_and(|(prefix, number)| {
        (1..=8).contains(&prefix.len())
            && prefix.bytes().all(|byte| byte.is_ascii_alphabetic())
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn exception_line(exception: &Exception) -> String {
    let message = head(exception.message.as_deref().unwrap_or(""));
    match &exception.type_name {
        Some(type_name) if message.is_empty() => type_name.clone(),
        Some(type_name) => format!("{type_name}: {message}"),
        None => message.to_string(),
    }
}

/// Returns what stands before a stack trace: the trace may quote other exceptions and source code.
fn before_trace(message: &str) -> &str {
    static TRACE: LazyLock<Regex> = LazyLock::new(|| {
        let trace = lean(
            r#"Traceback \(most recent call last\)|(?m:^\s+at \S)|(?m:^\s*File ".+", line \d)|(?m:^goroutine \d)|(?m:^Caused by: )|(?:During handling of|The above exception was)"#,
        );
        Regex::new(&trace).expect("constant")
    });
    let message = head(message);
    TRACE.find(message).map_or(message, |trace| message[..trace.start()].trim_end())
}

fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(HEAD)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_the_trace_out_of_the_message() {
        let message = "Job failed\nTraceback (most recent call last):\n  File \"a.py\", line 1\nKeyError: 'x'";
        assert_eq!(before_trace(message), "Job failed");
        assert_eq!(before_trace("a.B: c\n\tat d.E(F.java:1)\nCaused by: g.H: i"), "a.B: c");
        assert_eq!(before_trace("meet at noon"), "meet at noon");
    }

    #[test]
    fn leaves_the_chain_to_the_events_it_belongs_to() {
        let message = "Traceback (most recent call last):\nModuleNotFoundError: No module named 'orchard.a'\n\n\
            During handling of the above exception, another exception occurred:\n\nOrchardError: cannot grow";
        let exception = Exception {
            type_name: Some("OrchardError".to_string()),
            message: Some("cannot grow".to_string()),
            ..Exception::default()
        };
        let (exception, severity) = (Some(&exception), Severity::Error);
        let subject = Subject { message, exception, http: None, severity, client: None };
        let texts: Vec<String> = subject.texts().into_iter().map(|searched| searched.text).collect();
        assert_eq!(texts, ["OrchardError: cannot grow"]);
    }

    #[test]
    fn names_routes_without_ids() {
        assert_eq!(route("/orders/4711/items"), "/orders/<id>/items");
        assert_eq!(route("/api/v2/users/3f2b8c1a-7c55-4d1e-9a43-0d7d6f1b2a90"), "/api/v2/users/<id>");
        assert_eq!(route("/prices/P-40"), "/prices/<id>");
        assert_eq!(route("/step-by-step/v2"), "/step-by-step/v2");
        assert_eq!(route("/oauth2/callback"), "/oauth2/callback");
        assert_eq!(route("/runs/run_20250131_abcdef"), "/runs/<id>");
        assert_eq!(route("/feedback/decade"), "/feedback/decade");
    }

    #[test]
    fn keeps_letters_whole_where_it_cuts() {
        let long = "ä".repeat(HEAD);
        assert!(head(&long).len() <= HEAD);
    }
}
