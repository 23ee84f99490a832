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
    let line = sample.quote.lines().next().unwrap_or("");
    let refuted = case.catalog.claims.refuted(own_words(line, exception), &shown)?;
    Some(Statement {
        text: format!(
            "the message \"{}\" speaks of {}; its stack trace shows {}: \"{}\"",
            one_line(line),
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

/// Returns a line without what the exceptions say at its end: the words of whoever logged them.
fn own_words<'l>(line: &'l str, exception: &Exception) -> &'l str {
    if line.starts_with("Traceback (most recent call last)") {
        return "";
    }
    let behind = exception.chain.iter().map(|chained| (chained.type_name.as_deref(), chained.message.as_deref()));
    let mut words = line.trim_end();
    for (type_name, message) in
        std::iter::once((exception.type_name.as_deref(), exception.message.as_deref())).chain(behind)
    {
        for said in [message.and_then(|message| message.lines().next()), type_name].into_iter().flatten() {
            let rest = words.strip_suffix(said.trim()).filter(|_| !said.trim().is_empty());
            // Only a whole part is the exception's: `db10` does not end in the message `10`.
            if let Some(rest) =
                rest.filter(|rest| rest.is_empty() || rest.ends_with([' ', ':', '-', '(', '[', '"', '\'']))
            {
                words = rest.trim_end_matches([' ', ':', '-', '(', '[', '"', '\'']);
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_at_the_end_as_a_whole_is_the_exceptions() {
        let exception = |message: &str| Exception {
            type_name: Some("ConnectionRefusedError".to_string()),
            message: Some(message.to_string()),
            ..Exception::default()
        };
        let check = |line: &str, message: &str, words: &str| assert_eq!(own_words(line, &exception(message)), words);
        check("timed out after 100 s to db10", "10", "timed out after 100 s to db10");
        check("Timeout: ConnectionRefusedError: refused", "refused", "Timeout");
        check("Timeout (refused", "refused", "Timeout");
        check("ConnectionRefusedError: refused", "refused", "");
    }
}
