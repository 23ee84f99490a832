//! Reads one source from its first byte to its last: tells JSON from text record by record and pushes
//! entries as they are complete. Leaves out opening and each shape's own ways.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use super::assemble::Assembler;
use super::container::Parts;
use super::json_guess::Guesses;
use super::open::{self, Opened, Passed};
use super::scanner::Scanner;
use super::skim::{Skim, Skimmed, Terms};
use super::walk::{no_file, unreadable};
use super::{OriginList, Sink, SourceError, SourcePath, SourceSummary, bucket, detect};
use crate::entry::{Calm, Decoded, Decoder, Position, ReadOptions, Severity, TraceHints};
use crate::limits::Limits;

/// How far the first look at a source goes.
const HEAD: usize = 8 << 10;
/// Bytes of whole lines that are skimmed at once, at least: enough that handing them to a thread costs little.
pub(super) const BLOCK: usize = 512 << 10;
/// Bytes that are skimmed without a stop before other threads are asked: most logs end sooner.
const STEADY: usize = 4 << 20;
/// An element of a list is rarely longer.
const ELEMENT: usize = 16 << 10;
/// Skimming that got this far before it stopped was worth it.
const WORTH: usize = 4 << 10;
/// Records read one by one, at most, before skimming is tried again.
const LONGEST_PAUSE: u32 = 256;

/// Reads a source and pushes its entries into `sink`; `progress` hears the stored bytes read so far.
/// A damaged tail is told in the summary; only what cannot be opened, or is no log, is an error.
pub fn read(
    path: &SourcePath,
    options: &ReadOptions,
    hints: &dyn TraceHints,
    progress: &mut dyn FnMut(u64),
    sink: &mut dyn Sink,
) -> Result<SourceSummary, SourceError> {
    match path {
        SourcePath::Stdin => read_bytes("-", io::stdin().lock(), options, hints, progress, sink),
        SourcePath::File(file) => {
            let opened = File::open(file).map_err(|error| unreadable(file, &error))?;
            let size = opened.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
            read_stream(&path.name(), (opened, size), options, hints, progress, sink)
        }
        SourcePath::Object(object) => Ok(bucket::read(object, options, hints, progress, sink)),
        SourcePath::Cloud(address) => Err(no_file(address)),
    }
}

/// Opens a source as decoded text, for line-by-line use without decoding records.
pub(crate) fn open_text(path: &SourcePath) -> Result<Box<dyn Read>, SourceError> {
    let failed = |error: io::Error| SourceError::new(format!("cannot read {}", path.name())).caused_by(error);
    let opened = match path {
        SourcePath::Stdin => open::open(io::stdin(), None, 0, Limits::DEFAULT.unpacked_ratio),
        SourcePath::File(file) => open::open(
            File::open(file).map_err(|error| unreadable(file, &error))?,
            None,
            0,
            Limits::DEFAULT.unpacked_ratio,
        ),
        SourcePath::Object(object) => open::open(object.open()?, None, 0, Limits::DEFAULT.unpacked_ratio),
        SourcePath::Cloud(address) => return Err(no_file(address)),
    };
    Ok(opened.map_err(failed)?.text)
}

/// Reads a stream of stored bytes as the source `name`.
pub fn read_bytes(
    name: &str,
    stored: impl Read,
    options: &ReadOptions,
    hints: &dyn TraceHints,
    progress: &mut dyn FnMut(u64),
    sink: &mut dyn Sink,
) -> Result<SourceSummary, SourceError> {
    read_stream(name, (stored, None), options, hints, progress, sink)
}

/// Reads a stream of stored bytes, as many as are said if that is known.
fn read_stream(
    name: &str,
    (stored, size): (impl Read, Option<u64>),
    options: &ReadOptions,
    hints: &dyn TraceHints,
    progress: &mut dyn FnMut(u64),
    sink: &mut dyn Sink,
) -> Result<SourceSummary, SourceError> {
    let failed = |error: io::Error| {
        let damaged = matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData);
        let hint = match (damaged, error.kind()) {
            (true, _) => "it is damaged or was cut; copy it again",
            (_, io::ErrorKind::InvalidInput | io::ErrorKind::Other) => "it is damaged; copy it again",
            _ => "name a file, a folder, a pattern or `-`",
        };
        SourceError::new(format!("cannot read {name}")).caused_by(error).hint(hint)
    };
    let Opened { text, passed, notes } =
        open::open(stored, size, options.max_hashed_bytes, options.max_unpacked_ratio).map_err(failed)?;
    let mut scanner = Scanner::new(text);
    scanner.peek(HEAD - 1);
    if let Some(damage) = scanner.damage.clone().filter(|_| scanner.window().is_empty()) {
        return Err(failed(io::Error::other(damage)));
    }
    let mut summary = SourceSummary::new(name);
    for note in notes {
        summary.note(format!("stored as {note}"));
    }
    let head = &scanner.window()[..scanner.window().len().min(HEAD)];
    if detect::is_binary(head) {
        summary.set_format("binary");
        summary.skip("byte 0".to_owned(), "binary, not a log");
        summary.damaged("binary, not a log");
    } else {
        detect::refuse_display_formats(name, &String::from_utf8_lossy(head))?;
        let mut reader = Reader {
            scanner,
            decoder: Decoder::new(options, hints),
            options,
            hints,
            summary,
            assembler: Assembler::default(),
            parts: Parts::default(),
            guesses: Guesses::default(),
            source: Arc::from(name),
            progress,
            reported: 0,
            passed: &passed,
            wanted: sink.least().filter(|least| *least > Severity::Debug),
            sink,
            skims: vec![Skim::new()],
            pause: Pause::default(),
            listed: None,
        };
        reader.run();
        summary = reader.summary;
    }
    let passed = passed.borrow();
    summary.sha256 = passed.sha256();
    summary.bytes = passed.bytes;
    if passed.is_too_much() {
        let most = options.max_hashed_bytes >> 20;
        summary.note(format!("no SHA-256 was made of more than {most} MiB; --sha256 makes one"));
    }
    Ok(summary)
}

