//! Wrong arguments, said in the form of every other error: `error: / caused by: / hint:`.
//! Leaves out finding them: the argument parser does, in words of its own that are rearranged here.

use clap::error::{Error, ErrorKind};

use super::failure::{Exit, Failure};
use super::print;

/// Prints what the argument parser has to say and returns the exit code.
///
/// Help and version are results: they go to stdout and end with 0. Everything else goes to stderr with 2.
pub(super) fn explain(error: &Error) -> Exit {
    if !error.use_stderr() {
        return match print::page(error) {
            Ok(exit) => exit,
            Err(failure) => {
                print::note(&failure.to_string());
                failure.exit
            }
        };
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return Exit::Usage;
    }
    let failure = rearranged(&error.render().to_string());
    print::note(&failure.to_string());
    failure.exit
}

/// Takes the parser's message apart: its first lines are the error, its tips or its usage the hint.
fn rearranged(text: &str) -> Failure {
    let mut message: Vec<&str> = Vec::new();
    let mut hints: Vec<String> = Vec::new();
    let mut usage: Option<String> = None;
    let mut heading = true;
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() {
            heading = false;
        } else if let Some(values) = line.strip_prefix("[possible values: ") {
            hints.push(format!("use one of {}", values.trim_end_matches(']')));
        } else if let Some(tip) = line.strip_prefix("tip: ") {
            hints.push(tip.to_string());
        } else if let Some(line) = line.strip_prefix("Usage: ") {
            let command: Vec<&str> =
                line.split(' ').take_while(|word| word.starts_with(|c: char| c.is_ascii_lowercase())).collect();
            usage = Some(format!("see `{} --help`", command.join(" ")));
        } else if heading {
            message.push(line.strip_prefix("error: ").unwrap_or(line));
        }
    }
    let failure = Failure::new(Exit::Usage, message.join(" "));
    match hints.is_empty() {
        true => failure.hint(usage.unwrap_or_else(|| "see `log-gardener --help`".to_string())),
        false => failure.hint(hints.join("; ")),
    }
}
