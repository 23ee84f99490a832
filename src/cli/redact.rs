//! `redact`: a log in, the same log without secrets and personal data out, line by line.
//! Leaves out what is replaced: the rules are data, and `redact` applies them.

use std::io::{self, BufRead, BufReader, BufWriter, Write};

use clap::Args;
use serde::Serialize;

use crate::analysis::counted;
use crate::redact::{Filter, Summary};
use crate::report::numbers;
use crate::source;

use super::arguments::TextOrJson;
use super::failure::{Exit, Failure};
use super::{catalog, print};

/// A longer line is cut, bytes.
pub(super) const LONGEST: u64 = 64 << 20;
/// What is left out at the edge of one that is cut, bytes.
const EDGE: u64 = 4096;

/// What is redacted, and how.
#[derive(Debug, Args)]
pub(super) struct RedactArguments {
    /// Files, or `-` for stdin, which is the default; .gz and .zst are read
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,
    /// How to print what was replaced, to stderr
    #[arg(long, value_enum, default_value = "text")]
    format: TextOrJson,
    /// A field whose values tell a person, such as user_id; the settings may name more
    #[arg(long, value_name = "FIELD")]
    field: Vec<String>,
    /// A folder of pattern files that add to ours or replace them by id
    #[arg(long, value_name = "DIR")]
    patterns: Option<std::path::PathBuf>,
}

#[derive(Serialize)]
struct Printed<'a> {
    schema: &'static str,
    source: &'a str,
    lines: u64,
    kinds: &'a std::collections::BTreeMap<String, u64>,
    flagged: u64,
    flagged_lines: &'a [u64],
}

/// Runs the command.
pub(super) fn run(mut arguments: RedactArguments) -> Result<Exit, Failure> {
    let mut known = catalog::catalog(arguments.patterns.as_deref())?;
    if !arguments.field.is_empty() {
        arguments.field.extend(known.redactions.fields().to_vec());
        known.redactions = catalog::with_fields(std::mem::take(&mut known.redactions), &arguments.field, "`--field`")?;
    }
    if arguments.sources.is_empty() {
        arguments.sources.push("-".to_string());
    }
    let mut out = BufWriter::with_capacity(64 << 10, io::stdout().lock());
    for path in source::expand(&arguments.sources)? {
        let mut filter = Filter::new(&known.redactions);
        let read = source::open_text(&path)?;
        match lines(BufReader::with_capacity(64 << 10, read), &mut filter, &mut out) {
            Err(Broken::Out(error)) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Exit::Done),
            Err(Broken::Out(error)) => {
                return Err(Failure::new(Exit::Publish, "cannot write the result to stdout").because(error));
            }
            Err(Broken::In(error)) => {
                let is_limit = error.to_string().starts_with("LIMIT ");
                let why = if is_limit {
                    "it unpacks to more than a log does; unpack it yourself if it is one, and pass the file"
                } else {
                    "it is damaged or was cut"
                };
                return Err(Failure::new(Exit::CannotSay, format!("cannot read {} to its end", shown(&path.name())))
                    .because(error)
                    .hint(format!("{why}; what was read before is written")));
            }
            Ok(()) => tell(&path.name(), filter.summary(), arguments.format)?,
        }
    }
    Ok(Exit::Done)
}

enum Broken {
    In(io::Error),
    Out(io::Error),
}

/// Sends each line through the filter; line ends stay as they are.
fn lines(mut read: impl BufRead, filter: &mut Filter<'_>, out: &mut impl Write) -> Result<(), Broken> {
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        io::Read::take(&mut read, LONGEST).read_until(b'\n', &mut bytes).map_err(Broken::In)?;
        if bytes.is_empty() {
            return out.flush().map_err(Broken::Out);
        }
        let cut = bytes.len() as u64 == LONGEST && !bytes.ends_with(b"\n");
        let mut left_out = if cut { read.skip_until(b'\n').map_err(Broken::In)? } else { 0 };
        if cut {
            // A part of a secret at the edge could not be told.
            left_out += EDGE as usize;
            bytes.truncate((LONGEST - EDGE) as usize);
        }
        let text = String::from_utf8_lossy(&bytes);
        let line = text.trim_end_matches(['\n', '\r']);
        let ending = &text[line.len()..];
        out.write_all(filter.line(line).as_bytes()).map_err(Broken::Out)?;
        if left_out > 0 {
            writeln!(out, " [cut: {}]", numbers::counted(left_out as u64, "more byte", "more bytes"))
                .map_err(Broken::Out)?;
        }
        out.write_all(ending.as_bytes()).map_err(Broken::Out)?;
    }
}

/// Returns the name of a file on one line, whatever it holds.
fn shown(name: &str) -> String {
    name.chars()
        .map(|letter| if letter.is_control() { letter.escape_default().to_string() } else { letter.into() })
        .collect()
}

fn tell(name: &str, summary: &Summary, format: TextOrJson) -> Result<(), Failure> {
    let Summary { lines, kinds, flagged, flagged_lines } = summary;
    if format == TextOrJson::Json {
        let printed = Printed {
            schema: "log-gardener/redact/1",
            source: name,
            lines: *lines,
            kinds,
            flagged: *flagged,
            flagged_lines,
        };
        let line = serde_json::to_string(&printed)
            .map_err(|error| Failure::new(Exit::Publish, "cannot write the summary as JSON").because(error))?;
        print::note(&line);
        return Ok(());
    }
    let replaced: Vec<String> = kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    let replaced = if replaced.is_empty() { "nothing".to_string() } else { replaced.join(", ") };
    print::note(&format!("{}: {}, redacted: {replaced}", shown(name), counted(*lines, "line")));
    if *flagged > 0 {
        let named: Vec<String> = flagged_lines.iter().map(u64::to_string).collect();
        let more = if *flagged > named.len() as u64 { ", ..." } else { "" };
        print::note(&format!(
            "warning: {} what looks like a secret of no known kind, not redacted: {}{more}",
            numbers::counted(*flagged, "line holds", "lines hold"),
            named.join(", ")
        ));
    }
    Ok(())
}
