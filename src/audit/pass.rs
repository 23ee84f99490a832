//! One pass of the audit loop, from what was read to what was written.
//! Leaves out reading and printing.

use std::collections::BTreeMap;

use super::deliver::{self, Delivered, LEASE_TIME};
use super::naming::{self, services};
use super::orders::{self, Draft};
use super::standing::{related, standing};
use super::{AuditError, LEASE, adoption, facts, rollup};
use crate::decision::{
    Action, Decision, Judged, Memory, Order, Outcome, Pass, Policy, ROLLUP, Record, Sighting, Traffic, Transition,
    judge, same_log, sightings,
};
use crate::entry::Timestamp;
use crate::ledger::{Lease, Ledger, Sent, Taking};
use crate::publish::github::candidates::Candidate;
use crate::publish::github::{Listing, PublishSettings, RemoteIssue, Run, Tracker, block};
use crate::report::Templates;
use crate::report::view::{IncidentView, TriageView};

/// Issues opened within this time count for the limit of a day, nanoseconds.
const DAY: i64 = 24 * 3_600_000_000_000;

/// What a pass read.
#[derive(Debug, Clone)]
pub struct Look {
    /// The pass.
    pub pass: Pass,
    /// What was found.
    pub view: TriageView,
    /// Service, minute since 1970, traffic; empty when not every severity was read.
    pub traffic: Vec<(String, i64, Traffic)>,
}

/// What a pass needs beside what was read.
pub struct Audit<'a> {
    /// The memory.
    pub ledger: &'a mut Ledger,
    /// The tracker, if there is one to ask.
    pub tracker: Option<&'a mut dyn Tracker>,
    /// Whether anything is written to it.
    pub publish: bool,
    /// The thresholds.
    pub policy: &'a Policy,
    /// How orders are carried out.
    pub settings: &'a PublishSettings,
    /// The texts.
    pub templates: &'a Templates,
    /// Owners of the code in which an incident failed, as CODEOWNERS writes them.
    pub owners: &'a dyn Fn(&IncidentView) -> Vec<String>,
    /// Issues that people opened and that are ours to write into from now on: beginning of an incident, number.
    pub adopt: &'a [(String, u64)],
    /// The time.
    pub clock: &'a dyn Fn() -> Timestamp,
    /// Names this run to others.
    pub owner: &'a str,
    /// Whether the process that holds the lease is known to be dead.
    pub is_dead: &'a dyn Fn(&str) -> bool,
}

/// What is done about one incident.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The decision.
    pub decision: Decision,
    /// One line that says what is broken.
    pub title: String,
    /// `P0` to `P3`.
    pub priority: String,
    /// Services it was seen in, that of its root first.
    pub services: Vec<String>,
    /// Its issue.
    pub issue: Option<u64>,
    /// What is written for it.
    pub orders: Vec<Order>,
    /// Our part of the issue: as it is now, or where the tracker was not asked as it was written last.
    pub before: Option<String>,
    /// Whether this pass saw it.
    pub seen: bool,
    /// Why it is kept apart, if it is.
    pub noise: Option<String>,
    /// Issues that people opened and that may be about it; taken up only when somebody says so.
    pub candidates: Vec<Candidate>,
}

/// What a pass came to.
#[derive(Debug, Clone)]
pub struct Audited {
    /// The view, with how each incident stands.
    pub view: TriageView,
    /// Changes of state.
    pub transitions: Vec<Transition>,
    /// Decisions with their orders, most urgent first.
    pub plan: Vec<Planned>,
    /// What was written; empty without publishing.
    pub delivered: Delivered,
    /// The issues that carry our label, as the tracker has them; empty without one.
    pub issues: Vec<RemoteIssue>,
    /// How many writes of earlier runs still wait.
    pub waiting: u64,
}

