//! From a rejoined entry to an event: which exception it holds and which pattern knows it.
//! Leaves out how traces are read (`trace`) and what the patterns say (`pattern`).

use std::sync::LazyLock;

use regex::Regex;

use crate::entry::{LogEntry, Severity};
use crate::pattern::mark::{Stood, has_mark};
use crate::pattern::{Catalog, ClientKind, Known, Role, Subject, lean};
use crate::redact;

use super::trace::parse_text;
use super::{Event, Exception, Joined};

/// Longest text without a level that is asked about; a longer one is a document, not a report of a failure.
const MOST_LEVELLESS: usize = 8 << 10;

/// Returns the event that `entry` tells, together with the entries joined to it; `exception` is that of its message,
/// where it was read before.
///
/// From here on no text holds what may not leave the program.
pub(super) fn event(
    mut entry: LogEntry,
    mut joined: Vec<Joined>,
    exception: Option<Exception>,
    catalog: &Catalog,
) -> Event {
    let mut redacted = redact::entry(&mut entry, &catalog.redactions);
    joined.iter_mut().for_each(|other| redact::id(&mut other.insert_id, &catalog.redactions, &mut redacted));
    // What was read before the text was redacted may hold what was redacted.
    let exception = exception.filter(|_| redacted.is_empty()).or_else(|| self::exception(&entry, catalog));
    let client = entry.http.as_ref().and_then(|request| catalog.clients.classify(request));
    let known = known(&entry, exception.as_ref(), client, catalog);
    let mut event = Event { entry, joined, exception, known, client, redacted };
    if let Some(cap) = event.known.as_ref().and_then(|known| catalog.errors.get(known.pattern).severity) {
        event.entry.severity = event.entry.severity.min(cap);
    }
    event
}

/// Returns the pattern that knows an entry. Patterns know values by their shape, so marks are shown to them as values,
/// and what they capture of those is told as the marks.
fn known(
    entry: &LogEntry,
    exception: Option<&Exception>,
    client: Option<ClientKind>,
    catalog: &Catalog,
) -> Option<Known> {
    let mut stood = Stood::default();
    let message = stood.text(&entry.message);
    let mut shown = exception.filter(|one| one.message.as_deref().is_some_and(has_mark)).cloned();
    if let Some(text) = shown.as_mut().and_then(|exception| exception.message.as_mut()) {
        *text = stood.text(text).into_owned();
    }
    let exception = shown.as_ref().or(exception);
    let http = entry.http.as_ref();
    let subject = Subject { message: &message, exception, http, severity: entry.severity, client };
    let mut known = catalog.errors.recognise(&subject)?;
    known.captures.values_mut().for_each(|value| stood.restore(value));
    Some(known)
}

/// What is often written without a time in front: the end of a process, its failed start, a setting that it lacks, and
/// what a proxy in front of it says in its raw format.
const LAST_WORDS: [&str; 4] = ["exit", "startup", "config", "upstream"];

/// Returns how severe an entry is that states no level: its text must be one that a pattern knows as a
/// failure, by its message alone.
pub(super) fn level_of_failure(entry: &LogEntry, catalog: &Catalog) -> Option<Severity> {
    if entry.message.is_empty() || entry.message.len() > MOST_LEVELLESS {
        return None;
    }
    let severity = Severity::Error;
    let mut stood = Stood::default();
    let message = stood.text(&entry.message);
    let subject = Subject { message: &message, exception: None, http: None, severity, client: None };
    let known = catalog.errors.recognise(&subject)?;
    let pattern = catalog.errors.get(known.pattern);
    // A line that may go on another one is told by itself only where no other line could say it.
    if entry.may_continue {
        let first = entry.message.lines().next().unwrap_or("");
        if !LAST_WORDS.contains(&&*pattern.category) || super::trace::may_continue(first, &catalog.traces) {
            return None;
        }
    }
    let fails = matches!(pattern.role, Role::Failure | Role::Wrapper | Role::Symptom);
    fails.then(|| pattern.severity.map_or(severity, |cap| cap.min(severity)))
}

