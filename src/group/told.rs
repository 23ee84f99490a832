//! What is told of an event: its quotation and, where it speaks for a group, the title.
//! Leaves out which events do (`detail`).

use std::collections::BTreeMap;

use crate::event::Event;
use crate::pattern::{Catalog, Text};

use super::fingerprint::headline;
use super::normalise::masked;

/// Longest quotation kept, bytes; longer ones are marked as cut.
const QUOTE_LIMIT: usize = 16 * 1024;

/// Writes what is quoted of an event to `text`, which is empty.
pub(super) fn quote(event: &Event, text: &mut String) {
    let entry = &event.entry;
    match (&entry.stack_trace, entry.message.is_empty()) {
        (Some(trace), true) => text.push_str(trace),
        (Some(trace), false) if !entry.message.contains(trace.as_str()) => {
            text.push_str(&entry.message);
            text.push('\n');
            text.push_str(trace);
        }
        _ => text.push_str(&entry.message),
    }
    if let Some(request) = &entry.http
        && text.is_empty()
    {
        text.push_str(&request_line(request));
    }
    let (length, end) = (text.len(), text.floor_char_boundary(QUOTE_LIMIT));
    if end < length {
        text.truncate(end);
        text.push_str(&format!(" [cut: {end} of {length} bytes kept]"));
    }
}

/// Returns a request entry as one line: the fields as logged, each named.
fn request_line(request: &crate::entry::HttpRequest) -> String {
    let status = request.status.map(|status| status.to_string());
    let fields = [
        ("requestMethod", request.method.as_deref()),
        ("requestUrl", request.url.as_deref()),
        ("status", status.as_deref()),
        ("userAgent", request.user_agent.as_deref()),
    ];
    fields.iter().filter_map(|(name, value)| Some(format!("{name}={}", (*value)?))).collect::<Vec<_>>().join(" ")
}

/// Fills a title's placeholders with what the event captured.
fn fill_title(title: &Text, event: &Event, captures: &BTreeMap<String, String>) -> String {
    title.fill(|name| match name {
        "service" => event.entry.origin.service.clone(),
        "type" => event.exception.as_ref().and_then(|exception| exception.type_name.clone()),
        _ => captures.get(name).cloned(),
    })
}

/// Returns the pattern's title with its captures, or what the event says, values masked.
pub(super) fn title(event: &Event, template: &str, catalog: &Catalog) -> String {
    let known =
        event.known.as_ref().map(|known| fill_title(&catalog.errors.get(known.pattern).title, event, &known.captures));
    let text = known.unwrap_or_else(|| match &event.exception {
        Some(exception) => masked(&headline(exception), &catalog.masks),
        None if event.entry.message.trim().is_empty() => template.to_string(),
        None => masked(&event.entry.message, &catalog.masks),
    });
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
