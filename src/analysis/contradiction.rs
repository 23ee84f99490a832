//! What a message claims and its own stack trace refutes.
//! Leaves out which claims there are: `patterns/claims.toml` says so.

use crate::event::Exception;
use crate::group::{ErrorGroup, headline};

use super::case::{Case, quotation};
use super::finding::Statement;
use super::why::one_line;

/// Returns the contradictions of an incident, one a group at most, root first.
pub fn contradictions(case: &Case<'_>) -> Vec<Statement> {
    case.members().filter_map(|group| contradiction(case, group)).collect()
}

fn contradiction(case: &Case<'_>, group: &ErrorGroup) -> Option<Statement> {
    let (exception, sample) = (group.exception.as_ref()?, group.samples.first()?);
    if exception.frames.is_empty() {
        // Without frames the exception is the message's own word, and nothing stands against it.
        return None;
    }
    let shown = headlines(exception);
    let words = own_words(&sample.quote, exception);
    let refuted = case.catalog.claims.refuted(&words, &shown)?;
    Some(Statement {
        text: format!(
            "the message \"{}\" speaks of {}; its stack trace shows {}: \"{}\"",
            one_line(&words),
            refuted.claimed,
            refuted.shown,
            one_line(&shown[refuted.exception])
        ),
        status: "proven",
        evidence: vec![quotation(sample)],
    })
}

/// Returns `Type: message` of the exception and of those behind it.
fn headlines(exception: &Exception) -> Vec<String> {
    let behind = exception.chain.iter().map(|chained| {
        [chained.type_name.as_deref(), chained.message.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(": ")
    });
    std::iter::once(headline(exception)).chain(behind).collect()
}

/// Returns the first line without what the exceptions say: the words of whoever logged them.
fn own_words(quote: &str, exception: &Exception) -> String {
    let mut words = quote.lines().next().unwrap_or("").to_string();
    if words.starts_with("Traceback (most recent call last)") {
        return String::new();
    }
    let messages = exception.chain.iter().filter_map(|chained| chained.message.as_deref());
    let types = exception.chain.iter().filter_map(|chained| chained.type_name.as_deref());
    let said = exception.message.as_deref().into_iter().chain(messages);
    let said = said.filter_map(|message| message.lines().next()).filter(|message| !message.trim().is_empty());
    for text in said.chain(exception.type_name.as_deref()).chain(types) {
        words = words.replace(text, "");
    }
    words.trim_end_matches([' ', ':', '-', '(', '[']).to_string()
}
