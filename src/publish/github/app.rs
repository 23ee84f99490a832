//! The bearer of each request: a token as given, or one that a GitHub App gets for its installation.
//! Leaves out sending (`client`).
//!
//! An App signs a short-lived JSON Web Token with its RSA key and exchanges it for an installation token
//! of an hour. Signing uses aws-lc-rs, which the TLS of the program brings along anyway.

use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use reqwest::Method;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use serde_json::{Value, json};

use super::client::{Call, GitHub};
use super::fault::{Fault, FaultKind};
use super::settings::Auth;
use crate::publish::Secret;

/// An installation token is renewed when less than this is left of its hour.
const RENEW: Duration = Duration::from_secs(300);

/// What requests are signed with.
pub(super) enum Credentials {
    Token(Secret),
    App { id: String, key: KeyPair, installation: Option<u64>, token: Option<(Secret, DateTime<Utc>)> },
}

impl Credentials {
    pub(super) fn new(auth: &Auth) -> Result<Credentials, Fault> {
        Ok(match auth {
            Auth::Token(token) => Credentials::Token(token.clone()),
            Auth::App { id, key, installation } => {
                Credentials::App { id: id.clone(), key: key_pair(key)?, installation: *installation, token: None }
            }
        })
    }

    /// Forgets a token that was refused; returns whether another one can be got.
    pub(super) fn forget(&mut self) -> bool {
        match self {
            Credentials::Token(_) => false,
            Credentials::App { token, .. } => token.take().is_some(),
        }
    }
}

impl GitHub {
    /// Returns the token of the next request, after getting one if need be.
    pub(super) fn bearer(&mut self) -> Result<Secret, Fault> {
        let (id, key, installation) = match &self.credentials {
            Credentials::Token(token) => return Ok(token.clone()),
            Credentials::App { token: Some((token, until)), .. } if *until > Utc::now() + RENEW => {
                return Ok(token.clone());
            }
            Credentials::App { id, key, installation, .. } => (id, key, *installation),
        };
        let jwt = jwt(id, key, Utc::now().timestamp())?;
        let (api, repository) = (self.settings.api.clone(), self.settings.repository.clone());
        let installation = match installation {
            Some(installation) => installation,
            None => {
                let answer = self.call_as(&Call::get(format!("{api}/repos/{repository}/installation")), &jwt)?;
                let id = answer.body["id"].as_u64().filter(|_| answer.status == 200);
                id.ok_or_else(|| refused(answer.status, &answer.message(), &repository))?
            }
        };
        // Less than the App may have: this repository, issues alone.
        let name = repository.split_once('/').map_or("", |(_, name)| name);
        let body = json!({"repositories": [name], "permissions": {"issues": "write"}});
        let url = format!("{api}/app/installations/{installation}/access_tokens");
        // A token more does no harm, so this may be repeated.
        let call = Call { repeatable: true, ..Call::write(Method::POST, url, &body) };
        let answer = self.call_as(&call, &jwt)?;
        let given = answer.body["token"].as_str().map(Secret::new);
        let (Some(bearer), Some(until)) = (given, time(&answer.body["expires_at"])) else {
            return Err(refused(answer.status, &answer.message(), &repository));
        };
        if let Credentials::App { installation: known, token, .. } = &mut self.credentials {
            *known = Some(installation);
            *token = Some((bearer.clone(), until));
        }
        Ok(bearer)
    }
}

fn time(value: &Value) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(value.as_str()?).ok().map(|time| time.to_utc())
}

fn refused(status: u16, message: &str, repository: &str) -> Fault {
    let hint = match status {
        401 => "check the App's id, its private key and the clock of this machine".to_owned(),
        404 => format!("install the App on {repository}"),
        _ => "give the App the permission `issues: write` and accept it for the installation".to_owned(),
    };
    Fault::new(FaultKind::NotAllowed, format!("no installation token: {message}")).hint(hint)
}

fn key_pair(pem: &Secret) -> Result<KeyPair, Fault> {
    let no = |cause: &str| {
        Fault::new(FaultKind::NotAllowed, format!("the App's private key cannot be used: {cause}"))
            .hint("download it again from the App's settings; it is a PEM file with an RSA key")
    };
    let key = PrivateKeyDer::from_pem_slice(pem.reveal().as_bytes()).map_err(|_| no("it is no PEM file with a key"))?;
    match &key {
        PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
        _ => return Err(no("it is not an RSA key")),
    }
    .map_err(|_| no("it is not an RSA key of 2048 to 8192 bits"))
}

/// Returns a token signed with RS256. It is dated back a minute and ends after nine, because GitHub
/// refuses one from the future and one for more than ten minutes.
fn jwt(id: &str, key: &KeyPair, now: i64) -> Result<Secret, Fault> {
    let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({"iat": now - 60, "exp": now + 540, "iss": id});
    let text = format!("{}.{}", part(json!({"alg": "RS256", "typ": "JWT"})), part(claims));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
        .map_err(|_| Fault::new(FaultKind::NotAllowed, "the App's private key does not sign"))?;
    Ok(Secret::new(format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))))
}
