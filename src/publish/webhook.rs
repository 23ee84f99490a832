//! Tells a webhook what is new: Slack's format, or our own JSON, within what the receivers take.
//! Leaves out what is worth telling, and repeats nothing: a message that fails is lost, the audit is not.

use std::time::Duration;

use reqwest::Url;
use serde_json::{Value, json};

use super::Secret;
use crate::report::escape::slack;

/// Longest time for one message.
const PATIENCE: Duration = Duration::from_secs(5);
/// Slack's limit for the text of one section, characters.
const SECTION: usize = 3000;
/// Longest title in a message, characters.
const TITLE: usize = 200;
/// Items in a message; the rest is counted.
const ITEMS: usize = 20;

/// One piece of news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// `new`, `regressed`, `resolved`, ...
    pub what: String,
    /// `P0` to `P3`.
    pub priority: String,
    /// The incident's id.
    pub incident: String,
    /// One line that says what is broken.
    pub title: String,
    /// Why it is told.
    pub reason: String,
    /// The page.
    pub url: Option<String>,
}

/// Returns the message in Slack's format: plain text and one section; titles are code spans (`escape::slack`).
pub fn slack(news: &[News]) -> Value {
    let mut text = String::new();
    for item in news.iter().take(ITEMS) {
        let link = item.url.as_deref().and_then(slack::link).map_or(String::new(), |link| format!(" {link}"));
        let title = slack::code(&cut(&item.title, TITLE));
        let line = format!("{} {}: {title} ({}){link}\n", item.priority, item.what, item.incident);
        if text.chars().count() + line.chars().count() > SECTION - 40 {
            break;
        }
        text.push_str(&line);
    }
    let more = news.len().saturating_sub(text.lines().count());
    if more > 0 {
        text.push_str(&format!("and {more} more\n"));
    }
    let text = text.trim_end().to_string();
    json!({
        "text": text,
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}}],
        "unfurl_links": false,
    })
}

/// Returns the message in our own format.
pub fn generic(news: &[News]) -> Value {
    let items: Vec<Value> = news
        .iter()
        .take(ITEMS)
        .map(|item| {
            json!({
                "what": item.what, "priority": item.priority, "incident": item.incident,
                "title": cut(&item.title, TITLE), "reason": cut(&item.reason, TITLE), "url": item.url,
            })
        })
        .collect();
    json!({"schema": "log-gardener/news/1", "news": items, "more": news.len().saturating_sub(ITEMS)})
}

/// Sends a message; the error never holds the address, which is a secret.
pub fn send(address: &Secret, message: &Value) -> Result<(), String> {
    let url = Url::parse(address.reveal()).map_err(|_| "the address is no URL".to_string())?;
    let local = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    if url.scheme() != "https" && !local {
        return Err("the address does not begin with https://".to_string());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start the network runtime: {error}"))?;
    runtime.block_on(async {
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| error.without_url().to_string())?;
        let sent = client
            .post(url)
            .header("Content-Type", "application/json")
            .body(message.to_string())
            .send()
            .await
            .map_err(|error| error.without_url().to_string())?;
        match sent.status().is_success() {
            true => Ok(()),
            false => Err(format!("it answered {}", sent.status())),
        }
    })
}

fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{} ...", &text[..end]),
        None => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn news(title: &str) -> News {
        News {
            what: "new".to_string(),
            priority: "P1".to_string(),
            incident: "a1b2c3d4".to_string(),
            title: title.to_string(),
            reason: "seen".to_string(),
            url: None,
        }
    }

    #[test]
    fn no_title_mentions_or_links() {
        let message = slack(&[news("<!channel> @here `x` <https://evil.example|click> & go")]);
        let text = message["text"].as_str().expect("a text");
        let title = "`&lt;!channel&gt; @here 'x' &lt;https://evil.example|click&gt; &amp; go`";
        assert_eq!(text, format!("P1 new: {title} (a1b2c3d4)"));
    }

    #[test]
    fn a_message_keeps_within_its_budget_and_counts_the_rest() {
        let message = slack(&vec![news(&"x".repeat(500)); 60]);
        let text = message["blocks"][0]["text"]["text"].as_str().expect("a text");
        assert!(text.chars().count() <= SECTION, "{}", text.chars().count());
        let shown = text.lines().count() - 1;
        assert!(text.ends_with(&format!("and {} more", 60 - shown)), "{text}");
        assert_eq!(generic(&vec![news("y"); 60])["more"], 40);
    }

    #[test]
    fn an_error_keeps_the_address_to_itself() {
        for address in ["http://hooks.example/T0/secret", "nonsense secret", "http://127.0.0.1:1/secret"] {
            let error = send(&Secret::new(address), &json!({})).expect_err("nobody listens");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
