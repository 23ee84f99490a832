//! Terminal text of a run.
