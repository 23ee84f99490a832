//! Whose token is used: files of each kind, impersonation, refusals; and that no secret is ever printed.
//! Leaves out reading with it: see `cloud`. Every address but the loopback is behind a proxy that refuses.

use std::path::{Path, PathBuf};
use std::process::Command;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use serde_json::{Value, json};

use crate::fake_cloud::identity::{ACCOUNT, Identity};

const SECRET: &str = "1//very-secret-refresh-token";

/// How a run ended.
struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

/// Runs the binary where nothing but the loopback can be reached, and checks that it told no secret.
fn run(identity: &Identity, home: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_log-gardener"))
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .env("LOG_GARDENER_NOW", "2026-03-10T10:00:00Z")
        .env("LOG_GARDENER_GCP_ATTEMPTS", "1")
        .env("LOG_GARDENER_GCP_TOKEN_TIME_MS", "3000")
        .env("LOG_GARDENER_GCP_REQUEST_TIME_MS", "3000")
        .envs(identity.environment())
        .envs(environment.iter().copied())
        .output()
        .expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let ran =
        Ran { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) };
    for secret in [SECRET, "MII", "user-token", "borrowed-token", "BEGIN PRIVATE"] {
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{} {}", ran.stdout, ran.stderr);
    }
    assert!(ran.stderr.lines().count() < 12, "one screen: {}", ran.stderr);
    ran
}

fn save(folder: &Path, name: &str, json: &Value) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, json.to_string()).expect("written");
    // As gcloud leaves it; of one that others may read there would be a warning.
    #[cfg(unix)]
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("set");
    file
}

/// What `gcloud auth application-default login` writes.
fn user(identity: &Identity) -> Value {
    json!({"type": "authorized_user", "client_id": "id", "client_secret": "very-secret", "refresh_token": SECRET,
        "token_uri": identity.url("/token")})
}

/// What it writes with `--impersonate-service-account`.
fn impersonated(identity: &Identity) -> Value {
    let url = identity.url(&format!("/v1/projects/-/serviceAccounts/{ACCOUNT}:generateAccessToken"));
    json!({"type": "impersonated_service_account", "service_account_impersonation_url": url,
        "source_credentials": user(identity)})
}

/// A key as `gcloud iam service-accounts keys create` writes it, made for this test.
fn key() -> Value {
    let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let der = AsDer::<Pkcs8V1Der>::as_der(&pair).expect("DER");
    let lines: Vec<String> =
        base64(der.as_ref()).as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into()).collect();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
    json!({"type": "service_account", "project_id": "wickshop", "private_key_id": "k1", "private_key": pem,
        "client_email": ACCOUNT, "client_id": "7", "token_uri": "http://127.0.0.1:9/token"})
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().enumerate().fold(0_u32, |bits, (index, byte)| bits | u32::from(*byte) << (16 - 8 * index));
        for index in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * index)) as usize & 63];
            text.push(if index <= chunk.len() { letter as char } else { '=' });
        }
    }
    text
}

#[test]
fn an_impersonation_file_leads_from_the_login_to_the_service_account_and_then_to_cloud_logging() {
    let identity = Identity::new();
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let file = save(at, "borrowed.json", &impersonated(&identity)).display().to_string();
    for command in [&["triage", "gcp://wickshop"][..], &["fetch", "gcp://wickshop", "--out", "/nowhere/e.zst"]] {
        let before = identity.asked().len();
        let at_out = at.join("e.zst").display().to_string();
        let arguments: Vec<&str> =
            command.iter().map(|word| if word.starts_with("/nowhere") { at_out.as_str() } else { word }).collect();
        let ran = run(&identity, at, &[&arguments[..], &["--credentials", &file]].concat(), &[]);
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        let asked = identity.asked().split_off(before);
        assert_eq!(asked[0].what, "POST /token");
        assert!(asked[0].body.contains(SECRET), "that is where it belongs");
        assert_eq!(asked[1].what, format!("POST /v1/projects/-/serviceAccounts/{ACCOUNT}:generateAccessToken"));
        assert_eq!(asked[1].authorization.as_deref(), Some("Bearer user-token"));
        assert_eq!(asked[2].what, "CONNECT logging.googleapis.com:443", "{asked:?}");
    }
    let ran = run(&identity, at, &["doctor", "--credentials", &file], &[]);
    let first = format!("credentials  ok     impersonated_service_account from {file}\ntoken        ok     obtained\n");
    assert!(ran.stdout.starts_with(&first), "{}", ran.stdout);
}

