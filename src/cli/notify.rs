//! Which news of a pass are told, and to whom.
//! Leaves out sending: see `publish::webhook`. Nothing here stops a pass.

use crate::audit::Audited;
use crate::decision::{Action, Order, State};
use crate::publish::Secret;
use crate::publish::webhook::{self, News};

use super::print;
use super::settings::{WebhookKind, WebhookPart};

/// Tells every webhook what is new since the last pass.
pub(super) fn tell(webhooks: &[WebhookPart], audited: &Audited) {
    if webhooks.is_empty() {
        return;
    }
    let news = news(audited);
    for hook in webhooks {
        let told: Vec<News> = news.iter().filter(|item| item.priority <= hook.least.0).cloned().collect();
        if told.is_empty() {
            continue;
        }
        let Ok(address) = std::env::var(&hook.url_env).map(Secret::new) else {
            print::note(&format!("warning: {}: {} is not set", untold(told.len(), &hook.url_env), hook.url_env));
            continue;
        };
        let message = match hook.kind {
            WebhookKind::Slack => webhook::slack(&told),
            WebhookKind::Generic => webhook::generic(&told),
        };
        if let Err(cause) = webhook::send(&address, &message) {
            print::note(&format!("warning: {}: {cause}", untold(told.len(), &hook.url_env)));
        }
    }
}

/// The receiver goes by the variable that holds its address, for the address is a secret.
fn untold(count: usize, receiver: &str) -> String {
    let pieces = if count == 1 { "1 piece of news was".to_string() } else { format!("{count} pieces of news were") };
    format!("{pieces} not told to {receiver}")
}

/// Returns the incidents that are new, came back or ended, and the issues that were opened: each once.
fn news(audited: &Audited) -> Vec<News> {
    let url = |incident: &str| {
        let delivered = audited.delivered.done.iter().rev();
        let mut of = delivered.filter(|(order, _, url, _)| order.fingerprint() == incident && !url.is_empty());
        of.next().map(|(_, _, url, _)| url.clone())
    };
    let planned = |incident: &str| audited.plan.iter().find(|planned| planned.decision.incident == incident);
    let mut news: Vec<News> = Vec::new();
    let mut add = |incident: &str, what: &str, reason: &str| {
        let Some(planned) = planned(incident) else { return };
        // Who silenced it, or set it apart as noise, asked not to hear of it.
        if planned.decision.action == Action::Silenced || planned.noise.is_some() {
            return;
        }
        let id: String = incident.chars().take(8).collect();
        if news.iter().any(|item| item.incident == id) {
            return;
        }
        news.push(News {
            what: what.to_string(),
            priority: planned.priority.clone(),
            incident: id,
            title: planned.title.clone(),
            reason: reason.to_string(),
            url: url(incident),
        });
    };
    for (order, number, _, wrote) in &audited.delivered.done {
        if let (Order::Open { fingerprint, .. }, true) = (order, wrote) {
            add(fingerprint, &format!("issue #{number} opened"), "");
        }
    }
    for transition in &audited.transitions {
        let told = match transition.to {
            State::New => "new",
            State::Regressed => "regressed",
            State::Resolved => "resolved",
            State::Ongoing | State::Quiet => continue,
        };
        add(&transition.incident, told, &transition.reason);
    }
    news.sort_by(|a, b| (&a.priority, &a.incident).cmp(&(&b.priority, &b.incident)));
    news
}
