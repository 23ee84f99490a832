//! What any bytes may be thrown at, one function each: it must return, and what must always hold is asserted.
//! Leaves out where the bytes come from: libFuzzer (`../src/main.rs`) or `../../fuzzing.rs`. Both bring `memory`, `run` and
//! `report::hostile` of the tests, which are used here.
//!
//! A new target: a function here or in a file beside this one, its line in `TARGETS`, its seeds in `../seeds.txt`.

#![allow(dead_code, unreachable_pub)]

mod documents;
mod knowledge;
mod ledger;
mod logs;
mod messages;

/// Takes bytes and panics if something that must hold does not.
pub type Check = fn(&[u8]);

/// One thing to throw bytes at.
pub struct Target {
    /// As it is chosen, and as its seeds and findings are filed.
    pub name: &'static str,
    /// What is thrown at it.
    pub check: Check,
    /// Mutations in an ordinary test run, so that all targets together take some seconds without optimisation.
    pub usual: usize,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "decode", check: logs::decode, usual: 400 },
    Target { name: "triage", check: logs::triage, usual: 60 },
    Target { name: "trace", check: messages::trace, usual: 300 },
    Target { name: "fingerprint", check: messages::fingerprint, usual: 400 },
    Target { name: "template", check: messages::template, usual: 200 },
    Target { name: "redaction", check: messages::redaction, usual: 400 },
    Target { name: "markdown", check: documents::markdown, usual: 400 },
    Target { name: "report", check: documents::report, usual: 150 },
    Target { name: "issue", check: documents::issue, usual: 400 },
    Target { name: "pattern", check: knowledge::pattern, usual: 10 },
    Target { name: "settings", check: knowledge::settings, usual: 300 },
    Target { name: "page", check: knowledge::page, usual: 6 },
    Target { name: "ledger", check: ledger::open, usual: 40 },
];
