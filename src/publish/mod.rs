//! Writing results: files below `reports/`, whole or not at all; issues on GitHub, kept true.
//! Leaves out what is written: `report` renders it.

mod folder;
pub mod github;
mod private;
mod secret;
pub mod webhook;

pub use folder::{write_file, write_run};
pub use private::{create_folder, private};
pub use secret::{Secret, readable_by_all};
