//! The main job in one place: entries in, incidents with chains and explanations out.
//! Leaves out opening sources and writing anything: a run is fed with entries and asked for its view.

mod notes;
mod redacted;

use std::thread::Scope;

use crate::cascade::{self, By, Cascades, Examination, Facts, Records, VisibleFrom};
use crate::coverage::Coverage;
use crate::entry::{Calm, LogEntry, Severity, Timestamp};
use crate::event::{Assembler, Chaining, Crew, Event, Read, Unit};
use crate::group::{self, ErrorGroup, Groups, Placed};
use crate::limits::Limits;
use crate::pattern::Catalog;
use crate::redact;
use crate::report::view::SourceView;
use crate::report::{Findings, TriageView, WindowView, present};
use crate::traffic::Traffic;

use redacted::Redacted;

/// Units that are handed over at once.
const AT_ONCE: usize = 128;
/// Bytes of text that are handed over at once; so much is waited for, or large entries would pile up.
const BYTES_AT_ONCE: usize = 1 << 20;

/// What a run is asked for.
#[derive(Debug, Clone)]
pub struct TriageOptions {
    /// Least severity of an event.
    pub least: Severity,
    /// Entries before it are not looked at.
    pub since: Option<Timestamp>,
    /// Entries at or after it are not looked at.
    pub until: Option<Timestamp>,
    /// The time at which the run speaks.
    pub now: Timestamp,
}

/// One entry of one event, with the group the event went into.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// Where the entry stands.
    pub at: crate::entry::Position,
    /// Its insertId.
    pub insert_id: Option<String>,
    /// Index of the group.
    pub group: usize,
}

/// A run that is being fed.
pub struct Triage<'c> {
    catalog: &'c Catalog,
    options: TriageOptions,
    assembler: Assembler<'c>,
    units: Units,
    crew: Crew<'c, Unit, Told>,
    folded: Folded<'c>,
    coverage: Coverage,
    traffic: Option<Traffic>,
    keep_basis: bool,
    outside_window: u64,
    limits: Limits,
}

/// What events are folded into.
struct Folded<'c> {
    catalog: &'c Catalog,
    chaining: Chaining,
    groups: Groups,
    records: Records,
    assignments: Option<Vec<Assignment>>,
    redacted: Redacted,
}

/// What one failure says by itself: found out in any thread.
struct Told {
    read: Read,
    placed: Placed,
    facts: Facts,
}

/// What a run found.
#[derive(Debug)]
pub struct Triaged {
    /// All groups, by index.
    pub groups: Vec<ErrorGroup>,
    /// Incidents and links.
    pub cascades: Cascades,
    /// What was read.
    pub coverage: Coverage,
    /// What was served; empty unless asked for.
    pub traffic: Traffic,
    /// Entry by entry, when asked for.
    pub assignments: Vec<Assignment>,
    redacted: Redacted,
    basis: Option<Basis>,
    by_pattern: u64,
    outside_window: u64,
    limits: Limits,
    threads: usize,
    options: TriageOptions,
}

impl<'c> Triage<'c> {
    /// Returns a run; with `assign` it remembers where every entry went.
    pub fn new(catalog: &'c Catalog, options: TriageOptions, assign: bool) -> Triage<'c> {
        Triage {
            catalog,
            assembler: Assembler::new(catalog, options.least),
            units: Units::default(),
            crew: Crew::alone(|unit| Told::of(Read::of(unit, catalog), catalog)),
            folded: Folded {
                catalog,
                chaining: Chaining::default(),
                groups: Groups::default(),
                records: Records::new(),
                assignments: assign.then(Vec::new),
                redacted: Redacted::default(),
            },
            coverage: Coverage::new(options.least),
            traffic: None,
            keep_basis: false,
            outside_window: 0,
            limits: Limits::DEFAULT,
            options,
        }
    }

    /// Returns the run, which will read events in `threads` threads, of which all but the caller's are in `scope`; what it
    /// finds is the same for any number.
    pub fn with_threads<'s>(mut self, scope: &'s Scope<'s, '_>, threads: usize) -> Triage<'c>
    where
        'c: 's,
    {
        self.crew.join(scope, threads.saturating_sub(1));
        self
    }

