//! Turns what Tera says is wrong into a [`Problem`] with file, line, caret and hint.
//! Leaves out finding mistakes that Tera does not look for: see `check`.

use std::error::Error as _;

use tera::ErrorKind;

use super::render::Sources;
use crate::pattern::Problem;

/// Returns the problem that a Tera error stands for.
pub(crate) fn from_tera(error: &tera::Error, sources: &Sources) -> Problem {
    match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
            let (file, text) = known(sources, report.filename());
            Problem::at(
                &file,
                &text,
                report.span().range.clone(),
                decapitalise(report.message()),
                hint(report.message()),
            )
        }
        kind => from_text(&kind.to_string(), error, sources),
    }
}

/// Returns the problem of a view that cannot be given to a template; a defect of this program.
pub(crate) fn of_view(error: &tera::Error) -> Problem {
    Problem::at("report view", "", 0..0, error.to_string(), "please report this as a defect of log-gardener")
}

/// Faults found when all files are in place come as text: `error: ...` and `--> file:line:column`.
fn from_text(text: &str, error: &tera::Error, sources: &Sources) -> Problem {
    let place = text.lines().find_map(|line| line.trim_start().strip_prefix("--> "));
    let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let mut message = decapitalise(message);
    if let Some(cause) = error.source() {
        message = format!("{message}: {cause}");
    }
    let Some((name, line, column)) = place.and_then(split_place) else {
        return Problem::at("templates", "", 0..0, &message, hint(&message));
    };
    let (file, source) = known(sources, name);
    let width = text.lines().find(|line| line.trim_end().ends_with('^')).map_or(1, |line| line.matches('^').count());
    let start: usize = source.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let offset: usize = source[start..].chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
    let span = start + offset..start + offset + width;
    Problem::at(&file, &source, span, &message, hint(&message))
}

fn split_place(place: &str) -> Option<(&str, usize, usize)> {
    let (rest, column) = place.trim().rsplit_once(':')?;
    let (name, line) = rest.rsplit_once(':')?;
    Some((name, line.parse().ok()?, column.parse().ok()?))
}

fn known(sources: &Sources, name: &str) -> (String, String) {
    match sources.get(name) {
        Some(source) => (source.file.clone(), source.text.clone()),
        None => (name.to_string(), String::new()),
    }
}

fn decapitalise(message: &str) -> String {
    let mut chars = message.trim_end_matches('.').chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

fn hint(message: &str) -> &'static str {
    let message = message.to_lowercase();
    if message.contains("filter") {
        "the filters are code, fence, cell, count, number, time, seconds, duration, lag, percent, refs, codes, sentence, \
         mermaid, node and Tera's own"
    } else if message.contains("unknown template") || message.contains("not found") {
        "included files are named relative to the templates folder, for example \"parts/chain.md\""
    } else if message.contains("not defined") || message.contains("undefined") {
        "a template sees run and incident; their fields are those of `log-gardener triage --format json`"
    } else {
        "see the files in templates/ for the syntax; docs of Tera 2 explain tags and filters"
    }
}
