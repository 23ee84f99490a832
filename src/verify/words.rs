//! The word lists of verification: what turns a statement round, what needs a source, what people write.
//! Leaves out style (`lint::words`).

/// The words that turn a statement round, in lower case.
pub(super) const TURNS: [&str; 38] = [
    "not",
    "no",
    "never",
    "none",
    "nothing",
    "nobody",
    "without",
    "cannot",
    "neither",
    "nor",
    "isn",
    "wasn",
    "don",
    "unknown",
    "before",
    "after",
    "earlier",
    "later",
    "first",
    "last",
    "only",
    "all",
    "every",
    "any",
    "least",
    "most",
    "more",
    "less",
    "fewer",
    "yes",
    "merged",
    "deployed",
    "verified",
    "resolved",
    "quiet",
    "escalating",
    "new",
    "some",
];

/// Words that need a source in the input.
pub(super) const LOADED: [&str; 9] =
    ["production", "customer", "customers", "revenue", "users", "outage", "downtime", "dollars", "euros"];

/// Languages of blocks that people write and no log does.
pub(super) const WRITTEN: [&str; 12] =
    ["sh", "bash", "console", "shell", "sql", "python", "py", "diff", "yaml", "toml", "rust", "mermaid"];
