//! Keeps the stream open: hears one session after the other and has searched what may lie between them.
//! Leaves out the searching, and telling new entries from known ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, SyncSender};
use std::time::{Duration, Instant};

use google_cloud_logging_v2::model::TailLogEntriesResponse;
use google_cloud_logging_v2::model::log_entry::Payload;

use super::fault::{Fault, Remedy};
use super::live::{Message, Newest};
use super::news::LiveNews;
use super::record::{Record, time_of};
use super::settings::{CloudSettings, Jitter, backoff};
use super::stream::{Heard, Session};
use super::sweep::Wish;
use super::{CloudAddress, Selection};
use crate::entry::Timestamp;

/// A session this long was a good one: the next is opened at once.
const LASTED: Duration = Duration::from_secs(30);

/// The listener of one run.
pub(super) struct Listen {
    pub(super) address: CloudAddress,
    pub(super) selection: Selection,
    pub(super) settings: CloudSettings,
    pub(super) wishes: Sender<Wish>,
    pub(super) out: SyncSender<Message>,
    pub(super) newest: Newest,
    /// Whether the present session has shown that the server listens.
    pub(super) proven: Arc<AtomicBool>,
}

/// How a session ended.
enum Ending {
    /// It said nothing for too long.
    Silence,
    Fault(Fault),
    /// Nobody listens here any more.
    Over,
}

impl Listen {
    /// Listens until nobody does here, or until no trying will help.
    pub(super) fn run(self) {
        let mut jitter = Jitter::new(self.settings.seed.rotate_left(32));
        let (mut failed, mut ever, mut renewed) = (0, false, false);
        loop {
            let begun = Instant::now();
            let ending = self.session(failed);
            ever |= self.proven.swap(false, Ordering::SeqCst) || begun.elapsed() >= LASTED;
            let lasted = begun.elapsed() >= LASTED;
            if lasted {
                (failed, renewed) = (0, false);
            }
            let fault = match ending {
                // Where little goes wrong this is the ordinary end.
                Ending::Silence => continue,
                Ending::Over => return,
                Ending::Fault(fault) => fault,
            };
            let new_token = fault.remedy == Remedy::NewToken && !renewed;
            if !ever && !new_token && matches!(fault.remedy, Remedy::GiveUp | Remedy::NewToken) {
                let _ = self.out.send(Message::Fatal(fault));
                return;
            }
            failed += 1;
            // Every session has new credentials; once they may be all that was missing.
            renewed |= new_token;
            let wait = match lasted || new_token {
                true => Duration::ZERO,
                false => backoff(&self.settings, failed, &mut jitter).max(fault.wait.unwrap_or_default()),
            };
            let lost = LiveNews::Lost { cause: fault.cause, attempt: failed };
            if failed.is_power_of_two() && self.out.send(Message::News(lost)).is_err() {
                return;
            }
            std::thread::sleep(wait);
        }
    }

    /// Hears one session; `failed` is the number of those before it that went wrong.
    fn session(&self, failed: u32) -> Ending {
        let mut session = match Session::open(&self.address, &self.selection, &self.settings) {
            Ok(session) => session,
            Err(fault) => return Ending::Fault(fault),
        };
        let opened = Instant::now();
        let since = self.newest.get();
        if !self.search(since, Message::Opened) {
            return Ending::Over;
        }
        loop {
            let response = match session.next() {
                Ok(Heard::Response(response)) => response,
                Ok(Heard::Silence) => return Ending::Silence,
                Err(fault) => return Ending::Fault(fault),
            };
            if !self.proven.swap(true, Ordering::SeqCst) {
                if failed > 0 && self.out.send(Message::News(LiveNews::Back)).is_err() {
                    return Ending::Over;
                }
                // The searches at the opening may have ended before the server began to listen.
                if opened.elapsed() > self.settings.settle && !self.search(since, Message::Opened) {
                    return Ending::Over;
                }
            }
            if !self.hand_on(&response) {
                return Ending::Over;
            }
        }
    }

    /// Hands on what a response holds; returns whether anybody listens.
    fn hand_on(&self, response: &TailLogEntriesResponse) -> bool {
        let since = self.newest.get();
        let mut newest = None;
        let mut emptied: Option<Timestamp> = None;
        for entry in &response.entries {
            let received = time_of(entry.receive_timestamp.as_ref().map(|at| (at.seconds(), at.nanos())));
            if matches!(entry.payload, Some(Payload::ProtoPayload(_))) {
                // The client leaves these payloads empty in a stream; the list holds the entry whole.
                emptied = emptied.into_iter().chain(Some(received.unwrap_or(since))).min();
                continue;
            }
            newest = newest.max(received);
            if self.out.send(Message::of(Record::of_streamed(entry))).is_err() {
                return false;
            }
        }
        self.newest.raise(newest);
        let mut held_back = false;
        for info in &response.suppression_info {
            let count = u64::try_from(info.suppressed_count).unwrap_or(0);
            let reason = info.reason.name().unwrap_or("reason unknown").to_lowercase().replace('_', " ");
            held_back |= count > 0;
            if count > 0 && self.out.send(Message::News(LiveNews::Suppressed { count, reason })).is_err() {
                return false;
            }
        }
        let from = emptied.into_iter().chain(held_back.then_some(since)).min();
        from.is_none_or(|from| self.search(from, Message::Searching))
    }

    fn search(&self, since: Timestamp, told: fn(Timestamp) -> Message) -> bool {
        self.out.send(told(since)).is_ok() && self.wishes.send(Wish::From(since)).is_ok()
    }
}
