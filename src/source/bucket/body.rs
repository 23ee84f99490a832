//! The bytes of one object as a blocking reader: a task fetches chunks, a bounded channel holds few of them.
//! Leaves out decompressing and hashing: the reader of files does both.

use std::io::{self, Read};

use bytes::{Buf, Bytes, BytesMut};
use futures_util::StreamExt;
use object_store::{GetOptions, GetRange, GetResult};
use tokio::sync::{mpsc, oneshot};

use super::object::Object;
use super::{runtime, trouble};

/// Chunks held between the network and the reader.
const CHUNKS: usize = 16;
/// Bytes gathered into one chunk: waking the reader for every few bytes would take longer than reading them.
const CHUNK: usize = 64 << 10;
/// How often an object is taken up again where its body broke off, on top of what one request retries.
const RESUMES: usize = 3;

/// A body that is being fetched.
pub(super) struct Fetch {
    opened: oneshot::Receiver<Result<u64, String>>,
    chunks: mpsc::Receiver<Result<Bytes, String>>,
}

/// The bytes of an object, in order.
pub(super) struct Body {
    chunks: mpsc::Receiver<Result<Bytes, String>>,
    current: Bytes,
    /// What the store says the object holds, bytes.
    pub(super) size: u64,
    failed: Option<String>,
}

/// Starts to fetch an object.
pub(super) fn fetch(object: &Object) -> Result<Fetch, String> {
    let (tell_opened, opened) = oneshot::channel();
    let (sender, chunks) = mpsc::channel(CHUNKS);
    runtime::handle()?.spawn(pump(object.clone(), tell_opened, sender));
    Ok(Fetch { opened, chunks })
}

impl Fetch {
    /// Waits until the store has answered.
    pub(super) fn open(self) -> Result<Body, String> {
        let size = self.opened.blocking_recv().map_err(|_| "the fetch was given up".to_owned())??;
        Ok(Body { chunks: self.chunks, current: Bytes::new(), size, failed: None })
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // A reader that asks again must hear the damage again, or a cut object would pass for a whole one.
        if let Some(failed) = &self.failed {
            return Err(io::Error::other(failed.clone()));
        }
        while self.current.is_empty() {
            match self.chunks.blocking_recv() {
                Some(Ok(chunk)) => self.current = chunk,
                Some(Err(failed)) => {
                    self.failed = Some(failed.clone());
                    return Err(io::Error::other(failed));
                }
                None => return Ok(0),
            }
        }
        let count = self.current.len().min(buffer.len());
        self.current.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

/// Fetches an object and hands on its chunks; ends early when nobody reads them.
async fn pump(
    object: Object,
    tell_opened: oneshot::Sender<Result<u64, String>>,
    sender: mpsc::Sender<Result<Bytes, String>>,
) {
    let first = match get(&object, GetOptions::default()).await {
        Ok(first) => first,
        Err(cause) => {
            let _ = tell_opened.send(Err(cause));
            return;
        }
    };
    let (size, e_tag) = (first.meta.size, first.meta.e_tag.clone());
    if tell_opened.send(Ok(size)).is_err() {
        return;
    }
    let (mut done, mut resumes) = (0, 0);
    let mut got = first;
    let failed = loop {
        let before = done;
        let Some(cause) = drain(&object, got, &mut done, &sender).await else { return };
        if done == size && cause.is_none() {
            return;
        }
        let cause = cause.unwrap_or_else(|| format!("the body ended after {done} of {size} bytes"));
        // Without a tag of its version, the rest might be that of another one.
        if e_tag.is_none() || done >= size || done == before || resumes == RESUMES {
            break cause;
        }
        resumes += 1;
        let rest = GetOptions { range: Some(GetRange::Bounded(done..size)), if_match: e_tag.clone(), ..<_>::default() };
        match get(&object, rest).await {
            Ok(next) => got = next,
            Err(_) => break cause,
        }
    };
    let _ = sender.send(Err(failed)).await;
}

async fn get(object: &Object, options: GetOptions) -> Result<GetResult, String> {
    let bucket = &object.bucket;
    match tokio::time::timeout(bucket.bounds.total, bucket.store.get_opts(&object.meta.location, options)).await {
        Ok(Ok(got)) => Ok(got),
        Ok(Err(error)) => Err(trouble::cause(&error)),
        Err(_) => Err(trouble::no_answer(bucket.bounds.total)),
    }
}

/// Hands on all chunks of one answer; `None` when nobody reads them, else why it broke off, if it did.
async fn drain(
    object: &Object,
    got: GetResult,
    done: &mut u64,
    sender: &mpsc::Sender<Result<Bytes, String>>,
) -> Option<Option<String>> {
    let most = object.bucket.bounds.total;
    let mut stream = got.into_stream();
    let mut held = BytesMut::new();
    let ended = loop {
        match tokio::time::timeout(most, stream.next()).await {
            Err(_) => break Some(trouble::no_answer(most)),
            Ok(None) => break None,
            Ok(Some(Err(error))) => break Some(trouble::cause(&error)),
            Ok(Some(Ok(chunk))) => {
                *done += chunk.len() as u64;
                held.extend_from_slice(&chunk);
                if held.len() >= CHUNK {
                    sender.send(Ok(held.split().freeze())).await.ok()?;
                }
            }
        }
    };
    if !held.is_empty() {
        sender.send(Ok(held.freeze())).await.ok()?;
    }
    Some(ended)
}
