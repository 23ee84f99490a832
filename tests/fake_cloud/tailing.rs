//! The streaming half of the fake: gRPC over HTTP/2 for TailLogEntries, one script a session.
//! Leaves out every other method, and compression.

use std::collections::VecDeque;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use h2::SendStream;
use prost::Message;
use serde_json::Value;

use super::wire::{self, TailLogEntriesRequest, TailLogEntriesResponse};

/// What a session does next; after its last step it says nothing more.
pub enum Step {
    /// Sends these entries in one response.
    Entries(Vec<Value>),
    /// Says that so many entries were held back, for this reason (1 rate limit, 2 not consumed).
    Suppress(i32, i32),
    /// Waits until the test opens this gate.
    Until(Gate),
    /// Does this at the server, such as adding entries to the list.
    Do(Box<dyn FnOnce() + Send>),
    /// Ends the stream with this gRPC status.
    End(u32, &'static str),
    /// Cuts the connection.
    Cut,
}

/// What a test opens when the server may go on.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub fn open(&self) {
        *self.0.0.lock().expect("whole") = true;
        self.0.1.notify_all();
    }

    fn is_open(&self) -> bool {
        *self.0.0.lock().expect("whole")
    }
}

/// The sessions to come, and what was asked in those that were.
#[derive(Default)]
pub struct Tailing {
    scripts: Mutex<VecDeque<Vec<Step>>>,
    asked: Mutex<Vec<TailLogEntriesRequest>>,
}

impl Tailing {
    /// Adds a session; those beyond the last one say nothing.
    pub fn then(&self, script: Vec<Step>) -> &Tailing {
        self.scripts.lock().expect("whole").push_back(script);
        self
    }

    /// Returns resource names and filter of each session so far.
    pub fn asked(&self) -> Vec<(Vec<String>, String)> {
        let asked = self.asked.lock().expect("whole");
        asked.iter().map(|asked| (asked.resource_names.clone(), asked.filter.clone())).collect()
    }
}

/// Serves one connection to its end.
pub fn serve(stream: TcpStream, tailing: &Arc<Tailing>) {
    let Ok(cutter) = stream.try_clone() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        stream.set_nonblocking(true).expect("settable");
        let stream = tokio::net::TcpStream::from_std(stream).expect("a socket");
        let Ok(mut connection) = h2::server::handshake(stream).await else { return };
        while let Some(Ok((request, mut respond))) = connection.accept().await {
            let (tailing, cutter) = (Arc::clone(tailing), cutter.try_clone().expect("a socket"));
            tokio::spawn(async move {
                let mut body = request.into_body();
                let mut bytes = BytesMut::new();
                while bytes.len() < 5 || bytes.len() < 5 + length(&bytes) {
                    let Some(Ok(part)) = body.data().await else { return };
                    let _ = body.flow_control().release_capacity(part.len());
                    bytes.extend_from_slice(&part);
                }
                tailing
                    .asked
                    .lock()
                    .expect("whole")
                    .push(TailLogEntriesRequest::decode(&bytes[5..]).expect("a request"));
                let script = tailing.scripts.lock().expect("whole").pop_front().unwrap_or_default();
                let head = http::Response::builder().header("content-type", "application/grpc");
                if let Some(Step::End(status, message)) = script.first() {
                    // A refusal is an answer without a body.
                    let head = head.header("grpc-status", status.to_string()).header("grpc-message", *message);
                    let _ = respond.send_response(head.body(()).expect("a head"), true);
                    return;
                }
                let Ok(mut out) = respond.send_response(head.body(()).expect("a head"), false) else { return };
                for step in script {
                    if !take(step, &mut out, &cutter).await {
                        return;
                    }
                }
                // Silence, with the request held open as a client expects.
                while let Some(Ok(_)) = body.data().await {}
                std::future::pending::<()>().await;
            });
        }
    });
}

/// Takes a step; returns whether the stream goes on.
async fn take(step: Step, out: &mut SendStream<Bytes>, connection: &TcpStream) -> bool {
    match step {
        Step::Entries(entries) => {
            let entries = entries.iter().map(wire::entry).collect();
            send(out, &TailLogEntriesResponse { entries, suppression_info: Vec::new() })
        }
        Step::Suppress(reason, suppressed_count) => {
            let suppression_info = vec![wire::SuppressionInfo { reason, suppressed_count }];
            send(out, &TailLogEntriesResponse { entries: Vec::new(), suppression_info })
        }
        Step::Until(gate) => {
            while !gate.is_open() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            true
        }
        Step::Do(what) => {
            what();
            true
        }
        Step::End(status, message) => {
            let mut trailers = http::HeaderMap::new();
            trailers.insert("grpc-status", status.into());
            trailers.insert("grpc-message", message.parse().expect("a header"));
            let _ = out.send_trailers(trailers);
            false
        }
        Step::Cut => {
            // What was sent before is let out first.
            tokio::time::sleep(Duration::from_millis(50)).await;
            let _ = connection.shutdown(Shutdown::Both);
            false
        }
    }
}

fn length(frame: &BytesMut) -> usize {
    u32::from_be_bytes([frame[1], frame[2], frame[3], frame[4]]) as usize
}

fn send(out: &mut SendStream<Bytes>, message: &TailLogEntriesResponse) -> bool {
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    frame.put_u32(u32::try_from(message.encoded_len()).expect("short"));
    message.encode(&mut frame).expect("room");
    out.send_data(frame.freeze(), false).is_ok()
}
