//! New entries of Cloud Logging as they are received, each once, whatever happens to the connection.
//! Leaves out what they mean: they are handed over as lines, like those of a file that grows.
//!
//! One thread keeps the stream open (`listen`), one searches the list for what the stream missed (`sweep`);
//! both tell what they find through one channel, and here each entry is let through once. Neither thread
//! is waited for at the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::client::Api;
use super::fault::Fault;
use super::listen::Listen;
use super::news::{Followed, LiveNews};
use super::page::Unreadable;
use super::query::Gap;
use super::record::Record;
use super::seen::Seen;
use super::settings::CloudSettings;
use super::sweep::{Sweep, Wish};
use super::window::Window;
use super::{CloudAddress, Selection};
use crate::entry::Timestamp;
use crate::source::SourceError;

/// Entries that wait to be read; with more the threads wait, and the server holds back what is not taken.
const WAITING: usize = 8192;
/// A search at the end takes no longer than this, or the rest is a gap.
const LAST_SEARCH: Duration = Duration::from_secs(20);
/// Bytes of entries taken at the end at most: a stream that never pauses would never let it come.
const LAST_BYTES: usize = 64 << 20;

/// What the threads tell.
pub(super) enum Message {
    Record(Box<Record>),
    News(LiveNews),
    /// A search was asked for: what was received from this time on will be told again.
    Searching(Timestamp),
    /// The same because a session was opened, and the one before it may have missed something.
    Opened(Timestamp),
    /// So many searches have ended, well or with a gap.
    Searched(usize),
    /// No trying helps.
    Fatal(Fault),
    /// The last search has ended.
    Finished,
}

impl Message {
    pub(super) fn of(record: Result<Record, Unreadable>) -> Message {
        match record {
            Ok(record) => Message::Record(Box::new(record)),
            Err(entry) => Message::News(LiveNews::Unreadable(entry.reason)),
        }
    }
}

/// The time at which the newest known entry was received; what came before it is known or being searched.
#[derive(Clone)]
pub(super) struct Newest(Arc<AtomicI64>);

impl Newest {
    pub(super) fn get(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }

    pub(super) fn raise(&self, to: Option<Timestamp>) {
        if let Some(to) = to {
            self.0.fetch_max(to.0, Ordering::SeqCst);
        }
    }
}

/// Cloud Logging, followed.
pub struct Live {
    name: String,
    from: Receiver<Message>,
    wishes: Sender<Wish>,
    newest: Newest,
    proven: Arc<AtomicBool>,
    threads: [JoinHandle<()>; 2],
    seen: Seen,
    news: Vec<LiveNews>,
    followed: Followed,
}

impl Live {
    /// Begins to listen; entries received from `start` on are told, those before now from the list.
    pub fn open(
        address: &CloudAddress,
        selection: &Selection,
        settings: &CloudSettings,
        start: Timestamp,
    ) -> Result<Live, SourceError> {
        let name = address.to_string();
        let api = Api::connect(address, settings).map_err(|fault| fault.into_error(format!("cannot follow {name}")))?;
        let (out, from) = sync_channel(WAITING);
        let (wishes, wished) = channel();
        let newest = Newest(Arc::new(AtomicI64::new(start.0)));
        let proven = Arc::new(AtomicBool::new(false));
        let sweep = Sweep {
            api,
            address: address.clone(),
            selection: selection.clone(),
            settings: settings.clone(),
            wishes: wished,
            out: out.clone(),
            newest: newest.clone(),
        };
        let listen = Listen {
            address: address.clone(),
            selection: selection.clone(),
            settings: settings.clone(),
            wishes: wishes.clone(),
            out,
            newest: newest.clone(),
            proven: Arc::clone(&proven),
        };
        let threads = [std::thread::spawn(move || sweep.run()), std::thread::spawn(move || listen.run())];
        Ok(Live {
            name,
            from,
            wishes,
            newest,
            proven,
            threads,
            seen: Seen::default(),
            news: Vec::new(),
            followed: Followed::default(),
        })
    }

