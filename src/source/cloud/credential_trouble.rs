//! What is wrong with credentials, and the command that mends it.
//! Leaves out whatever an error repeats of a key: only what a server said as its reason is told.

use std::error::Error;

use serde_json::Value;

use super::credentials::Found;
use super::fault::{self, Fault, Remedy};

/// The login that most people use.
pub(super) const LOGIN: &str = "gcloud auth application-default login";
/// What the client says of every failure, and what helps nobody.
const EMPTY_WORDS: [&str; 6] = [
    "cannot parse the credentials file",
    "Request to fetch the token failed. Subsequent calls with this credential will also fail.",
    "cannot create the authentication headers",
    "and future attempts will not succeed",
    "but future attempts may succeed",
    "but the caller may retry",
];
/// What stands in such files and in nothing that is shown.
const SECRET: [&str; 4] = ["private_key", "refresh_token", "client_secret", "private_key_id"];

/// Returns the fault of credentials that cannot be used as they are.
pub(super) fn unusable(cause: String, mend: String) -> Fault {
    Fault { hint: Some(mend), ..Fault::new(Remedy::GiveUp, cause) }
}

/// Returns the fault of credentials that got no token.
pub(super) fn no_token(found: &Found, error: &(dyn Error + 'static)) -> Fault {
    let said = said(found, error);
    let mend = mend(found, &said);
    unusable(format!("{}: {said}", whose(found)), mend)
}

/// Returns the fault of credentials for which nobody answered in time.
pub(super) fn no_answer(found: &Found, fault: Fault) -> Fault {
    let hint = match &found.file {
        Some(_) => "look at the network, the proxy (HTTPS_PROXY) and the firewall".to_owned(),
        None => LOGIN.to_owned(),
    };
    Fault { cause: format!("{}: {}", whose(found), fault.cause), hint: Some(hint), ..fault }
}

fn whose(found: &Found) -> String {
    match &found.file {
        Some(file) => format!("no token for {}", file.display()),
        None => "no credentials file, and no token from the metadata server".to_owned(),
    }
}

/// Returns the command that gets other credentials of the same kind; `said` tells why these are refused.
pub(super) fn mend(found: &Found, said: &str) -> String {
    if let Some(email) = borrowed(found) {
        if said.contains("has not been used") || said.contains("is disabled") {
            return "gcloud services enable iamcredentials.googleapis.com".to_owned();
        }
        if said.contains("403") || said.contains("PERMISSION_DENIED") {
            let member = own_member(found);
            return format!(
                "gcloud iam service-accounts add-iam-policy-binding {email} --member {member} --role roles/iam.serviceAccountTokenCreator"
            );
        }
        if said.contains("404") || said.contains("NOT_FOUND") {
            return format!("gcloud iam service-accounts list   # {email} is not among them");
        }
    }
    let file = found.file.as_ref().map(|file| file.display().to_string()).unwrap_or_default();
    match found.kind() {
        "service_account" => {
            let email = found.text("client_email").unwrap_or("EMAIL");
            format!("gcloud iam service-accounts keys create {file} --iam-account {email}")
        }
        "impersonated_service_account" => {
            format!("{LOGIN} --impersonate-service-account {}", borrowed(found).unwrap_or("EMAIL".to_owned()))
        }
        "external_account" => {
            format!("gcloud iam workload-identity-pools create-cred-config PROVIDER --output-file {file}")
        }
        _ if found.chosen => format!("{LOGIN}   # then run this without --credentials"),
        _ => LOGIN.to_owned(),
    }
}

/// Returns the account as policies of IAM name it, where the file tells.
pub(super) fn member(found: &Found) -> String {
    borrowed(found).map_or_else(|| own_member(found), |email| format!("serviceAccount:{email}"))
}

fn own_member(found: &Found) -> String {
    match found.text("client_email") {
        Some(email) if found.kind() == "service_account" => format!("serviceAccount:{email}"),
        _ => "user:YOU".to_owned(),
    }
}

/// The service account that is used in place of the credentials, by the option or by the file.
fn borrowed(found: &Found) -> Option<String> {
    let by_file = || {
        let (_, rest) = found.text("service_account_impersonation_url")?.split_once("/serviceAccounts/")?;
        Some(rest.split(':').next().unwrap_or(rest).to_owned())
    };
    found.impersonate.clone().or_else(by_file)
}

/// Says an error in one line. Errors of keys may repeat the key, so these are told in other words; of what
/// a server answered only its reason is.
fn said(found: &Found, error: &(dyn Error + 'static)) -> String {
    let text = fault::words(error);
    if found.kind() == "service_account" && found.impersonate.is_none() || text.contains("private key") {
        // Such a token is made on this machine; nobody was asked.
        return "its `private_key` or another of its fields cannot be used".to_owned();
    }
    let mut secrets = Vec::new();
    collect(&found.json, &mut secrets);
    let mut text = hidden(&reason(&text), secrets);
    for words in EMPTY_WORDS {
        text = text.replace(words, ": ");
    }
    let parts: Vec<&str> = text.split(": ").map(str::trim).filter(|part| !part.is_empty()).collect();
    fault::one_line(&parts.join(": "))
}

/// Keeps of an answer's body what it gives as the reason: `... body=<{"error": "invalid_grant", ...}>`.
fn reason(text: &str) -> String {
    let Some(start) = text.find('{') else { return text.to_owned() };
    let Some(end) = text.rfind('}').filter(|end| *end > start) else { return text[..start].to_owned() };
    let body: Value = serde_json::from_str(&text[start..=end]).unwrap_or_default();
    let part = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let error = body.get("error").unwrap_or(&Value::Null);
    let told = [
        error.as_str().map(str::to_owned),
        part(&body, "error_description"),
        part(error, "status"),
        part(error, "message"),
    ];
    let told = told.into_iter().flatten().collect::<Vec<_>>().join(": ");
    let before = text[..start].trim_end_matches(['<', ' ']).trim_end_matches("body=").trim_end_matches([',', ' ', ':']);
    let after = text[end + 1..].trim_start_matches('>');
    format!("{before}{after}: {told}").trim_end_matches([' ', ':']).to_owned()
}

/// Finds the secrets of a file.
fn collect<'a>(json: &'a Value, secrets: &mut Vec<&'a str>) {
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(secret) if SECRET.contains(&name.as_str()) => secrets.push(secret),
                    _ => collect(value, secrets),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, secrets)),
        _ => {}
    }
}