impl Audit<'_> {
    /// Remembers, decides and, with `publish`, writes.
    pub fn run(mut self, look: Look) -> Result<Audited, AuditError> {
        let mut lease = self.lease()?;
        let audited = self.with_lease(&mut lease, look);
        // A failure to give it back costs the next run some waiting, and must not hide what happened.
        let released = self.ledger.release_lease(lease);
        let audited = audited?;
        released?;
        Ok(audited)
    }

    pub(super) fn lease(&mut self) -> Result<Lease, AuditError> {
        let now = (self.clock)();
        match self.ledger.take_lease(LEASE, self.owner, now, LEASE_TIME)? {
            Taking::Taken(lease) => Ok(lease),
            Taking::Held { owner, until } if (self.is_dead)(&owner) => {
                // Asked for as of the time at which it ends anyway; then cut to what is usual.
                match self.ledger.take_lease(LEASE, self.owner, until, LEASE_TIME)? {
                    Taking::Taken(mut lease) => {
                        self.ledger.renew_lease(&mut lease, now, LEASE_TIME)?;
                        Ok(lease)
                    }
                    Taking::Held { owner, until } => Err(AuditError::Held { owner, until }),
                }
            }
            Taking::Held { owner, until } => Err(AuditError::Held { owner, until }),
        }
    }

    fn with_lease(&mut self, lease: &mut Lease, look: Look) -> Result<Audited, AuditError> {
        let Look { pass, mut view, traffic } = look;
        let mut run = Run::new(self.settings.clone());
        let mut delivered = Delivered::default();
        self.deliver(lease, &mut run, &mut delivered)?;
        let seen = sightings(&view);
        let mut memory = self.recall(&seen, &pass, &delivered)?;
        let (issues, mut transitions, mut changed) = self.facts(&mut memory, &pass)?;
        let mut judged = judge(&memory, &seen, &pass, self.policy);
        let (adopted, notes) = adoption::apply(self.adopt, &memory, &mut judged);
        delivered.notes.extend(notes);
        let mut plan = Vec::new();
        for decision in &judged.decisions {
            let Some(record) = judged.records.get(&decision.incident).or(memory.records.get(&decision.incident)) else {
                continue;
            };
            let (orders, before) = self.prepare(decision, record, &memory, &judged, &seen, &mut view, &issues)?;
            let orders = match adopted.get(&decision.incident) {
                Some(number) => orders.into_iter().map(|order| order.into_adoption(*number)).collect(),
                None => orders,
            };
            plan.push(Planned {
                decision: decision.clone(),
                title: record.title.clone(),
                priority: record.priority.clone(),
                services: services(record),
                issue: record.issue.as_ref().map(|issue| issue.number),
                orders,
                before,
                seen: judged.seen_as.contains_key(&decision.incident),
                noise: record.noise.clone(),
                candidates: Vec::new(),
            });
        }
        if let Some(tracker) = &mut self.tracker {
            // A proposal is worth no failure.
            if let Err(fault) = adoption::propose(&mut **tracker, &mut plan, &view) {
                delivered.notes.push(format!("issues of people were not looked through: {}", fault.cause));
            }
        }
        let rolled = rollup::plan(&memory, &judged, self.templates, self.policy, pass.now)?;
        if let Some((record, planned)) = rolled {
            changed.insert(record.incident.clone(), record);
            plan.push(planned);
        }
        if !self.publish {
            // What is only looked at is not written by that: the next run that publishes does it.
            owe(&mut judged, &memory);
        }
        changed.extend(judged.records);
        transitions.extend(judged.transitions);
        let outcome = Outcome {
            pass,
            records: changed.into_values().collect(),
            aliases: judged.aliases,
            minutes: judged.minutes,
            traffic,
            transitions: transitions.clone(),
            decisions: judged.decisions,
            orders: match self.publish {
                true => plan.iter().flat_map(|planned| planned.orders.clone()).collect(),
                false => Vec::new(),
            },
        };
        if !self.ledger.renew_lease(lease, (self.clock)(), LEASE_TIME)? {
            return Err(AuditError::Held { owner: "a run that took over".to_string(), until: lease.until() });
        }
        self.ledger.remember(lease, &outcome, (self.clock)())?;
        self.deliver(lease, &mut run, &mut delivered)?;
        number(&mut view, &mut plan, &delivered);
        let waiting = self.ledger.open_orders()?.len() as u64;
        Ok(Audited { view, transitions, plan, delivered, issues, waiting })
    }

    fn deliver(&mut self, lease: &mut Lease, run: &mut Run, delivered: &mut Delivered) -> Result<(), AuditError> {
        match &mut self.tracker {
            // A tracker that could not be written to a moment ago is not asked again in the same pass.
            Some(tracker) if self.publish && delivered.failed.is_empty() => {
                Ok(deliver::deliver(self.ledger, lease, &mut **tracker, run, self.clock, delivered)?)
            }
            _ => Ok(()),
        }
    }

    fn recall(&mut self, seen: &[Sighting], pass: &Pass, delivered: &Delivered) -> Result<Memory, AuditError> {
        let minutes = || seen.iter().flat_map(|sighting| sighting.minutes.keys().copied());
        let (from, to) = (minutes().min().unwrap_or(0), minutes().max().map_or(0, |last| last.saturating_add(1)));
        let mut memory = self.ledger.recall(from, to, (self.clock)())?;
        let cursors = self.ledger.cursors()?.into_iter();
        memory.read_to = cursors.filter(|(source, _)| same_log(source, &pass.source)).map(|(_, to)| to).max();
        memory.opened = self.ledger.opened((self.clock)().plus_nanos(-DAY))?;
        let opens = |order: &Order| matches!(order, Order::Open { .. }) && order.fingerprint() != ROLLUP;
        memory.opening = delivered.done.iter().filter(|(order, ..)| opens(order)).count();
        for Sent { order, .. } in self.ledger.open_orders()? {
            memory.opening += usize::from(opens(&order));
            let incident = order.fingerprint().to_string();
            if matches!(order, Order::Reopen { .. }) {
                memory.reopening.insert(incident.clone());
            }
            memory.busy.insert(incident);
        }
        Ok(memory)
    }

    /// Asks the tracker how our issues stand; returns the issues, what changed and which records changed.
    #[allow(clippy::type_complexity)]
    fn facts(
        &mut self,
        memory: &mut Memory,
        pass: &Pass,
    ) -> Result<(Vec<RemoteIssue>, Vec<Transition>, BTreeMap<String, Record>), AuditError> {
        let Some(tracker) = &mut self.tracker else { return Ok(Default::default()) };
        let label = Some(self.settings.label.clone());
        let issues = tracker.issues(&Listing { label, ..Listing::default() }).map_err(AuditError::Tracker)?;
        let before = memory.records.clone();
        let mut one = |number| match tracker.issue(number) {
            Ok(issue) => Ok(Some(issue)),
            Err(fault) if fault.is_gone() => Ok(None),
            Err(fault) => Err(AuditError::Tracker(fault)),
        };
        let transitions = facts::note_facts(memory, &issues, &mut one, pass)?;
        let changed = memory.records.iter().filter(|(incident, record)| before.get(*incident) != Some(record));
        let changed = changed.map(|(incident, record)| (incident.clone(), record.clone())).collect();
        Ok((issues, transitions, changed))
    }

    /// Renders what a decision needs; returns its orders and our part of the issue as it is now.
    #[allow(clippy::too_many_arguments)]
    fn prepare(
        &self,
        decision: &Decision,
        record: &Record,
        memory: &Memory,
        judged: &Judged,
        seen: &[Sighting],
        view: &mut TriageView,
        issues: &[RemoteIssue],
    ) -> Result<(Vec<Order>, Option<String>), AuditError> {
        let mut standing = standing(record, decision, (self.clock)());
        let under = judged.seen_as.get(&record.incident);
        let at = under.and_then(|under| view.incidents.iter().position(|incident| incident.fingerprint == *under));
        let writes = !matches!(decision.action, Action::Leave | Action::Wait | Action::Silenced | Action::Yield);
        // Every record is looked at for its like: of thousands that stay as they are nobody is told.
        if writes || at.is_some() {
            let consequences = seen
                .iter()
                .filter(|sighting| Some(&sighting.fingerprint) == under)
                .flat_map(|sighting| &sighting.consequences)
                .filter_map(|fingerprint| memory.incident(fingerprint));
            let causes = judged.explained_by.get(&record.incident).into_iter().flatten().map(String::as_str);
            standing.related = related(record, consequences, causes, memory);
        }
        if let Some(at) = at {
            standing.owners = (self.owners)(&view.incidents[at]);
            standing.silent_seconds = view.coverage.seconds_read_after(record.last_seen);
            standing.age_seconds = standing.silent_seconds.and(view.coverage.age_seconds);
            let word = &mut view.incidents[at].issue_category;
            if decision.action == Action::Reopen || (record.regressions > 0 && record.issue.is_some()) {
                *word = "regression".to_string();
            } else if word == "other" {
                // With a memory it is known that no issue was there before.
                *word = "new".to_string();
            }
            view.incidents[at].standing = Some(standing.clone());
        }
        let number = record.issue.as_ref().map(|issue| issue.number);
        let now = issues.iter().find(|issue| Some(issue.number) == number).and_then(|issue| block::inside(&issue.body));
        let now = now.or_else(|| record.published.as_ref().map(|published| published.body.clone()));
        if !writes {
            return Ok((Vec::new(), now));
        }
        let mut draft = Draft { status: self.templates.status(&standing)?, ..Draft::default() };
        match (at, &record.published) {
            (Some(at), _) => {
                let issue = self.templates.issue(view, &view.incidents[at])?;
                draft.body = issue.text().to_string();
                (draft.title, draft.labels) = (issue.title, issue.labels);
                draft.assignees = logins(&standing.owners);
            }
            // Not seen in this pass: only how it stands is new.
            (None, Some(published)) => {
                draft.body = published.body.clone();
                draft.title = published.title.clone();
            }
            (None, None) => return Ok((Vec::new(), now)),
        }
        draft.title = naming::told_apart(&draft.title, record, others(memory, judged));
        draft.comment = self.templates.comment(&standing)?;
        let orders = orders::orders(decision, record, &draft, (self.clock)());
        Ok((orders, now))
    }
}