    /// Appends the entries told since the last look, one a line, until `lines` holds `most` bytes.
    pub(in crate::source) fn take(&mut self, lines: &mut Vec<u8>, most: usize) -> Result<(), SourceError> {
        // Looked at before the channel: what a thread said last is heard before its end is noticed.
        let ended = self.threads.iter().any(JoinHandle::is_finished);
        while lines.len() < most {
            match self.from.try_recv() {
                Ok(message) => drop(self.hear(message, lines)?),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) if ended => {
                    return Err(SourceError::new(format!("cannot follow {} any longer", self.name))
                        .caused_by("the part that listens has ended")
                        .hint("start it again with --from-start"));
                }
                Err(_) => break,
            }
        }
        Ok(())
    }

    /// Appends what is told until everything known to be outstanding was searched once more; the rest is
    /// a gap.
    pub(in crate::source) fn finish(&mut self, lines: &mut Vec<u8>) -> Result<(), SourceError> {
        self.take(lines, lines.len() + LAST_BYTES)?;
        if !self.proven.load(Ordering::SeqCst) {
            self.seen.searched_from(self.newest.get());
            let _ = self.wishes.send(Wish::From(self.newest.get()));
        }
        if self.seen.outstanding().is_some() {
            let _ = self.wishes.send(Wish::Finish);
            let begun = Instant::now();
            let left = || LAST_SEARCH.saturating_sub(begun.elapsed());
            while let Ok(message) = self.from.recv_timeout(left()) {
                // A session that opens from now on comes too late for its search, and there is no need of it: before a
                // session that is not proven the search is wished for above.
                if let Message::Opened(since) = message {
                    self.seen.searched_in_vain(since);
                } else if self.hear(message, lines)? {
                    self.seen.forget_vain();
                    break;
                }
            }
        }
        if let Some(from) = self.seen.outstanding().filter(|_| self.followed.gaps == 0) {
            let window = Window { from, to: clock() };
            self.say(LiveNews::Gap(Gap { window, cause: "the search for them did not end in time".to_owned() }));
        }
        let ended = LiveNews::Ended(self.followed);
        self.say(ended);
        Ok(())
    }

    /// Returns what happened to the stream since the last call.
    pub(in crate::source) fn news(&mut self) -> Vec<LiveNews> {
        std::mem::take(&mut self.news)
    }

    /// Takes a message; returns whether it was the last one.
    fn hear(&mut self, message: Message, lines: &mut Vec<u8>) -> Result<bool, SourceError> {
        match message {
            Message::Record(record) if self.seen.is_new(&record) => {
                self.followed.entries += 1;
                lines.extend_from_slice(record.json.to_string().as_bytes());
                lines.push(b'\n');
            }
            Message::Record(_) => self.followed.repeated += 1,
            Message::News(news) => self.say(news),
            Message::Searching(since) | Message::Opened(since) => self.seen.searched_from(since),
            Message::Searched(count) => self.seen.searched(count),
            Message::Fatal(fault) => return Err(fault.into_error(format!("cannot follow {}", self.name))),
            Message::Finished => return Ok(true),
        }
        Ok(false)
    }

    fn say(&mut self, news: LiveNews) {
        match news {
            LiveNews::Gap(_) => self.followed.gaps += 1,
            LiveNews::Filled { .. } => self.followed.gaps = self.followed.gaps.saturating_sub(1),
            _ => {}
        }
        self.news.push(news);
    }
}

/// Returns the present.
pub(super) fn clock() -> Timestamp {
    Timestamp::from_chrono(&chrono::Utc::now()).unwrap_or(Timestamp(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what a run says at its end when this is told while its last search is made.
    fn last_news(told: Vec<Message>) -> Vec<LiveNews> {
        let ((out, from), (wishes, wished)) = (sync_channel(WAITING), channel());
        let mut live = Live {
            name: "gcp://wickshop".to_owned(),
            from,
            wishes,
            newest: Newest(Arc::default()),
            proven: Arc::default(),
            // As threads that go on: one that ended ends the run.
            threads: [(); 2].map(|()| {
                std::thread::spawn(|| {
                    loop {
                        std::thread::park();
                    }
                })
            }),
            seen: Seen::default(),
            news: Vec::new(),
            followed: Followed::default(),
        };
        let telling = std::thread::spawn(move || {
            while !matches!(wished.recv(), Ok(Wish::Finish) | Err(_)) {}
            told.into_iter().for_each(|message| out.send(message).expect("heard"));
        });
        live.finish(&mut Vec::new()).expect("it ends");
        telling.join().expect("told");
        live.news()
    }

    #[test]
    fn a_session_that_opens_while_the_last_search_is_made_is_no_gap() {
        let (opened, searched) = (|| Message::Opened(Timestamp(7)), |count| Message::Searched(count));
        for told in [
            vec![opened(), searched(1), Message::Finished],
            vec![searched(1), opened(), Message::Finished],
            vec![opened(), opened(), searched(2), Message::Finished],
        ] {
            assert_eq!(last_news(told), [LiveNews::Ended(Followed::default())]);
        }
    }

    #[test]
    fn a_search_that_nobody_makes_any_more_is_a_gap() {
        for told in [
            vec![searched_late(), Message::Searched(1), Message::Finished],
            vec![Message::Searched(1), Message::Opened(Timestamp(9)), searched_late(), Message::Finished],
            vec![Message::Opened(Timestamp(9)), Message::Finished],
        ] {
            let news = last_news(told);
            assert!(matches!(&news[..], [LiveNews::Gap(_), LiveNews::Ended(_)]), "{news:?}");
        }
    }

    fn searched_late() -> Message {
        Message::Searching(Timestamp(7))
    }
}
