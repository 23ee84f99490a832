//! Plays the month: passes one after the other, what meets them, and what must hold after each.
//! Leaves out what fails in it (`world`) and how a run ends early (`runs`).
#![allow(unreachable_pub)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Barrier, Mutex};

use log_gardener::audit::{AuditError, Audited, Look};
use log_gardener::decision::{IssueState, Order, Policy, Rhythm, Silence, next_window};
use log_gardener::entry::Timestamp;
use log_gardener::ledger::{Ledger, Trouble};
use log_gardener::publish::github::block;
use serde_json::json;

use super::people::{People, first_title};
use super::runs::{self, Step, Way};
use super::world::{self, DAY, Event, MINUTE, SECOND, START};
use crate::fake_github::store::Place;
use crate::fake_github::{FakeGitHub, Fate, Item, Request, Store, answer};
use crate::run::Shuffle;

/// Minutes from pass to pass.
const EVERY: i64 = 40;

/// What came of a month.
#[derive(Debug, Default, Clone)]
pub struct Counts {
    pub passes: usize,
    pub kills: usize,
    pub overlaps: usize,
    pub suspended: usize,
    pub faults: usize,
    pub edits: usize,
    pub issues: usize,
    pub comments: usize,
    pub duplicates: usize,
    pub lost: usize,
    pub overwritten: usize,
    pub closed: usize,
    pub reopened_wrongly: usize,
    pub touched: usize,
    pub rewritten: usize,
    pub regressions: usize,
    pub regressions_first: usize,
    pub told: Vec<String>,
}

impl Counts {
    fn tell(&mut self, wrong: String) {
        self.told.push(wrong.chars().take(600).collect());
    }

    pub fn wrongs(&self) -> usize {
        for wrong in &self.told {
            println!("WRONG: {wrong}");
        }
        self.told.len()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passes, {} kills, {} overlaps, {} suspended, {} faults of the tracker, {} edits by people; {} issues, \
             {} comments; duplicates {}, lost updates {}, overwritten edits {}, false closes {}, false reopenings {}, \
             writes to what is people's {}, writes of a second look {}; regressions {}/{} in the first pass",
            self.passes,
            self.kills,
            self.overlaps,
            self.suspended,
            self.faults,
            self.edits,
            self.issues,
            self.comments,
            self.duplicates,
            self.lost,
            self.overwritten,
            self.closed,
            self.reopened_wrongly,
            self.touched,
            self.rewritten,
            self.regressions_first,
            self.regressions
        )
    }
}

/// What goes on between a run and the stand-in.
struct Traffic {
    chance: Shuffle,
    faulty: bool,
    faults: usize,
    /// Writes since this was cleared.
    writes: Vec<Request>,
    /// The issue that the last request was about.
    about: Option<u64>,
    /// Requests about an issue until somebody edits that issue.
    hand: Option<usize>,
}

/// An issue that a person closed, and from when on an event means that it was not mended.
struct Closed {
    fault: &'static str,
    number: u64,
    after: i64,
}

pub struct Month {
    fake: FakeGitHub,
    folder: tempfile::TempDir,
    /// For looking into it; each run opens it anew.
    ledger: Ledger,
    ledgers: usize,
    time: AtomicI64,
    events: Vec<Event>,
    chance: Shuffle,
    people: Arc<Mutex<People>>,
    traffic: Arc<Mutex<Traffic>>,
    closed: Vec<Closed>,
    done: BTreeSet<String>,
    /// From when on the ledger knows of the events.
    known_from: i64,
    /// Whether somebody takes an issue over by removing its marker.
    pub taken_over: bool,
    reopened: usize,
    counts: Counts,
}

