//! A token from a command of the user's choice, such as `gh auth token`: run once, without a shell.
//! Leaves out which command that is: the settings say so.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::fault::{Fault, FaultKind};
use crate::publish::Secret;

/// A helper may ask a keyring, and that a person; who does not answer is not waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// No token is longer.
const LONGEST: u64 = 16 << 10;

/// Runs a command and returns the first line that it prints. What it says on stderr is shown to nobody: it may hold
/// what it should not.
pub(super) fn ask(command: &[String]) -> Result<Secret, Fault> {
    let [program, arguments @ ..] = command else {
        return Err(refused("it is empty"));
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| refused(&format!("`{program}` cannot be run: {error}")))?;
    let out = child.stdout.take();
    // Read beside the wait: a helper that prints much and one that ends without closing its output both end here.
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let read = out.map_or(Ok(0), |out| out.take(LONGEST).read_to_end(&mut text));
        let _ = send.send(read.map(|_| text));
    });
    let until = Instant::now() + PATIENCE;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(10)),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(refused(&format!("`{program}` did not end within {} s", PATIENCE.as_secs())));
            }
            Err(error) => return Err(refused(&format!("`{program}` cannot be waited for: {error}"))),
        }
    };
    if !status.success() {
        return Err(refused(&format!("`{program}` failed: {status}")));
    }
    let text = receive.recv_timeout(Duration::from_secs(5)).ok().and_then(Result::ok).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    match text.lines().next().map(str::trim).filter(|line| !line.is_empty()) {
        Some(token) => Ok(Secret::new(token)),
        None => Err(refused(&format!("`{program}` printed no token"))),
    }
}

fn refused(cause: &str) -> Fault {
    Fault::new(FaultKind::NotAllowed, format!("no token from the token_command of the settings: {cause}"))
        .hint("run it by hand: it must print the token on a line of its own, and nothing before it")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn asked(words: &[&str]) -> Result<Secret, Fault> {
        ask(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_first_line_is_the_token() {
        assert_eq!(asked(&["printf", " one \\ntwo\\n"]), Ok(Secret::new("one")));
    }

    #[test]
    fn no_shell_reads_the_words() {
        assert_eq!(asked(&["echo", "$HOME; `id` | cat"]), Ok(Secret::new("$HOME; `id` | cat")));
    }

    #[test]
    fn a_failure_is_told_without_what_was_printed() {
        for words in [&["sh", "-c", "echo canary; echo canary >&2; exit 3"][..], &["true"], &["/nonexistent"], &[]] {
            let fault = asked(words).expect_err("no token").to_string();
            assert!(fault.contains("token_command") && !fault.contains("canary"), "{fault}");
        }
    }
}
