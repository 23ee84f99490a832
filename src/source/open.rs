//! Opens a source: counts and hashes the stored bytes, decompresses gzip and zstd, decodes UTF-16.
//! Leaves out finding records in the text.

use std::cell::RefCell;
use std::io::{self, BufReader, Cursor, Read};
use std::rc::Rc;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use encoding_rs_io::DecodeReaderBytesBuilder;
use sha2::{Digest, Sha256};

use crate::limits::FREE_BYTES;

/// Bytes of a compressed stream read at once.
const PACKED: usize = 128 << 10;

/// What passed through the tap, shared with the reader that owns the stream.
pub(super) struct Passed {
    /// As long as no more bytes passed than are to be hashed.
    hash: Option<Sha256>,
    most: u64,
    pub(super) bytes: u64,
    pub(super) ended: bool,
    /// Reading ended because it unpacks to more than anything that is a log.
    pub(super) is_bomb: bool,
}

impl Passed {
    /// Returns one for a stream of `size` bytes, if that is known, of which all are hashed if they are at most `most`.
    fn new(size: Option<u64>, most: u64) -> Passed {
        let hash = size.is_none_or(|size| size <= most).then(Sha256::default);
        Passed { hash, most, bytes: 0, ended: false, is_bomb: false }
    }

    /// Returns the hash of all stored bytes, if they were read to the end and hashed.
    pub(super) fn sha256(&self) -> Option<String> {
        let hash = self.hash.as_ref().filter(|_| self.ended)?;
        Some(hash.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Returns whether there were more bytes than are hashed.
    pub(super) fn is_too_much(&self) -> bool {
        self.hash.is_none()
    }
}

/// Counts and hashes what is read.
struct Tap<R> {
    inner: R,
    passed: Rc<RefCell<Passed>>,
}

impl<R: Read> Read for Tap<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let mut passed = self.passed.borrow_mut();
        passed.bytes += count as u64;
        if passed.bytes > passed.most {
            passed.hash = None;
        }
        if let Some(hash) = &mut passed.hash {
            hash.update(&buffer[..count]);
        }
        passed.ended |= count == 0 && !buffer.is_empty();
        Ok(count)
    }
}

/// Ends a stream that unpacks to far more than was stored: bombs are made so, and logs are not.
struct Unpacked<R> {
    inner: R,
    passed: Rc<RefCell<Passed>>,
    bytes: u64,
    ratio: u64,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.bytes += count as u64;
        let mut passed = self.passed.borrow_mut();
        if self.bytes > passed.bytes.saturating_mul(self.ratio).saturating_add(FREE_BYTES) {
            passed.is_bomb = true;
            let (bytes, stored, ratio) = (self.bytes >> 20, passed.bytes, self.ratio);
            return Err(io::Error::other(format!(
                "LIMIT unpacked_ratio: {bytes} MiB came out of {stored} bytes, more than {ratio} times as much; the rest was not read"
            )));
        }
        Ok(count)
    }
}

/// A source as decoded text, and what is known about its stored bytes.
pub(super) struct Opened<'a> {
    pub(super) text: Box<dyn Read + 'a>,
    pub(super) passed: Rc<RefCell<Passed>>,
    /// `gzip`, `zstd`, `utf-16`, ... where the stored bytes are not the text itself.
    pub(super) notes: Vec<&'static str>,
}

/// Opens a stream of stored bytes, `size` of them if that is known; up to `most` are hashed, and it unpacks to `ratio`
/// times as much at most.
pub(super) fn open<'a>(stored: impl Read + 'a, size: Option<u64>, most: u64, ratio: u64) -> io::Result<Opened<'a>> {
    let passed = Rc::new(RefCell::new(Passed::new(size, most)));
    let mut reader: Box<dyn Read + 'a> = Box::new(Tap { inner: stored, passed: Rc::clone(&passed) });
    let mut notes = Vec::new();
    // Twice, because archives of archives exist; deeper ones are an attack.
    for _ in 0..2 {
        let (head, rest) = peek(reader, 4)?;
        reader = rest;
        if head.starts_with(&[0x1f, 0x8b]) {
            notes.push("gzip");
            reader = Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(PACKED, reader)));
        } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            notes.push("zstd");
            reader = Box::new(zstd::stream::read::Decoder::new(reader)?);
        } else {
            break;
        }
    }
    if !notes.is_empty() {
        reader = Box::new(Unpacked { inner: reader, passed: Rc::clone(&passed), bytes: 0, ratio });
    }
    let (head, reader) = peek(reader, 256)?;
    let encoding = unmarked_utf_16(&head);
    if encoding.is_some() || head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        notes.push("utf-16");
    }
    let text = DecodeReaderBytesBuilder::new()
        .encoding(encoding)
        .utf8_passthru(true)
        .strip_bom(true)
        .bom_override(true)
        .build(reader);
    Ok(Opened { text: Box::new(text), passed, notes })
}

/// Reads up to `count` bytes and returns them with a reader that still yields them. A damaged stream
/// yields what it has; its error comes back when the rest is read.
fn peek<'a>(mut reader: Box<dyn Read + 'a>, count: usize) -> io::Result<(Vec<u8>, Box<dyn Read + 'a>)> {
    let mut head = vec![0; count];
    let mut filled = 0;
    while filled < count {
        match reader.read(&mut head[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if filled == 0 => return Err(error),
            Err(_) => break,
        }
    }
    head.truncate(filled);
    let again = Cursor::new(head.clone()).chain(reader);
    Ok((head, Box::new(again)))
}

/// Windows tools write UTF-16 without a mark now and then: every second byte of ASCII text is zero.
fn unmarked_utf_16(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = head.len() / 2;
    if pairs < 4 {
        return None;
    }
    let (mut first, mut second) = (0, 0);
    for pair in head.chunks_exact(2) {
        first += usize::from(pair[0] == 0 && pair[1] != 0 && pair[1] < 0x80);
        second += usize::from(pair[1] == 0 && pair[0] != 0 && pair[0] < 0x80);
    }
    match (first * 10 > pairs * 9, second * 10 > pairs * 9) {
        (true, _) => Some(UTF_16BE),
        (_, true) => Some(UTF_16LE),
        _ => None,
    }
}
