//! A month of audit passes with kills at any step, overlapping and suspended runs, faults of the tracker
//! and people at work on the issues: nothing is opened twice, lost, overwritten or closed.
//! Leaves out single steps, which have tests of their own (`github_crash.rs`, `ledger_faults.rs`).

mod month;
mod people;
mod runs;
mod steps;
mod storm;
mod world;

use month::Month;

#[test]
fn a_month_of_passes_with_kills_overlaps_faults_and_people() {
    let seed = std::env::var("REPLAY_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_330_501);
    let mut month = Month::new(seed);
    month.play(0, 30 * 24 * 60);
    let counts = month.end();
    println!("seed {seed}: {counts}");
    assert!(counts.passes >= 1_000 && counts.kills >= 100 && counts.overlaps >= 30, "{counts}");
    assert!(counts.suspended >= 10 && counts.faults >= 100 && counts.edits >= 100, "{counts}");
    assert_eq!(counts.regressions_first, counts.regressions, "{counts}");
    assert!(counts.regressions >= 8, "{counts}");
    assert_eq!(counts.wrongs(), 0, "{counts}");
}

#[test]
fn a_lost_ledger_opens_nothing_twice_and_reopens_nothing() {
    let mut month = Month::new(7);
    // That a marker was there, only the ledger knew.
    month.taken_over = false;
    month.play(0, 6 * 24 * 60);
    month.lose_ledger();
    month.play(6 * 24 * 60, 8 * 24 * 60);
    let counts = month.end();
    println!("{counts}");
    assert_eq!(counts.wrongs(), 0, "{counts}");
}
