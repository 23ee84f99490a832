//! Where GitHub is, as whom it is asked, and how patiently. From the environment, never from arguments:
//! those are seen by everyone on the machine. Leaves out what is asked.

use std::time::Duration;

use reqwest::Url;

use super::fault::{Fault, FaultKind};
use super::helper;
use crate::publish::Secret;
use crate::publish::secret::shown_address;

/// The API of github.com.
const PUBLIC: &str = "https://api.github.com";

/// As whom GitHub is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// With a personal, fine-grained or workflow token.
    Token(Secret),
    /// As an installation of a GitHub App.
    App {
        /// The App's id or client id.
        id: String,
        /// Its private key: the text of the PEM file.
        key: Secret,
        /// The installation; looked up by the repository when `None`.
        installation: Option<u64>,
    },
}

/// Where GitHub is, as whom it is asked, and how patiently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitHubSettings {
    /// Base of the REST API without a slash at the end; `https://HOST/api/v3` for GitHub Enterprise.
    pub api: String,
    /// `OWNER/NAME`.
    pub repository: String,
    /// As whom.
    pub auth: Auth,
    /// Attempts for one call.
    pub attempts: u32,
    /// First wait after a failure; it doubles with each further one.
    pub first_wait: Duration,
    /// Longest wait between two attempts after a failure.
    pub longest_wait: Duration,
    /// Longest time spent waiting in one run; after it calls fail with the time to come back.
    pub total_wait: Duration,
    /// Longest time for one request.
    pub request_time: Duration,
    /// Time between two writes. GitHub asks for one second at least.
    pub write_gap: Duration,
    /// Wait after a refusal for a rate limit that names no time. GitHub asks for one minute at least.
    pub limit_wait: Duration,
    /// Where the jitter starts; the same seed gives the same waits.
    pub seed: u64,
}

impl GitHubSettings {
    /// Returns settings with the waits that GitHub's documentation asks for.
    pub fn new(repository: &str, auth: Auth) -> Result<GitHubSettings, Fault> {
        Ok(GitHubSettings {
            api: PUBLIC.to_owned(),
            repository: name(repository)?,
            auth,
            attempts: 5,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(30),
            total_wait: Duration::from_secs(300),
            request_time: Duration::from_secs(30),
            write_gap: Duration::from_secs(1),
            limit_wait: Duration::from_secs(60),
            seed: u64::from(std::process::id()),
        })
    }

    /// Returns the settings that the environment asks for; `variable` looks one up.
    ///
    /// `GITHUB_API_URL` names GitHub Enterprise. An App: `LOG_GARDENER_GITHUB_APP_ID` and
    /// `LOG_GARDENER_GITHUB_APP_KEY_FILE`, if needed `LOG_GARDENER_GITHUB_INSTALLATION_ID`. A token:
    /// `LOG_GARDENER_GITHUB_TOKEN_FILE`, `GITHUB_TOKEN` or `GH_TOKEN`, the first that is set; else the command `helper`
    /// is run and prints one.
    pub fn from_environment(
        repository: &str,
        variable: &dyn Fn(&str) -> Option<String>,
        helper: Option<&[String]>,
    ) -> Result<GitHubSettings, Fault> {
        let get = |name: &str| variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let mut settings = GitHubSettings::new(repository, auth(&get, helper)?)?;
        if let Some(api) = get("GITHUB_API_URL") {
            settings.api = base(&api)?;
        }
        // GitHub asks for these waits; a stand-in on this machine does not.
        if settings.api.starts_with("http://") {
            let wait = |name: &str| get(name).and_then(|text| text.parse().ok()).map(Duration::from_millis);
            settings.write_gap = wait("LOG_GARDENER_GITHUB_WRITE_GAP_MS").unwrap_or(settings.write_gap);
            settings.first_wait = wait("LOG_GARDENER_GITHUB_FIRST_WAIT_MS").unwrap_or(settings.first_wait);
        }
        Ok(settings)
    }

    /// Asks another GitHub: `https` anywhere, or plain `http` on this machine for tests.
    pub fn at(self, api: &str) -> Result<GitHubSettings, Fault> {
        Ok(GitHubSettings { api: base(api)?, ..self })
    }

    /// Returns the address of the GraphQL API that belongs to the REST API.
    pub(super) fn graphql(&self) -> String {
        match self.api.strip_suffix("/api/v3") {
            Some(host) => format!("{host}/api/graphql"),
            None => format!("{}/graphql", self.api),
        }
    }
}

fn wrong(cause: String, hint: &str) -> Fault {
    Fault::new(FaultKind::NotAllowed, cause).hint(hint)
}

