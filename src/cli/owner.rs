//! Who holds the ledger: host, process, and when the process began, so that a dead one is known.
//! Leaves out the lease itself: see `ledger`.

/// Returns the name of this process: `host/pid/start`.
pub(super) fn name() -> String {
    let pid = std::process::id();
    format!("{}/{pid}/{}", host(), start(pid).unwrap_or_default())
}

/// Returns whether the named process ran on this machine and does not any more. Where that cannot be known
/// it counts as alive, and its lease ends by itself.
pub(super) fn is_dead(owner: &str) -> bool {
    let mut parts = owner.split('/');
    let (Some(on), Some(Ok(pid)), Some(began)) = (parts.next(), parts.next().map(str::parse), parts.next()) else {
        return false;
    };
    if on != host() || began.is_empty() || start(std::process::id()).is_none() {
        return false;
    }
    start(pid).is_none_or(|now| now != began)
}

fn host() -> String {
    let named = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let named = named.or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_default();
    named.trim().replace('/', "-")
}

/// Returns when a process began, in the kernel's ticks since it booted; `None` when there is no such process.
fn start(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold anything; what follows the last bracket is numbers. The 22nd field of
    // proc(5) is the 20th after the name.
    let after = stat.rsplit_once(')')?.1;
    after.split_whitespace().nth(19).map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_one_that_never_was_does_not() {
        assert!(!is_dead(&name()));
        assert!(!is_dead("elsewhere/1/1"));
        assert!(!is_dead("nonsense"));
        if std::path::Path::new("/proc/self/stat").exists() {
            assert!(is_dead(&format!("{}/{}/1", host(), u32::MAX)));
        }
    }
}
