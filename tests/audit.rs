//! The audit loop from the command line: plan, publish, files, exit codes, what is asked about the past.
//! Leaves out the daemon (`audit_daemon.rs`), proofs (`resolve.rs`) and locks (`locks.rs`).

mod auditing;
mod bed;
mod fake_github;

use auditing::{Auditing, NOW};

#[test]
fn explore() {
    let all = Auditing::new();
    let run = all.audit(NOW, &[]);
    println!("{}\n{}", run.stdout, run.stderr);
    let run = all.audit(NOW, &["--publish"]);
    println!("{}\n{}", run.stdout, run.stderr);
    println!("{}", all.hub.with(|store| store.issue(1).body.clone()));
    let run = all.audit(NOW, &["--publish"]);
    println!("{}\n{}", run.stdout, run.stderr);
}
