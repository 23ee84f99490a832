//! What to do about incidents: what a pass saw and what is remembered go in, decisions with reasons come out.
//! Pure: no clock, no disk, no network. Leaves out storing (`ledger`) and writing issues (`publish`).

mod action;
mod order;
mod outcome;
mod record;
mod sighting;
mod silence;

pub use action::{Action, Decision, Transition};
pub use order::Order;
pub use outcome::{Outcome, Pass};
pub use record::{Issue, IssueState, Published, Record, Resolved, State};
pub use sighting::{Kin, Minute, Sighting, Traffic};
pub use silence::Silence;
