//! `fetch`: saves what Cloud Logging holds, so that a triage can be repeated offline and shown to others.
//! Leaves out judging it. A kill leaves a `.part` file, and `--resume` goes on after its last whole slice.

use std::path::{Path, PathBuf};

use crate::analysis::counted;
use crate::entry::Timestamp;
use crate::publish;
use crate::source::cloud::{Arrived, CloudQuery, Resumed, SliceDone, WindowRead, fetch};
use crate::source::{SourcePath, expand};

use super::archive::{self, Archive, Stored};
use super::arguments::FetchArguments;
use super::failure::{Exit, Failure};
use super::manifest::{Manifest, ManifestGap, SCHEMA, Span, beside, span};
use super::part::{self, State};
use super::{catalog, cloud, print};

/// A file that is being fetched.
struct Fetching {
    archive: Archive,
    state: State,
    state_file: PathBuf,
    span: (Option<Timestamp>, Option<Timestamp>),
    entries: u64,
    /// The keys of entries that could not be read.
    unreadable: Vec<u64>,
    /// Where the first entry stood that could not be read, and why.
    first_unreadable: Option<String>,
    failed: Option<std::io::Error>,
}

/// Runs the command.
pub(super) fn run(arguments: FetchArguments) -> Result<Exit, Failure> {
    if arguments.input.cloud.explain_filter {
        return cloud::explain(&arguments.input);
    }
    let Some(out) = arguments.out else {
        return Err(Failure::new(Exit::Usage, "no file is named").hint("say where to with --out entries.ndjson.zst"));
    };
    let paths = expand(&arguments.input.sources)?;
    let [SourcePath::Cloud(_)] = paths.as_slice() else {
        return Err(Failure::new(Exit::Usage, "fetch saves one gcp:// source").hint("name one, such as gcp://PROJECT"));
    };
    let Some(mut query) = cloud::queries(&arguments.input, &paths)?.pop() else { return Ok(Exit::Done) };
    let settings = cloud::settings(&arguments.input.cloud.credentials)?;
    let hints = catalog::catalog(arguments.input.patterns.as_deref())?.traces;
    let stored = Stored::of(&out);
    let part = beside(&out, ".part");
    let state_file = beside(&out, ".part.json");
    let state = if arguments.resume { part::earlier(&state_file, &mut query)? } else { None };
    if state.is_none() && part.exists() && !arguments.resume {
        print::note("note: the part of an earlier run is replaced; --resume would go on with it");
    }
    let (mut fetching, resumed) =
        begin(&query, &part, state_file, stored, state).map_err(|error| unwritten(&part, &error))?;
    let read = fetch(&query, &settings, &hints, resumed, &mut |arrived| fetching.take(arrived));
    let read = match (read, &fetching.failed) {
        (_, Some(error)) => return Err(unwritten(&part, error)),
        (Err(error), None) => {
            // Nothing was read; a part without entries would only be in the way.
            if fetching.entries == 0 {
                let _ = std::fs::remove_file(&part);
                let _ = std::fs::remove_file(&fetching.state_file);
            }
            return Err(error.into());
        }
        (Ok(read), None) => read,
    };
    let manifest = finish(fetching, &query, &read, &part, &out).map_err(|error| unwritten(&out, &error))?;
    Ok(tell(&manifest, &out))
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Publish, format!("cannot write {}", path.display()))
        .because(error)
        .hint("choose another file with --out; --resume goes on with what was saved")
}

/// Opens the part, new or where the earlier run left it.
fn begin(
    query: &CloudQuery,
    part: &Path,
    state_file: PathBuf,
    stored: Stored,
    state: Option<State>,
) -> std::io::Result<(Fetching, Resumed)> {
    let state = state.unwrap_or_else(|| State::new(query));
    let archive = Archive::open(part, stored, state.bytes)?;
    let resumed = state.resumed(query, part, stored)?;
    let fetching = Fetching {
        archive,
        span: state.span(),
        entries: state.entries,
        unreadable: state.unreadable.clone(),
        first_unreadable: state.first_unreadable.clone(),
        state,
        state_file,
        failed: None,
    };
    Ok((fetching, resumed))
}

