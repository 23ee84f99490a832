//! Keeps issues on GitHub true: carries out orders, each as if it were carried out once.
//! Leaves out what is ordered and why (`decision`), and what the texts say (`report`).

mod answers;
mod app;
pub mod block;
mod calls;
pub mod candidates;
mod client;
pub mod codeowners;
mod fault;
mod find;
mod mend;
mod perform;
mod settings;
mod tracker;
mod wire;

pub use client::GitHub;
pub use fault::{Fault, FaultKind};
pub use perform::{Performed, PublishSettings, Run, perform};
pub use settings::{Auth, GitHubSettings, Secret};
pub use tracker::{BodyVersion, Change, Comment, History, Listing, NewIssue, RemoteIssue, Rename, Tracker};
