//! The part of the interface that a GitHub App uses to get a token, with its signature checked.
//! Leaves out everything that a token is used for.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::answer::{error, reply};
use super::store::Store;
use super::{Reply, Request};

/// What an App asks for before it has a token: signed by its key, not older than a minute and a half.
pub fn app(store: &mut Store, request: &Request, parts: &[&str], jwt: &str) -> Reply {
    let signed = |key: &Vec<u8>| {
        let (text, signature) = jwt.rsplit_once('.')?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(text.as_bytes(), &signature).ok()?;
        let (head, claims) = text.split_once('.')?;
        let read = |part: &str| serde_json::from_slice::<Value>(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok();
        let (head, claims) = (read(head)?, read(claims)?);
        let now = chrono::Utc::now().timestamp();
        let (from, to) = (claims["iat"].as_i64()?, claims["exp"].as_i64()?);
        (head["alg"] == "RS256" && claims["iss"] == "12345" && from <= now && now < to && to - from <= 600)
            .then_some(())
    };
    if store.app_key.as_ref().and_then(signed).is_none() {
        return error(401, "A JSON web token could not be decoded");
    }
    match (request.method.as_str(), parts) {
        ("GET", ["repos", ..]) => reply(200, json!({"id": 77, "app_id": 12_345})),
        ("POST", ["app", "installations", "77", "access_tokens"]) => {
            let token = format!("installation-{}", store.id());
            store.tokens.push((token.clone(), "gardener[bot]".to_owned()));
            let until = chrono::Utc::now() + chrono::TimeDelta::seconds(store.token_life);
            let until = until.format("%Y-%m-%dT%H:%M:%SZ").to_string();
            reply(
                201,
                json!({"token": token, "expires_at": until, "permissions": {"issues": "write", "metadata": "read"}}),
            )
        }
        _ => error(404, "Not Found"),
    }
}