/// Takes secrets out of a text, the longest first: one may be part of another.
fn hidden(text: &str, mut secrets: Vec<&str>) -> String {
    secrets.retain(|secret| !secret.is_empty());
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "[hidden]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_answer_only_its_reason_is_told() {
        for (text, expected) in [
            (
                "failed to refresh, body=<{ \"error\": \"invalid_grant\", \"error_description\": \"Bad\" }>: 400",
                "failed to refresh: 400: invalid_grant: Bad",
            ),
            (
                "failed: [403] {\"error\": {\"code\": 403, \"status\": \"PERMISSION_DENIED\", \"message\": \"no\"}}",
                "failed: [403]: PERMISSION_DENIED: no",
            ),
            ("failed: {\"token\": \"abc\"}", "failed"),
            ("failed: {\"token\": \"abc", "failed: "),
            ("connection refused", "connection refused"),
        ] {
            assert_eq!(reason(text), expected);
        }
    }

    #[test]
    fn secrets_are_taken_out_wherever_they_stand() {
        let json = serde_json::json!({"source_credentials": {"client_secret": "abc", "refresh_token": "1//abc-d", "client_id": "id"}});
        let mut secrets = Vec::new();
        collect(&json, &mut secrets);
        assert_eq!(hidden("id sent 1//abc-d, and abc", secrets), "id sent [hidden], and [hidden]");
    }

    #[test]
    fn a_refusal_by_cloud_logging_names_the_account_that_asked() {
        let found = |json: Value, impersonate: Option<&str>| Found {
            file: Some("key.json".into()),
            chosen: true,
            impersonate: impersonate.map(str::to_owned),
            json,
        };
        let key = serde_json::json!({"type": "service_account", "client_email": "a@p.com"});
        assert_eq!(member(&found(key.clone(), None)), "serviceAccount:a@p.com");
        assert_eq!(member(&found(key.clone(), Some("b@p.com"))), "serviceAccount:b@p.com");
        assert_eq!(
            mend(&found(key, None), "UNAUTHENTICATED"),
            "gcloud iam service-accounts keys create key.json --iam-account a@p.com"
        );
        let user = serde_json::json!({"type": "authorized_user"});
        assert_eq!(member(&found(user, None)), "user:YOU");
    }
}
