//! What a service name without entries means: nothing serious was logged, or there is no such service.
//! Leaves out guessing which name was meant: the names there are get listed.

use std::collections::BTreeMap;

use google_cloud_logging_v2::model::LogEntry;

use super::CloudQuery;
use super::client::{Api, Ask, PAGE};
use super::fault::Fault;
use super::filter::{Selection, window};
use super::slice::Question;
use crate::source::SourceError;

/// Pages looked through for names of services; the newest thousands name those that matter.
const PAGES: u32 = 3;
/// Names listed.
const SHOWN: usize = 20;

/// Returns a note when the service does log in the window, and the error with the names that do otherwise.
pub(super) fn explain_silence(api: &mut Api, query: &CloudQuery) -> Result<Option<String>, SourceError> {
    let Some(service) = &query.selection.service else { return Ok(None) };
    let selection = Selection { service: Some(service.clone()), ..Selection::default() };
    let question = Question { address: &query.address, selection: &selection, besides: None };
    let filter = question.filter(query.window);
    let failed = |fault: Fault| {
        Some(format!(
            "the service `{service}` has no entries here, and whether it exists could not be asked: {}",
            fault.cause
        ))
    };
    match any_entry(api, &filter) {
        Err(fault) => return Ok(failed(fault)),
        Ok(true) => {
            return Ok(Some(format!(
                "the service `{service}` logs in this window, but nothing that the other options ask for"
            )));
        }
        Ok(false) => {}
    }
    let names = match names(api, &window(query.window.from, query.window.to)) {
        Ok(names) => names,
        Err(fault) => return Ok(failed(fault)),
    };
    let error = SourceError::new(format!("no service `{service}` in {}", query.address))
        .caused_by(format!("it logged nothing from {} to {}", query.window.from, query.window.to));
    if names.is_empty() {
        return Err(error.hint("no service logs in this window; check the address, and widen the window with --since"));
    }
    let mut sorted: Vec<(String, u64)> = names.into_iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let more = sorted.len().saturating_sub(SHOWN);
    let listed: Vec<String> = sorted.iter().take(SHOWN).map(|(name, count)| format!("{name} ({count})")).collect();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    Err(error.hint(format!("services that log there: {}{rest}", listed.join(", "))))
}

fn any_entry(api: &mut Api, filter: &str) -> Result<bool, Fault> {
    let mut page_token = String::new();
    for _ in 0..PAGES {
        let page = api.page(Ask { filter, page_token: &page_token, page_size: 1, order: "desc" })?;
        if !page.entries.is_empty() || !page.unreadable.is_empty() {
            return Ok(true);
        }
        if page.next_page_token.is_empty() {
            break;
        }
        page_token = page.next_page_token;
    }
    Ok(false)
}

fn names(api: &mut Api, filter: &str) -> Result<BTreeMap<String, u64>, Fault> {
    let mut names = BTreeMap::new();
    let mut page_token = String::new();
    for _ in 0..PAGES {
        let page = api.page(Ask { filter, page_token: &page_token, page_size: PAGE, order: "desc" })?;
        for name in page.entries.iter().filter_map(name) {
            *names.entry(name).or_insert(0) += 1;
        }
        if page.next_page_token.is_empty() {
            break;
        }
        page_token = page.next_page_token;
    }
    Ok(names)
}

fn name(entry: &LogEntry) -> Option<String> {
    let labels = &entry.resource.as_ref()?.labels;
    let inside = super::filter::SERVICE_LABELS.iter().find_map(|label| labels.get(*label));
    inside.or_else(|| entry.labels.get("k8s-pod/app")).filter(|name| !name.is_empty()).cloned()
}