#[test]
fn the_option_impersonates_with_whatever_credentials_there_are() {
    let identity = Identity::new();
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    std::fs::create_dir_all(at.join(".config/gcloud")).expect("a folder");
    save(&at.join(".config/gcloud"), "application_default_credentials.json", &user(&identity));
    let ran = run(&identity, at, &["triage", "gcp://wickshop", "--impersonate-service-account", ACCOUNT], &[]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("default_credentials.json: getting a token took longer than 3 s"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: look at the network"), "{}", ran.stderr);
    let paths = identity.paths();
    assert_eq!(paths[..2], ["POST /token", "CONNECT iamcredentials.googleapis.com:443"]);
    assert!(!paths.iter().any(|path| path.contains("logging.googleapis.com")), "{paths:?}");
    for wrong in ["", "reader", "reader@", "a/b@c", "a@b:c", "a@b?x"] {
        let ran = run(&identity, at, &["triage", "gcp://wickshop", "--impersonate-service-account", wrong], &[]);
        assert_eq!(ran.code, 2, "{wrong}: {}", ran.stderr);
    }
}

#[test]
fn a_key_of_a_service_account_makes_its_token_without_asking_anybody() {
    let identity = Identity::new();
    let folder = tempfile::tempdir().expect("a folder");
    let file = save(folder.path(), "key.json", &key()).display().to_string();
    for (arguments, environment) in [
        (vec!["--credentials", file.as_str()], vec![]),
        (vec![], vec![("GOOGLE_APPLICATION_CREDENTIALS", file.as_str())]),
    ] {
        let before = identity.asked().len();
        let ran =
            run(&identity, folder.path(), &[&["triage", "gcp://wickshop"], &arguments[..]].concat(), &environment);
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert_eq!(identity.paths()[before], "CONNECT logging.googleapis.com:443");
    }
}

#[test]
fn another_endpoint_gets_no_token_but_the_doctor_tries_one() {
    let identity = Identity::new();
    let folder = tempfile::tempdir().expect("a folder");
    let file = save(folder.path(), "user.json", &user(&identity)).display().to_string();
    let endpoint = identity.url("");
    let endpoint = [("LOG_GARDENER_GCP_ENDPOINT", endpoint.as_str())];
    run(&identity, folder.path(), &["triage", "gcp://wickshop", "--credentials", &file], &endpoint);
    let ran = run(&identity, folder.path(), &["doctor", "gcp://wickshop", "--credentials", &file], &endpoint);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.contains("user.json; not sent, because LOG_GARDENER_GCP_ENDPOINT is set"), "{}", ran.stdout);
    let asked = identity.asked();
    assert!(asked.iter().all(|asked| asked.authorization.is_none()), "{asked:?}");
    assert_eq!(asked.iter().filter(|asked| asked.what == "POST /token").count(), 1, "the doctor's");
}

#[test]
fn what_is_wrong_is_said_with_the_command_that_mends_it() {
    let identity = Identity::with(|asked| {
        match asked.what.as_str() {
        "POST /token" if asked.body.contains("expired") => Some((
            400,
            format!("{{\"error\": \"invalid_grant\", \"error_description\": \"Token {SECRET}-expired has been revoked.\"}}"),
        )),
        what if what.contains("denied@") => Some((
            403,
            r#"{"error": {"code": 403, "message": "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).", "status": "PERMISSION_DENIED"}}"#.into(),
        )),
        what if what.contains("off@") => Some((
            403,
            r#"{"error": {"code": 403, "message": "IAM Service Account Credentials API has not been used in project 7 before or it is disabled.", "status": "PERMISSION_DENIED"}}"#.into(),
        )),
        what if what.contains("gone@") => {
            Some((404, r#"{"error": {"code": 404, "message": "Not found; Gaia id not found", "status": "NOT_FOUND"}}"#.into()))
        }
        _ => None,
    }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let borrowed = |who: &str| {
        let text = impersonated(&identity).to_string().replace("reader@wickshop.iam.gserviceaccount.com", who);
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    let with = |mut json: Value, name: &str, value: Value| {
        json[name] = value;
        json
    };
    let one_line_key = with(key(), "private_key", json!(key()["private_key"].as_str().unwrap_or("").replace('\n', "")));
    let cases: Vec<(&str, Value, &str, &str)> = vec![
        ("text", json!("none"), "is no credentials file: it has no `type`", "name another file with --credentials"),
        ("kind", json!({"type": "gdch_service_account"}), "its `type` is none of authorized_user", "name another file"),
        (
            "half",
            json!({"type": "authorized_user", "refresh_token": SECRET}),
            "missing field `client_id`",
            "gcloud auth application-default login",
        ),
        (
            "expired",
            with(user(&identity), "refresh_token", json!(format!("{SECRET}-expired"))),
            "expired: failed to refresh user access token: HTTP status client error (400 Answer): invalid_grant: Token [hidden] has been revoked.",
            "gcloud auth application-default login   # then run this without --credentials",
        ),
        (
            "cut",
            with(key(), "private_key", json!("-----BEGIN PRIVATE KEY-----\nMIIE\n")),
            "cannot be used",
            "gcloud iam service-accounts keys create",
        ),
        ("line", one_line_key, "cannot be used", "--iam-account reader@wickshop.iam.gserviceaccount.com"),
        (
            "denied",
            borrowed("denied@x.com"),
            "PERMISSION_DENIED: Permission 'iam.serviceAccounts.getAccessToken' denied",
            "gcloud iam service-accounts add-iam-policy-binding denied@x.com --member user:YOU --role roles/iam.serviceAccountTokenCreator",
        ),
        (
            "off",
            borrowed("off@x.com"),
            "has not been used in project 7",
            "gcloud services enable iamcredentials.googleapis.com",
        ),
        (
            "gone",
            borrowed("gone@x.com"),
            "NOT_FOUND: Not found",
            "gcloud iam service-accounts list   # gone@x.com is not among them",
        ),
        (
            "nested",
            with(borrowed("a@x.com"), "source_credentials", impersonated(&identity)),
            "is not supported",
            "gcloud auth application-default login --impersonate-service-account a@x.com",
        ),
    ];
    for (name, json, cause, mend) in cases {
        let file = save(at, name, &json).display().to_string();
        let ran = run(&identity, at, &["triage", "gcp://wickshop", "--credentials", &file], &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{name}: {}", ran.stderr);
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert_eq!(lines.len(), 3, "{name}: {}", ran.stderr);
        assert_eq!(lines[0], "error: cannot read gcp://wickshop");
        assert!(
            lines[1].starts_with("caused by: ") && lines[1].contains(&file) && lines[1].contains(cause),
            "{name}: {}",
            ran.stderr
        );
        assert!(lines[2].starts_with("hint: ") && lines[2].contains(mend), "{name}: {}", ran.stderr);
        let doctor = run(&identity, at, &["doctor", "gcp://wickshop", "--credentials", &file], &[]);
        assert_eq!(doctor.code, 3);
        assert!(doctor.stdout.contains(cause) && doctor.stdout.contains(mend), "{name}: {}", doctor.stdout);
    }
    let file = at.join("broken.json");
    std::fs::write(&file, "{\"type\": \"authorized_user\",\n \"refresh_token\": \"1//very-secret-refresh-token\n")
        .expect("written");
    let ran = run(&identity, at, &["triage", "gcp://wickshop", "--credentials", &file.display().to_string()], &[]);
    assert!(ran.stderr.contains("broken.json: is no credentials file: no JSON at line 3"), "{}", ran.stderr);
    let ran = run(&identity, at, &["triage", "gcp://wickshop", "--credentials", "/nowhere.json"], &[]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("caused by: /nowhere.json: No such file"), "{}", ran.stderr);
    let ran = run(&identity, at, &["triage", "reports/example/export.json", "--credentials", "key.json"], &[]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}
