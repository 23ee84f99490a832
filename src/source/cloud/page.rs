//! A page of entries, and reading one in which the client stumbles over an entry: asked for once more as
//! plain JSON, entry by entry, so that only that entry is lost.
//! Leaves out when this is done: see `client`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use google_cloud_auth::credentials::{CacheableResource, Credentials};
use google_cloud_logging_v2::model::{ListLogEntriesResponse, LogEntry};
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::Ask;
use super::fault::{Fault, Remedy, line, one_line};
use crate::entry::Timestamp;

/// A page as the API returned it.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// What could be read, in the order asked for.
    pub(super) entries: Vec<LogEntry>,
    /// What could not.
    pub(super) unreadable: Vec<Unreadable>,
    /// Leads to the next page; empty at the end.
    pub(super) next_page_token: String,
}

/// An entry that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Where it stood, and why it cannot be read.
    pub reason: String,
    /// Its time, where that can be read.
    pub(super) time: Option<Timestamp>,
    /// Tells it from others.
    pub key: u64,
}

impl From<ListLogEntriesResponse> for Page {
    fn from(answer: ListLogEntriesResponse) -> Page {
        Page { entries: answer.entries, unreadable: Vec::new(), next_page_token: answer.next_page_token }
    }
}

/// A page of which no more is known than that it holds entries.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Loose {
    entries: Vec<Value>,
    next_page_token: String,
}

/// Asks for a page without the client.
pub(super) async fn entry_by_entry(
    credentials: &Credentials,
    endpoint: Option<&str>,
    resource_name: &str,
    ask: Ask<'_>,
    most: Duration,
) -> Result<Page, Fault> {
    let failed = |error: &dyn std::error::Error| Fault::new(Remedy::Again, line(error));
    let universe = credentials.universe_domain().await;
    let usual = format!("https://logging.{}", universe.as_deref().unwrap_or("googleapis.com"));
    let headers = match credentials.headers(http::Extensions::new()).await.map_err(|error| failed(&error))? {
        CacheableResource::New { data, .. } => data,
        CacheableResource::NotModified => http::HeaderMap::new(),
    };
    let http = reqwest::Client::builder().timeout(most).build().map_err(|error| failed(&error))?;
    let answer = http
        // Severities by number, as the client asks for them.
        .post(format!("{}/v2/entries:list?%24alt=json%3Benum-encoding%3Dint", endpoint.unwrap_or(&usual)))
        .headers(headers)
        .json(&json!({
            "resourceNames": [resource_name],
            "filter": ask.filter,
            "orderBy": format!("timestamp {}", ask.order),
            "pageSize": ask.page_size,
            "pageToken": ask.page_token,
        }))
        .send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .map_err(|error| failed(&error))?;
    let body = answer.bytes().await.map_err(|error| failed(&error))?;
    serde_json::from_slice::<Loose>(&body).map(Page::from).map_err(|error| failed(&error))
}

impl From<Loose> for Page {
    fn from(loose: Loose) -> Page {
        let mut page = Page { next_page_token: loose.next_page_token, ..Page::default() };
        let mut before = None;
        for (index, entry) in loose.entries.iter().enumerate() {
            match LogEntry::deserialize(entry) {
                Ok(read) => {
                    before = time(entry);
                    page.entries.push(read);
                }
                Err(error) => {
                    let beside = before.or_else(|| loose.entries[index + 1..].iter().find_map(time));
                    page.unreadable.push(Unreadable::new(entry, beside, &error.to_string()));
                }
            }
        }
        page
    }
}

impl Unreadable {
    /// Returns an entry that cannot be read; `beside` is the time of the entry next to it.
    pub(super) fn new(entry: &Value, beside: Option<Timestamp>, cause: &str) -> Unreadable {
        let own = time(entry);
        let stood = match (own, beside) {
            (Some(time), _) => format!("at {time}"),
            (None, Some(time)) => format!("beside {time}"),
            (None, None) => "somewhere".to_owned(),
        };
        let id = entry.get("insertId").and_then(Value::as_str).unwrap_or("unknown");
        let mut hasher = DefaultHasher::new();
        entry.to_string().hash(&mut hasher);
        let reason = one_line(&format!("{stood}, insertId {id}: {cause}"));
        Unreadable { reason, time: own, key: hasher.finish() }
    }
}

fn time(entry: &Value) -> Option<Timestamp> {
    let text = entry.get("timestamp")?.as_str()?;
    chrono::DateTime::parse_from_rfc3339(text).ok().as_ref().and_then(Timestamp::from_chrono)
}
