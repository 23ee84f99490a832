//! The file that `fetch` writes: entries as NDJSON, a compressed frame for each slice, so that a kill
//! costs one slice. Leaves out what is fetched.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::publish::private;

/// How the bytes are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    Plain,
    Gzip,
    Zstd,
}

enum Frame {
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
    Zstd(zstd::Encoder<'static, BufWriter<File>>),
}

/// An archive that is being written.
pub(super) struct Archive {
    file: File,
    stored: Stored,
    frame: Option<Frame>,
}

impl Stored {
    /// Reads the file's ending; zstd where it says nothing.
    pub(super) fn of(file: &Path) -> Stored {
        match file.extension().and_then(|ending| ending.to_str()) {
            Some("gz") => Stored::Gzip,
            Some("ndjson" | "jsonl" | "json") => Stored::Plain,
            _ => Stored::Zstd,
        }
    }
}

impl Archive {
    /// Opens the file, keeping its first `keep` bytes.
    pub(super) fn open(path: &Path, stored: Stored, keep: u64) -> io::Result<Archive> {
        let mut file = private().create(true).write(true).truncate(keep == 0).open(path)?;
        if file.metadata()?.len() < keep {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is shorter than its state says"));
        }
        file.set_len(keep)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Archive { file, stored, frame: None })
    }

    /// Writes one entry.
    pub(super) fn write(&mut self, json: &Value) -> io::Result<()> {
        if self.frame.is_none() {
            let out = BufWriter::new(self.file.try_clone()?);
            self.frame = Some(match self.stored {
                Stored::Plain => Frame::Plain(out),
                Stored::Gzip => Frame::Gzip(GzEncoder::new(out, Compression::default())),
                Stored::Zstd => Frame::Zstd(zstd::Encoder::new(out, 0)?),
            });
        }
        let out: &mut dyn Write = match &mut self.frame {
            Some(Frame::Plain(out)) => out,
            Some(Frame::Gzip(out)) => out,
            Some(Frame::Zstd(out)) => out,
            None => return Ok(()),
        };
        serde_json::to_writer(&mut *out, json).map_err(io::Error::from)?;
        out.write_all(b"\n")
    }

    /// Ends the frame and returns how many bytes are safely stored.
    pub(super) fn checkpoint(&mut self) -> io::Result<u64> {
        let out = match self.frame.take() {
            None => None,
            Some(Frame::Plain(out)) => Some(out),
            Some(Frame::Gzip(out)) => Some(out.finish()?),
            Some(Frame::Zstd(out)) => Some(out.finish()?),
        };
        if let Some(mut out) = out {
            out.flush()?;
        }
        self.file.sync_data()?;
        self.file.stream_position()
    }
}

/// Hands every entry of an archive to `take`.
pub(super) fn entries(path: &Path, stored: Stored, take: &mut dyn FnMut(Value)) -> io::Result<()> {
    let file = File::open(path)?;
    let reader: Box<dyn Read> = match stored {
        Stored::Plain => Box::new(file),
        Stored::Gzip => Box::new(MultiGzDecoder::new(file)),
        Stored::Zstd => Box::new(zstd::Decoder::new(file)?),
    };
    for line in BufReader::new(reader).lines() {
        take(serde_json::from_str(&line?)?);
    }
    Ok(())
}

/// Returns the SHA-256 of a file.
pub(super) fn sha256(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => hash.update(&buffer[..count]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
