//! How GitHub is asked: limits, pages, redirects, signing in, errors that people can act on.
//! Leaves out what is done with the answers: see `github.rs`.

use std::time::{Duration, Instant};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use log_gardener::publish::github::{Auth, FaultKind, GitHub, GitHubSettings, Listing, NewIssue, Secret, Tracker};

use crate::fake_github::{self, FakeGitHub, Fate, TOKEN, answer};

fn new_issue() -> NewIssue {
    NewIssue { title: "Title".to_owned(), body: "Body".to_owned(), ..NewIssue::default() }
}

#[test]
fn limits_are_waited_for_as_long_as_github_asks() {
    let soon = || chrono::Utc::now().timestamp();
    for (name, reply, least) in [
        ("secondary", answer::secondary(403, 1), 1_000),
        ("secondary, the other status", answer::secondary(429, 1), 1_000),
        ("primary", answer::primary(403, soon()), 900),
        ("unnamed", answer::error(403, "You have triggered an abuse detection mechanism."), 5),
    ] {
        let fake = FakeGitHub::new();
        let mut client = fake.client();
        assert!(client.issue(1).is_err(), "the first request asks for the repository");
        fake.script(move |number, _| if number == 0 { Fate::Instead(reply.clone()) } else { Fate::Right });
        let begun = Instant::now();
        assert_eq!(client.create(&new_issue()).map(|issue| issue.number), Ok(1), "{name}");
        assert!(begun.elapsed() >= Duration::from_millis(least), "{name}: {:?}", begun.elapsed());
        assert_eq!(fake.with(|store| store.issues.len()), 1, "{name}: a refused POST is sent again, once");
    }
}

#[test]
fn a_limit_that_ends_too_late_stops_asking_and_says_when() {
    let fake = FakeGitHub::new();
    fake.script(|_, _| Fate::Instead(answer::primary(403, chrono::Utc::now().timestamp() + 1_800)));
    let mut client = fake.client();
    for _ in 0..3 {
        let fault = client.create(&new_issue()).expect_err("no quota");
        let FaultKind::RetryLater(at) = fault.kind else { panic!("{fault:?}") };
        let left = at.nanos_since(log_gardener::entry::Timestamp::from_chrono(&chrono::Utc::now()).expect("now"));
        assert!((1_700..1_900).contains(&(left / 1_000_000_000)), "{left}");
        assert!(fault.hint.is_some_and(|hint| hint.contains("run it again after")));
    }
    assert_eq!(fake.asked().len(), 1, "GitHub may ban who goes on asking");
}

#[test]
fn writes_keep_their_distance() {
    let fake = FakeGitHub::new();
    let settings = fake.settings(Auth::Token(Secret::new(TOKEN)));
    let mut client =
        GitHub::new(GitHubSettings { write_gap: Duration::from_millis(120), ..settings }).expect("a client");
    let begun = Instant::now();
    for _ in 0..3 {
        client.create(&new_issue()).expect("opened");
        client.issue(1).expect("read");
    }
    assert!(begun.elapsed() >= Duration::from_millis(240), "{:?}", begun.elapsed());
}

#[test]
fn a_post_is_sent_again_only_when_it_surely_was_not_carried_out() {
    for (fate, sent) in [
        (Fate::LostBefore, 1),
        (Fate::LostAfter, 1),
        (Fate::Instead(answer::error(500, "Server Error")), 1),
        (Fate::After(answer::error(502, "Bad Gateway")), 1),
        (Fate::Cut(30), 1),
        (Fate::Garbled("<html>"), 1),
        (Fate::Instead(answer::secondary(403, 0)), 5),
    ] {
        let fake = FakeGitHub::new();
        let told = format!("{fate:?}");
        fake.script(move |_, request| if request.method == "POST" { fate.clone() } else { Fate::Right });
        let fault = fake.client().create(&new_issue()).expect_err("a fault");
        assert_eq!(fault.is_unknown(), sent == 1, "{told}: {fault:?}");
        assert_eq!(fake.asked().iter().filter(|request| request.method == "POST").count(), sent, "{told}");
    }
    // Nobody listens: nothing was carried out, so it is tried again and may be tried later.
    let settings = FakeGitHub::new().settings(Auth::Token(Secret::new(TOKEN)));
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port");
    let mut client = GitHub::new(settings.at(&format!("http://{free}")).expect("this machine")).expect("a client");
    let fault = client.create(&new_issue()).expect_err("nobody listens");
    assert!(matches!(fault.kind, FaultKind::RetryLater(_)), "{fault:?}");
}

