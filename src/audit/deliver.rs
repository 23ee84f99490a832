//! Carries out the orders of the outbox, one by one, each noted before and after.
//! Leaves out how an order is carried out: see `publish::github`.

use std::time::Duration;

use super::guarded::Guarded;
use crate::decision::{IssueState, Order, Record, Resolved, State};
use crate::entry::Timestamp;
use crate::ledger::{Lease, Ledger, LedgerError, OrderState, Sent};
use crate::publish::github::{Fault, FaultKind, Performed, Run, Tracker, perform};

/// How long the lease is prolonged before each order: longer than a patient order takes.
pub(super) const LEASE_TIME: Duration = Duration::from_secs(600);
/// Attempts after which an order that the tracker refuses is given up.
const ATTEMPTS: u32 = 3;
/// Wait after a failure that names no time, nanoseconds.
const LATER: i64 = 60_000_000_000;

/// What is told of a run that was suspended for so long that another one goes on with its work.
const TAKEN: &str = "another run took over; its orders go first";

/// An order that was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The incident.
    pub incident: String,
    /// `open`, `edit`, ...
    pub order: &'static str,
    /// What happened.
    pub fault: Fault,
    /// Whether it is given up, or tried again by the next run.
    pub given_up: bool,
}

/// What came of the outbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Orders carried out, with the number and the page of the issue, and whether anything was written.
    pub done: Vec<(Order, u64, String, bool)>,
    /// Orders that no longer held, and why.
    pub dropped: Vec<(Order, String)>,
    /// Orders that failed.
    pub failed: Vec<Failed>,
    /// What else is to be told.
    pub notes: Vec<String>,
}

/// Carries out what is due; ends early when the tracker refuses this token altogether.
pub(super) fn deliver(
    ledger: &mut Ledger,
    lease: &mut Lease,
    tracker: &mut dyn Tracker,
    run: &mut Run,
    clock: &dyn Fn() -> Timestamp,
    delivered: &mut Delivered,
) -> Result<(), LedgerError> {
    loop {
        let pending = ledger.pending(clock())?;
        if pending.is_empty() {
            return Ok(());
        }
        for sent in pending {
            if !ledger.renew_lease(lease, clock(), LEASE_TIME)? {
                delivered.notes.push(TAKEN.to_string());
                return Ok(());
            }
            ledger.start(lease, sent.id, clock())?;
            let started_before = sent.state != OrderState::Planned;
            let mut ours = || ledger.renew_lease(lease, clock(), LEASE_TIME);
            let mut guarded = Guarded::new(tracker, &mut ours);
            let performed = perform(&mut guarded, run, &sent.order, started_before);
            if guarded.lost()? {
                delivered.notes.push(TAKEN.to_string());
                return Ok(());
            }
            if !note(ledger, lease, &sent, performed, clock, delivered)? {
                return Ok(());
            }
        }
    }
}

/// Notes what came of one order; returns whether to go on.
fn note(
    ledger: &mut Ledger,
    lease: &Lease,
    sent: &Sent,
    performed: Performed,
    clock: &dyn Fn() -> Timestamp,
    delivered: &mut Delivered,
) -> Result<bool, LedgerError> {
    let order = &sent.order;
    match performed {
        Performed::Done { issue, url, wrote, notes } => {
            let mut record = ledger.record(order.fingerprint())?;
            if let Some(record) = &mut record {
                update(record, order, clock());
                let closed_by_us = matches!(order, Order::Close { .. });
                record.issue = Some(issue.clone());
                if let Some(issue) = record.issue.as_mut().filter(|_| closed_by_us) {
                    issue.state = IssueState::Completed;
                }
            }
            ledger.done(lease, sent.id, Some(issue.number), record.as_ref(), clock())?;
            delivered.notes.extend(notes);
            delivered.done.push((order.clone(), issue.number, url, wrote));
        }
        Performed::Dropped { reason, issue } => {
            let mut record = ledger.record(order.fingerprint())?;
            // Without it an issue that is found by its marker alone would be ordered again in each pass.
            if let (Some(record), Some(issue)) = (&mut record, issue) {
                record.issue = Some(issue);
            }
            ledger.drop_order(lease, sent.id, &reason, record.as_ref(), clock())?;
            delivered.dropped.push((order.clone(), reason));
        }
        Performed::Failed(fault) => {
            let given_up = match fault.kind {
                FaultKind::Gone => true,
                FaultKind::Refused => sent.attempts + 1 >= ATTEMPTS,
                _ => false,
            };
            if given_up {
                ledger.drop_order(lease, sent.id, &fault.cause, None, clock())?;
            } else {
                let not_before = match fault.kind {
                    FaultKind::RetryLater(at) => at,
                    FaultKind::NotAllowed | FaultKind::OutcomeUnknown => clock(),
                    _ => clock().plus_nanos(LATER),
                };
                ledger.fail(lease, sent.id, &fault.cause, not_before, clock())?;
            }
            let stop = matches!(fault.kind, FaultKind::NotAllowed | FaultKind::OutcomeUnknown)
                || matches!(fault.kind, FaultKind::RetryLater(_));
            delivered.failed.push(Failed {
                incident: order.fingerprint().to_string(),
                order: order.name(),
                fault,
                given_up,
            });
            // A tracker that asks to wait, or that cannot be reached, asks the same for the next order.
            return Ok(!stop);
        }
    }
    Ok(true)
}

/// Notes in the record what its issue says now.
fn update(record: &mut Record, order: &Order, now: Timestamp) {
    if let Some(says) = order.says() {
        record.published = Some(says.clone());
    }
    match order {
        Order::Reopen { .. } if record.state == State::Resolved => {
            record.state = State::Regressed;
            record.since = now;
            record.regressions = record.regressions.saturating_add(1);
        }
        Order::Close { .. } if record.resolved.is_none() => {
            let because = "closed by this program".to_string();
            record.resolved = Some(Resolved { at: now, because, commit: None });
        }
        _ => {}
    }
}
