//! Events from units, and traces put behind those that say they came of them: `During handling of the above exception`
//! may stand in an entry of its own, between two that are traces by themselves.
//! Leaves out which entries are connectors: see `assemble`.

use crate::entry::{LogEntry, Timestamp};
use crate::pattern::Catalog;
use crate::redact;

use super::assemble::{NEAR_NANOS, Unit, joined_entry};
use super::{ChainedException, Event, Exception, recognise};

/// Exceptions behind one that are kept.
const MOST_BEHIND: usize = 64;

/// What one unit tells by itself.
#[derive(Debug)]
pub struct Read {
    /// The event.
    pub event: Event,
    connectors: Vec<LogEntry>,
    begins: bool,
    connected: bool,
}

/// Ties events to those before them in their stream; they are shown to it in the order of their units.
#[derive(Debug, Default)]
pub struct Chaining {
    before: Option<(Option<Timestamp>, Exception)>,
}

impl Read {
    /// Reads what `unit` tells; pure, so that several threads may ask.
    pub fn of(unit: Unit, catalog: &Catalog) -> Read {
        let Unit { entry, joined, redacted, exception, connectors, begins, connected } = unit;
        let mut event = recognise::event(*entry, joined, exception, catalog);
        event.redacted.add_all(&redacted);
        Read { event, connectors, begins, connected }
    }
}

impl Chaining {
    /// Puts the trace before an event behind its exception if connectors between them say so; returns whether it did.
    pub fn tie(&mut self, read: &mut Read, catalog: &Catalog) -> bool {
        if read.begins {
            self.before = None;
        }
        let Read { event, connectors, connected, .. } = read;
        let Some(exception) = event.exception.as_mut().filter(|_| *connected) else { return false };
        let time = event.entry.timestamp;
        let earlier = self.before.take().filter(|_| !connectors.is_empty() && !exception.frames.is_empty());
        let tied = match earlier {
            Some((earlier, cause)) if near(time, earlier) => {
                chain(exception, cause, connectors);
                for mut connector in connectors.drain(..).map(joined_entry) {
                    redact::id(&mut connector.insert_id, &catalog.redactions, &mut event.redacted);
                    event.joined.push(connector);
                }
                true
            }
            _ => false,
        };
        self.before = Some((time, exception.clone()));
        tied
    }
}

fn near(time: Option<Timestamp>, earlier: Option<Timestamp>) -> bool {
    match (time, earlier) {
        (Some(time), Some(earlier)) => time.nanos_since(earlier).abs() <= NEAR_NANOS,
        (None, None) => true,
        _ => false,
    }
}

/// Puts the trace before a connector, with all that stands behind it, into the chain of the trace after it.
fn chain(exception: &mut Exception, cause: Exception, connectors: &[LogEntry]) {
    let direct = connectors.iter().any(|connector| connector.message.contains("direct cause"));
    exception.chain.push(ChainedException {
        type_name: cause.type_name,
        message: cause.message,
        relation: if direct { "caused by" } else { "during handling of" }.to_string(),
        frames: cause.frames,
    });
    exception.chain.extend(cause.chain);
    exception.chain.truncate(MOST_BEHIND);
}