#[test]
fn all_pages_are_read_and_no_other_host_is_asked() {
    let fake = FakeGitHub::new();
    fake.with(|store| {
        for at in 0..130 {
            let label = if at % 2 == 0 { "with blank & more" } else { "bug" };
            store.open("octocat", &format!("Issue {at}"), "", &[label]);
        }
        store.issues.get_mut(&1).expect("there").is_pull_request = true;
        for at in 0..120 {
            store.comment(2, "octocat", &format!("Comment {at}"));
        }
    });
    let mut client = fake.client();
    let label = Some("with blank & more".to_owned());
    let found = client.issues(&Listing { label, ..Listing::default() }).expect("listed");
    assert_eq!(found.len(), 64, "65 but for the pull request");
    assert!(found.is_sorted_by(|a, b| a.number > b.number));
    assert_eq!(client.issues(&Listing { at_most: Some(60), ..Listing::default() }).expect("listed").len(), 60);
    assert_eq!(client.comments(2).expect("listed").len(), 120);
    assert!(fake.asked().iter().all(|request| request.query("direction").is_none_or(|to| to == "desc")));

    let fake = FakeGitHub::new();
    fake.script(|_, request| match request.path.ends_with("/issues") {
        true => Fate::Instead(fake_github::Reply {
            headers: "Link: <http://127.0.0.1:1/steal?page=2>; rel=\"next\"\r\n".to_owned(),
            ..answer::reply(200, serde_json::json!([]))
        }),
        false => Fate::Right,
    });
    assert!(fake.client().issues(&Listing::default()).is_err_and(|fault| fault.kind == FaultKind::Refused));
}

#[test]
fn a_renamed_repository_is_followed_once_and_no_redirect_elsewhere() {
    let fake = FakeGitHub::new();
    fake.with(|store| store.full_name = "wick/candles".to_owned());
    let mut client = fake.client();
    assert_eq!(client.create(&new_issue()).map(|issue| issue.number), Ok(1));
    let paths: Vec<String> = fake.asked().iter().map(|request| request.path.clone()).collect();
    assert_eq!(paths, ["/repos/wick/shop", "/repositories/1", "/repos/wick/candles/issues"]);

    let fake = FakeGitHub::new();
    fake.script(|_, _| {
        let headers = "Location: http://127.0.0.1:1/steal\r\n".to_owned();
        Fate::Instead(fake_github::Reply { headers, ..answer::error(301, "Moved Permanently") })
    });
    let fault = fake.client().issue(1).expect_err("elsewhere");
    assert!(fault.cause.contains("moved") || fault.cause.contains("shows no repository"), "{fault:?}");
}

#[test]
fn enterprise_has_its_paths_below_api_v3() {
    let fake = FakeGitHub::enterprise();
    let mut client = fake.client();
    client.create(&new_issue()).expect("opened");
    fake.with(|store| store.edit_body(1, "octocat", |_| "changed".to_owned()));
    let history = client.history(1).expect("a history");
    assert_eq!(history.bodies.len(), 2);
    assert_eq!((history.bodies[0].editor.as_str(), history.bodies[0].text.as_deref()), ("octocat", Some("changed")));
    let asked = fake.asked();
    assert_eq!(asked.last().map(|request| request.path.as_str()), Some("/graphql"));
    assert!(asked.iter().all(|request| request.header("x-github-api-version") == "2022-11-28"));
}

#[test]
fn errors_say_what_to_do() {
    let hint = |fake: &FakeGitHub, client: &mut GitHub| {
        let fault = client.create(&new_issue()).expect_err("a refusal");
        let told = format!("{fault}");
        assert!(!told.contains(TOKEN) && !told.contains('\n'), "{told}");
        assert_eq!(fake.with(|store| store.issues.len()), 0);
        (fault.kind, told)
    };
    let fake = FakeGitHub::new();
    let (kind, told) = hint(&fake, &mut fake.client_as(Auth::Token(Secret::new("old"))));
    assert!(kind == FaultKind::NotAllowed && told.contains("Bad credentials") && told.contains("expired"), "{told}");

    fake.with(|store| store.visible = false);
    let (kind, told) = hint(&fake, &mut fake.client());
    assert!(kind == FaultKind::NotAllowed && told.contains("shows no repository wick/shop"), "{told}");

    let fake = FakeGitHub::new();
    fake.with(|store| store.archived = true);
    let (kind, told) = hint(&fake, &mut fake.client());
    assert!(kind == FaultKind::NotAllowed && told.contains("archive"), "{told}");

    let fake = FakeGitHub::new();
    fake.script(|_, request| match request.method.as_str() {
        "POST" => Fate::Instead(answer::error(403, "Resource not accessible by personal access token")),
        _ => Fate::Right,
    });
    let (kind, told) = hint(&fake, &mut fake.client());
    assert!(kind == FaultKind::NotAllowed && told.contains("issues: write"), "{told}");

    let fake = FakeGitHub::new();
    let long = NewIssue { body: "x".repeat(70_000), ..new_issue() };
    let fault = fake.client().create(&long).expect_err("too long");
    assert!(fault.kind == FaultKind::Refused && fault.cause.contains("body is too long"), "{fault}");

    let fake = FakeGitHub::new();
    fake.with(|store| {
        let number = store.open("octocat", "a", "b", &[]);
        store.issues.get_mut(&number).expect("there").locked = true;
    });
    let fault = fake.client().comment(1, "text").expect_err("locked");
    assert!(fault.cause.contains("locked"), "{fault}");
}

