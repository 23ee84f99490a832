//! Whose credentials are used: those of a file that was named, the login that gcloud left, or the metadata
//! server's, and on request a service account's in their place.
//! Leaves out asking Cloud Logging. Nothing of a key is ever told: see `credential_trouble`.

use std::fs;
use std::path::{Path, PathBuf};

use google_cloud_auth::build_errors::Error as BuildError;
use google_cloud_auth::credentials::{
    AccessTokenCredentials, Builder, Credentials, external_account, impersonated, service_account, user_account,
};
use serde_json::Value;

use super::credential_trouble::{self as trouble, LOGIN};
use super::fault::Fault;

/// Where the client libraries of Google look for a file.
const NAMED: &str = "GOOGLE_APPLICATION_CREDENTIALS";
/// The project that pays for the reads, where it is another than the one that is read.
const QUOTA_PROJECT: &str = "GOOGLE_CLOUD_QUOTA_PROJECT";
/// The kinds of files there are.
const KINDS: [&str; 4] = ["authorized_user", "service_account", "impersonated_service_account", "external_account"];

/// What the user chose; the default is what Google calls Application Default Credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CredentialChoice {
    /// A file of credentials.
    pub file: Option<PathBuf>,
    /// The email of a service account that is used in place of the credentials that were found.
    pub impersonate: Option<String>,
}

/// Credentials that were found; whether they are good for a token is not known yet.
pub(super) struct Found {
    /// The file; without one the metadata server is asked.
    pub(super) file: Option<PathBuf>,
    /// Whether the file is one that the user named with the option.
    pub(super) chosen: bool,
    /// The service account to use instead.
    pub(super) impersonate: Option<String>,
    pub(super) json: Value,
}

/// Looks for credentials, without asking anybody.
pub(super) fn find(choice: &CredentialChoice) -> Result<Found, Fault> {
    let named = std::env::var_os(NAMED).map(PathBuf::from);
    let file = choice.file.clone().or_else(|| named.clone()).or_else(login_file);
    let chosen = choice.file.is_some();
    let mut found = Found { file, chosen, impersonate: choice.impersonate.clone(), json: Value::Null };
    let Some(file) = &found.file else { return Ok(found) };
    let mend = match (chosen, named.is_some()) {
        (true, _) => format!("name another file with --credentials, or leave it out after: {LOGIN}"),
        (false, true) => format!("unset {NAMED} && {LOGIN}"),
        (false, false) => LOGIN.to_owned(),
    };
    found.json = read(file).map_err(|cause| trouble::unusable(format!("{}: {cause}", file.display()), mend))?;
    Ok(found)
}

fn read(file: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let json: Value = serde_json::from_str(&text)
        .map_err(|error| format!("is no credentials file: no JSON at line {}", error.line()))?;
    match json.get("type").and_then(Value::as_str) {
        Some(kind) if KINDS.contains(&kind) => Ok(json),
        Some(_) => {
            Err(format!("is no credentials file that is known here: its `type` is none of {}", KINDS.join(", ")))
        }
        None => Err("is no credentials file: it has no `type`".to_owned()),
    }
}

/// The file that `gcloud auth application-default login` writes, if there is one.
fn login_file() -> Option<PathBuf> {
    let (home, inside) = if cfg!(windows) { ("APPDATA", "gcloud") } else { ("HOME", ".config/gcloud") };
    let folder = PathBuf::from(std::env::var_os(home)?).join(inside);
    Some(folder.join("application_default_credentials.json")).filter(|file| file.exists())
}

impl Found {
    /// Returns the kind of the file, or nothing where there is none.
    pub(super) fn kind(&self) -> &str {
        self.text("type").unwrap_or("")
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.json.get(name).and_then(Value::as_str)
    }

    /// Says what was found; never what stands in it.
    pub(super) fn describe(&self) -> String {
        let from = match &self.file {
            Some(file) => format!("{} from {}", self.kind(), file.display()),
            // Whether there is one shows when a token is asked for.
            None => "no file; the metadata server of Google Cloud is asked".to_owned(),
        };
        match &self.impersonate {
            Some(email) => format!("{from}, acting as {email}"),
            None => from,
        }
    }

    /// Returns credentials that have shown that they can get a token.
    pub(super) async fn token(&self) -> Result<Credentials, Fault> {
        let credentials = self.build().map_err(|error| trouble::no_token(self, &error))?;
        credentials.access_token().await.map_err(|error| trouble::no_token(self, &error))?;
        Ok(credentials.into())
    }

    fn build(&self) -> Result<AccessTokenCredentials, BuildError> {
        let quota = std::env::var(QUOTA_PROJECT).ok();
        let own = self.own(quota.clone().filter(|_| self.impersonate.is_none()))?;
        let Some(email) = &self.impersonate else { return Ok(own) };
        let builder = impersonated::Builder::from_source_credentials(own.into()).with_target_principal(email);
        quota
            .into_iter()
            .fold(builder, |builder, id| builder.with_quota_project_id(id))
            .build_access_token_credentials()
    }

    fn own(&self, quota: Option<String>) -> Result<AccessTokenCredentials, BuildError> {
        let json = self.json.clone();
        let quota = quota.into_iter();
        match self.kind() {
            "authorized_user" => quota
                .fold(user_account::Builder::new(json), user_account::Builder::with_quota_project_id)
                .build_access_token_credentials(),
            "service_account" => quota
                .fold(service_account::Builder::new(json), service_account::Builder::with_quota_project_id)
                .build_access_token_credentials(),
            "impersonated_service_account" => quota
                .fold(impersonated::Builder::new(json), impersonated::Builder::with_quota_project_id)
                .build_access_token_credentials(),
            "external_account" => quota
                .fold(external_account::Builder::new(json), external_account::Builder::with_quota_project_id)
                .build_access_token_credentials(),
            _ => quota.fold(Builder::default(), Builder::with_quota_project_id).build_access_token_credentials(),
        }
    }
}
