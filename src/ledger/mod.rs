//! The memory from pass to pass: one SQLite file with incidents, windows read, decisions and what is to be written.
//! Leaves out what to remember (`decision`) and writing to the tracker (`publish`).
//!
//! Three promises. A pass is stored as a whole or not at all, wherever it is cut off. Of two runs at
//! once only the one that holds the lease writes. A file that is not understood is left as it is.

mod create;
mod error;
mod history;
mod lease;
mod open;
mod outbox;
mod recall;
mod remember;
mod rows;
mod schema;
mod silences;

pub use error::{LedgerError, Trouble};
pub use history::{Decided, PastPass, Step};
pub use lease::{Lease, Taking};
pub use open::Ledger;
pub use outbox::{OrderState, OutboxCounts, Sent};
pub use remember::KEPT_DAYS;
