//! Which issues that people opened may be about an incident: a score with its reasons.
//! Leaves out acting on it: a candidate is proposed, and adopted only when a person says so. Pure.

use std::collections::BTreeSet;

use super::block::{self, Marking};
use super::tracker::RemoteIssue;
use crate::decision::IssueState;

/// Scores below this are not proposed.
pub const LEAST: f64 = 0.35;

/// Candidates proposed at most.
pub const AT_MOST: usize = 5;

/// A quotation shorter than this is in too many texts to say anything, in characters.
const QUOTE: usize = 20;

/// What is known of an incident.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// One line that says what is broken.
    pub title: String,
    /// Type of the exception, or empty.
    pub type_name: String,
    /// Messages as logged.
    pub messages: Vec<String>,
    /// Files of the application's frames, as they stand in the traces.
    pub files: Vec<String>,
    /// `insertId`s of its entries.
    pub insert_ids: Vec<String>,
}

/// An issue that may be about the incident.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its number.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// The page for people.
    pub url: String,
    /// From 0 to 1.
    pub score: f64,
    /// What they have in common, the strongest first.
    pub reasons: Vec<String>,
}

/// Returns the open issues without our marker that may be about the incident, the likeliest first.
pub fn candidates(facts: &Facts, issues: &[RemoteIssue]) -> Vec<Candidate> {
    let theirs = |issue: &&RemoteIssue| {
        issue.state == IssueState::Open && !issue.is_pull_request && block::marking(&issue.body) == Marking::None
    };
    let mut found: Vec<Candidate> = issues.iter().filter(theirs).filter_map(|issue| compare(facts, issue)).collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.number.cmp(&b.number)));
    found.truncate(AT_MOST);
    found
}

fn compare(facts: &Facts, issue: &RemoteIssue) -> Option<Candidate> {
    let text = format!("{}\n{}", issue.title, issue.body);
    let plain = squeeze(&text);
    // Each reason is a chance that the two are the same; independent chances add up without passing 1.
    let mut chances: Vec<(f64, String)> = Vec::new();
    if let Some(id) = facts.insert_ids.iter().find(|id| id.len() >= 8 && has_word(&text, id)) {
        chances.push((0.97, format!("both quote the log entry {id}")));
    }
    if let Some(message) = facts.messages.iter().find(|message| quoted(message, &plain)) {
        let start: String = message.trim().chars().take(60).collect();
        chances.push((0.6, format!("it quotes the message \"{start}\"")));
    }
    let kind = facts.type_name.rsplit(['.', ':', '\\']).next().unwrap_or_default();
    if kind.len() >= 4 && has_word(&text, kind) {
        chances.push((0.2, format!("it names {kind}")));
    }
    let file = |path: &&String| path.len() >= 4 && (text.contains(path.as_str()) || has_word(&text, base_name(path)));
    if let Some(path) = facts.files.iter().find(file) {
        chances.push((0.25, format!("it names the file {}", base_name(path))));
    }
    let (ours, its) = (words(&facts.title), words(&issue.title));
    let common: Vec<&String> = ours.intersection(&its).collect();
    if common.len() >= 2 {
        let part = share(common.len(), ours.len().min(its.len()));
        let named = common.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(", ");
        chances.push((0.5 * part, format!("the titles share {named}")));
    }
    chances.sort_by(|a, b| b.0.total_cmp(&a.0));
    let score = 1.0 - chances.iter().fold(1.0, |left, (chance, _)| left * (1.0 - chance));
    (score >= LEAST).then(|| Candidate {
        number: issue.number,
        title: issue.title.clone(),
        url: issue.url.clone(),
        score,
        reasons: chances.into_iter().map(|(_, reason)| reason).collect(),
    })
}

/// Both are counts of words of a title, far below the limit of exactness.
fn share(part: usize, whole: usize) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if whole == 0 { 0.0 } else { number(part) / number(whole) }
}

/// Returns whether the issue quotes the message's first line, or half of it if people cut it.
fn quoted(message: &str, plain: &str) -> bool {
    let line = squeeze(message.trim().lines().next().unwrap_or_default());
    let all = line.chars().count();
    let half: String = line.chars().take((all / 2).max(QUOTE * 2)).collect();
    all >= QUOTE && plain.contains(half.trim_end())
}

/// One blank between words, lower case.
fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn has_word(text: &str, word: &str) -> bool {
    let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(word)
        .any(|(at, _)| !inside(text[..at].chars().next_back()) && !inside(text[at + word.len()..].chars().next()))
}

fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The words of a title that say something.
fn words(title: &str) -> BTreeSet<String> {
    const EMPTY: [&str; 22] = [
        "the",
        "and",
        "for",
        "with",
        "from",
        "not",
        "was",
        "are",
        "has",
        "error",
        "errors",
        "failed",
        "fails",
        "failure",
        "issue",
        "bug",
        "gcp",
        "new",
        "when",
        "because",
        "cannot",
        "regression",
    ];
    let lower = title.to_lowercase();
    let words = lower.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| word.chars().count() >= 3);
    words.filter(|word| !EMPTY.contains(word)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(number: u64, title: &str, body: &str) -> RemoteIssue {
        RemoteIssue {
            number,
            title: title.to_owned(),
            body: body.to_owned(),
            state: IssueState::Open,
            closed_at: None,
            labels: Vec::new(),
            author: "octocat".to_owned(),
            is_pull_request: false,
            url: format!("https://github.com/o/n/issues/{number}"),
            updated_at: None,
        }
    }

    fn facts() -> Facts {
        Facts {
            title: "GCP-new | P0 | checkout cannot import module shop.tax".to_owned(),
            type_name: "builtins.ModuleNotFoundError".to_owned(),
            messages: vec!["ModuleNotFoundError: No module named 'shop.tax'\nmore".to_owned()],
            files: vec!["/app/shop/cart.py".to_owned()],
            insert_ids: vec!["68c8ab4a000149390d2ad25d".to_owned()],
        }
    }

    #[test]
    fn what_they_quote_together_counts_most() {
        let found = candidates(
            &facts(),
            &[
                issue(1, "Login page is slow", "It takes 3 s since Monday. cart is fine."),
                issue(2, "Checkout down", "seen: `No module named` ... entry 68c8ab4a000149390d2ad25d"),
                issue(
                    3,
                    "checkout crashes on import of shop tax",
                    "```\nModuleNotFoundError: No module\n named 'shop.tax'\n```\nin cart.py",
                ),
                issue(4, "ModuleNotFoundError in the worker", "another module: No module named 'jobs'"),
            ],
        );
        let numbers: Vec<u64> = found.iter().map(|candidate| candidate.number).collect();
        assert_eq!(numbers, [2, 3], "{found:?}");
        assert!(found[0].score >= 0.97 && found[1].score > 0.7 && found[1].score <= 1.0, "{found:?}");
        assert!(found[1].reasons.iter().any(|reason| reason.contains("quotes the message")), "{found:?}");
    }

    #[test]
    fn ours_closed_ones_and_pull_requests_are_not_proposed() {
        let about = |number| issue(number, "Checkout down", "68c8ab4a000149390d2ad25d");
        let ours = RemoteIssue { body: block::place("0123456789abcdef", &about(1).body), ..about(1) };
        let closed = RemoteIssue { state: IssueState::Completed, ..about(2) };
        let pull = RemoteIssue { is_pull_request: true, ..about(3) };
        assert_eq!(candidates(&facts(), &[ours, closed, pull]), []);
        assert_eq!(candidates(&Facts::default(), &[about(4)]), []);
    }
}
