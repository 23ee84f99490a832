//! One object of a bucket as a source: its name, its size, and reading it.
//! Leaves out finding it: see `listing`.

use std::io::Read;
use std::sync::Arc;

use object_store::{ObjectMeta, ObjectStore};

use super::address::Address;
use super::body;
use super::connect::Bounds;
use crate::entry::{ReadOptions, TraceHints};
use crate::source::{Sink, SourceError, SourceSummary, read_bytes};

/// A bucket with the way to it.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) address: Address,
    pub(super) bounds: Bounds,
}

/// An object that was listed.
#[derive(Debug, Clone)]
pub struct Object {
    pub(super) bucket: Arc<Bucket>,
    pub(super) meta: ObjectMeta,
    name: String,
}

impl Object {
    pub(super) fn new(bucket: Arc<Bucket>, meta: ObjectMeta) -> Object {
        let name = bucket.address.name_of(&meta.location);
        Object { bucket, meta, name }
    }

    /// Returns `gs://bucket/key`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the stored size as it was listed, bytes.
    pub fn stored_bytes(&self) -> u64 {
        self.meta.size
    }

    /// Opens the stored bytes.
    pub(in crate::source) fn open(&self) -> Result<Box<dyn Read>, SourceError> {
        let opened = body::fetch(self).and_then(body::Fetch::open);
        let body = opened.map_err(|cause| SourceError::new(format!("cannot read {}", self.name)).caused_by(cause))?;
        Ok(Box::new(body))
    }
}

/// Reads an object. What cannot be read is a gap in the summary and never an error: the others are read.
pub fn read(
    object: &Object,
    options: &ReadOptions,
    hints: &dyn TraceHints,
    progress: &mut dyn FnMut(u64),
    sink: &mut dyn Sink,
) -> SourceSummary {
    let gap = |cause: &str| {
        let mut summary = SourceSummary::new(&object.name);
        summary.damaged(format!("could not be read: {cause}"));
        summary
    };
    let body = match body::fetch(object).and_then(body::Fetch::open) {
        Ok(body) => body,
        Err(cause) => return gap(&cause),
    };
    let size = body.size;
    match read_bytes(&object.name, body, options, hints, progress, sink) {
        Ok(mut summary) => {
            if size != object.meta.size {
                let listed = object.meta.size;
                summary
                    .damaged(format!("it changed while it was read: {listed} bytes when listed, {size} when opened"));
            }
            summary
        }
        Err(error) => gap(&error.causes.join(": ")),
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Object) -> bool {
        self.name == other.name
    }
}

impl Eq for Object {}

impl PartialOrd for Object {
    fn partial_cmp(&self, other: &Object) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Object {
    fn cmp(&self, other: &Object) -> std::cmp::Ordering {
        self.name.cmp(&other.name)
    }
}

impl std::hash::Hash for Object {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}
