//! What recognition returns: which pattern knows an error, and what it captured.
//! Leaves out how the pattern was chosen: see `recognise`.

use std::collections::BTreeMap;

/// The pattern that knows an error, with what it captured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Index of the pattern in the catalog.
    pub pattern: usize,
    /// Captures by name.
    pub captures: BTreeMap<String, String>,
}
