//! Writing results to stdout, and nothing else there.
//! Leaves out progress and messages: those go to stderr.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use crate::report::escape::{self, terminal};

use super::failure::{Exit, Failure};

/// Writes a result; a reader that went away (`| head`) ends the program quietly and is no failure.
pub(super) fn bytes(result: &[u8]) -> Result<Exit, Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(result).and_then(|()| out.flush()) {
        Ok(()) => Ok(Exit::Done),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Done),
        Err(error) => Err(Failure::new(Exit::Publish, "cannot write the result to stdout").because(error)),
    }
}

/// Writes a text for people; whatever got into it, only colours act on the terminal.
pub(super) fn text(result: &str) -> Result<Exit, Failure> {
    bytes(terminal::painted(result).as_bytes())
}

/// Writes a document, byte for byte as it is written to a file; it was escaped for its own form.
pub(super) fn document(result: &str) -> Result<Exit, Failure> {
    bytes(result.as_bytes())
}

/// Writes help or version as the argument parser renders it: in colour on a terminal.
pub(super) fn page(page: &clap::Error) -> Result<Exit, Failure> {
    if colour() { document(&page.render().ansi().to_string()) } else { document(&page.render().to_string()) }
}

/// Writes a value as pretty JSON with a line end.
pub(super) fn json(value: &impl serde::Serialize) -> Result<Exit, Failure> {
    // As text it may be larger than everything that was found.
    let mut out = io::BufWriter::with_capacity(64 << 10, io::stdout().lock());
    let written = escape::json::to_writer_pretty(&mut out, value);
    match written.and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()) {
        Ok(()) => Ok(Exit::Done),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Done),
        Err(error) => Err(Failure::new(Exit::Publish, "cannot write the result as JSON").because(error)),
    }
}

/// Returns the width of the terminal, or 100 columns where there is none.
pub(super) fn width() -> usize {
    terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0).clamp(40, 160))
}

/// Returns whether stdout wants colour: a terminal, and `NO_COLOR` not set.
pub(super) fn colour() -> bool {
    io::stdout().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Returns a text in which what logs or people wrote cannot steer a terminal.
pub(super) fn plain(text: &str) -> String {
    terminal::plain(text)
}

/// Writes a message for people to stderr.
pub(super) fn note(message: &str) {
    // Who closed stderr, or let its disk run full, loses messages and not the result.
    let _ = writeln!(anstream::stderr(), "{}", plain(message));
}

/// Warns of a file with a secret that everyone on this machine may read.
pub(super) fn warn_if_open(path: &Path) {
    if crate::publish::readable_by_all(path) {
        let path = path.display();
        note(&format!(
            "warning: {path} holds a secret and everyone on this machine may read it\nhint: chmod 600 {path}"
        ));
    }
}
