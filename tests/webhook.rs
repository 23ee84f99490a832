//! Webhooks: what is told, in which form, and that no receiver holds up or fails an audit.
//! Leaves out length budgets, which `publish::webhook` tests.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::auditing::{Auditing, EAGER, NOW, ended};
use crate::bed::Run;

/// What a receiver does with a message.
#[derive(Clone, Copy)]
enum Manner {
    Takes,
    Answers(u16),
    Hangs,
    Redirects,
}

/// Notes what is sent to it.
struct Receiver {
    at: SocketAddr,
    heard: Arc<Mutex<Vec<Value>>>,
}

impl Receiver {
    fn new(manner: Manner) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let at = listener.local_addr().expect("an address");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(&stream);
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
                        break;
                    }
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap_or(0);
                    }
                }
                let mut body = vec![0; length];
                let _ = reader.read_exact(&mut body);
                noted.lock().expect("whole").push(serde_json::from_slice(&body).unwrap_or(Value::Null));
                let head = match manner {
                    Manner::Takes => "200 OK\r\n".to_string(),
                    Manner::Answers(status) => format!("{status} No\r\n"),
                    Manner::Redirects => format!("302 Found\r\nLocation: http://{at}/elsewhere\r\n"),
                    Manner::Hangs => {
                        std::thread::sleep(Duration::from_secs(30));
                        continue;
                    }
                };
                let _ = (&stream).write_all(format!("HTTP/1.1 {head}Content-Length: 0\r\n\r\n").as_bytes());
            }
        });
        Receiver { at, heard }
    }

    fn heard(&self) -> Vec<Value> {
        self.heard.lock().expect("whole").clone()
    }
}

fn bed(kind: &str) -> Auditing {
    let all = Auditing::new();
    all.garden.write("log-gardener.toml", format!("{EAGER}[[webhook]]\nurl_env = \"TEAM_HOOK\"\nkind = \"{kind}\"\n"));
    all
}

fn audit(all: &Auditing, address: &str, more: &[&str]) -> Run {
    ended(all.command(NOW, &[&["audit", "shop.ndjson"], more].concat()).env("TEAM_HOOK", address))
}

#[test]
fn slack_hears_once_what_is_new() {
    let (all, receiver) = (bed("slack"), Receiver::new(Manner::Takes));
    let address = format!("http://{}/services/T0/secret-part", receiver.at);
    // A look at the plan tells nobody.
    assert_eq!(audit(&all, &address, &[]).code, 0);
    assert_eq!(receiver.heard(), Vec::<Value>::new());
    let run = audit(&all, &address, &["--publish"]);
    assert!(run.code == 0 && !run.stderr.contains("secret-part"), "{}", run.stderr);
    let heard = receiver.heard();
    assert_eq!(heard.len(), 1);
    let text = "P1 issue #1 opened: `The key ''CHF'' is missing` (fb7955d7) <https://github.com/wick/shop/issues/1>";
    assert_eq!(heard[0]["text"], text);
    assert_eq!(heard[0]["blocks"][0]["text"]["text"], text);
    assert_eq!(heard[0]["blocks"][0]["text"]["type"], "mrkdwn");
    assert_eq!(audit(&all, &address, &["--publish"]).code, 0);
    assert_eq!(receiver.heard().len(), 1, "what is known is not told again");
}

#[test]
fn the_generic_form_is_documented_json_and_less_urgent_news_stay_out() {
    let (all, receiver) = (bed("generic"), Receiver::new(Manner::Takes));
    let address = format!("http://{}/", receiver.at);
    assert_eq!(audit(&all, &address, &["--notify"]).code, 0);
    let heard = receiver.heard();
    assert_eq!(heard[0]["schema"], "log-gardener/news/1");
    let item = &heard[0]["news"][0];
    assert_eq!(
        (item["what"].as_str(), item["priority"].as_str(), item["incident"].as_str()),
        (Some("new"), Some("P1"), Some("fb7955d7"))
    );
    assert_eq!((item["reason"].as_str(), item["url"].is_null()), (Some("no pass before has seen it"), true));
    assert_eq!(all.writes(), 0);

    let all = bed("generic\"\nleast = \"P0");
    assert_eq!(audit(&all, &address, &["--publish"]).code, 0);
    assert_eq!(receiver.heard().len(), 1, "P1 is less urgent than P0");
    let all = bed("generic");
    all.run(NOW, &["silence", "add", "all", "--until", "1h", "--reason", "we move"]).done();
    assert_eq!(audit(&all, &address, &["--publish"]).code, 0);
    assert_eq!(receiver.heard().len(), 1, "who silences something does not want to hear of it");
}

#[test]
fn a_receiver_that_refuses_fails_nothing() {
    for (manner, cause) in [
        (Manner::Answers(500), "it answered 500 Internal Server Error"),
        (Manner::Answers(404), "it answered 404 Not Found"),
        (Manner::Redirects, "it answered 302 Found"),
    ] {
        let (all, receiver) = (bed("slack"), Receiver::new(manner));
        let run = audit(&all, &format!("http://{}/secret-part", receiver.at), &["--publish"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(
            run.stderr.contains(&format!("warning: 1 piece of news was not told to TEAM_HOOK: {cause}\n")),
            "{}",
            run.stderr
        );
        assert!(!run.stderr.contains("secret-part"), "{}", run.stderr);
        assert_eq!(receiver.heard().len(), 1, "nothing follows a redirect");
    }
    let all = bed("slack");
    for address in ["http://127.0.0.1:1/secret-part", "http://hooks.example/secret-part", "secret-part"] {
        let run = audit(&all, address, &["--publish", "--ledger", &format!("{}.db", address.len())]);
        assert!(run.code == 0 && run.stderr.contains("not told to TEAM_HOOK"), "{}", run.stderr);
        assert!(!run.stderr.contains("secret-part") && !run.stderr.contains("hooks.example"), "{}", run.stderr);
    }
    let mut command = all.command(NOW, &["audit", "shop.ndjson", "--publish", "--ledger", "unset.db"]);
    let run = ended(command.env_remove("TEAM_HOOK"));
    assert!(run.code == 0 && run.stderr.contains("TEAM_HOOK is not set"), "{}", run.stderr);
}

#[test]
fn a_receiver_that_hangs_is_left_after_five_seconds() {
    let (all, receiver) = (bed("slack"), Receiver::new(Manner::Hangs));
    let begun = Instant::now();
    let run = audit(&all, &format!("http://{}/secret-part", receiver.at), &["--publish"]);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("not told to TEAM_HOOK: ") && !run.stderr.contains("secret-part"), "{}", run.stderr);
    assert_eq!(all.hub.with(|store| store.issues.len()), 1);
}
