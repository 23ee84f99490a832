//! Writing results: files below `reports/`, whole or not at all.
//! Leaves out what is written: `report` renders it.

mod folder;

pub use folder::{write_file, write_run};
