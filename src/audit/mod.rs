//! The audit loop: what a pass saw is remembered, judged, planned and, if asked for, published.
//! Leaves out reading logs (`source`, `triage`), the decision itself (`decision`), and when the next pass is due.
//!
//! ```text
//! earlier orders -> facts from the tracker -> judge -> remember (one transaction) -> orders
//! ```
//!
//! Whatever is to be written to the tracker stands in the ledger before the first call is made. A run that dies
//! leaves orders behind, and the next one carries them out first, looking up what may have been done already.

mod adoption;
mod deliver;
mod error;
mod facts;
mod guarded;
mod naming;
mod orders;
mod pass;
mod resolution;
mod resolve;
mod rollup;
mod standing;

pub use deliver::{Delivered, Failed};
pub use error::AuditError;
pub use facts::note_facts;
pub use naming::services;
pub use orders::Draft;
pub use pass::{Audit, Audited, Look, Planned};
pub use resolution::{Evidence, count, newest_revision};
pub use resolve::{LOCK, SESSION};
pub use standing::standing;

/// The name of the lease that a run holds while it decides and writes.
pub const LEASE: &str = "audit";