impl Fetching {
    /// Writes what arrives; returns whether that works.
    fn take(&mut self, arrived: Arrived) -> bool {
        let written = match arrived {
            Arrived::Record(record) => {
                self.entries += 1;
                if let Some(time) = record.timestamp {
                    self.span.0 = Some(self.span.0.map_or(time, |first| first.min(time)));
                    self.span.1 = Some(self.span.1.map_or(time, |last| last.max(time)));
                }
                self.archive.write(&record.json)
            }
            Arrived::Unreadable(entry) => {
                self.unreadable.push(entry.key);
                self.first_unreadable.get_or_insert(entry.reason);
                Ok(())
            }
            Arrived::SliceRead(slice) => self.checkpoint(slice),
        };
        self.failed = written.err();
        self.failed.is_none()
    }

    fn checkpoint(&mut self, slice: SliceDone) -> std::io::Result<()> {
        self.state.bytes = self.archive.checkpoint()?;
        self.state.entries = self.entries;
        self.state.unreadable.clone_from(&self.unreadable);
        self.state.first_unreadable.clone_from(&self.first_unreadable);
        self.state.slices.push(slice.into());
        (self.state.first, self.state.last) = (self.span.0.map(|t| t.to_string()), self.span.1.map(|t| t.to_string()));
        publish::write_file(&self.state_file, &serde_json::to_vec_pretty(&self.state)?)
    }
}

/// Writes the manifest, then gives the file its name: a file with its name is whole.
fn finish(
    mut fetching: Fetching,
    query: &CloudQuery,
    read: &WindowRead,
    part: &Path,
    out: &Path,
) -> std::io::Result<Manifest> {
    fetching.archive.checkpoint()?;
    let mut notes = read.notes.clone();
    notes.extend(cloud::asked_note(query));
    if let Some(first) = &fetching.first_unreadable {
        let entries = counted(fetching.unreadable.len() as u64, "entry");
        notes.push(format!("{entries} could not be read, the first {first}"));
    }
    let manifest = Manifest {
        schema: SCHEMA.to_owned(),
        tool: format!("log-gardener {}", env!("CARGO_PKG_VERSION")),
        fetched_at: query.now.to_string(),
        source: query.address.to_string(),
        resource_names: vec![query.address.resource_name()],
        filter: query.selection.filter(&query.address, read.window.from, read.window.to),
        asked: span(read.window),
        from: fetching.span.0.map(|time| time.to_string()),
        to: fetching.span.1.map(|time| time.to_string()),
        entries: fetching.entries,
        gaps: read
            .gaps
            .iter()
            .map(|gap| {
                let Span { from, to } = span(gap.window);
                ManifestGap { from, to, cause: gap.cause.clone() }
            })
            .collect(),
        truncated: read.limited,
        notes,
        sha256: archive::sha256(part)?,
    };
    publish::write_file(&beside(out, ".manifest.json"), &serde_json::to_vec_pretty(&manifest)?)?;
    // Who opened the file that is replaced to others meant it.
    if let Ok(old) = std::fs::metadata(out) {
        std::fs::set_permissions(part, old.permissions())?;
    }
    std::fs::rename(part, out)?;
    let _ = std::fs::remove_file(&fetching.state_file);
    Ok(manifest)
}

/// Says what was saved; returns the exit code.
fn tell(manifest: &Manifest, out: &Path) -> Exit {
    print::note(&format!("saved {} of {} to {}", counted(manifest.entries, "entry"), manifest.source, out.display()));
    for note in &manifest.notes {
        print::note(&format!("note: {note}"));
    }
    for gap in &manifest.gaps {
        print::note(&format!(
            "error: GAP: from {} to {} could not be read\ncaused by: {}",
            gap.from, gap.to, gap.cause
        ));
    }
    if !manifest.gaps.is_empty() {
        print::note("hint: fetch the gaps again with --since and --until; the manifest states them");
        return Exit::CannotSay;
    }
    if manifest.entries == 0 {
        print::note(
            "error: no log entries were read\nhint: no entries is no sign of health; check the address, the window and the options",
        );
        return Exit::CannotSay;
    }
    Exit::Done
}
