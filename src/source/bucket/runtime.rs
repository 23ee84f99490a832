//! The one thread on which everything asynchronous runs, and the way in and out of it.
//! Leaves out what runs there.

use std::future::Future;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};

static HANDLE: OnceLock<Result<Handle, String>> = OnceLock::new();

/// Returns the runtime; it is started once and ends with the process.
pub(super) fn handle() -> Result<Handle, String> {
    HANDLE.get_or_init(start).clone()
}

/// Waits for a future, at most `most`; `None` when that passed.
pub(super) fn wait<T>(most: Duration, future: impl Future<Output = T>) -> Result<Option<T>, String> {
    Ok(handle()?.block_on(async { tokio::time::timeout(most, future).await.ok() }))
}

fn start() -> Result<Handle, String> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let handle = runtime.handle().clone();
    std::thread::Builder::new()
        .name("bucket".to_owned())
        .spawn(move || runtime.block_on(std::future::pending::<()>()))
        .map_err(|error| error.to_string())?;
    Ok(handle)
}