/// Returns the exception of an entry: from a trace in a field, a trace in the text, a structured field,
/// or a text that is nothing but `Type: message`.
fn exception(entry: &LogEntry, catalog: &Catalog) -> Option<Exception> {
    let from_field = entry.stack_trace.as_deref().and_then(|trace| parse_text(trace, &catalog.traces));
    if let Some((exception, _)) = from_field.or_else(|| parse_text(&entry.message, &catalog.traces)) {
        return Some(exception);
    }
    if let Some(error) = &entry.error_field {
        return Some(Exception {
            type_name: Some(error.type_name.clone()),
            message: Some(error.message.clone()).filter(|message| !message.is_empty()),
            ..Exception::default()
        });
    }
    typed_text(&entry.message).or_else(|| wrapped(&entry.message))
}

/// Reads the exception that a database layer puts in brackets: `failed: (driver.SomeError) message`.
fn wrapped(text: &str) -> Option<Exception> {
    static WRAPPED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let wrapped = r"(?:^|: )\(((?:[A-Za-z_]\w*\.)+[A-Z]\w*(?:Error|Exception|Timeout|Warning))\)\s+([^\n]+)";
        Regex::new(&lean(wrapped)).ok()
    });
    // Most texts have no such bracket, and need no expression.
    if !["Error)", "Exception)", "Timeout)", "Warning)"].iter().any(|end| text.contains(end)) {
        return None;
    }
    let found = WRAPPED.as_ref()?.captures(text)?;
    Some(Exception {
        type_name: found.get(1).map(|type_name| type_name.as_str().to_string()),
        message: found.get(2).map(|message| message.as_str().to_string()),
        ..Exception::default()
    })
}

/// Reads a text that is nothing but `Type: message`.
fn typed_text(text: &str) -> Option<Exception> {
    /// How the type ends; a text without any of them needs no expression.
    const ENDINGS: [&str; 10] =
        ["Error", "Exception", "Timeout", "Interrupt", "Exit", "Fault", "Failure", "Warning", "Refused", "Unavailable"];
    static TYPED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let endings = ENDINGS.join("|");
        let typed = format!(r"^((?:[A-Za-z_$][\w$]*(?:\.|::))*[A-Z][\w$]*(?:{endings}))(?::\s+((?s:.*)))?$");
        Regex::new(&lean(&typed)).ok()
    });
    if !ENDINGS.iter().any(|end| text.contains(end)) {
        return None;
    }
    let found = TYPED.as_ref()?.captures(text.trim())?;
    Some(Exception {
        type_name: found.get(1).map(|type_name| type_name.as_str().to_string()),
        message: found.get(2).map(|message| message.as_str().to_string()),
        ..Exception::default()
    })
}

#[cfg(test)]
mod tests {
    use super::typed_text;

    fn check(text: &str, expect: Option<(&str, Option<&str>)>) {
        let found = typed_text(text);
        let found = found.as_ref().map(|e| (e.type_name.as_deref().unwrap_or(""), e.message.as_deref()));
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn a_text_that_is_an_exception_line_is_read_as_one() {
        check("ValueError: bad row", Some(("ValueError", Some("bad row"))));
        check("redis.exceptions.ConnectionError: refused", Some(("redis.exceptions.ConnectionError", Some("refused"))));
        check("java.util.concurrent.TimeoutException", Some(("java.util.concurrent.TimeoutException", None)));
        check("Saving failed: ValueError: bad row", None);
        check("error: something", None);
    }

    #[test]
    fn an_exception_in_brackets_is_read() {
        let found = super::wrapped("Saving failed: (psycopg2.errors.UniqueViolation) x");
        assert_eq!(found, None, "the type must end like an exception");
        let found = super::wrapped("Saving failed: (sqlite3.OperationalError) database is locked\n[SQL: INSERT]");
        let found = found.as_ref().map(|e| (e.type_name.as_deref(), e.message.as_deref()));
        assert_eq!(found, Some((Some("sqlite3.OperationalError"), Some("database is locked"))));
    }
}
