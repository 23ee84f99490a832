//! `--baseline` of `triage`, and the ledger of `audit`: what was seen before the window of this run.
//! Leaves out the comparison: `report::history` makes it.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use serde::Deserialize;

use crate::analysis::counted;
use crate::entry::Timestamp;
use crate::group::escalation::most_within;
use crate::ledger::{KEPT_DAYS, Ledger, LedgerError};
use crate::report::history::{Compared, Exposure, Past, Seen, Unit, compare, exposure, exposure_of};
use crate::report::view::{TriageView, WindowView};

use super::audit::of_ledger;
use super::failure::{Exit, Failure};

/// The schema of what `triage --format json` prints.
const SCHEMA: &str = "log-gardener/triage/1";
/// How every SQLite file begins.
const SQLITE: &[u8; 16] = b"SQLite format 3\0";
const MINUTE: i64 = 60_000_000_000;

/// Where it is looked up what was seen before.
pub(super) enum Baseline {
    /// What an earlier run printed.
    Run {
        /// What it saw.
        past: Box<Past>,
        /// Its first and last entry.
        from: Option<Timestamp>,
        /// See `from`.
        to: Option<Timestamp>,
        /// Whether its input looked cut.
        truncated: bool,
    },
    /// The memory of the audit loop.
    Ledger(Box<Ledger>),
}

#[derive(Deserialize)]
struct Document {
    schema: String,
    coverage: Coverage,
    incidents: Vec<Incident>,
}

#[derive(Deserialize)]
struct Coverage {
    entries: u64,
    truncated: bool,
    asked: Window,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Window {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Incident {
    fingerprint: String,
    entries: u64,
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    id: String,
    entries: u64,
}

impl Baseline {
    /// Reads the file: a ledger, or the JSON of an earlier run.
    pub(super) fn read(path: &Path) -> Result<Baseline, Failure> {
        let fault = |cause: String| {
            Failure::new(Exit::Usage, format!("cannot use {} as a baseline", path.display()))
                .because(cause)
                .hint("name the ledger of `log-gardener audit`, or make a file with `log-gardener triage SOURCE --format json`")
        };
        let mut file = std::fs::File::open(path).map_err(|error| fault(error.to_string()))?;
        let mut text = Vec::new();
        file.by_ref().take(SQLITE.len() as u64).read_to_end(&mut text).map_err(|error| fault(error.to_string()))?;
        if text == SQLITE {
            // Closed first: SQLite's locks end with any other handle of the process on the file.
            drop(file);
            return Ok(Baseline::Ledger(Box::new(Ledger::open_existing(path).map_err(|error| of_ledger(&error))?)));
        }
        file.read_to_end(&mut text).map_err(|error| fault(error.to_string()))?;
        if text.starts_with(&[0x1f, 0x8b]) || text.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            return Err(fault("it is compressed; unpack it first".to_string()));
        }
        let document: Document = serde_json::from_slice(&text).map_err(|error| fault(error.to_string()))?;
        if document.schema != SCHEMA {
            return Err(fault(format!("its schema is {} and not {SCHEMA}", document.schema)));
        }
        if document.coverage.entries == 0 {
            return Err(fault("it read no entries, and cannot say what is new".to_string()));
        }
        let (from, to) = (document.coverage.from, document.coverage.to);
        Ok(Baseline::Run { past: Box::new(of_run(&document)), from, to, truncated: document.coverage.truncated })
    }

    /// Notes in each incident what the baseline says; a note in the coverage counts it.
    pub(super) fn mark(&self, view: &mut TriageView, name: &str) -> Result<(), Failure> {
        let compared = match self {
            Baseline::Run { past, from, to, truncated } => {
                let begin = view.coverage.from;
                if from.zip(begin).is_some_and(|(from, begin)| from > begin) {
                    view.coverage.notes.push(format!(
                        "the baseline {name} begins after this run; what is called new may only be older than it"
                    ));
                } else if to.zip(begin).is_some_and(|(to, begin)| to > begin) {
                    view.coverage
                        .notes
                        .push(format!("the baseline {name} overlaps this run; what both hold is not new"));
                }
                if *truncated {
                    view.coverage
                        .notes
                        .push(format!("the baseline {name} looks cut; what it lacks may have been there"));
                }
                compare(view, past)
            }
            Baseline::Ledger(ledger) => against(ledger, view).map_err(|error| of_ledger(&error))?,
        };
        view.coverage.notes.push(format!(
            "compared with {name}: {} of {} new, {} escalating",
            compared.new,
            counted(view.incidents.len() as u64, "incident"),
            compared.escalating
        ));
        Ok(())
    }
}

fn of_run(document: &Document) -> Past {
    let coverage = &document.coverage;
    let asked = WindowView { from: coverage.asked.from, to: coverage.asked.to };
    let exposure = exposure(&asked, &WindowView { from: coverage.from, to: coverage.to }, coverage.entries);
    let mut past = Past { incidents: BTreeMap::new(), groups: Some(BTreeMap::new()) };
    let add = |known: &mut BTreeMap<String, Seen>, name: &str, events: u64| {
        // A group of symptoms stands in each incident that explains some of it.
        known.entry(name.to_string()).or_insert(Seen { events: 0, exposure, most: None }).events += events;
    };
    for incident in &document.incidents {
        add(&mut past.incidents, &incident.fingerprint, incident.entries);
        for group in &incident.groups {
            past.groups.iter_mut().for_each(|known| add(known, &group.id, group.entries));
        }
    }
    past
}

/// Compares with what the ledger knew before the window of this run began.
pub(super) fn against(ledger: &Ledger, view: &mut TriageView) -> Result<Compared, LedgerError> {
    let mut past = Past::default();
    let coverage = &view.coverage;
    let begin = coverage.asked.from.or(coverage.from);
    let now = exposure_of(view);
    let length = (now.amount / 60.0).ceil().max(1.0) as i64;
    for incident in &view.incidents {
        let Some(record) = ledger.record(&incident.fingerprint)? else { continue };
        // Without a time the ledger can only say that it was there.
        let Some(begin) = begin else {
            let exposure = Exposure { amount: 0.0, unit: Unit::Seconds };
            let seen = Seen { events: record.events, exposure, most: None };
            past.incidents.insert(incident.fingerprint.clone(), seen);
            continue;
        };
        if record.first_seen.is_some_and(|first| first >= begin) {
            continue;
        }
        let earliest = begin.plus_nanos(-KEPT_DAYS * 24 * 60 * MINUTE);
        let windows = ledger.read_windows(&record.source, earliest, begin)?;
        let seconds: f64 = windows.iter().map(|(from, to)| to.nanos_since(*from) as f64 / 1e9).sum();
        let minutes = ledger.minutes(&record.incident, earliest.0 / MINUTE, begin.0.div_euclid(MINUTE))?;
        let minutes: BTreeMap<i64, u64> = minutes.into_iter().map(|(minute, count)| (minute, count.events)).collect();
        let seen = Seen {
            events: minutes.values().sum(),
            exposure: Exposure { amount: seconds, unit: Unit::Seconds },
            most: Some(most_within(&minutes, length)),
        };
        past.incidents.insert(incident.fingerprint.clone(), seen);
    }
    Ok(compare(view, &past))
}
