//! Hands what libFuzzer makes to one target, chosen by `LOG_GARDENER_FUZZ_TARGET`.
//! Leaves out what the targets check: see `../targets`.

#![no_main]

#[path = "../../report/hostile.rs"]
#[allow(dead_code, unreachable_pub)]
mod hostile;
#[path = "../../memory/mod.rs"]
#[allow(dead_code, unreachable_pub)]
mod memory;
#[path = "../../run/mod.rs"]
#[allow(dead_code, unreachable_pub)]
mod run;
#[path = "../targets/mod.rs"]
mod targets;

/// As the tests call it.
mod report {
    pub(crate) use crate::hostile;
}

use std::sync::LazyLock;

static TARGET: LazyLock<targets::Check> = LazyLock::new(|| {
    let name = std::env::var("LOG_GARDENER_FUZZ_TARGET").unwrap_or_default();
    let known: Vec<&str> = targets::TARGETS.iter().map(|target| target.name).collect();
    match targets::TARGETS.iter().find(|target| target.name == name) {
        Some(target) => target.check,
        None => panic!("LOG_GARDENER_FUZZ_TARGET must be one of {}", known.join(", ")),
    }
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| TARGET(data));
