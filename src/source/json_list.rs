//! Reads JSON lists element by element, as `gcloud --format=json` prints them; no list is ever held whole.
//! Leaves out the wrappers in which dumps put their lists: see `json_wrapper`.

use super::json_measure::{Keys, Measured, measure};
use super::json_wrapper;
use super::reader::Reader;
use crate::entry::{Json, Outer, Severity, parse_json};

/// Lists inside lists come from `jq -s` over exports; deeper ones are not followed.
const DEEPEST: usize = 4;
const LARGE_WRAPPER: usize = 1 << 20;

impl Reader<'_> {
    /// Reads the list at the window's start; `bucket` is the severity under which a dump keeps it.
    pub(super) fn list(&mut self, bucket: Option<Severity>, depth: usize) {
        self.scanner.advance(1);
        if depth == 0 {
            self.summary.set_format("json-array");
        }
        loop {
            match self.scanner.skip_blanks() {
                None => {
                    let line = self.scanner.line;
                    return self
                        .summary
                        .damaged(format!("cut off: the list is not closed at line {line}, where the input ends"));
                }
                Some(b']') => return self.scanner.advance(1),
                Some(b',') => self.scanner.advance(1),
                Some(b'{') => self.element(bucket, depth),
                Some(b'[') if depth < DEEPEST => self.list(bucket, depth + 1),
                Some(b'[') => self.deep_list(),
                Some(_) => self.not_an_object(),
            }
            self.tick();
        }
    }

    fn element(&mut self, bucket: Option<Severity>, depth: usize) {
        let (line, column) = (self.scanner.line, self.scanner.column);
        if self.skim_element() {
            return;
        }
        if let Some(text) = self.guesses.record(&self.scanner, self.options.max_record_bytes)
            && let Some(fields) = self.guesses.fields(&text)
        {
            self.scanner.advance(text.len());
            let at = self.position(line, self.last_line());
            match self.decoder.object(fields, at, bucket, &Outer::default()) {
                Ok(decoded) => {
                    self.learn(&text, &decoded);
                    self.emit(decoded);
                }
                Err(reason) => self.skip_element(reason),
            }
            self.guesses.done(text);
            return;
        }
        let mut keys = Keys { seen: Vec::new(), large: LARGE_WRAPPER, wanted: json_wrapper::is_list_key };
        match measure(&mut self.scanner, self.options.max_record_bytes, &mut keys) {
            Measured::Large if depth < DEEPEST => self.wrapper(depth + 1),
            Measured::Whole(_) if depth < DEEPEST && json_wrapper::is_wrapper(&keys.seen) => self.wrapper(depth + 1),
            Measured::Whole(length) => {
                let text = self.take(length);
                let end_line = self.last_line();
                let result = match parse_json(&text, &mut String::new()) {
                    Ok(Json::Object(fields)) => self.decode(fields, line, end_line, bucket, &Outer::default()),
                    Ok(_) => Ok(()),
                    Err(reason) => Err(format!("broken JSON: {reason}")),
                };
                if let Err(reason) = result {
                    self.skip_element(reason);
                }
            }
            Measured::Broken { resume } => {
                self.scanner.advance(resume);
                if resume == 0 {
                    self.scanner.skip_line();
                }
                self.skip_element(format!("broken JSON: it stops in the middle of the record at line {line}"));
                self.resume_at(column);
            }
            Measured::CutOff(length) => {
                self.scanner.advance(length);
                self.skip_element(format!("cut off: the input ends inside the record at line {line}"));
            }
            Measured::TooLong | Measured::Large => {
                let limit = self.options.max_record_bytes;
                self.skip_element(format!("longer than the limit of {limit} bytes"));
                self.resume_at(column);
            }
        }
    }

    /// Goes to the next line on which an element can start: same indentation, or the list's end.
    fn resume_at(&mut self, column: usize) {
        if self.scanner.column > 0 && matches!(self.scanner.peek(0), Some(b',' | b']' | b'\n' | b'\r')) {
            return;
        }
        while self.scanner.peek(0).is_some() {
            if self.scanner.column == 0 {
                let mut spaces = 0;
                while matches!(self.scanner.peek(spaces), Some(b' ' | b'\t')) && spaces <= column {
                    spaces += 1;
                }
                match self.scanner.peek(spaces) {
                    None => return,
                    Some(b'{') if spaces == column => return self.scanner.advance(spaces),
                    Some(b'{') if column < 2 && spaces == 0 => return,
                    Some(b']') if spaces < column || column == 0 => return self.scanner.advance(spaces),
                    _ => {}
                }
            }
            self.scanner.skip_line();
        }
    }

    /// A list nested deeper than any export: passed over without recursion.
    fn deep_list(&mut self) {
        let mut keys = Keys { seen: Vec::new(), large: usize::MAX, wanted: |_| false };
        match measure(&mut self.scanner, self.options.max_record_bytes, &mut keys) {
            Measured::Whole(length) | Measured::CutOff(length) => self.scanner.advance(length),
            Measured::Broken { resume } if resume > 0 => self.scanner.advance(resume),
            Measured::Broken { .. } => {
                self.scanner.skip_line();
            }
            Measured::TooLong | Measured::Large => {}
        }
        self.skip_element("not a log entry: lists inside lists");
    }

    /// Passes over a number, a text or a word.
    fn not_an_object(&mut self) {
        if self.scanner.peek(0) == Some(b'"') {
            self.quoted(0);
        } else {
            while !matches!(self.scanner.peek(0), None | Some(b',' | b']' | b'\n' | b'{')) {
                self.scanner.advance(1);
            }
        }
        self.skip_element("not a log entry: not an object");
    }

    /// Consumes a text in quotes; returns its bytes when they are at most `keep`.
    pub(super) fn quoted(&mut self, keep: usize) -> Option<String> {
        self.scanner.advance(1);
        let mut kept = Vec::new();
        loop {
            match self.scanner.peek(0)? {
                b'"' => {
                    self.scanner.advance(1);
                    return (kept.len() <= keep).then(|| String::from_utf8_lossy(&kept).into_owned());
                }
                b'\\' => self.scanner.advance(1),
                _ => {}
            }
            let byte = self.scanner.peek(0)?;
            if kept.len() <= keep {
                kept.push(byte);
            }
            self.scanner.advance(1);
        }
    }

    fn skip_element(&mut self, reason: impl Into<String>) {
        let index = self.summary.entries + self.summary.skipped_total;
        self.summary.skip(format!("entry {index}"), reason);
    }
}
