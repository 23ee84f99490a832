//! What the stand-in remembers, and what people do there.
//! Leaves out how it is asked.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

/// Where an issue is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Here,
    Deleted,
    /// In another repository, under this number.
    Transferred(u64),
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub id: u64,
    pub body: String,
    pub author: String,
    pub at: DateTime<Utc>,
}

/// A version of a body: when, by whom, and the text unless somebody deleted it.
pub type Version = (DateTime<Utc>, String, Option<String>);

/// An issue.
#[derive(Debug, Clone)]
pub struct Item {
    pub number: u64,
    pub title: String,
    pub body: String,
    pub open: bool,
    pub reason: Option<&'static str>,
    pub closed_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub labels: Vec<String>,
    pub assignees: Vec<String>,
    pub author: String,
    pub comments: Vec<Note>,
    /// Oldest first, the first body included.
    pub versions: Vec<Version>,
    /// From, to; oldest first.
    pub renames: Vec<(String, String)>,
    pub place: Place,
    pub is_pull_request: bool,
    pub locked: bool,
}

/// A repository.
#[derive(Debug)]
pub struct Store {
    pub base: String,
    /// Its name now; asked under `wick/shop`, it redirects if that is another one.
    pub full_name: String,
    pub visible: bool,
    pub archived: bool,
    /// Whether the token may label and assign; else GitHub drops both silently.
    pub push: bool,
    pub issues: BTreeMap<u64, Item>,
    pub labels: Vec<String>,
    pub assignable: Vec<String>,
    /// Whether the GraphQL interface answers.
    pub graphql: bool,
    /// So many questions for a history do not yet hold the newest version.
    pub history_lag: usize,
    /// Questions to the search interface, whose index knows nothing yet.
    pub searches: usize,
    /// Bearer tokens that are accepted, with the login they act as.
    pub tokens: Vec<(String, String)>,
    /// Public key of the App, DER; without it no App is installed.
    pub app_key: Option<Vec<u8>>,
    /// Seconds for which an installation token is good.
    pub token_life: i64,
    /// When the next write happens, but for the seconds that pass with writes.
    clock: DateTime<Utc>,
    ticks: i64,
    pub next_id: u64,
}

impl Store {
    pub fn new(base: String) -> Store {
        Store {
            base,
            full_name: "wick/shop".to_owned(),
            visible: true,
            archived: false,
            push: true,
            issues: BTreeMap::new(),
            labels: vec!["bug".to_owned(), "generated-issue".to_owned()],
            assignable: vec!["octocat".to_owned()],
            graphql: true,
            history_lag: 0,
            searches: 0,
            tokens: vec![(super::TOKEN.to_owned(), "gardener".to_owned())],
            app_key: None,
            token_life: 3_600,
            clock: DateTime::from_timestamp(1_773_136_800, 0).expect("a time"),
            ticks: 0,
            next_id: 1_000,
        }
    }

    /// Returns the time, in whole seconds as GitHub gives it; three things happen within one second.
    pub fn now(&mut self) -> DateTime<Utc> {
        self.ticks += 1;
        self.clock + TimeDelta::seconds(self.ticks / 3)
    }

    /// Sets the clock.
    pub fn at(&mut self, clock: DateTime<Utc>) {
        (self.clock, self.ticks) = (clock, 0);
    }

    pub fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    pub fn issue(&self, number: u64) -> &Item {
        &self.issues[&number]
    }

    fn change(&mut self, number: u64, change: impl FnOnce(&mut Item, DateTime<Utc>)) {
        let now = self.now();
        let item = self.issues.get_mut(&number).expect("an issue");
        item.updated_at = now;
        change(item, now);
    }

    /// Opens an issue and returns its number.
    pub fn open(&mut self, login: &str, title: &str, body: &str, labels: &[&str]) -> u64 {
        let (number, now) = (self.issues.len() as u64 + 1, self.now());
        let item = Item {
            number,
            title: title.to_owned(),
            body: body.to_owned(),
            open: true,
            reason: None,
            closed_at: None,
            created_at: now,
            updated_at: now,
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            assignees: Vec::new(),
            author: login.to_owned(),
            comments: Vec::new(),
            versions: vec![(now, login.to_owned(), Some(body.to_owned()))],
            renames: Vec::new(),
            place: Place::Here,
            is_pull_request: false,
            locked: false,
        };
        self.issues.insert(number, item);
        number
    }

    pub fn edit_body(&mut self, number: u64, login: &str, edit: impl FnOnce(&str) -> String) {
        self.change(number, |item, now| {
            let body = edit(&item.body);
            if body != item.body {
                item.versions.push((now, login.to_owned(), Some(body.clone())));
                item.body = body;
            }
        });
    }

    pub fn edit_title(&mut self, number: u64, title: &str) {
        self.change(number, |item, _| {
            if title != item.title {
                item.renames.push((item.title.clone(), title.to_owned()));
                item.title = title.to_owned();
            }
        });
    }

    /// Closes an issue as `completed`, `not_planned` or `duplicate`; a closed one stays as it is.
    pub fn close(&mut self, number: u64, reason: &'static str) {
        self.change(number, |item, now| {
            if item.open {
                (item.open, item.reason, item.closed_at) = (false, Some(reason), Some(now));
            }
        });
    }

    pub fn reopen(&mut self, number: u64) {
        self.change(number, |item, _| {
            if !item.open {
                (item.open, item.reason, item.closed_at) = (true, Some("reopened"), None);
            }
        });
    }

    pub fn remove_marker(&mut self, number: u64, login: &str) {
        self.edit_body(number, login, |body| {
            body.lines().filter(|line| !line.contains("log-gardener:")).collect::<Vec<_>>().join("\n")
        });
    }

    pub fn delete(&mut self, number: u64) {
        self.change(number, |item, _| item.place = Place::Deleted);
    }

    pub fn transfer(&mut self, number: u64, to: u64) {
        self.change(number, |item, _| item.place = Place::Transferred(to));
    }

    pub fn comment(&mut self, number: u64, login: &str, body: &str) -> u64 {
        let id = self.id();
        self.change(number, |item, at| {
            item.comments.push(Note { id, body: body.to_owned(), author: login.to_owned(), at });
        });
        id
    }

    pub fn add_label(&mut self, label: &str) {
        if !self.labels.iter().any(|known| known.eq_ignore_ascii_case(label)) {
            self.labels.push(label.to_owned());
        }
    }
}
