//! A store in memory that fails as it is told: on the n-th read, or in the middle of a body.
//! Leaves out retries: those are `object_store`'s, below this.

#![allow(unreachable_pub)]

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// What happens to the objects of a key.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// It is gone by the time it is read.
    Gone,
    /// It may be listed and not read.
    Forbidden,
    /// Every answer breaks off with an error after so many bytes.
    Breaks(usize),
    /// Only the first answer does.
    BreaksOnce(usize),
    /// Every answer ends after so many bytes as if it were whole.
    Ends(usize),
    /// It holds other bytes than when it was listed.
    Replaced(&'static [u8]),
}

/// A store that fails as told.
#[derive(Debug, Default)]
pub struct Faulty {
    inner: InMemory,
    faults: BTreeMap<String, Fault>,
    /// Keys and folders that were listed, one call each.
    pub listings: AtomicUsize,
    answers: AtomicUsize,
}

impl Faulty {
    /// Adds an object.
    pub fn put(&self, key: &str, bytes: impl Into<Vec<u8>>) {
        let path = Path::parse(key).expect("a key");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let payload = PutPayload::from(Bytes::from(bytes.into()));
        runtime.block_on(self.inner.put(&path, payload)).expect("memory takes everything");
    }

    /// Makes reading a key fail.
    pub fn fault(mut self, key: &str, fault: Fault) -> Faulty {
        self.faults.insert(key.to_owned(), fault);
        self
    }

    /// Returns it as the room takes it.
    pub fn shared(self) -> Arc<dyn ObjectStore> {
        Arc::new(self)
    }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("faulty")
    }
}

fn broken(words: &str) -> Box<dyn std::error::Error + Send + Sync> {
    words.into()
}

/// Returns a body that hands over single small chunks and then ends, with or without saying so.
fn cut(got: GetResult, most: usize, says: bool) -> GetResult {
    let GetResult { payload, meta, range, attributes, extensions } = got;
    let inner = GetResult {
        payload,
        meta: meta.clone(),
        range: range.clone(),
        attributes: attributes.clone(),
        extensions: extensions.clone(),
    };
    let body = stream::once(inner.bytes()).flat_map(move |whole| {
        let whole = whole.expect("memory reads");
        let part = whole.slice(..most.min(whole.len()));
        let chunks: Vec<Result<Bytes>> = part.chunks(97).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        let end = says.then(|| Err(Error::Generic { store: "faulty", source: broken("the cable was pulled") }));
        stream::iter(chunks.into_iter().chain(end))
    });
    GetResult { payload: GetResultPayload::Stream(body.boxed()), meta, range, attributes, extensions }
}

#[async_trait::async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, to: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(to, payload, options).await
    }

    async fn put_multipart_opts(&self, to: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(to, options).await
    }

    async fn get_opts(&self, from: &Path, options: GetOptions) -> Result<GetResult> {
        let path = from.to_string();
        let Some(fault) = self.faults.get(&path).filter(|_| !options.head) else {
            return self.inner.get_opts(from, options).await;
        };
        let answer = self.answers.fetch_add(1, Ordering::SeqCst);
        match *fault {
            Fault::Gone => Err(Error::NotFound { path, source: broken("gone") }),
            Fault::Forbidden => Err(Error::PermissionDenied {
                path,
                source: broken("<Error><Code>AccessDenied</Code><Message>no</Message><Token>SECRET</Token></Error>"),
            }),
            Fault::Breaks(most) => Ok(cut(self.inner.get_opts(from, options).await?, most, true)),
            Fault::BreaksOnce(most) if answer == 0 => Ok(cut(self.inner.get_opts(from, options).await?, most, true)),
            Fault::BreaksOnce(_) => self.inner.get_opts(from, options).await,
            Fault::Ends(most) => {
                let all = self.inner.get_opts(from, options).await?;
                Ok(cut(all, most, false))
            }
            Fault::Replaced(bytes) => {
                self.inner.put(from, PutPayload::from_static(bytes)).await?;
                self.inner.get_opts(from, options).await
            }
        }
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.listings.fetch_add(1, Ordering::SeqCst);
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.listings.fetch_add(1, Ordering::SeqCst);
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
