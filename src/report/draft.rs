//! An issue ready to be sent: title, body and labels within GitHub's limits.
//! Leaves out sending it and finding an earlier one (`publish`, `ledger`).

use super::escape;
use super::view::IncidentView;

/// GitHub's limit for a title, in characters.
const TITLE_LIMIT: usize = 256;

/// GitHub's limit for a body, in characters; counted in bytes here, which is never more.
const BODY_LIMIT: usize = 65_536;

/// How the marker begins.
const MARKER: &str = "<!-- log-gardener:fingerprint=";

/// GitHub itself takes more, but more than four labels are no longer read.
const LABELS_AT_MOST: usize = 4;

/// What will be sent to the tracker.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct IssueDraft {
    /// One line of plain text.
    pub title: String,
    /// Markdown; its last line is the marker by which the issue is found again.
    pub body: String,
    /// At most four, from the allow-list.
    pub labels: Vec<String>,
}

impl IssueDraft {
    /// Returns the body without the marker, for bodies whose marker stands elsewhere.
    pub fn text(&self) -> &str {
        let end = self.body.rfind(MARKER).unwrap_or(self.body.len());
        self.body[..end].trim_end()
    }
}

/// Which labels may be used, and what marks an issue as made by this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelPolicy {
    /// Labels that exist in the repository; no other is ever used.
    pub allowed: Vec<String>,
    /// The label of every generated issue.
    pub generated: String,
}

impl Default for LabelPolicy {
    fn default() -> LabelPolicy {
        let allowed = [
            "P0",
            "P1",
            "P2",
            "P3",
            "bug",
            "enhancement",
            "auth",
            "configuration",
            "database",
            "dependencies",
            "infrastructure",
            "monitoring",
            "network",
            "performance",
            "websocket",
            "generated-issue",
        ];
        LabelPolicy { allowed: allowed.map(String::from).to_vec(), generated: "generated-issue".to_string() }
    }
}

impl LabelPolicy {
    /// Returns the labels of an incident: priority, type, area, origin.
    pub fn labels(&self, incident: &IncidentView) -> Vec<String> {
        let kind = if incident.priority == "P3" { "enhancement" } else { "bug" };
        let area = [incident.category.as_str(), area(&incident.category), incident.issue_category.as_str()]
            .into_iter()
            .find(|area| self.allows(area));
        let wanted = [Some(incident.priority.as_str()), Some(kind), area, Some(self.generated.as_str())];
        let mut labels: Vec<String> = Vec::new();
        for label in wanted.into_iter().flatten() {
            if self.allows(label) && labels.len() < LABELS_AT_MOST && !labels.iter().any(|known| known == label) {
                labels.push(label.to_string());
            }
        }
        labels
    }

    /// Returns the labels of the roll-up: priority, origin.
    pub fn of_rollup(&self, priority: &str) -> Vec<String> {
        let wanted = [priority, self.generated.as_str()].into_iter().filter(|label| self.allows(label));
        wanted.map(str::to_string).collect()
    }

    fn allows(&self, label: &str) -> bool {
        self.allowed.iter().any(|allowed| allowed == label)
    }
}

/// The area of a category that is not itself the name of one.
fn area(category: &str) -> &'static str {
    match category {
        "import" | "startup" | "crash" | "resource" | "memory" | "container" => "infrastructure",
        "config" | "settings" | "environment" => "configuration",
        "timeout" | "latency" | "slow" => "performance",
        "connection" | "dns" | "tls" | "http" => "network",
        "permission" | "authentication" | "authorization" | "jwt" => "auth",
        "sql" | "migration" | "redis" => "database",
        _ => "",
    }
}

/// Returns a title as one line of at most 256 characters.
pub(crate) fn title(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.chars().count() > TITLE_LIMIT {
        true => escape::cut(&line, TITLE_LIMIT - 3),
        false => line,
    }
}

/// Returns a title with an ending as one line of at most 256 characters, of which the ending is never cut.
pub fn issue_title(text: &str, ending: &str) -> String {
    let room = TITLE_LIMIT.saturating_sub(ending.chars().count());
    match text.chars().count() > room {
        true => title(&(escape::cut(text, room.saturating_sub(3)) + ending)),
        false => title(&format!("{text}{ending}")),
    }
}

/// Returns a body within the limit, cut at the edge of a section, with the marker as its last line.
pub(crate) fn body(text: &str, fingerprint: &str) -> String {
    let fingerprint: String = fingerprint.chars().filter(char::is_ascii_alphanumeric).collect();
    let marker = format!("{MARKER}{fingerprint} -->\n");
    let text = text.trim_end();
    if text.len() + 2 + marker.len() <= BODY_LIMIT {
        return format!("{text}\n\n{marker}");
    }
    let fitted = fit(text, BODY_LIMIT - marker.len() - 2);
    format!("{fitted}\n\n{marker}")
}

/// Returns a text that is too long for `room` bytes cut at the edge of a section, with a notice that says so.
pub(crate) fn fit(text: &str, room: usize) -> String {
    const NOTICE: &str = "\n\n_Cut here: the rest does not fit into a GitHub issue; the full report has it. \
        Next action: read the full report._";
    let (kept, close) = cut_at_section(text, room.saturating_sub(NOTICE.len()));
    format!("{}{close}{NOTICE}", kept.trim_end())
}

/// Returns the longest beginning that ends before a heading, and what closes it if there is none.
pub(super) fn cut_at_section(text: &str, room: usize) -> (&str, String) {
    let (mut fence, mut at, mut details) = (Fence::default(), 0, 0usize);
    let (mut section, mut block) = (0, 0);
    for line in text.split_inclusive('\n') {
        if !fence.is_open() && details == 0 {
            if line.starts_with("## ") {
                section = at;
            } else if line.trim().is_empty() {
                block = at;
            }
        }
        if at + line.len() > room {
            break;
        }
        fence.pass(line);
        if !fence.is_open() {
            details = (details + line.matches("<details").count()).saturating_sub(line.matches("</details>").count());
        }
        at += line.len();
    }
    let edge = if section > 0 { section } else { block };
    if edge > 0 {
        return (&text[..edge], String::new());
    }
    // One block larger than the limit: cut inside it and close what is open.
    let mut end = room.saturating_sub(64).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut fence = Fence::default();
    text[..end].lines().for_each(|line| fence.pass(line));
    (&text[..end], fence.closing())
}

/// Follows fenced blocks line by line.
#[derive(Debug, Default)]
pub(crate) struct Fence {
    ticks: usize,
}

impl Fence {
    /// Whether the next line stands inside a fenced block.
    pub(crate) fn is_open(&self) -> bool {
        self.ticks > 0
    }

    /// Takes note of one line.
    pub(crate) fn pass(&mut self, line: &str) {
        let ticks = line.len() - line.trim_start_matches('`').len();
        // With a backtick further on it is a code span that happens to start the line.
        if self.ticks == 0 && ticks >= 3 && !line[ticks..].contains('`') {
            self.ticks = ticks;
        } else if self.ticks > 0 && ticks >= self.ticks && line[ticks..].trim().is_empty() {
            self.ticks = 0;
        }
    }

    fn closing(&self) -> String {
        if self.is_open() { format!("\n{}", "`".repeat(self.ticks)) } else { String::new() }
    }
}
