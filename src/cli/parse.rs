//! `parse`: how the input was read, one JSON line per event block.
//! Leaves out judging severity: every block is shown, INFO included.

use std::io::Write;

use serde::Serialize;

use crate::entry::{LogEntry, Severity, Timestamp};
use crate::event::{ChainedException, Event, Exception, Keys, StackFrame, read_event};
use crate::pattern::{Catalog, Redactions};
use crate::report::escape;

use super::arguments::ParseArguments;
use super::failure::{Exit, Failure};
use super::{catalog, input, limits, print};

#[derive(Serialize)]
struct Block<'b> {
    line: Option<u64>,
    end_line: Option<u64>,
    timestamp: Option<Timestamp>,
    severity: Severity,
    message: &'b str,
    exception: Option<BlockException<'b>>,
}

#[derive(Serialize)]
struct BlockException<'b> {
    #[serde(rename = "type")]
    type_name: Option<&'b str>,
    message: Option<&'b str>,
    language: Option<&'b str>,
    chain: &'b [ChainedException],
    frame: Option<BlockFrame<'b>>,
}

#[derive(Serialize)]
struct BlockFrame<'b> {
    file: Option<&'b str>,
    line: Option<u32>,
    function: Option<&'b str>,
}

/// Runs the command.
pub(super) fn run(arguments: ParseArguments) -> Result<Exit, Failure> {
    let mut known = catalog::catalog(arguments.patterns.as_deref())?;
    if arguments.no_redact {
        known.redactions = Redactions::default();
    }
    let mut options = input::read_options(arguments.assume_tz.as_deref(), input::now(None)?, &limits::of_settings()?)?;
    options.named = known.redactions.fields().to_vec();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut written: std::io::Result<()> = Ok(());
    let window = crate::source::Window::default();
    let mut keys = Keys::default();
    let (summaries, _) = input::read_all(&arguments.sources, window, &options, &known.traces, &mut |mut entry| {
        if written.is_ok() {
            keys.next(&mut entry, &known.redactions);
            written = blocks(&mut out, entry, &known);
        }
    })?;
    let written = written.and_then(|()| out.flush());
    drop(out);
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            return Err(Failure::new(Exit::Publish, "cannot write the result to stdout").because(error));
        }
        _ => {}
    }
    for summary in &summaries {
        for skipped in &summary.skipped {
            print::note(&format!("skipped {} {}: {}", summary.name, skipped.at, skipped.reason));
        }
    }
    if summaries.iter().all(|summary| summary.entries == 0) {
        return Err(Failure::new(Exit::CannotSay, "no log entries were read")
            .hint("check the path; an empty input says nothing"));
    }
    for summary in summaries.iter().filter(|summary| !summary.complete) {
        for note in &summary.notes {
            print::note(&format!("{}: {note}", summary.name));
        }
    }
    Ok(if summaries.iter().all(|summary| summary.complete) { Exit::Done } else { Exit::CannotSay })
}

/// Writes the blocks of one entry: a stack trace is one, the lines of any other text are one each.
fn blocks(out: &mut impl Write, entry: LogEntry, known: &Catalog) -> std::io::Result<()> {
    let event = read_event(entry, known);
    let at = &event.entry.at;
    let lines = event.entry.message.lines().count() as u64;
    if event.exception.is_some() || lines < 2 || at.end_line != at.line + lines - 1 {
        return block(out, &event, (at.line, at.end_line), &event.entry.message);
    }
    for (offset, text) in event.entry.message.lines().enumerate() {
        let line = at.line + offset as u64;
        block(out, &event, (line, line), text)?;
    }
    Ok(())
}

fn block(out: &mut impl Write, event: &Event, (line, end_line): (u64, u64), message: &str) -> std::io::Result<()> {
    let known_line = |line: u64| Some(line).filter(|line| *line > 0);
    let exception = event.exception.as_ref().map(|exception| BlockException {
        type_name: exception.type_name.as_deref(),
        message: exception.message.as_deref(),
        language: exception.language.as_deref(),
        chain: &exception.chain,
        frame: frame(exception).map(|frame| BlockFrame {
            file: frame.file.as_deref(),
            line: frame.line,
            function: frame.function.as_deref(),
        }),
    });
    let block = Block {
        line: known_line(line),
        end_line: known_line(end_line),
        timestamp: event.entry.timestamp,
        severity: event.entry.severity,
        message,
        exception,
    };
    escape::json::to_writer(&mut *out, &block)?;
    out.write_all(b"\n")
}

/// Returns the innermost frame of the application's own code.
fn frame(exception: &Exception) -> Option<&StackFrame> {
    exception.innermost_in_app()
}