    /// Returns the run within other limits.
    pub fn with_limits(mut self, limits: Limits) -> Triage<'c> {
        self.folded.groups = self.folded.groups.with_most(limits.groups);
        self.folded.records = self.folded.records.with_most(limits.linked_events);
        self.limits = limits;
        self
    }

    /// Returns the run, which will also count what was served.
    pub fn with_traffic(self) -> Triage<'c> {
        Triage { traffic: Some(Traffic::default()), ..self }
    }

    /// Returns the run, which will keep what links were made from, so that it can be asked why.
    pub fn with_basis(self) -> Triage<'c> {
        Triage { keep_basis: true, ..self }
    }

    /// Takes one entry.
    pub fn push(&mut self, mut entry: LogEntry) {
        let outside = entry.timestamp.is_some_and(|time| {
            self.options.since.is_some_and(|since| time < since)
                || self.options.until.is_some_and(|until| time >= until)
        });
        if outside {
            self.outside_window += 1;
            return;
        }
        // What entries record of changes stands in timelines, and services and routes in the ledger, be they of events or
        // not.
        let told = entry.change.is_some() || self.traffic.is_some();
        let tally = told.then(|| redact::surroundings(&mut entry, &self.catalog.redactions));
        if self.coverage.count(&entry) {
            if let Some(tally) = tally {
                self.folded.redacted.count(&tally, &entry);
            }
            if let Some(traffic) = &mut self.traffic {
                traffic.count(&entry, &crate::pattern::route);
            }
            let (crew, folded, units) = (&mut self.crew, &mut self.folded, &mut self.units);
            self.assembler.push(entry, &mut |unit| hand_over(unit, units, crew, folded));
        }
    }

    /// Returns the severity below which an entry that states its severity is only counted; `None` while traffic is, which
    /// wants every entry whole.
    pub fn least(&self) -> Option<Severity> {
        self.traffic.is_none().then_some(self.options.least)
    }

    /// Takes calm entries; `origins` are the services and revisions that they name, the same list until `settle`.
    pub fn push_calm(&mut self, calm: &[Calm], origins: &[(Box<str>, Box<str>)]) {
        let TriageOptions { since, until, .. } = self.options;
        if since.is_none() && until.is_none() {
            return self.coverage.count_calm(calm, origins);
        }
        let outside = |calm: &Calm| {
            since.is_some_and(|since| calm.timestamp < since) || until.is_some_and(|until| calm.timestamp >= until)
        };
        for calm in calm {
            if outside(calm) {
                self.outside_window += 1;
            } else {
                self.coverage.count_calm(std::slice::from_ref(calm), origins);
            }
        }
    }

    /// Hears that the list of origins ends.
    pub fn settle(&mut self, origins: &[(Box<str>, Box<str>)]) {
        self.coverage.settle(origins);
    }

    /// Finds the chains and ends the run.
    ///
    /// `cut` names severities whose older entries the export left out, as its size tells.
    pub fn finish(mut self, cut: &[Severity]) -> Triaged {
        let (crew, folded, units) = (&mut self.crew, &mut self.folded, &mut self.units);
        self.assembler.finish(&mut |unit| hand_over(unit, units, crew, folded));
        crew.give(std::mem::take(units).waiting, &mut |told| folded.add(told));
        crew.finish(&mut |told| folded.add(told));
        let threads = self.crew.threads();
        let (mut groups, places, details) = self.folded.groups.into_groups();
        self.folded.records.renumber(&places);
        for assignment in self.folded.assignments.iter_mut().flatten() {
            assignment.group = places[assignment.group];
        }
        self.coverage.cut = cut.to_vec();
        let first = &self.coverage.first_by_severity;
        let visible: VisibleFrom = cut.iter().filter_map(|severity| Some((*severity, *first.get(severity)?))).collect();
        let mut records = self.folded.records;
        let redacted = self.folded.redacted;
        let cascades = cascade::find(&mut records, &groups, &self.catalog.cascades, &visible, threads);
        // Of records and groups, the one is let go before the other is told in full.
        let basis = self.keep_basis.then(|| (groups.clone(), records, visible));
        details.fill(&mut groups);
        let (groups, cascades, places) = cascade::gather(groups, cascades);
        let basis = basis.map(|(before, records, visible)| Basis::of(before, records, visible, &places));
        for assignment in self.folded.assignments.iter_mut().flatten() {
            assignment.group = places[assignment.group];
        }
        Triaged {
            groups,
            cascades,
            by_pattern: self.assembler.by_pattern(),
            coverage: self.coverage,
            traffic: self.traffic.unwrap_or_default(),
            basis,
            assignments: self.folded.assignments.unwrap_or_default(),
            outside_window: self.outside_window,
            limits: self.limits,
            threads,
            options: self.options,
            redacted,
        }
    }
}

/// What links were made from.
#[derive(Debug)]
struct Basis {
    groups: Vec<ErrorGroup>,
    records: Records,
    visible: VisibleFrom,
    /// For each group told the first of those it was gathered from.
    first: Vec<usize>,
}

impl Basis {
    /// Returns the group that stands for one of before, if records count for it.
    fn told(&self, group: usize) -> Option<usize> {
        self.first.iter().position(|first| *first == group)
    }

    /// Keeps groups as they were before families were told together; their records count for the first of each.
    fn of(groups: Vec<ErrorGroup>, mut records: Records, visible: VisibleFrom, places: &[usize]) -> Basis {
        let mut first = vec![usize::MAX; places.iter().max().map_or(0, |last| last + 1)];
        for (group, place) in places.iter().enumerate().rev() {
            first[*place] = group;
        }
        let places: Vec<usize> = places.iter().map(|place| first[*place]).collect();
        records.renumber(&places);
        Basis { groups, records, visible, first }
    }
}

