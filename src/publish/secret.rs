//! What nobody is shown: tokens, keys, addresses that are secrets. A `Secret` is the only way to hold one, and where
//! its text is taken out is listed in `tests/secrets.rs`.
//! Leaves out where secrets come from: `github/settings.rs`, `cli/notify.rs`.

use std::fmt;
use std::path::Path;

/// What stands in place of a secret.
const HIDDEN: &str = "[hidden]";

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text from being shown.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// Returns the text, for the one place that sends it or signs with it.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns a text without the secret: servers and proxies may repeat what was sent to them.
    pub(super) fn hidden_in(&self, text: &str) -> String {
        if self.0.is_empty() { text.to_owned() } else { text.replace(&self.0, HIDDEN) }
    }
}

impl fmt::Debug for Secret {
    /// Writes no part of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Returns an address as it may be shown: without the name, the password and the query that it might hold.
pub(super) fn shown_address(text: &str) -> String {
    let (before, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), text),
    };
    let rest = match rest.split_once(['?', '#']) {
        Some((rest, _)) => format!("{rest}?{HIDDEN}"),
        None => rest.to_owned(),
    };
    match rest.rsplit_once('@') {
        Some((_, rest)) => format!("{before}{HIDDEN}@{rest}"),
        None => format!("{before}{rest}"),
    }
}

/// Returns whether others than its owner and group may read a file; what cannot be looked at they may not.
#[cfg(unix)]
pub fn readable_by_all(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o004 != 0)
}

/// Returns whether others than its owner and group may read a file; here that is not known.
#[cfg(not(unix))]
pub fn readable_by_all(_path: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_what_may_be_secret() {
        for (text, expected) in [
            ("https://h/api/v3", "https://h/api/v3"),
            ("https://me:canary@h/x", "https://[hidden]@h/x"),
            ("https://me:can@ary@h", "https://[hidden]@h"),
            ("canary@h", "[hidden]@h"),
            ("https://h/x?token=canary", "https://h/x?[hidden]"),
            ("https://h/x?a=canary@h", "https://h/x?[hidden]"),
            ("https://h/#canary", "https://h/?[hidden]"),
            ("o/n", "o/n"),
        ] {
            assert_eq!(shown_address(text), expected);
        }
    }

    #[test]
    fn a_secret_shows_in_no_form() {
        let secret = Secret::new("canary");
        assert_eq!(format!("{secret:?} {:#?}", Some(&secret)).matches("canary").count(), 0);
        assert_eq!(secret.hidden_in("Bearer canary, canary"), "Bearer [hidden], [hidden]");
        assert_eq!(Secret::new("").hidden_in("as it is"), "as it is");
    }
}
