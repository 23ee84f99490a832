//! Searches the list for what the stream did not tell: around each opening, and what it held back.
//! Leaves out telling new entries from known ones: whoever takes them does.
//!
//! Each search is made twice, at once and once more when entries have had the time to become listed and
//! the stream the time to be established. A search that keeps failing is a stated gap; it is still tried
//! now and then, and closes the gap when it succeeds.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use super::client::Api;
use super::fault::Remedy;
use super::live::{Message, Newest, clock};
use super::news::LiveNews;
use super::query::Gap;
use super::record::Recent;
use super::settings::CloudSettings;
use super::slice::{self, Ended, Question};
use super::window::{MINUTE, Window};
use super::{CloudAddress, Selection};
use crate::entry::Timestamp;

/// Entries are received out of order by so much; what was received shortly before is asked for again.
const OVERLAP: i64 = MINUTE;
/// Entries received from some time on may have happened so much earlier.
const LATE: i64 = 60 * MINUTE;
/// Cloud Logging accepts entries of up to a day in the future.
const EARLY: i64 = 24 * 60 * MINUTE;
/// How often a search is made in vain before it is a gap.
const TRIES: u32 = 3;
/// A gap is searched again after so many times the time that entries need to be listed.
const SLOWLY: u32 = 10;

/// What the sweep is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wish {
    /// Search what was received from this time on.
    From(Timestamp),
    /// Search at once what is still to be searched, once, and end.
    Finish,
}

/// The searches of one run.
pub(super) struct Sweep {
    pub(super) api: Api,
    pub(super) address: CloudAddress,
    pub(super) selection: Selection,
    pub(super) settings: CloudSettings,
    pub(super) wishes: Receiver<Wish>,
    pub(super) out: SyncSender<Message>,
    pub(super) newest: Newest,
}

/// A search that is still to be made.
struct Due {
    since: Timestamp,
    at: Instant,
    /// How often it is still to be made.
    left: u32,
    failed: u32,
    /// Whether it was stated as a gap.
    stated: bool,
    /// Wishes that it fulfils.
    wishes: usize,
}

impl Sweep {
    /// Searches until nobody listens any more.
    pub(super) fn run(mut self) {
        let mut due: Option<Due> = None;
        // Much is held back at times; one search a while finds all of it.
        let pause = self.settings.settle / 3;
        let mut free_at = Instant::now();
        let mut finishing = false;
        loop {
            let wait = due.as_ref().map(|due| due.at.saturating_duration_since(Instant::now()));
            match self.wishes.recv_timeout(if finishing {
                Duration::ZERO
            } else {
                wait.unwrap_or(self.settings.silence)
            }) {
                Ok(Wish::From(since)) => {
                    let before = due.take();
                    due = Some(Due {
                        since: before.as_ref().map_or(since, |due| due.since.min(since)),
                        at: Instant::now().max(free_at),
                        left: 2,
                        failed: before.as_ref().map_or(0, |due| due.failed),
                        stated: before.as_ref().is_some_and(|due| due.stated),
                        wishes: before.map_or(0, |due| due.wishes) + 1,
                    });
                    continue;
                }
                Ok(Wish::Finish) => {
                    finishing = true;
                    continue;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if let Some(now_due) = due.take_if(|due| finishing || due.at <= Instant::now()) {
                let (left, told) = self.search(now_due, finishing);
                due = left;
                free_at = Instant::now() + pause;
                if !told {
                    return;
                }
            }
            if finishing {
                let _ = self.out.send(Message::Finished);
                return;
            }
        }
    }

    /// Makes a search; returns what is left of it, and whether anybody listens.
    fn search(&mut self, mut due: Due, finishing: bool) -> (Option<Due>, bool) {
        let since = due.since.plus_nanos(-OVERLAP);
        let now = clock();
        let question = Question {
            address: &self.address,
            selection: &self.selection,
            besides: Some(format!("receiveTimestamp>=\"{since}\"")),
        };
        let window = Window { from: since.plus_nanos(-LATE), to: now.plus_nanos(EARLY) };
        let (out, mut newest) = (&self.out, None);
        let ended = slice::read(&mut self.api, &question, window, &mut Recent::default(), &mut |record| {
            newest = newest.max(record.as_ref().ok().and_then(|record| record.received));
            out.send(Message::of(record)).is_ok()
        });
        match ended {
            Ended::Enough => return (None, false),
            Ended::Whole => {
                self.newest.raise(newest);
                let filled = LiveNews::Filled { from: due.since };
                if due.stated && out.send(Message::News(filled)).is_err() {
                    return (None, false);
                }
                (due.failed, due.stated) = (0, false);
                due.left -= 1;
                due.at = Instant::now() + self.settings.settle;
            }
            Ended::Cut(_, fault) => {
                due.failed += 1;
                let over = due.failed >= TRIES || finishing || fault.remedy == Remedy::GiveUp;
                let gap = Gap { window: Window { from: due.since, to: now }, cause: fault.cause };
                if over && !due.stated && out.send(Message::News(LiveNews::Gap(gap))).is_err() {
                    return (None, false);
                }
                due.stated |= over;
                due.at = Instant::now() + if over { self.settings.settle * SLOWLY } else { self.settings.settle / 3 };
                if finishing {
                    return (None, true);
                }
            }
        }
        if due.left > 0 && !finishing {
            return (Some(due), true);
        }
        (None, out.send(Message::Searched(due.wishes)).is_ok())
    }
}
