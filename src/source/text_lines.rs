//! Reads plain text line by line and hands the lines to the assembler.
//! Leaves out lines that are JSON: the reader tells them apart first.

use super::container;
use super::reader::Reader;
use super::scanner::Line;
use crate::entry::Outer;

impl Reader<'_> {
    /// Reads the line at the window's start as text.
    pub(super) fn text_line(&mut self) {
        let line = self.scanner.line;
        match self.scanner.line_ahead(self.options.max_record_bytes) {
            Line::TooLong(bytes) => {
                let limit = self.options.max_record_bytes;
                self.skip_line_of(line, format!("a line of {bytes} bytes is longer than the limit of {limit}"));
            }
            Line::Whole { text, all } => {
                let taken = self.take(text);
                self.scanner.advance(all - text);
                // Zeros are what a crash leaves in a file that was being written.
                let taken = if taken.contains('\0') { taken.replace('\0', "") } else { taken };
                match container::line(&taken, self.options) {
                    Some(inner) => self.unwrapped(inner, line),
                    None => self.assemble("", &taken, (line, line), &Outer::default()),
                }
            }
        }
    }

    /// Hands a line to the assembler, and on what it closes.
    pub(super) fn assemble(&mut self, stream: &str, text: &str, lines: (u64, u64), outer: &Outer) {
        if !text.trim().is_empty() {
            self.summary.set_format("text");
        }
        for record in self.assembler.push(stream, text, lines, outer, self.options, self.hints) {
            self.finish(record);
        }
    }

    /// Ends every open text record.
    pub(super) fn close_text(&mut self) {
        for (inner, line) in self.parts.rest() {
            let end = self.scanner.line;
            self.inside(inner, line, end);
        }
        for record in self.assembler.close(self.options, self.hints) {
            self.finish(record);
        }
    }

    /// Hands text that cannot start a record of its own to the assembler.
    pub(super) fn append(&mut self, text: &str, line: u64) {
        for record in self.assembler.append(text, line, self.options, self.hints) {
            self.finish(record);
        }
    }

    fn finish(&mut self, record: super::assemble::Record) {
        if record.cut {
            let lines = self.options.max_text_lines;
            self.summary.note(format!(
                "the record at line {} was cut at {lines} lines or {} bytes",
                record.line, self.options.max_text_bytes
            ));
        }
        let at = self.position(record.line, record.end_line);
        let decoded = self.decoder.text_within(&record.text, at, &record.outer);
        self.emit(decoded);
    }
}