/// Everything that reading one source needs.
pub(super) struct Reader<'a> {
    pub(super) scanner: Scanner<'a>,
    pub(super) decoder: Decoder<'a>,
    pub(super) options: &'a ReadOptions,
    pub(super) hints: &'a dyn TraceHints,
    pub(super) summary: SourceSummary,
    pub(super) assembler: Assembler,
    pub(super) parts: Parts,
    pub(super) guesses: Guesses,
    pub(super) source: Arc<str>,
    progress: &'a mut dyn FnMut(u64),
    reported: u64,
    passed: &'a std::cell::RefCell<Passed>,
    sink: &'a mut dyn Sink,
    /// The severity below which an entry is only counted, if there is one.
    pub(super) wanted: Option<Severity>,
    /// One for each thread.
    pub(super) skims: Vec<Skim>,
    pause: Pause,
    /// What the calm elements of lists name by number, until it is settled.
    listed: Option<Arc<OriginList>>,
}

/// When to skim: seldom where it seldom gets far.
#[derive(Debug, Default)]
struct Pause {
    /// Records to go.
    left: u32,
    /// The last pause.
    last: u32,
    /// Bytes skimmed since the last stop.
    steady: usize,
}

impl Reader<'_> {
    fn run(&mut self) {
        while self.record() {
            self.report();
        }
        self.settle();
        self.close_text();
        if let Some(damage) = self.scanner.damage.take() {
            let line = self.scanner.line;
            self.summary.damaged(match self.passed.borrow().is_bomb {
                true => format!("{damage} (after line {line})"),
                false => format!("the input is damaged after line {line}: {damage}"),
            });
        }
        if self.summary.entries == 0 && self.summary.complete && self.summary.skipped_total == 0 {
            self.summary.note("the source is empty");
        }
        self.report();
    }

    /// Whether lines wait for what follows them.
    fn has_open_text(&self) -> bool {
        !self.assembler.is_empty() || !self.parts.is_empty()
    }

    /// Reads one record; returns whether there was one.
    fn record(&mut self) -> bool {
        if self.skim() {
            return true;
        }
        let Some(byte) = self.scanner.peek(0) else { return false };
        // An indented bracket belongs to the text record before it, if there is one.
        let ahead = if self.assembler.is_open() && byte != b'\n' && byte != b'\r' {
            0
        } else {
            self.scanner.blanks_ahead(4096)
        };
        match self.scanner.peek(ahead) {
            Some(b'{') if self.opens_object(ahead) => {
                self.scanner.advance(ahead);
                self.object();
            }
            Some(b'[') if self.opens_list(ahead) => {
                self.close_text();
                self.scanner.advance(ahead);
                self.list(None, 0);
            }
            Some(b']' | b',') if self.ends_json_line(ahead) => self.scanner.advance(ahead + 1),
            _ => self.text_line(),
        }
        true
    }

    /// Skims the lines ahead; returns whether any was read.
    fn skim(&mut self) -> bool {
        let Some(least) = self.wanted else { return false };
        if self.scanner.column != 0 || self.has_open_text() {
            return false;
        }
        if self.pause.left > 0 {
            self.pause.left -= 1;
            return false;
        }
        if self.scanner.peek(0) != Some(b'{') || self.scanner.peek(1) != Some(b'"') {
            return false;
        }
        let length = self.scanner.whole_lines(BLOCK);
        let terms = Terms { least, options: self.options, hints: self.hints, source: &self.source };
        let Some(skim) = self.skims.first_mut() else { return false };
        let skimmed = skim.lines(&self.scanner.window()[..length], terms);
        self.settle();
        let done = skimmed.length;
        self.scanner.skip(done);
        self.apply(skimmed);
        self.pause.steady += done;
        if done < length || done == 0 {
            self.pause.last = if done > WORTH { 1 } else { (2 * self.pause.last).clamp(1, LONGEST_PAUSE) };
            (self.pause.left, self.pause.steady) = (self.pause.last, 0);
        } else if self.options.threads > 1 && self.pause.steady >= STEADY {
            self.skim_in_parallel();
            (self.pause.left, self.pause.steady) = (1, 0);
        }
        done > 0
    }

    /// Ends the list of origins that calm elements named.
    fn settle(&mut self) {
        if let Some(origins) = self.listed.take() {
            self.sink.settle(&origins);
        }
    }

    /// Counts the element of a list at the window's start and passes over it, if it is calm.
    pub(super) fn skim_element(&mut self) -> bool {
        let Some(least) = self.wanted else { return false };
        if self.scanner.window().len() < ELEMENT {
            self.scanner.more();
        }
        let Some(skim) = self.skims.first_mut() else { return false };
        let Some((calm, length, lines)) = skim.record(self.scanner.window(), least, self.options) else { return false };
        let origins = skim.origins();
        self.count(&[calm], &origins);
        self.listed = Some(origins);
        self.guesses.held();
        self.scanner.pass(length, lines);
        true
    }

    /// Learns how an element of a list is laid out.
    pub(super) fn learn(&mut self, text: &str, decoded: &Decoded) {
        if let (Some(least), Some(skim)) = (self.wanted, self.skims.first_mut()) {
            skim.learn(text.as_bytes(), decoded, least);
        }
    }

    /// Counts and hands on what lines held, which stand at the scanner's line.
    pub(super) fn apply(&mut self, skimmed: Skimmed) {
        let (index, line) = (self.summary.entries + self.summary.skipped_total, self.scanner.line);
        if let Some(format) = skimmed.format {
            self.summary.set_format(format);
        }
        let mut from = 0;
        for (before, mut decoded) in skimmed.entries {
            self.count(&skimmed.calm[from..before], &skimmed.origins);
            from = before;
            let at = &mut decoded.entry.at;
            (at.index, at.line, at.end_line) = (at.index + index, at.line + line, at.end_line + line);
            self.emit(decoded);
        }
        self.count(&skimmed.calm[from..], &skimmed.origins);
        self.sink.settle(&skimmed.origins);
        self.scanner.line += skimmed.lines;
        self.report();
    }

    fn count(&mut self, calm: &[Calm], origins: &OriginList) {
        if !calm.is_empty() {
            self.summary.count_calm(calm);
            self.sink.calm(calm, origins);
        }
    }

    /// Whether a `{` opens a JSON object: a name in quotes or its end must follow.
    fn opens_object(&mut self, at: usize) -> bool {
        matches!(self.after_blanks(at + 1), Some(b'"' | b'}'))
    }

    /// Whether a `[` opens a list of objects; `[2026-...` and `[ERROR]` do not.
    fn opens_list(&mut self, at: usize) -> bool {
        match self.after_blanks(at + 1) {
            Some(b'{') => true,
            // `[]` is what gcloud prints when nothing was found; more behind it would be text.
            Some(b']') => self.summary.entries == 0 && !self.assembler.is_open(),
            Some(b'[') => self.after_second(at + 1),
            None => self.summary.entries == 0 && !self.assembler.is_open(),
            _ => false,
        }
    }

    fn after_second(&mut self, mut at: usize) -> bool {
        while matches!(self.scanner.peek(at), Some(b' ' | b'\t' | b'\r' | b'\n' | b'[')) && at < 300_000 {
            at += 1;
        }
        matches!(self.scanner.peek(at), Some(b'{' | b']') | None)
    }

    fn after_blanks(&mut self, mut at: usize) -> Option<u8> {
        let limit = at + 4096;
        while at < limit && matches!(self.scanner.peek(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            at += 1;
        }
        self.scanner.peek(at)
    }

    /// Whether a bracket or comma between records is all that its line holds, or more JSON follows it.
    fn ends_json_line(&mut self, at: usize) -> bool {
        !self.assembler.is_open() && matches!(self.after_blanks(at + 1), Some(b'{' | b']' | b'[' | b',') | None)
    }

    /// Hands a decoded entry on.
    pub(super) fn emit(&mut self, decoded: Decoded) {
        self.summary.count(&decoded);
        self.sink.entry(decoded.entry);
    }

    /// Returns the position of the next entry.
    pub(super) fn position(&self, line: u64, end_line: u64) -> Position {
        Position {
            source: Arc::clone(&self.source),
            index: self.summary.entries + self.summary.skipped_total,
            line,
            end_line,
        }
    }

    /// Tells progress from inside a list.
    pub(super) fn tick(&mut self) {
        self.report();
    }

    fn report(&mut self) {
        let bytes = self.passed.borrow().bytes;
        if bytes != self.reported {
            self.reported = bytes;
            (self.progress)(bytes);
        }
    }
}
