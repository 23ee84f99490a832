//! A file in place of a ledger: opened, or refused and left as it is; read without a panic.
//! Leaves out kills and full disks: see `../../ledger_faults.rs`.

use std::sync::OnceLock;

use log_gardener::ledger::Ledger;

use crate::memory::{NOW, full, lease, minute, open as opened};

/// A ledger with a pass in it.
fn sound() -> &'static [u8] {
    static SOUND: OnceLock<Vec<u8>> = OnceLock::new();
    SOUND.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let path = folder.path().join("ledger.db");
        let mut ledger = opened(&path);
        let lease = lease(&mut ledger, NOW);
        ledger.remember(&lease, &full(1), NOW).unwrap_or_else(|error| panic!("{error}"));
        drop(ledger);
        std::fs::read(&path).unwrap_or_else(|error| panic!("{error}"))
    })
}

/// What begins like an SQLite file is one; anything else changes a sound ledger: three bytes of place, one of value.
fn file(data: &[u8]) -> Vec<u8> {
    if data.starts_with(b"SQLite format 3") {
        return data.to_vec();
    }
    let mut bytes = sound().to_vec();
    for change in data.chunks_exact(4) {
        let place = usize::from(change[0]) << 16 | usize::from(change[1]) << 8 | usize::from(change[2]);
        let length = bytes.len();
        match place.checked_sub(length) {
            None => bytes[place] = change[3],
            // Beyond the end it says where the file is cut.
            Some(beyond) => bytes.truncate(length - beyond % length),
        }
    }
    bytes
}

/// Any file is opened or refused, and what can be opened can be asked everything.
pub fn open(data: &[u8]) {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let path = folder.path().join("ledger.db");
    let bytes = file(data);
    std::fs::write(&path, &bytes).unwrap_or_else(|error| panic!("{error}"));
    match Ledger::open_existing(&path) {
        Ok(ledger) => {
            let _ = (ledger.records(), ledger.passes(5), ledger.open_orders(), ledger.transitions("incident-000001"));
            let _ = (ledger.recall(minute(0), minute(10), NOW), ledger.traffic(&["shop".to_owned()], 0, minute(2)));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok(mut ledger) = Ledger::open(&path) {
        let taken = ledger.take_lease("run", "fuzzing", NOW, std::time::Duration::from_secs(60));
        if let Ok(log_gardener::ledger::Taking::Taken(lease)) = taken {
            let _ = ledger.remember(&lease, &full(2), NOW);
        }
    } else {
        let left = std::fs::read(&path).unwrap_or_else(|error| panic!("{error}"));
        assert!(left == bytes, "a file that is refused is left as it is");
    }
}