/// Returns what is remembered after this pass.
fn others<'m>(memory: &'m Memory, judged: &'m Judged) -> impl Iterator<Item = &'m Record> {
    let before = memory.records.iter().filter(|(incident, _)| !judged.records.contains_key(*incident));
    judged.records.values().chain(before.map(|(_, record)| record))
}

/// Notes the numbers of issues that this run opened, for the reports that are written after it.
fn number(view: &mut TriageView, plan: &mut [Planned], delivered: &Delivered) {
    for (order, number, ..) in &delivered.done {
        let standings = view.incidents.iter_mut().filter_map(|incident| incident.standing.as_mut());
        standings
            .filter(|standing| standing.incident == order.fingerprint())
            .for_each(|standing| standing.issue = Some(*number));
        plan.iter_mut()
            .filter(|planned| planned.decision.incident == order.fingerprint())
            .for_each(|planned| planned.issue = Some(*number));
    }
}

/// Notes which decisions are still to be carried out by a run that publishes.
fn owe(judged: &mut Judged, memory: &Memory) {
    for decision in &judged.decisions {
        if !matches!(decision.action, Action::Open | Action::Reopen | Action::Tell | Action::Update) {
            continue;
        }
        let known = memory.records.get(&decision.incident);
        if !judged.records.contains_key(&decision.incident)
            && let Some(known) = known
        {
            judged.records.insert(decision.incident.clone(), known.clone());
        }
        if let Some(record) = judged.records.get_mut(&decision.incident) {
            record.owed = true;
        }
    }
}

/// Returns the owners who are people: GitHub takes no team as an assignee.
fn logins(owners: &[String]) -> Vec<String> {
    let login = |owner: &String| owner.strip_prefix('@').filter(|name| !name.contains('/')).map(str::to_string);
    owners.iter().filter_map(login).collect()
}
