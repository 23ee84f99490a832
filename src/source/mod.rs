//! Opens what the user names (files, folders, globs, standard input, buckets) and streams its entries.
//! Leaves out what a record means: `entry` decodes; this room finds records and tells what it read.

mod assemble;
pub mod bucket;
pub mod cloud;
mod container;
mod detect;
mod error;
mod follow;
mod json_guess;
mod json_list;
mod json_measure;
mod json_object;
mod json_wrapper;
mod lines;
mod logged;
mod open;
mod parallel;
mod reader;
mod scanner;
mod sink;
mod skim;
mod summary;
mod text_lines;
mod walk;

pub use bucket::Window;
pub use error::SourceError;
pub use follow::{Added, Follow};
pub use lines::{Begins, Lines};
pub(crate) use reader::open_text;
pub use reader::{read, read_bytes};
pub use sink::{OriginList, Sink};
pub use summary::SourceSummary;
#[cfg(test)]
pub(crate) use walk::DEEPEST as DEEPEST_FOLDER;
pub use walk::{SourcePath, expand, expand_within};

pub use crate::entry::{ReadOptions, Skipped, TraceHints};