impl Month {
    pub fn new(seed: u64) -> Month {
        let fake = FakeGitHub::new();
        let people = Arc::new(Mutex::new(People::new(seed ^ 0x5eed)));
        let traffic = Arc::new(Mutex::new(Traffic {
            chance: Shuffle(seed ^ 0xfa17),
            faulty: false,
            faults: 0,
            writes: Vec::new(),
            about: None,
            hand: None,
        }));
        let heard = Arc::clone(&traffic);
        fake.script(move |_, request| heard.lock().expect("whole").fate(request));
        let (heard, acting) = (Arc::clone(&traffic), Arc::clone(&people));
        fake.between(move |_, store| {
            let mut heard = heard.lock().expect("whole");
            let Some((about, left)) = heard.about.zip(heard.hand) else { return };
            heard.hand = left.checked_sub(1);
            if left == 0 && store.issues.contains_key(&about) {
                acting.lock().expect("whole").edit(store, about);
            }
        });
        let folder = tempfile::tempdir().expect("a temporary folder");
        Month {
            fake,
            ledger: runs::open(&folder.path().join("ledger-1.db")),
            folder,
            ledgers: 1,
            time: AtomicI64::new(START),
            events: world::events(seed),
            chance: Shuffle(seed),
            people,
            traffic,
            closed: Vec::new(),
            done: BTreeSet::new(),
            known_from: 0,
            taken_over: true,
            reopened: 0,
            counts: Counts::default(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(format!("ledger-{}.db", self.ledgers))
    }

    /// The ledger is gone, and the next pass begins with an empty one.
    pub fn lose_ledger(&mut self) {
        self.ledgers += 1;
        self.ledger = runs::open(&self.path());
        self.known_from = -1;
    }

    /// Plays from minute to minute.
    pub fn play(&mut self, from: i64, to: i64) {
        let mut minute = from + EVERY;
        while minute <= to {
            self.people_act(minute);
            self.time.store(START + minute * MINUTE, Ordering::SeqCst);
            let now = Timestamp(START + minute * MINUTE);
            self.fake.with(|store| store.at(world::date(now)));
            self.step(minute, to - minute < 8 * 60);
            minute += EVERY;
        }
    }

    /// One turn: a pass and what meets it.
    fn step(&mut self, minute: i64, calm: bool) {
        self.fake.forget();
        let frozen = self.frozen();
        self.people.lock().expect("whole").touched.clear();
        let dice = if calm || self.known_from < 0 { 99 } else { self.chance.below(100) };
        match dice {
            0..=19 => self.killed(),
            20..=26 => {
                self.traffic.lock().expect("whole").faulty = true;
                let look = self.look(true);
                self.pass(look, "faulty", true);
                self.traffic.lock().expect("whole").faulty = false;
            }
            27..=30 => self.overlap(),
            31..=33 => self.suspended(),
            34..=35 => {
                let look = self.look(false);
                self.pass(look, "incomplete", true);
            }
            36..=38 => {
                // Somebody looks at the plan first.
                let look = self.look(true);
                self.pass(look, "planning", false);
            }
            39..=44 => {
                self.traffic.lock().expect("whole").hand = Some(self.chance.below(6));
                let look = self.look(true);
                self.pass(look, "watched", true);
                self.traffic.lock().expect("whole").hand = None;
            }
            dice => {
                let look = self.look(true);
                self.traffic.lock().expect("whole").writes.clear();
                let audited = self.pass(look.clone(), "calm", true);
                self.settled(minute, audited.is_some_and(|audited| audited.waiting == 0));
                if dice < 60 {
                    // The same entries once more.
                    self.traffic.lock().expect("whole").writes.clear();
                    self.pass(look, "again", true);
                    let writes = self.traffic.lock().expect("whole").writes.clone();
                    if !writes.is_empty() {
                        self.counts.rewritten += writes.len();
                        self.counts.tell(format!(
                            "{minute}: a second look writes {:?}",
                            writes.iter().map(|write| (&write.path, write.body.to_string())).collect::<Vec<_>>()
                        ));
                    }
                }
            }
        }
        self.always(minute, &frozen);
    }

    /// What a window holds now.
    fn look(&mut self, complete: bool) -> Look {
        let now = Timestamp(self.time.load(Ordering::SeqCst));
        let cursor = self.ledger.cursor(world::SOURCE).expect("read");
        let (from, to, _) = next_window(cursor, now, Rhythm::default());
        if self.known_from < 0 {
            self.known_from = from.0 - START;
        }
        let mut lines = vec![world::heartbeat(to.plus_nanos(-SECOND))];
        for event in self.held(from, to, now) {
            if complete || self.chance.below(2) == 0 {
                lines.extend(world::entries(&event));
            }
        }
        world::look(&lines, from, to, now, complete)
    }

    fn held(&self, from: Timestamp, to: Timestamp, now: Timestamp) -> Vec<Event> {
        let (from, to, now) = (from.0 - START, to.0 - START, now.0 - START);
        let first = self.events.partition_point(|event| event.at < from);
        let within = self.events[first..].iter().take_while(|event| event.at < to);
        within.filter(|event| event.arrives <= now).cloned().collect()
    }

    /// Makes a pass and looks whether it saw the regressions in it.
    fn pass(&mut self, look: Look, owner: &str, publish: bool) -> Option<Audited> {
        let before = self.remembered();
        let seen = look.clone();
        let ended = runs::audit(&self.path(), self.fake.client(), &Way::calm(&self.time), look, owner, publish);
        self.counts.passes += 1;
        self.regressions(&seen, before, publish);
        match ended {
            Ok(audited) => Some(audited),
            Err(AuditError::Held { .. } | AuditError::Tracker(_)) => None,
            Err(AuditError::Ledger(error)) if error.trouble == Trouble::TakenOver => None,
            Err(error) => panic!("{owner}: {error}"),
        }
    }

    fn remembered(&self) -> i64 {
        self.ledger.passes(1).expect("read").first().map_or(0, |last| last.id)
    }

    fn killed(&mut self) {
        let step = [Step::Before, Step::After, Step::Clock, Step::Clock][self.chance.below(4)];
        // Passes that write nothing make two calls; those that write more of them are hit further on.
        let most = [3, 8, 20][self.chance.below(3)];
        let nth = self.chance.below(most);
        let look = self.look(true);
        let (before, seen) = (self.remembered(), look.clone());
        let way = Way::deadly(&self.time, step, nth);
        let (path, client) = (self.path(), self.fake.client());
        let died = catch_unwind(AssertUnwindSafe(|| runs::audit(&path, client, &way, look, "dead", true).map(|_| ())))
            .is_err();
        drop(way);
        self.counts.kills += usize::from(died);
        self.counts.passes += 1;
        self.regressions(&seen, before, true);
    }

    fn overlap(&mut self) {
        let look = self.look(true);
        let (before, seen) = (self.remembered(), look.clone());
        let (path, time, start) = (self.path(), &self.time, Barrier::new(2));
        let ended: Vec<_> = std::thread::scope(|scope| {
            let run = |owner: &'static str| {
                let (look, client, path, start) = (look.clone(), self.fake.client(), &path, &start);
                scope.spawn(move || {
                    start.wait();
                    runs::audit(path, client, &Way::calm(time), look, owner, true).map(|_| ())
                })
            };
            let both = [run("one"), run("two")];
            both.map(|thread| thread.join().expect("no panic")).into_iter().collect()
        });
        assert!(ended.iter().any(Result::is_ok), "one of two runs comes through: {ended:?}");
        for error in ended.iter().filter_map(|ended| ended.as_ref().err()) {
            assert!(matches!(error, AuditError::Held { .. }), "{error}");
        }
        self.counts.overlaps += 1;
        self.counts.passes += 2;
        self.regressions(&seen, before, true);
    }

    /// A run is suspended for longer than its lease, another takes over, and then it wakes.
    fn suspended(&mut self) {
        let step = [Step::After, Step::Clock, Step::Clock][self.chance.below(3)];
        let most = [3, 8, 16][self.chance.below(3)];
        let nth = self.chance.below(most);
        let look = self.look(true);
        let (before, seen) = (self.remembered(), look.clone());
        let (path, client, second) = (self.path(), self.fake.client(), self.fake.client());
        let time = &self.time;
        let meanwhile = || {
            time.fetch_add(11 * MINUTE, Ordering::SeqCst);
            let mut later = look.clone();
            later.pass.now = Timestamp(time.load(Ordering::SeqCst));
            runs::audit(&path, second, &Way::calm(time), later, "second", true).map(|_| ()).expect("it takes over");
        };
        let way = Way::suspended(time, step, nth, meanwhile);
        let ended = runs::audit(&path, client, &way, look.clone(), "suspended", true);
        match ended {
            Ok(_) | Err(AuditError::Held { .. }) => {}
            Err(AuditError::Ledger(error)) if error.trouble == Trouble::TakenOver => {}
            Err(error) => panic!("suspended at {step:?} {nth}: {error}"),
        }
        self.counts.suspended += usize::from(way.slept());
        self.counts.passes += 1 + usize::from(way.slept());
        drop(way);
        self.regressions(&seen, before, true);
    }

    /// Every remembered pass that held an event from after an issue was closed must have ordered to reopen it.
    fn regressions(&mut self, look: &Look, before: i64, publish: bool) {
        let now = self.remembered();
        if now == before || !publish {
            return;
        }
        let (Some(from), Some(to)) = (look.pass.from, look.pass.to) else { return };
        let saw: BTreeSet<String> = look.view.incidents.iter().map(|incident| incident.title.clone()).collect();
        let held = self.held(from, to, look.pass.now);
        let ledger = &self.ledger;
        let records = ledger.records().expect("read");
        let mut decided = Vec::new();
        for (at, closed) in self.closed.iter().enumerate() {
            let after = |event: &Event| event.fault == closed.fault && START + event.at > closed.after;
            if !held.iter().any(after) || !saw.iter().any(|title| title.contains(closed.fault)) {
                continue;
            }
            let record =
                records.iter().find(|record| record.issue.as_ref().is_some_and(|issue| issue.number == closed.number));
            let orders = record.map(|record| ledger.orders_of(&record.incident).expect("read")).unwrap_or_default();
            let ordered = orders.iter().any(|sent| sent.pass > before && matches!(sent.order, Order::Reopen { .. }));
            if !ordered && !look.pass.complete {
                // The half that was read may not hold it.
                continue;
            }
            self.counts.regressions += 1;
            self.counts.regressions_first += usize::from(ordered);
            if !ordered {
                self.counts.tell(format!(
                    "the regression of #{} ({}) was not seen in pass {now}: {record:?}",
                    closed.number, closed.fault
                ));
            }
            decided.push(at);
        }
        for at in decided.into_iter().rev() {
            self.closed.remove(at);
        }
    }

    /// What people do before the pass at this minute.
    fn people_act(&mut self, minute: i64) {
        let now = START + (minute - 1) * MINUTE;
        self.fake.with(|store| store.at(world::date(Timestamp(now))));
        let mut people = self.people.lock().expect("whole");
        if self.chance.below(8) == 0 {
            self.fake.with(|store| {
                let numbers: Vec<u64> = store.issues.keys().copied().collect();
                if !numbers.is_empty() {
                    people.edit(store, numbers[self.chance.below(numbers.len())]);
                }
            });
        }
        drop(people);
        let mut closings: Vec<(i64, &'static str)> = Vec::new();
        for (fault, spans) in world::MENDED {
            closings.extend(spans.map(|(_, to)| (to + world::CLOSED_AFTER, fault)));
        }
        // Closed although it goes on, and closed when it has ended by itself.
        closings.extend([(10 * 24 * 60, "granary"), (5 * 24 * 60, "bakery"), (19 * 24 * 60, "more incidents")]);
        for (at, fault) in closings {
            if self.once(minute, at, &format!("close {fault} {at}")) {
                let number = self.fake.with(|store| People::issue_of(store, fault).filter(|n| store.issue(*n).open));
                let Some(number) = number else { continue };
                self.fake.with(|store| store.close(number, "completed"));
                self.closed.retain(|closed| closed.number != number);
                self.closed.push(Closed { fault, number, after: now + Policy::default().grace + SECOND });
            }
        }
        type Act = fn(&mut Store, u64);
        let acts: [(i64, &str, Act); 4] = [
            (3 * 24 * 60, "orchard", |store, number| store.close(number, "not_planned")),
            (4 * 24 * 60, "cellar", |store, number| People::take_over(store, number)),
            (7 * 24 * 60 + 60, "well", |store, number| store.delete(number)),
            (7 * 24 * 60 + 90, "barn", |store, number| store.transfer(number, 77)),
        ];
        for (at, fault, act) in acts {
            let happens = self.taken_over || fault != "cellar";
            if happens && self.once(minute, at, fault) {
                let number = self.fake.with(|store| People::issue_of(store, fault).inspect(|n| act(store, *n)));
                assert!(number.is_some(), "{fault} has an issue by then");
            }
        }
        if self.once(minute, 10 * 24 * 60, "silence") {
            let silence = Silence {
                id: 0,
                matches: format!("service:{}", world::service("apiary")),
                from: Timestamp(now),
                until: Timestamp(now + 2 * DAY),
                reason: "the hives are being moved".to_owned(),
                by: "anna".to_owned(),
            };
            self.ledger.add_silence(&silence).expect("stored");
        }
    }

    fn once(&mut self, minute: i64, at: i64, what: &str) -> bool {
        minute >= at && self.done.insert(what.to_owned())
    }

    /// Issues that are people's from now on.
    fn frozen(&self) -> BTreeMap<u64, Frozen> {
        self.fake.with(|store| {
            let theirs = |item: &&Item| {
                let marked = matches!(block::marking(&item.body), block::Marking::Managed { .. });
                item.place != Place::Here || !marked || item.reason == Some("not_planned")
            };
            store.issues.values().filter(theirs).map(|item| (item.number, frozen(item))).collect()
        })
    }

    /// What holds after every turn, whatever happened in it.
    fn always(&mut self, minute: i64, frozen: &BTreeMap<u64, Frozen>) {
        let (mut told, touched) = (Vec::new(), self.people.lock().expect("whole").touched.clone());
        self.fake.with(|store| {
            let (mut markers, mut names) = (BTreeMap::<String, u64>::new(), BTreeMap::<String, u64>::new());
            for item in store.issues.values() {
                if let Some(marker) = block::marking(&item.body).fingerprint()
                    && let Some(other) = markers.insert(marker.to_owned(), item.number)
                {
                    told.push(("duplicate", format!("#{other} and #{} carry {marker}", item.number)));
                }
                if let Some(other) = names.insert(first_title(item), item.number) {
                    told.push(("duplicate", format!("#{other} and #{}: {}", item.number, first_title(item))));
                }
                let mut keys = BTreeSet::new();
                for note in &item.comments {
                    let key = note.body.lines().last().unwrap_or_default();
                    if key.contains("log-gardener:comment") && !keys.insert(key) {
                        told.push(("duplicate", format!("#{} has two comments {key}", item.number)));
                    }
                }
            }
            for (number, before) in frozen {
                if self::frozen(store.issue(*number)) != *before && !touched.contains(number) {
                    told.push(("touched", format!("#{number} is people's and was written to")));
                }
            }
        });
        let mut traffic = self.traffic.lock().expect("whole");
        for request in std::mem::take(&mut traffic.writes) {
            if request.body["state"] == json!("closed") {
                told.push(("closed", format!("{} {}", request.path, request.body)));
            }
        }
        drop(traffic);
        for (kind, what) in told {
            match kind {
                "duplicate" => self.counts.duplicates += 1,
                "touched" => self.counts.touched += 1,
                _ => self.counts.closed += 1,
            }
            self.counts.tell(format!("{minute}: {kind}: {what}"));
        }
        assert!(self.counts.told.len() < 12, "{:#?}", self.counts.told);
    }

    /// What holds after a pass that nothing disturbed.
    fn settled(&mut self, minute: i64, all_written: bool) {
        if !all_written {
            self.counts.tell(format!("{minute}: a calm pass leaves orders behind"));
            return;
        }
        let lost = self.fake.with(|store| self.people.lock().expect("whole").lost(store));
        self.counts.overwritten += lost.len();
        lost.into_iter().for_each(|what| self.counts.tell(format!("{minute}: overwritten: {what}")));
        let now = Timestamp(self.time.load(Ordering::SeqCst));
        let policy = Policy::default();
        let ledger = &self.ledger;
        let silences = ledger.silences_at(now).expect("read");
        let mut lost = Vec::new();
        for record in ledger.records().expect("read") {
            let Some((issue, published)) = record.issue.as_ref().zip(record.published.as_ref()) else { continue };
            let silent = silences.iter().any(|silence| silence.covers(&record, now));
            if issue.state != IssueState::Open || !issue.marked || silent {
                continue;
            }
            let inside = self.fake.with(|store| block::inside(&store.issue(issue.number).body)).unwrap_or_default();
            let ours = block::inside(&block::place(&record.incident, &published.body)).unwrap_or_default();
            if !inside.ends_with(&ours) {
                lost.push(format!("#{} does not say what was written:\n{inside}\nbut\n{ours}", issue.number));
            }
            if record.incident.starts_with("00000000") {
                continue;
            }
            let events = format!("{} event", grouped(published.events));
            if !inside.contains(&events) {
                lost.push(format!("#{} does not say {events}: {inside}", issue.number));
            }
            let late = now.nanos_since(published.at) > policy.refresh + 2 * EVERY * MINUTE;
            if published.state != record.state || (published.events != record.events && late) {
                lost.push(format!(
                    "#{} is out of date: {} events, {} since {}; it says {} and {}",
                    issue.number,
                    record.events,
                    record.state.name(),
                    record.since,
                    published.events,
                    published.state.name()
                ));
            }
        }
        self.counts.lost += lost.len();
        lost.into_iter().for_each(|what| self.counts.tell(format!("{minute}: lost: {what}")));
    }

    /// What holds at the end: each issue says how often its fault was seen, however the passes went.
    pub fn end(mut self) -> Counts {
        let now = self.time.load(Ordering::SeqCst);
        let expected = world::counted(&self.events, self.known_from, now - START);
        let ledger = &self.ledger;
        for record in ledger.records().expect("read") {
            let of = |fault: &str| record.kin.service == world::service(fault);
            let Some((fault, (events, _))) = expected.iter().find(|(fault, _)| of(fault)) else { continue };
            if record.events != *events && *fault != "cart" {
                self.counts.lost += 1;
                self.counts.tell(format!("{fault}: {} events are remembered of {events}", record.events));
            }
            self.reopened += ledger
                .orders_of(&record.incident)
                .expect("read")
                .iter()
                .filter(|sent| matches!(sent.order, Order::Reopen { .. }))
                .count();
        }
        if self.ledgers == 1 && self.reopened != self.counts.regressions {
            self.counts.reopened_wrongly += self.reopened.abs_diff(self.counts.regressions);
            self.counts.tell(format!("{} reopened, {} regressions", self.reopened, self.counts.regressions));
        }
        self.counts.faults = self.traffic.lock().expect("whole").faults;
        self.counts.edits = self.people.lock().expect("whole").edits;
        self.fake.with(|store| {
            self.counts.issues = store.issues.len();
            self.counts.comments = store.issues.values().map(|item| item.comments.len()).sum();
            if std::env::var_os("REPLAY_SHOW").is_some() {
                for item in store.issues.values() {
                    println!("#{} {} open {} comments {}", item.number, item.title, item.open, item.comments.len());
                }
            }
        });
        self.counts
    }
}

/// What of an issue that is people's only people may change: text, title, labels, comments, whether it is open.
type Frozen = (String, String, Vec<String>, usize, bool);

fn frozen(item: &Item) -> Frozen {
    (item.body.clone(), item.title.clone(), item.labels.clone(), item.comments.len(), item.open)
}

/// Writes a number as issues do.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

impl Traffic {
    /// Notes a request and says what happens to it.
    fn fate(&mut self, request: &Request) -> Fate {
        let number = request.path.split("/issues/").nth(1).and_then(|rest| rest.split('/').next());
        self.about = number.and_then(|number| number.parse().ok());
        if request.writes() {
            self.writes.push(request.clone());
        }
        if !self.faulty || self.chance.below(5) > 0 {
            return Fate::Right;
        }
        self.faults += 1;
        match self.chance.below(8) {
            0 => Fate::LostBefore,
            1 | 2 => Fate::LostAfter,
            3 => Fate::After(answer::error(502, "Bad gateway")),
            4 => Fate::Instead(answer::error(500, "Oops")),
            5 => Fate::Instead(answer::secondary(403, 0)),
            6 => Fate::Instead(answer::secondary(429, 0)),
            _ => Fate::Cut(50),
        }
    }
}
