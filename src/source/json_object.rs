//! Reads JSON objects that stand on their own: NDJSON, concatenated and pretty-printed objects.
//! Leaves out lists and wrappers, which stream: see `json_list` and `json_wrapper`.

use super::container::{self, Inner};
use super::json_measure::{Keys, Measured, measure};
use super::json_wrapper;
use super::reader::Reader;
use crate::entry::{Json, Object, Outer, Severity, Shape, journal, parse_json, shape_of};

/// A wrapper beyond this size is read as a stream; smaller ones are judged by all their keys.
const LARGE_WRAPPER: usize = 1 << 20;

impl Reader<'_> {
    /// Reads the object at the window's start.
    pub(super) fn object(&mut self) {
        let line = self.scanner.line;
        if self.guessed() {
            return self.end_of_object();
        }
        let mut keys = Keys { seen: Vec::new(), large: LARGE_WRAPPER, wanted: json_wrapper::is_list_key };
        match measure(&mut self.scanner, self.options.max_record_bytes, &mut keys) {
            Measured::Large => {
                self.close_text();
                self.wrapper(0);
            }
            Measured::Whole(_) if json_wrapper::is_wrapper(&keys.seen) => {
                self.close_text();
                self.wrapper(0);
            }
            Measured::Whole(length) => {
                self.whole(length);
                self.end_of_object();
            }
            Measured::Broken { resume: 0 } => self.broken_line(line),
            Measured::Broken { resume } => {
                self.scanner.advance(resume);
                self.skip_line_of(line, "broken JSON: it stops in the middle of a record");
            }
            Measured::CutOff(length) => {
                if self.summary.entries == 0 && self.summary.skipped_total == 0 && self.looks_like_text(length) {
                    return self.text_line();
                }
                self.scanner.advance(length);
                self.skip_line_of(line, "cut off: the input ends inside this record");
                self.summary.damaged(format!("cut off inside the record at line {line}"));
            }
            Measured::TooLong => {
                let limit = self.options.max_record_bytes;
                self.skip_line_of(line, format!("longer than the limit of {limit} bytes"));
            }
        }
    }

    /// Decodes and consumes the object at the window's start if its layout tells where it ends.
    fn guessed(&mut self) -> bool {
        let Some(text) = self.guesses.record(&self.scanner, self.options.max_record_bytes) else { return false };
        let fields = self.guesses.fields(&text);
        let guessed = fields.is_some();
        if let Some(fields) = fields {
            let line = self.scanner.line;
            self.scanner.advance(text.len());
            self.recognised(fields, &text, line);
        }
        self.guesses.done(text);
        guessed
    }

    /// Decodes the balanced object at the window's start and consumes it.
    fn whole(&mut self, length: usize) {
        let line = self.scanner.line;
        let text = self.take(length);
        let mut mended = String::new();
        let fields = match parse_json(&text, &mut mended) {
            Ok(Json::Object(fields)) => fields,
            Ok(_) => return,
            Err(reason) if self.assembler.is_open() => {
                drop(reason);
                return self.append(&text, line);
            }
            Err(reason) => return self.skip_line_of(line, format!("broken JSON: {reason}")),
        };
        self.recognised(fields, &text, line);
    }

    /// Hands an object that has just been consumed to whoever reads its kind.
    fn recognised(&mut self, fields: Object<'_>, text: &str, line: u64) {
        let end_line = self.last_line();
        match shape_of(&fields) {
            Shape::Docker => {
                let inner = container::docker(&fields, self.options);
                self.unwrapped(inner, line);
            }
            Shape::Journal if journal::is_captured(&fields) => {
                let inner = container::journal(&fields, self.options);
                self.unwrapped(inner, line);
            }
            // A JSON body below a text line belongs to that line.
            Shape::Other(_) if self.assembler.is_open() => self.append(text, line),
            shape => {
                // Lines that the journal took from other units wait in streams of their own.
                if shape != Shape::Journal {
                    self.close_text();
                }
                self.summary.set_format(format_of(&shape, line != end_line));
                let at = self.position(line, end_line);
                match self.decoder.shaped(shape, fields, at, None, &Outer::default()) {
                    Ok(decoded) => self.emit(decoded),
                    Err(reason) => self.skip_line_of(line, reason),
                }
            }
        }
    }

    /// Decodes an object and hands it on.
    pub(super) fn decode(
        &mut self,
        fields: Object<'_>,
        line: u64,
        end_line: u64,
        bucket: Option<Severity>,
        outer: &Outer,
    ) -> Result<(), String> {
        let decoded = self.decoder.object(fields, self.position(line, end_line), bucket, outer)?;
        self.emit(decoded);
        Ok(())
    }

    /// Hands a line that a runtime wrapped to whoever reads its inside: JSON or text.
    pub(super) fn unwrapped(&mut self, inner: Inner, line: u64) {
        self.summary.set_format(inner.format);
        let Some((inner, start)) = self.parts.join(inner, line, self.options.max_text_bytes) else { return };
        self.inside(inner, start, line);
    }

    pub(super) fn inside(&mut self, inner: Inner, line: u64, end_line: u64) {
        if inner.text.starts_with('{')
            && let Ok(Json::Object(fields)) = parse_json(&inner.text, &mut String::new())
            && !matches!(shape_of(&fields), Shape::Other(_) | Shape::Docker)
        {
            if self.decode(fields, line, end_line, None, &inner.outer).is_err() {
                self.skip_line_of(line, "not a log entry inside its wrapping");
            }
            return;
        }
        self.assemble(&inner.stream, &inner.text, (line, end_line), &inner.outer);
    }

    /// Consumes bytes of the window as text; bytes that are not UTF-8 are replaced and counted.
    pub(super) fn take(&mut self, length: usize) -> String {
        let bytes = &self.scanner.window()[..length];
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => {
                self.summary.invalid_utf8 += 1;
                String::from_utf8_lossy(bytes).into_owned()
            }
        };
        self.scanner.advance(length);
        text
    }

    /// Returns the line of the last byte consumed.
    pub(super) fn last_line(&self) -> u64 {
        self.scanner.line
    }

    fn end_of_object(&mut self) {
        let mut ahead = 0;
        while matches!(self.scanner.peek(ahead), Some(b' ' | b'\t' | b'\r' | b',')) {
            ahead += 1;
        }
        if matches!(self.scanner.peek(ahead), Some(b'\n')) {
            self.scanner.advance(ahead + 1);
        } else if matches!(self.scanner.peek(ahead), None | Some(b'{' | b'[')) {
            self.scanner.advance(ahead);
        }
    }

    /// A line that starts like JSON and is not: text in a text source, a damaged record in a JSON source.
    fn broken_line(&mut self, line: u64) {
        let json = matches!(
            self.summary.format,
            "ndjson" | "json-objects" | "stdout-json" | "docker-json" | "journal-json" | "pubsub"
        );
        if json || (self.summary.format == "empty" && self.head_is_json_only()) {
            self.scanner.skip_line();
            return self.skip_line_of(line, "broken JSON: it stops in the middle of a record");
        }
        self.text_line();
    }

    /// Whether the line ahead looks like a record of a JSON source: a name and a colon start it.
    fn head_is_json_only(&self) -> bool {
        self.looks_json(self.scanner.window())
    }

    fn looks_like_text(&self, length: usize) -> bool {
        !self.looks_json(&self.scanner.window()[..length])
    }

    fn looks_json(&self, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
        let name = text.trim_start_matches(['{', ' ', '\n', '\r', '\t']);
        name.strip_prefix('"')
            .and_then(|rest| rest.split_once('"'))
            .is_some_and(|(_, rest)| rest.trim_start().starts_with(':'))
    }

    pub(super) fn skip_line_of(&mut self, line: u64, reason: impl Into<String>) {
        self.summary.skip(format!("line {line}"), reason);
    }
}

fn format_of(shape: &Shape, lines: bool) -> &'static str {
    match shape {
        Shape::PubSub(_) => "pubsub",
        Shape::Stdout => "stdout-json",
        Shape::Journal => "journal-json",
        _ if lines => "json-objects",
        _ => "ndjson",
    }
}
