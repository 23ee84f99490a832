//! A window over a stream: looks ahead as far as a record needs, and counts lines.
//! Leaves out what the bytes mean. Holds no more than the record being looked at, or a block of lines.

use std::io::{self, Read};

/// Bytes read at once, first and at most: a small file needs no large buffer, a large one few calls.
const CHUNK: usize = 64 << 10;
const LARGEST_CHUNK: usize = 512 << 10;

/// A window over a stream of text.
pub(super) struct Scanner<'a> {
    reader: Box<dyn Read + 'a>,
    /// Read into from `end` on; bytes behind it are left over from before and mean nothing.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    step: usize,
    ended: bool,
    /// Why the stream ended early.
    pub(super) damage: Option<String>,
    /// 1-based line of the next byte.
    pub(super) line: u64,
    /// 0-based byte within that line.
    pub(super) column: usize,
}

/// One line of text.
pub(super) enum Line {
    /// Its length without the line end, and with it.
    Whole { text: usize, all: usize },
    /// It was longer than the limit and is consumed; this many bytes.
    TooLong(u64),
}

/// Whole lines that were taken out of a stream.
#[derive(Debug, Default)]
pub(super) struct Block {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Block {
    /// Returns the lines.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }
}

impl<'a> Scanner<'a> {
    pub(super) fn new(reader: Box<dyn Read + 'a>) -> Scanner<'a> {
        Scanner {
            reader,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            step: CHUNK,
            ended: false,
            damage: None,
            line: 1,
            column: 0,
        }
    }

    /// Returns the bytes looked at so far and not yet consumed.
    pub(super) fn window(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Reads more into the window; returns whether there was more.
    pub(super) fn more(&mut self) -> bool {
        if self.ended {
            return false;
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        // Doubling keeps a long record from being searched and moved in small steps.
        let step = self.step.max(self.end.min(4 << 20));
        if self.buffer.len() < self.end + step {
            self.buffer.resize(self.end + step, 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.end..self.end + step]) {
                Ok(read) => {
                    self.end += read;
                    self.ended = read == 0;
                    if read >= self.step {
                        self.step = (2 * self.step).min(LARGEST_CHUNK);
                    }
                    return read > 0;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    self.damage = Some(error.to_string());
                    return false;
                }
            }
        }
    }

    /// Returns the byte `offset` bytes ahead.
    pub(super) fn peek(&mut self, offset: usize) -> Option<u8> {
        while self.window().len() <= offset {
            if !self.more() {
                return None;
            }
        }
        Some(self.window()[offset])
    }

    /// Consumes `count` bytes of the window.
    pub(super) fn advance(&mut self, count: usize) {
        let count = count.min(self.window().len());
        let passed = &self.buffer[self.start..self.start + count];
        let lines = memchr::memchr_iter(b'\n', passed).count();
        match memchr::memrchr(b'\n', passed) {
            Some(last) => self.column = count - last - 1,
            None => self.column += count,
        }
        self.line += lines as u64;
        self.start += count;
    }

    /// Consumes `count` bytes that end with a line end; their lines are counted by who read them.
    pub(super) fn skip(&mut self, count: usize) {
        self.start += count.min(self.window().len());
    }

    /// Consumes `count` bytes with `lines` line ends that are known already.
    pub(super) fn pass(&mut self, count: usize, lines: u64) {
        let passed = &self.buffer[self.start..self.start + count];
        match (lines > 0).then(|| memchr::memrchr(b'\n', passed)).flatten() {
            Some(last) => self.column = count - last - 1,
            None => self.column += count,
        }
        self.line += lines;
        self.start += count;
    }

    /// Returns how many bytes of the window are whole lines, `size` to twice as many where there are.
    pub(super) fn whole_lines(&mut self, size: usize) -> usize {
        while self.window().len() < size && self.more() {}
        let window = self.window();
        let near = memchr::memrchr(b'\n', &window[..window.len().min(2 * size)]);
        near.or_else(|| memchr::memrchr(b'\n', window)).map_or(0, |last| last + 1)
    }

    /// Takes whole lines out of the stream, as many as `whole_lines` says; `spare` is used for what stays. Their lines are counted by
    /// who reads them.
    pub(super) fn take_lines(&mut self, size: usize, spare: Block) -> Option<Block> {
        let length = self.whole_lines(size);
        if length == 0 {
            return None;
        }
        let (start, end) = (self.start, self.start + length);
        let mut buffer = spare.buffer;
        let rest = &self.buffer[end..self.end];
        if buffer.len() < rest.len() {
            buffer.resize(rest.len(), 0);
        }
        buffer[..rest.len()].copy_from_slice(rest);
        (self.start, self.end) = (0, rest.len());
        std::mem::swap(&mut self.buffer, &mut buffer);
        Some(Block { buffer, start, end })
    }

    /// Puts bytes back in front of the window.
    pub(super) fn put_back(&mut self, bytes: &[u8]) {
        let mut buffer = Vec::with_capacity(bytes.len() + self.window().len());
        buffer.extend_from_slice(bytes);
        buffer.extend_from_slice(self.window());
        (self.start, self.end) = (0, buffer.len());
        self.buffer = buffer;
    }

    /// Returns how many blank bytes lie ahead, at most `most`.
    pub(super) fn blanks_ahead(&mut self, most: usize) -> usize {
        let mut offset = 0;
        while offset < most && matches!(self.peek(offset), Some(b' ' | b'\t' | b'\r' | b'\n' | 0x1e)) {
            offset += 1;
        }
        offset
    }

    /// Consumes blanks, however many, and returns the byte after them.
    pub(super) fn skip_blanks(&mut self) -> Option<u8> {
        loop {
            let count = self.blanks_ahead(CHUNK);
            self.advance(count);
            if count < CHUNK {
                return self.peek(0);
            }
        }
    }

    /// Finds the end of the line ahead; a line beyond `limit` is consumed without being held.
    pub(super) fn line_ahead(&mut self, limit: usize) -> Line {
        let mut searched = 0;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.window()[searched..]) {
                let end = searched + at;
                let text = if end > 0 && self.window()[end - 1] == b'\r' { end - 1 } else { end };
                if text > limit {
                    self.advance(end + 1);
                    return Line::TooLong(text as u64);
                }
                return Line::Whole { text, all: end + 1 };
            }
            searched = self.window().len();
            if searched > limit {
                return Line::TooLong(self.skip_line());
            }
            if !self.more() {
                return Line::Whole { text: searched, all: searched };
            }
        }
    }

    /// Consumes up to and with the next line end; returns the bytes before it.
    pub(super) fn skip_line(&mut self) -> u64 {
        let mut skipped = 0;
        loop {
            if let Some(at) = memchr::memchr(b'\n', self.window()) {
                self.advance(at + 1);
                return skipped + at as u64;
            }
            let all = self.window().len();
            skipped += all as u64;
            self.advance(all);
            if !self.more() {
                return skipped;
            }
        }
    }
}
