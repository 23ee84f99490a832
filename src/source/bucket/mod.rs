//! Logs kept in buckets: `gs://BUCKET/PREFIX` and `s3://BUCKET/PREFIX`, each object a source of its own.
//! Leaves out what the bytes mean: the reader of files decompresses and reads them. Async stays inside here.

mod address;
mod body;
mod connect;
mod layout;
mod listing;
mod object;
mod runtime;
mod select;
mod trouble;

use std::sync::Arc;

use object_store::ObjectStore;

use super::SourceError;
use crate::entry::Timestamp;

pub use address::{Address, Scheme};
pub use object::{Object, read};

/// The time that was asked for; an open end is no bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// Entries from this time on.
    pub since: Option<Timestamp>,
    /// Entries before this time.
    pub until: Option<Timestamp>,
}

/// The objects to read, and what the listing left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// The objects, in the order of their keys.
    pub objects: Vec<Object>,
    /// What was listed and left out, and why that loses nothing.
    pub notes: Vec<String>,
}

/// Lists what an address and a window name, with the credentials and endpoints of the environment.
pub fn list(address: &Address, window: Window) -> Result<Listed, SourceError> {
    let bounds = connect::Bounds::from_environment();
    list_in(connect::connect(address, bounds)?, address, window, bounds)
}

/// Lists what an address and a window name in a store of the caller's.
pub fn list_with(store: Arc<dyn ObjectStore>, address: &Address, window: Window) -> Result<Listed, SourceError> {
    list_in(store, address, window, connect::Bounds::from_environment())
}

fn list_in(
    store: Arc<dyn ObjectStore>,
    address: &Address,
    window: Window,
    bounds: connect::Bounds,
) -> Result<Listed, SourceError> {
    let bucket = Arc::new(object::Bucket { store, address: address.clone(), bounds });
    let found = listing::find(&bucket, window)?;
    let chosen = select::choose(&bucket.address, found, window)?;
    let objects = chosen.objects.into_iter().map(|meta| Object::new(Arc::clone(&bucket), meta)).collect();
    Ok(Listed { objects, notes: chosen.notes })
}
