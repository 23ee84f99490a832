//! People on the tracker: they write above and below the block, give titles, close, delete, take over.
//! Leaves out when they do it; remembers what must stay of it.
#![allow(unreachable_pub)]

use std::collections::{BTreeMap, BTreeSet};

use log_gardener::publish::github::block;

use crate::fake_github::store::Place;
use crate::fake_github::{Item, Store};
use crate::run::Shuffle;

/// What people did, and so what must stay.
pub struct People {
    pub chance: Shuffle,
    /// Issue, text that a person wrote there.
    pub texts: Vec<(u64, String)>,
    /// Issue, title that a person gave it last.
    pub titles: BTreeMap<u64, String>,
    /// Issues that somebody edited since this was cleared.
    pub touched: BTreeSet<u64>,
    pub edits: usize,
}

impl People {
    pub fn new(seed: u64) -> People {
        People { chance: Shuffle(seed), texts: Vec::new(), titles: BTreeMap::new(), touched: BTreeSet::new(), edits: 0 }
    }

    /// Somebody edits an issue somehow.
    pub fn edit(&mut self, store: &mut Store, number: u64) {
        if store.issue(number).place != Place::Here {
            return;
        }
        self.edits += 1;
        self.touched.insert(number);
        let serial = self.edits;
        match self.chance.below(5) {
            0 | 1 => {
                let text = format!("\r\n- [ ] note {serial}: \u{1f600} ask @octocat  <!-- by hand -->\tend {serial}.");
                store.edit_body(number, "octocat", |body| format!("{body}{text}"));
                self.texts.push((number, text));
            }
            2 | 3 => {
                let text = format!("Note {serial} of the night shift: see the  dashboard.\r\n\r\n");
                store.edit_body(number, "anna", |body| format!("{text}{body}"));
                self.texts.push((number, text));
            }
            _ => {
                let title = format!("{serial}. {} (taken by anna)", word(&first_title(store.issue(number))));
                store.edit_title(number, &title);
                self.titles.insert(number, title);
            }
        }
    }

    /// Somebody removes the markers and leaves the text.
    pub fn take_over(store: &mut Store, number: u64) {
        store.edit_body(number, "octocat", |body| {
            let begin = body.find("<!-- log-gardener:begin").expect("a marker");
            let end = begin + body[begin..].find("-->").expect("its end") + 3;
            format!("{}{}", &body[..begin], &body[end..]).replace("<!-- log-gardener:end -->", "")
        });
    }

    /// Returns the issue of a fault, by what its first title says.
    pub fn issue_of(store: &Store, fault: &str) -> Option<u64> {
        let mut found = store.issues.values().filter(|item| first_title(item).contains(fault));
        found.next().map(|item| item.number)
    }

    /// Returns what people wrote that is not there any more.
    pub fn lost(&self, store: &Store) -> Vec<String> {
        let mut lost = Vec::new();
        for (number, text) in &self.texts {
            let body = &store.issue(*number).body;
            let (before, after) = block::around(body);
            if before.matches(text.as_str()).count() + after.matches(text.as_str()).count() != 1 {
                lost.push(format!("#{number} does not hold {text:?} once:\n{body}"));
            }
        }
        for (number, title) in &self.titles {
            let item = store.issue(*number);
            if item.title != *title {
                lost.push(format!("#{number} is called {:?} and not {title:?}", item.title));
            }
        }
        lost
    }
}

/// Returns the title that an issue was opened with.
pub fn first_title(item: &Item) -> String {
    item.renames.first().map_or(&item.title, |(from, _)| from).clone()
}

fn word(title: &str) -> &str {
    title.split_whitespace().last().unwrap_or("it")
}
