//! One session of the stream of new entries: opened, asked once, heard until it ends.
//! Leaves out opening the next one, and finding what was missed between two: see `listen` and `sweep`.

use std::time::Duration;

use google_cloud_gax::streaming::{RequestSender, ResponseStream};
use google_cloud_logging_v2::model::{TailLogEntriesRequest, TailLogEntriesResponse};
use tokio::runtime::Runtime;

use super::client::{client, runtime, within};
use super::fault::{self, Fault, Remedy};
use super::settings::CloudSettings;
use super::{CloudAddress, Selection};

/// A session.
pub(super) struct Session {
    // Taken out when dropped: a name lookup that hangs must not keep the thread from ending.
    runtime: Option<Runtime>,
    responses: ResponseStream<TailLogEntriesResponse>,
    // The server reads on for as long as this half is open.
    _requests: RequestSender<TailLogEntriesRequest>,
    project: Option<String>,
    silence: Duration,
}

/// What a session says next.
pub(super) enum Heard {
    /// Entries, or what was held back of them.
    Response(TailLogEntriesResponse),
    /// Nothing for longer than the settings accept; whether the connection still stands is unknown.
    Silence,
}

impl Session {
    /// Opens a session with a connection and credentials of its own.
    ///
    /// That it returns does not mean that the server listens yet; only the first response shows that. The
    /// server sorts what it hands over within its own 2 s, because no other time is asked for.
    pub(super) fn open(
        address: &CloudAddress,
        selection: &Selection,
        settings: &CloudSettings,
    ) -> Result<Session, Fault> {
        let runtime = runtime()?;
        let request = TailLogEntriesRequest::new()
            .set_resource_names([address.resource_name()])
            .set_filter(selection.timeless(address));
        let opened = client(&runtime, settings).and_then(|(client, _)| {
            within(&runtime, settings.request_time, "opening the stream", async {
                let (requests, responses) = client.tail_log_entries().build();
                let sent = requests.send(request).await;
                sent.map_err(|error| Fault::new(Remedy::Again, fault::line(&error)))?;
                Ok((requests, responses))
            })
        });
        match opened {
            Ok((requests, responses)) => Ok(Session {
                runtime: Some(runtime),
                responses,
                _requests: requests,
                project: address.project().map(str::to_owned),
                silence: settings.silence,
            }),
            Err(fault) => {
                runtime.shutdown_background();
                Err(fault)
            }
        }
    }

    /// Waits for what comes next; a fault is the end of the session.
    pub(super) fn next(&mut self) -> Result<Heard, Fault> {
        let Session { runtime: Some(runtime), responses, project, silence, .. } = self else {
            return Err(Fault::new(Remedy::Again, "the session is closed"));
        };
        match runtime.block_on(async { tokio::time::timeout(*silence, responses.next()).await }) {
            Ok(Some(Ok(response))) => Ok(Heard::Response(response)),
            Ok(Some(Err(error))) => Err(fault::of_stream(&error, project.as_deref())),
            Ok(None) => Err(Fault::new(Remedy::Again, "the server ended the stream")),
            Err(_) => Ok(Heard::Silence),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
