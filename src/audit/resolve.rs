//! Ends an incident in memory and on the tracker, once its end is proven.
//! Leaves out the proof.

use super::deliver::{self, Delivered, LEASE_TIME};
use super::pass::Audit;
use super::{AuditError, orders};
use crate::decision::{Decision, Order, Outcome, Pass, Published, Record, Resolved, State, Transition};
use crate::entry::Timestamp;
use crate::publish::github::Run;
use crate::report::view::ResolutionView;

/// Labels that say that somebody works on an issue; they go when it is closed.
pub const LOCK: &str = "actively-being-worked-on";
/// How the label of a session begins.
pub const SESSION: &str = "agent-session-";

impl Audit<'_> {
    /// Stores the end of an incident; with `publish` comments on its issue and closes it.
    ///
    /// `resolution` must be proven. What the report says is the comment.
    pub fn resolve(mut self, record: &Record, resolution: &ResolutionView) -> Result<Delivered, AuditError> {
        let mut lease = self.lease()?;
        let ended = self.end(&mut lease, record, resolution);
        let released = self.ledger.release_lease(lease);
        let ended = ended?;
        released?;
        Ok(ended)
    }

    fn end(
        &mut self,
        lease: &mut crate::ledger::Lease,
        record: &Record,
        resolution: &ResolutionView,
    ) -> Result<Delivered, AuditError> {
        let now = (self.clock)();
        let mut run = Run::new(self.settings.clone());
        let mut delivered = Delivered::default();
        let mut ended = record.clone();
        let because = resolution.arithmetic.last().cloned().unwrap_or_default();
        ended.state = State::Resolved;
        ended.since = now;
        ended.resolved = Some(Resolved {
            at: resolution.fixed_at,
            because: because.clone(),
            commit: resolution.commit.as_ref().map(|commit| commit.id.clone()),
        });
        let orders = self.closing(&ended, resolution, now)?;
        let outcome = Outcome {
            pass: Pass {
                source: format!("resolve {}", record.incident),
                from: Some(resolution.before.from),
                to: Some(resolution.after.to),
                now,
                // It says nothing about other incidents, so no cursor moves.
                complete: false,
                entries: 0,
                events: 0,
            },
            records: vec![ended],
            aliases: Vec::new(),
            minutes: Vec::new(),
            traffic: Vec::new(),
            transitions: vec![Transition {
                incident: record.incident.clone(),
                from: Some(record.state),
                to: State::Resolved,
                reason: because,
            }],
            decisions: Vec::new(),
            orders,
        };
        self.ledger.remember(lease, &outcome, now)?;
        if let (Some(tracker), true) = (&mut self.tracker, self.publish) {
            if !self.ledger.renew_lease(lease, (self.clock)(), LEASE_TIME)? {
                return Ok(delivered);
            }
            deliver::deliver(self.ledger, lease, &mut **tracker, &mut run, self.clock, &mut delivered)?;
        }
        Ok(delivered)
    }

    /// Returns the orders that end an issue: how it stands, the proof as a comment, closed, and no lock.
    fn closing(
        &mut self,
        record: &Record,
        resolution: &ResolutionView,
        now: Timestamp,
    ) -> Result<Vec<Order>, AuditError> {
        let Some(issue) = record.issue.as_ref().filter(|_| self.publish) else { return Ok(Vec::new()) };
        let number = issue.number;
        let fingerprint = || record.incident.clone();
        let remove_labels = match &mut self.tracker {
            Some(tracker) => tracker.issue(number).map_err(AuditError::Tracker)?.labels,
            None => Vec::new(),
        };
        let remove_labels = remove_labels.into_iter().filter(|label| label == LOCK || label.starts_with(SESSION));
        let mut orders = Vec::new();
        if let Some(published) = &record.published {
            let decision =
                Decision { incident: fingerprint(), action: crate::decision::Action::Update, reason: String::new() };
            let standing = super::standing(record, &decision, now);
            let draft = orders::Draft {
                status: self.templates.status(&standing)?,
                body: published.body.clone(),
                ..orders::Draft::default()
            };
            orders.push(Order::Edit {
                number,
                fingerprint: fingerprint(),
                title: None,
                old_title: None,
                block: draft.block(),
                add_labels: Vec::new(),
                remove_labels: remove_labels.collect(),
                says: Some(Box::new(Published { at: now, state: State::Resolved, ..published.clone() })),
            });
        }
        orders.push(Order::Comment {
            number,
            fingerprint: fingerprint(),
            key: format!("resolved-{}", resolution.fixed_at.0.div_euclid(1_000_000_000)),
            text: self.templates.resolution(resolution)?,
        });
        orders.push(Order::Close { number, fingerprint: fingerprint() });
        Ok(orders)
    }
}
