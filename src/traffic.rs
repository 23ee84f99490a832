//! What was served, minute by minute: entries and requests per service, requests per route.
//! Leaves out what failed: a count of failures means something only beside it.

use std::collections::BTreeMap;

use crate::entry::LogEntry;

/// Minutes kept over all services and routes; beyond it nothing new is counted, and `full` says so.
const MOST_MINUTES: usize = 200_000;

/// Entries and requests of one minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Served {
    /// Entries, whatever their severity.
    pub entries: u64,
    /// Entries that are requests.
    pub requests: u64,
}

/// Traffic of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Service -> minute since 1970 -> what was served; entries that name no service stand under the empty name.
    pub services: BTreeMap<String, BTreeMap<i64, Served>>,
    /// Service and route (`METHOD /path`) -> minute since 1970 -> requests.
    pub routes: BTreeMap<(String, String), BTreeMap<i64, u64>>,
    /// Whether there were more minutes than are kept.
    pub full: bool,
    minutes: usize,
}

impl Traffic {
    /// Counts an entry; `route` turns a path into its route.
    pub fn count(&mut self, entry: &LogEntry, route: &dyn Fn(&str) -> String) {
        let Some(time) = entry.timestamp else { return };
        let nameless = String::new();
        let service = entry.origin.service.as_ref().unwrap_or(&nameless);
        let minute = time.0.div_euclid(60_000_000_000);
        let request = entry.http.as_ref().filter(|request| request.status.is_some());
        let path = request.and_then(|request| request.path.as_deref());
        let route = path.map(|path| {
            let method = request.and_then(|request| request.method.as_deref()).unwrap_or("");
            format!("{method} {}", route(path)).trim().to_string()
        });
        let full = self.minutes >= MOST_MINUTES;
        if !self.services.contains_key(service) {
            self.services.insert(service.clone(), BTreeMap::new());
        }
        let Some(minutes) = self.services.get_mut(service) else { return };
        if !full || minutes.contains_key(&minute) {
            self.minutes += usize::from(!minutes.contains_key(&minute));
            let served = minutes.entry(minute).or_default();
            served.entries += 1;
            served.requests += u64::from(request.is_some());
        } else {
            self.full = true;
        }
        let key = route.map(|route| (service.clone(), route));
        if key.as_ref().is_some_and(|key| full && !self.routes.contains_key(key)) {
            self.full = true;
        } else if let Some(key) = key {
            let minutes = self.routes.entry(key).or_default();
            if !full || minutes.contains_key(&minute) {
                self.minutes += usize::from(!minutes.contains_key(&minute));
                *minutes.entry(minute).or_default() += 1;
            } else {
                self.full = true;
            }
        }
    }
}
