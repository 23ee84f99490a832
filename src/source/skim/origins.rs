//! Numbers the services and revisions that calm entries name, so that counting them costs no text.
//! Leaves out counting.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

/// Pairs that are numbered at most; a record that names another one is parsed.
const MOST: usize = 256;

/// Services with their revisions, numbered.
#[derive(Debug, Default)]
pub(super) struct Origins {
    numbers: HashMap<Box<[u8]>, u16, RandomState>,
    named: Vec<(Box<str>, Box<str>)>,
    shared: Arc<[(Box<str>, Box<str>)]>,
    key: Vec<u8>,
}

impl Origins {
    /// Returns the number of a service with its revision; an empty revision is none.
    pub(super) fn find(&mut self, service: &[u8], revision: &[u8]) -> Option<u16> {
        self.key.clear();
        self.key.extend_from_slice(service);
        // No name holds it: a control character is no part of a plain string.
        self.key.push(0);
        self.key.extend_from_slice(revision);
        if let Some(number) = self.numbers.get(self.key.as_slice()) {
            return Some(*number);
        }
        if self.named.len() >= MOST {
            return None;
        }
        let number = self.named.len() as u16;
        let text = |name| std::str::from_utf8(name).ok().map(Box::from);
        self.named.push((text(service)?, text(revision)?));
        self.numbers.insert(self.key.as_slice().into(), number);
        Some(number)
    }

    /// Returns all pairs by number.
    pub(super) fn list(&mut self) -> Arc<[(Box<str>, Box<str>)]> {
        if self.shared.len() != self.named.len() {
            self.shared = self.named.as_slice().into();
        }
        Arc::clone(&self.shared)
    }
}