fn auth(get: &dyn Fn(&str) -> Option<String>, helper: Option<&[String]>) -> Result<Auth, Fault> {
    if let Some(id) = get("LOG_GARDENER_GITHUB_APP_ID") {
        let Some(path) = get("LOG_GARDENER_GITHUB_APP_KEY_FILE") else {
            return Err(wrong(
                "LOG_GARDENER_GITHUB_APP_ID is set, but no private key".to_owned(),
                "name its PEM file in LOG_GARDENER_GITHUB_APP_KEY_FILE",
            ));
        };
        let installation = match get("LOG_GARDENER_GITHUB_INSTALLATION_ID") {
            None => None,
            Some(text) => Some(text.parse().map_err(|_| {
                wrong("LOG_GARDENER_GITHUB_INSTALLATION_ID is no installation id".to_owned(), "write it as a number")
            })?),
        };
        return Ok(Auth::App { id, key: Secret::new(file(&path)?), installation });
    }
    if let Some(path) = get("LOG_GARDENER_GITHUB_TOKEN_FILE") {
        return Ok(Auth::Token(Secret::new(file(&path)?.trim())));
    }
    if let Some(token) = get("GITHUB_TOKEN").or_else(|| get("GH_TOKEN")) {
        return Ok(Auth::Token(Secret::new(token)));
    }
    match helper {
        Some(command) => helper::ask(command).map(Auth::Token),
        None => Err(wrong(
            "there is no token for GitHub".to_owned(),
            "set GITHUB_TOKEN or LOG_GARDENER_GITHUB_TOKEN_FILE; the token needs issues: write",
        )),
    }
}

fn file(path: &str) -> Result<String, Fault> {
    std::fs::read_to_string(path)
        .map_err(|error| wrong(format!("cannot read {path}: {error}"), "check the path and who may read it"))
}

/// Returns `OWNER/NAME` as it is, if it is that: part of every address asked, so only what GitHub allows in names may
/// stand in it.
pub fn name(text: &str) -> Result<String, Fault> {
    let plain = |part: &str| {
        !part.is_empty()
            && !matches!(part, "." | "..")
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    match text.split_once('/') {
        Some((owner, name)) if plain(owner) && plain(name) => Ok(text.to_owned()),
        // People paste addresses, and with them what stands before the host.
        _ => Err(wrong(format!("`{}` is no repository", shown_address(text)), "write it as OWNER/NAME")),
    }
}

/// A token may go in plain text only to this machine.
fn base(text: &str) -> Result<String, Fault> {
    let hint = "write https://HOST/api/v3, as GitHub Enterprise gives it";
    let no = |why: &str| wrong(format!("cannot use GITHUB_API_URL={}: {why}", shown_address(text)), hint);
    let url = Url::parse(text).map_err(|error| no(&error.to_string()))?;
    let local = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    if url.scheme() != "https" && !(url.scheme() == "http" && local) {
        return Err(no("it is not encrypted"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(no("it holds more than a host and a path"));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let settings = GitHubSettings::new("o/n", Auth::Token(Secret::new("ghp_very_secret"))).expect("right");
        assert!(!format!("{settings:?}").contains("very_secret"));
        let app = Auth::App { id: "1".into(), key: Secret::new("-----BEGIN"), installation: None };
        assert!(!format!("{app:?}").contains("BEGIN"));
    }

    #[test]
    fn only_this_machine_is_asked_without_encryption() {
        for right in
            ["https://api.github.com/", "https://ghe.example/api/v3", "http://127.0.0.1:80", "http://[::1]:9/x"]
        {
            assert!(base(right).is_ok(), "{right}");
        }
        for wrong in [
            "http://ghe.example",
            "http://127.0.0.1.example",
            "https://u:p@h",
            "ftp://127.0.0.1",
            "h/api",
            "https://h/?a=b",
        ] {
            assert!(base(wrong).is_err(), "{wrong}");
        }
        let told =
            base("https://me:canary@ghe.example/?key=canary").expect_err("it holds more than a host").to_string();
        assert!(told.contains("ghe.example") && !told.contains("canary"), "{told}");
        let told = name("https://canary@github.com/o/n").expect_err("it is an address").to_string();
        assert!(!told.contains("canary"), "{told}");
        let ghe = GitHubSettings::new("o/n", Auth::Token(Secret::new("t"))).and_then(|s| s.at("https://h/api/v3/"));
        assert_eq!(ghe.map(|settings| settings.graphql()).as_deref(), Ok("https://h/api/graphql"));
        for wrong in ["o", "o/n/m", "../n", "o/n?x", "", "o/.."] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_first_credential_that_is_set_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        std::fs::write(&path, "from-file\n").expect("written");
        let path = path.to_string_lossy().into_owned();
        let read = |set: &[(&str, &str)]| {
            let get = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            GitHubSettings::from_environment("o/n", &get, None).map(|settings| settings.auth)
        };
        assert_eq!(read(&[("GH_TOKEN", "b"), ("GITHUB_TOKEN", "a")]), Ok(Auth::Token(Secret::new("a"))));
        let both = [("LOG_GARDENER_GITHUB_TOKEN_FILE", path.as_str()), ("GITHUB_TOKEN", "a")];
        assert_eq!(read(&both), Ok(Auth::Token(Secret::new("from-file"))));
        assert!(read(&[]).is_err_and(|fault| fault.hint.is_some_and(|hint| hint.contains("GITHUB_TOKEN"))));
        let app = [("LOG_GARDENER_GITHUB_APP_ID", "7"), ("LOG_GARDENER_GITHUB_APP_KEY_FILE", path.as_str())];
        assert!(matches!(read(&app), Ok(Auth::App { id, .. }) if id == "7"));
        assert!(read(&app[..1]).is_err());
    }
}
