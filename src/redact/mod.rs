//! Redaction of entries and of whole logs: before an event is made of an entry, no text of it holds a secret any more.
//! Leaves out what a secret is: the rules are data, and `pattern` applies them to a text.
//!
//! Everything after this room (events, groups, links, reports) sees redacted texts only, so that no output can say what
//! was redacted. Ids by which evidence is found again lose only what is a secret beyond doubt.

mod document;
mod filter;
mod json;
mod known;

use std::borrow::Cow;

use crate::entry::LogEntry;
use crate::pattern::{Redactions, Tally};

pub use filter::{Filter, Summary};

/// Redacts every text of `entry` and returns what was replaced.
pub fn entry(entry: &mut LogEntry, rules: &Redactions) -> Tally {
    let mut tally = Tally::default();
    if !rules.fields().is_empty() {
        people(entry, rules, &mut tally);
    }
    text(&mut entry.message, rules, &mut tally);
    some(&mut entry.stack_trace, rules, &mut tally);
    if let Some(error) = &mut entry.error_field {
        text(&mut error.type_name, rules, &mut tally);
        text(&mut error.message, rules, &mut tally);
    }
    if let Some(request) = &mut entry.http {
        let [url, path, agent] = [&mut request.url, &mut request.path, &mut request.user_agent];
        [url, path, agent, &mut request.remote_ip, &mut request.method]
            .into_iter()
            .for_each(|part| name(part, rules, &mut tally));
    }
    change(entry, rules, &mut tally);
    for (key, value) in &mut entry.correlation {
        if let Cow::Owned(redacted) = rules.redact_value(key, value, &mut tally) {
            *value = redacted;
        }
    }
    if let Some(place) = &mut entry.logged_at {
        name(&mut place.module, rules, &mut tally);
        name(&mut place.function, rules, &mut tally);
    }
    let origin = &mut entry.origin;
    let places = [&mut origin.resource_type, &mut origin.project, &mut origin.location];
    let names = [&mut origin.service, &mut origin.revision, &mut origin.instance];
    places.into_iter().chain(names).for_each(|part| name(part, rules, &mut tally));
    if let Some((_, build)) = &mut origin.build {
        text(build, rules, &mut tally);
    }
    let ids = [&mut entry.insert_id, &mut entry.log_name, &mut entry.trace, &mut entry.span, &mut entry.operation];
    ids.into_iter().for_each(|part| id(part, rules, &mut tally));
    tally
}

/// Redacts what is told of entries that are no events too: what changed, which services and revisions served, and which
/// routes.
pub fn surroundings(entry: &mut LogEntry, rules: &Redactions) -> Tally {
    let mut tally = Tally::default();
    if !rules.fields().is_empty() {
        people(entry, rules, &mut tally);
    }
    change(entry, rules, &mut tally);
    let origin = [&mut entry.origin.service, &mut entry.origin.revision];
    origin.into_iter().for_each(|part| name(part, rules, &mut tally));
    if let Some(request) = &mut entry.http {
        [&mut request.path, &mut request.method].into_iter().for_each(|part| name(part, rules, &mut tally));
    }
    tally
}

/// Redacts what an entry says of a change.
fn change(entry: &mut LogEntry, rules: &Redactions, tally: &mut Tally) {
    if let Some(change) = &mut entry.change {
        text(&mut change.method, rules, tally);
        some(&mut change.resource, rules, tally);
        some(&mut change.message, rules, tally);
    }
}

/// Redacts an identifier by which evidence is found again.
pub fn id(id: &mut Option<String>, rules: &Redactions, tally: &mut Tally) {
    // Tokens begin with words, and hexadecimal digits make none of those.
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f' | b'-'));
    let Some(text) = id.as_mut().filter(|text| !is_hex(text)) else { return };
    if known::is_name(text, rules, true) {
        return;
    }
    match rules.redact_id(text, tally) {
        Cow::Owned(redacted) => *text = redacted,
        Cow::Borrowed(_) => known::keep_name(text, rules, true),
    }
}

/// Redacts a text in place.
pub fn text(text: &mut String, rules: &Redactions, tally: &mut Tally) {
    if let Cow::Owned(redacted) = rules.redact(text, tally) {
        *text = redacted;
    }
}

fn some(part: &mut Option<String>, rules: &Redactions, tally: &mut Tally) {
    if let Some(part) = part {
        text(part, rules, tally);
    }
}

/// The same for names, which come again and again: each thread remembers those that stay as they are.
fn name(part: &mut Option<String>, rules: &Redactions, tally: &mut Tally) {
    let Some(name) = part.as_mut().filter(|name| !name.is_empty()) else { return };
    if known::is_name(name, rules, false) {
        return;
    }
    let mut own = Tally::default();
    match rules.redact(name, &mut own) {
        Cow::Owned(redacted) => *name = redacted,
        Cow::Borrowed(_) if own.is_empty() => known::keep_name(name, rules, false),
        Cow::Borrowed(_) => {}
    }
    tally.add_all(&own);
}

/// Replaces the values of the fields that the settings name, wherever the entry repeats them.
fn people(entry: &mut LogEntry, rules: &Redactions, tally: &mut Tally) {
    let mut people = std::mem::take(&mut entry.named);
    rules.people(&entry.message, &mut people);
    for (name, value) in &people {
        let replace = |text: &mut String, tally: &mut Tally| {
            if let Some(replaced) = rules.replaced_person(text, name, value, tally) {
                *text = replaced;
            }
        };
        replace(&mut entry.message, tally);
        entry.correlation.iter_mut().for_each(|(_, other)| replace(other, tally));
        if let Some(error) = &mut entry.error_field {
            replace(&mut error.message, tally);
        }
        if let Some(change) = &mut entry.change {
            replace(&mut change.method, tally);
            [&mut change.resource, &mut change.message].into_iter().flatten().for_each(|part| replace(part, tally));
        }
        let origin = &mut entry.origin;
        let origin = [&mut origin.service, &mut origin.revision, &mut origin.instance];
        let request = entry.http.iter_mut().flat_map(|http| [&mut http.url, &mut http.path, &mut http.user_agent]);
        let parts = [&mut entry.stack_trace, &mut entry.operation].into_iter().chain(origin).chain(request);
        parts.flatten().for_each(|part| replace(part, tally));
    }
}