#[test]
fn an_issue_is_gone_only_when_github_says_so() {
    let fake = FakeGitHub::new();
    let mut client = fake.client();
    assert!(client.issue(7).expect_err("never opened").is_gone());
    fake.script(|_, _| Fate::Garbled("<html>no such page</html>"));
    let fault = client.issue(7).expect_err("a proxy answers");
    assert!(matches!(fault.kind, FaultKind::RetryLater(_)), "{fault:?}");
    assert!(GitHub::new(GitHubSettings::new("o/n", Auth::Token(Secret::new("t"))).expect("right")).is_ok(), "with TLS");
}

#[test]
fn answers_without_end_and_without_sense_are_refused() {
    let fake = FakeGitHub::new();
    fake.script(|_, request| match request.path.ends_with("/issues") {
        true => Fate::Instead(answer::reply(200, serde_json::json!(["x".repeat(20 << 20)]))),
        false => Fate::Right,
    });
    let fault = fake.client().issues(&Listing::default()).expect_err("too large");
    assert!(fault.cause.contains("larger than 16 MiB"), "{fault}");
    for wrong in [serde_json::json!({}), serde_json::json!([1]), serde_json::json!([{"number": "1"}])] {
        let fake = FakeGitHub::new();
        fake.script(
            move |number, _| if number == 1 { Fate::Instead(answer::reply(200, wrong.clone())) } else { Fate::Right },
        );
        let fault = fake.client().issues(&Listing::default()).expect_err("no list of issues");
        assert!(fault.cause.contains("something else than its documentation says"), "{fault}");
    }
}

/// A key pair as an App has it: PEM in the form that GitHub gives out, PEM as PKCS#8, public key.
fn app_key() -> (String, String, Vec<u8>) {
    let key = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let whole = AsDer::<Pkcs8V1Der>::as_der(&key).expect("encoded").as_ref().to_vec();
    // PKCS#8 is a header of 26 bytes around PKCS#1.
    assert_eq!(whole[26], 0x30);
    let pem = |name: &str, der: &[u8]| {
        let text = BASE64_STANDARD.encode(der);
        let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        format!("-----BEGIN {name}-----\n{}\n-----END {name}-----\n", lines.join("\n"))
    };
    let public = AsDer::<PublicKeyX509Der>::as_der(key.public_key()).expect("encoded").as_ref().to_vec();
    (pem("RSA PRIVATE KEY", &whole[26..]), pem("PRIVATE KEY", &whole), public)
}

#[test]
fn an_app_signs_in_and_renews_its_token() {
    let (pkcs1, pkcs8, public) = app_key();
    let app = |key: &str, installation| Auth::App { id: "12345".to_owned(), key: Secret::new(key), installation };
    for (key, installation) in [(&pkcs1, None), (&pkcs8, Some(77))] {
        let fake = FakeGitHub::new();
        fake.with(|store| store.app_key = Some(public.clone()));
        let mut client = fake.client_as(app(key, installation));
        assert_eq!(client.create(&new_issue()).map(|issue| issue.author), Ok("gardener[bot]".to_owned()));
        client.issue(1).expect("read");
        let tokens = || fake.asked().iter().filter(|request| request.path.ends_with("/access_tokens")).count();
        assert_eq!(tokens(), 1, "one token for several requests");
        let asked = fake.asked().into_iter().find(|request| request.path.ends_with("/access_tokens")).expect("asked");
        assert_eq!(asked.body["repositories"][0], "shop");
        assert_eq!(asked.body["permissions"]["issues"], "write");
        // Taken back on GitHub's side: the next request gets another one.
        fake.with(|store| store.tokens.clear());
        client.issue(1).expect("read with another token");
        assert_eq!(tokens(), 2);
    }
    let fake = FakeGitHub::new();
    fake.with(|store| (store.app_key, store.token_life) = (Some(public.clone()), 200));
    let mut client = fake.client_as(app(&pkcs1, None));
    client.create(&new_issue()).expect("opened");
    assert!(fake.with(|store| store.tokens.len()) > 2, "a token that soon ends is renewed before it does");

    let (other, ..) = app_key();
    let fault = fake.client_as(app(&other, None)).issue(1).expect_err("another key");
    assert!(fault.kind == FaultKind::NotAllowed && fault.to_string().contains("private key"), "{fault}");
    let broken = GitHub::new(fake.settings(app("-----BEGIN nonsense", None))).expect_err("no key");
    assert!(broken.cause.contains("private key cannot be used"), "{broken}");
}
