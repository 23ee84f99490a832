//! Reads one slice of a window, page by page to its end; starts again from the last entry when a page
//! token is lost. Leaves out what happens with slices that cannot be read: see `read`.

use super::client::{Api, Ask, PAGE};
use super::fault::{Fault, Remedy};
use super::page::Unreadable;
use super::record::{Recent, Record};
use super::window::Window;
use super::{CloudAddress, Selection};
use crate::entry::Timestamp;

/// Pages in a row without a new entry after which the search counts as standing still. The API may
/// return empty pages while it searches, but not for ever.
const MOST_EMPTY: u32 = 200;

/// How the reading of a slice ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    /// Everything was read.
    Whole,
    /// Whoever takes the records has enough.
    Enough,
    /// From this time on it could not be read.
    Cut(Timestamp, Fault),
}

/// What is asked for in every slice.
pub(super) struct Question<'a> {
    pub(super) address: &'a CloudAddress,
    pub(super) selection: &'a Selection,
    /// A condition of its own, such as the time of receipt.
    pub(super) besides: Option<String>,
}

/// Reads a slice in the order of time. `take` returns whether it wants more.
pub(super) fn read(
    api: &mut Api,
    question: &Question,
    slice: Window,
    recent: &mut Recent,
    take: &mut dyn FnMut(Result<Record, Unreadable>) -> bool,
) -> Ended {
    // Everything before this time was read.
    let mut read_to = slice.from;
    let mut page_token = String::new();
    let (mut lost, mut empty) = (0, 0);
    let mut filter = question.filter(slice);
    loop {
        let page = match api.page(Ask { filter: &filter, page_token: &page_token, page_size: PAGE, order: "asc" }) {
            Ok(page) if !page.next_page_token.is_empty() && page.next_page_token == page_token => {
                // Entries of this page are asked for again, from the last one before it on.
                Err(Fault::new(Remedy::FromLastEntry, "the page token leads to the same page"))
            }
            other => other,
        };
        let page = match page {
            Ok(page) => page,
            Err(fault) if fault.remedy == Remedy::FromLastEntry && lost < 3 => {
                lost += 1;
                page_token.clear();
                filter = question.filter(Window { from: read_to, to: slice.to });
                continue;
            }
            Err(fault) => return Ended::Cut(read_to, fault),
        };
        let before = read_to;
        let mut new = 0;
        for entry in &page.entries {
            let record = Record::of(entry);
            if let Ok(record) = &record {
                read_to = record.timestamp.map_or(read_to, |time| read_to.max(time));
                if !recent.is_new(record) {
                    continue;
                }
            }
            new += 1;
            if !take(record) {
                return Ended::Enough;
            }
        }
        // One that cannot be read tells no progress, and whoever takes it knows whether it came before.
        for entry in page.unreadable {
            if !take(Err(entry)) {
                return Ended::Enough;
            }
        }
        empty = if new == 0 { empty + 1 } else { 0 };
        if read_to > before {
            lost = 0;
        }
        if page.next_page_token.is_empty() {
            return Ended::Whole;
        }
        if empty >= MOST_EMPTY {
            return Ended::Cut(
                read_to,
                Fault::new(Remedy::Again, format!("{empty} pages in a row without a new entry")),
            );
        }
        page_token = page.next_page_token;
    }
}

impl Question<'_> {
    pub(super) fn filter(&self, window: Window) -> String {
        let filter = self.selection.filter(self.address, window.from, window.to);
        match &self.besides {
            Some(besides) => format!("{filter} AND {besides}"),
            None => filter,
        }
    }
}