/// Units on their way to the crew.
#[derive(Default)]
struct Units {
    waiting: Vec<Unit>,
    bytes: usize,
}

/// Hands units to the crew when there are enough of them.
fn hand_over(unit: Unit, units: &mut Units, crew: &mut Crew<'_, Unit, Told>, folded: &mut Folded<'_>) {
    units.bytes += unit.bytes();
    units.waiting.push(unit);
    if units.waiting.len() >= AT_ONCE || units.bytes >= BYTES_AT_ONCE {
        let Units { waiting, bytes } = std::mem::take(units);
        crew.give(waiting, &mut |told| folded.add(told));
        if bytes >= BYTES_AT_ONCE {
            crew.finish(&mut |told| folded.add(told));
        }
    }
}

impl Told {
    fn of(read: Read, catalog: &Catalog) -> Told {
        Told { placed: group::place(&read.event, catalog), facts: Facts::of(&read.event), read }
    }
}

impl Folded<'_> {
    /// Adds what was told, in its order.
    fn add(&mut self, all: &mut [Told]) {
        for told in all {
            if self.chaining.tie(&mut told.read, self.catalog) {
                (told.placed, told.facts) = (group::place(&told.read.event, self.catalog), Facts::of(&told.read.event));
            }
            self.add_one(&mut told.read.event, &told.placed, &told.facts);
        }
    }

    fn add_one(&mut self, event: &mut Event, placed: &Placed, facts: &Facts) {
        if !event.redacted.is_empty() {
            self.redacted.count(&event.redacted, &event.entry);
        }
        let group = self.groups.fold(event, placed, self.catalog);
        // Different errors that are counted together have nothing in common that a link could mean.
        if !self.groups.is_rest(group) {
            self.records.fold(group, event, facts);
        }
        if let Some(assignments) = &mut self.assignments {
            assignments.push(Assignment {
                at: event.entry.at.clone(),
                insert_id: event.entry.insert_id.clone(),
                group,
            });
            assignments.extend(std::mem::take(&mut event.joined).into_iter().map(|joined| Assignment {
                at: joined.at,
                insert_id: joined.insert_id,
                group,
            }));
        }
    }
}

impl Triaged {
    /// Looks at everything that stands between causes and effects; `None` unless the run kept what it was made from.
    pub fn examine(&self, catalog: &Catalog, pairs: &[(usize, usize)]) -> Option<Vec<Examination>> {
        let basis = self.basis.as_ref()?;
        let first = |group: usize| basis.first.get(group).copied();
        let pairs: Option<Vec<_>> =
            pairs.iter().map(|(cause, effect)| Some((first(*cause)?, first(*effect)?))).collect();
        let rules = &catalog.cascades;
        let mut found = cascade::examine(&basis.records, &basis.groups, rules, &basis.visible, &pairs?);
        for one in &mut found {
            one.order.explained_by = one.order.explained_by.and_then(|by| match by {
                By::Before(group) => basis.told(group).map(By::Before),
                By::Between(group) => basis.told(group).map(By::Between),
            });
        }
        Some(found)
    }

    /// Returns the groups that most often stand shortly before `effect` on its instances, at most `most`; none unless
    /// the run kept what it was made from.
    pub fn preceding(&self, effect: usize, most: usize) -> Vec<usize> {
        let basis = self.basis.as_ref();
        let found = basis.and_then(|basis| {
            let first = *basis.first.get(effect)?;
            let groups = cascade::preceding(&basis.records, &basis.groups, first, most);
            Some(groups.into_iter().filter_map(|group| basis.told(group)).collect())
        });
        found.unwrap_or_default()
    }

    /// Puts values back into what groups and links are called, where they are wanted as they stand in the log.
    pub fn reveal(&mut self, catalog: &Catalog) {
        let rules = &catalog.redactions;
        if rules.reveals() {
            let titles = self.groups.iter_mut().map(|group| &mut group.title);
            let links = self.cascades.incidents.iter_mut().flat_map(|incident| &mut incident.links);
            let shared = links.filter_map(|link| link.shared.as_mut().map(|(_, value)| value));
            titles.chain(shared).for_each(|text| *text = rules.reveal(text).into_owned());
        }
    }

    /// Returns the view of the run; `sources` and `notes` come from reading.
    ///
    /// It takes over what the groups quote, and is asked once.
    pub fn view(
        &mut self,
        catalog: &Catalog,
        sources: Vec<SourceView>,
        asked: WindowView,
        notes: Vec<String>,
    ) -> TriageView {
        let mut all = notes;
        let truncated = self.notes(&sources, &asked, &mut all);
        let redactions = self.redacted.view(catalog);
        redacted::note(&redactions, &mut all);
        let (coverage, cascades) = (&self.coverage, &self.cascades);
        let findings = Findings { catalog, coverage, groups: &mut self.groups, cascades };
        let mut view = present(findings, sources, asked, truncated, all, self.options.now);
        view.coverage.redactions = redactions;
        redacted::last_look(&mut view, &catalog.redactions, self.threads);
        view
    }
}
