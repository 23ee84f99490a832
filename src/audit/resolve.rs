//! Ends an incident in memory and on the tracker, once its end is proven.
//! Leaves out the proof.

use super::deliver::{self, Delivered, LEASE_TIME};
use super::pass::Audit;
use super::{AuditError, orders};
use crate::decision::{Decision, Order, Outcome, Pass, Published, Record, Resolved, State, Transition};
use crate::entry::Timestamp;
use crate::publish::github::{Run, block};
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
        let mut because = format!(
            "no event under {} {} after the fix, where {} occurrences were to be expected",
            resolution.after.served, resolution.unit, resolution.expected
        );
        if let Some(what) = &resolution.outside {
            because.push_str(&format!("; mended outside of the service, as stated: {what}"));
        }
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
        let known = match &mut self.tracker {
            Some(tracker) => Some(tracker.issue(number).map_err(AuditError::Tracker)?),
            None => None,
        };
        let labels = known.iter().flat_map(|issue| issue.labels.clone());
        let remove_labels: Vec<String> = labels.filter(|label| label == LOCK || label.starts_with(SESSION)).collect();
        let mut orders = Vec::new();
        let edit = |block: String, says: Option<Box<Published>>| Order::Edit {
            number,
            fingerprint: fingerprint(),
            title: None,
            old_title: None,
            block,
            add_labels: Vec::new(),
            remove_labels: remove_labels.clone(),
            says,
        };
        if let Some(published) = &record.published {
            let decision =
                Decision { incident: fingerprint(), action: crate::decision::Action::Update, reason: String::new() };
            let standing = super::standing(record, &decision, now);
            let draft = orders::Draft {
                status: self.templates.status(&standing)?,
                body: published.body.clone(),
                ..orders::Draft::default()
            };
            let says = Published { at: now, state: State::Resolved, ..published.clone() };
            orders.push(edit(draft.block(), Some(Box::new(says))));
        } else if let Some(block) = known.as_ref().and_then(|issue| block::inside(&issue.body)) {
            // What it says is not known to the ledger, so it stays; the lock goes all the same.
            orders.push(edit(block, None));
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
