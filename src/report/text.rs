//! What `triage --format text` prints: per incident a headline, the chain, the why, a quotation, the next step.
//! Leaves out printing and asking the terminal how wide it is (`cli`).

use anstyle::{AnsiColor, Color, Style};

use super::view::{CauseView, CoverageView, GroupView, HistoryView, IncidentView, SampleView, TriageView};
use super::{chain, context, escape, layout, numbers};
use crate::entry::Timestamp;

/// How the terminal wants its text.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Columns; less than 40 is taken as 40.
    pub width: usize,
    /// Whether ANSI colours may be used.
    pub color: bool,
}

/// Incidents shown in full; more would push the first one, the one that matters, off the screen. The others have two
/// lines each, with what it takes to ask for more.
const FULL: usize = 8;

/// Where the text of an incident starts, below its priority.
const INDENT: usize = 4;

/// Where the text behind `why`, `seen`, `next` starts.
const LABEL: usize = 6;

/// Rows that a text behind one of them takes, about.
const ROWS: usize = 6;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Returns the text of a run; every line fits the width and holds no control characters but colours.
pub fn render(run: &TriageView, look: Look) -> String {
    pages(run, look, false)
}

/// Returns the text of a run with every incident in full, noise too.
pub fn render_all(run: &TriageView, look: Look) -> String {
    pages(run, look, true)
}

fn pages(run: &TriageView, look: Look, all: bool) -> String {
    let mut page = Page { look: Look { width: look.width.max(40), ..look }, out: String::new() };
    let (noise, incidents): (Vec<&IncidentView>, Vec<&IncidentView>) =
        run.incidents.iter().partition(|incident| incident.noise.is_some());
    // Findings of the lowest priority can wait until morning; two lines each are enough.
    let in_full = |at: usize, incident: &IncidentView| all || at == 0 || (at < FULL && incident.priority != "P3");
    let (full, brief): (Vec<_>, Vec<_>) =
        incidents.iter().enumerate().partition(|(at, incident)| in_full(*at, incident));
    let noise_in_full = noise.iter().filter(|_| all);
    for incident in full.iter().map(|(_, incident)| *incident).chain(noise_in_full) {
        page.incident(incident, context::silent_seconds(incident, &run.coverage));
    }
    if !brief.is_empty() {
        for (_, incident) in &brief {
            page.headline(incident);
            page.brief(incident);
        }
        page.blank();
    }
    page.noise(&noise);
    page.coverage(&run.coverage, incidents.is_empty());
    page.out
}

/// Returns the text of a run's incidents alone, for a reader who sees them one after the other.
pub fn incidents(run: &TriageView, look: Look) -> String {
    let mut page = Page { look: Look { width: look.width.max(40), ..look }, out: String::new() };
    for incident in &run.incidents {
        // What follows is not read yet.
        page.incident(incident, None);
    }
    page.out
}

/// Returns `file:line in function` of the innermost frame of the application's own code.
fn place(group: &GroupView) -> Option<String> {
    let frame = group.exception.as_ref()?.innermost_in_app()?;
    let line = frame.line.map(|line| format!(":{line}")).unwrap_or_default();
    let function = frame.function.as_deref().map(|name| format!(" in {name}")).unwrap_or_default();
    Some(format!("{}{line}{function}", frame.file.as_deref()?))
}

/// Returns `source:line` of an entry.
fn entry_place(sample: &SampleView) -> String {
    sample.line.map_or(sample.source.clone(), |line| format!("{}:{line}", sample.source))
}

/// Returns what is remarkable in an incident's history: that it has none, or that it happens more often.
fn since_before(history: &HistoryView) -> Option<String> {
    match (&history.escalating, history.new) {
        (_, true) => Some("new".to_string()),
        (Some(rise), _) => Some(match rise.ratio {
            Some(ratio) => format!("escalating, {} the rate", numbers::times(ratio)),
            None => "escalating".to_string(),
        }),
        _ => None,
    }
}

/// The text so far and how it has to look.
struct Page {
    look: Look,
    out: String,
}

impl Page {
    /// An incident in full; `silent` is how many seconds were read after its last event.
    fn incident(&mut self, incident: &IncidentView, silent: Option<i64>) {
        self.headline(incident);
        self.facts(incident, silent);
        self.blank();
        if incident.groups.len() > 1 {
            self.chain(incident);
            self.blank();
        }
        if let Some(root) = incident.groups.iter().find(|group| group.id == incident.root) {
            self.quotation(root);
            if let Some(place) = place(root) {
                self.labelled("at", &escape::visible(&place), Style::new());
            }
        }
        if let Some(cause) = &incident.cause {
            self.cause(cause);
        }
        for statement in &incident.contradictions {
            self.labelled("but", &escape::visible(&statement.text), BOLD);
        }
        for (label, statement) in [("why", &incident.root_cause), ("after", &incident.trigger)] {
            match statement.status {
                "unknown" if label == "after" => {}
                "unknown" => self.labelled(label, &escape::visible(&statement.text), Style::new()),
                status => self.labelled(label, &format!("{} [{status}]", escape::visible(&statement.text)), BOLD),
            }
        }
        match incident.actions.first() {
            Some(action) => self.labelled("next", &escape::visible(&action.text), BOLD),
            None => self.labelled("next", "read the report and name an owner", Style::new()),
        }
        self.blank();
    }

    /// Where the code raises it, what fits instead, and since which commit.
    fn cause(&mut self, cause: &CauseView) {
        let place = cause.candidates.first().map(|candidate| {
            let target = cause.suggested_target.as_ref().map(|target| format!(" -> {target}")).unwrap_or_default();
            format!("{}:{}: {}{target} [{}]", candidate.file, candidate.line, candidate.text, cause.status)
        });
        self.labelled("code", &escape::visible(&place.unwrap_or_else(|| cause.verdict.clone())), Style::new());
        if let Some(suspect) = &cause.suspect {
            self.labelled("since", &escape::visible(suspect), Style::new());
        }
    }

    /// `P0  Python cannot import ...                     150 events`.
    fn headline(&mut self, incident: &IncidentView) {
        let count = numbers::counted(incident.entries, "event", "events");
        let room = self.look.width.saturating_sub(INDENT + layout::width(&count) + 2);
        let title = layout::cut(&escape::visible(&incident.title), room);
        let gap = " ".repeat(room.saturating_sub(layout::width(&title)) + 2);
        let priority = layout::cut(&escape::visible(&incident.priority), INDENT - 1);
        let pad = " ".repeat(INDENT - layout::width(&priority));
        let line = format!(
            "{}{pad}{}{gap}{count}",
            self.paint(color(&incident.priority), &priority),
            self.paint(BOLD, &title)
        );
        self.line(&line);
    }

    /// When, where, which: the line below the headline.
    fn facts(&mut self, incident: &IncidentView, silent: Option<i64>) {
        let mut facts = Vec::new();
        if let Some((first, last)) = incident.first_seen.zip(incident.last_seen) {
            facts.push(span(first, last));
        }
        if let Some(seconds) = context::span_seconds(incident).filter(|seconds| *seconds > 0) {
            facts.push(format!("at least {}", numbers::duration(seconds)));
        }
        facts.extend(silent.map(|seconds| format!("none in the {} read after it", numbers::duration(seconds))));
        facts.extend(several(&incident.services));
        facts.extend(several(&incident.revisions));
        if let Some(instances) = incident.instances {
            facts.push(numbers::counted(instances, "instance", "instances"));
        }
        self.packed(facts, incident);
    }

    /// The line below the headline of an incident that is not shown in full: when, in what, and where one entry stands.
    fn brief(&mut self, incident: &IncidentView) {
        let mut facts = Vec::new();
        facts.extend(incident.first_seen.zip(incident.last_seen).map(|(first, last)| span(first, last)));
        facts.extend(several(&incident.services));
        let root = incident.groups.iter().find(|group| group.id == incident.root);
        facts.extend(root.and_then(|root| root.samples.first()).map(|sample| escape::visible(&entry_place(sample))));
        self.packed(facts, incident);
    }

    /// Facts side by side, and at the end what the history says and the id, by which a report is asked for.
    fn packed(&mut self, mut facts: Vec<String>, incident: &IncidentView) {
        facts.extend(incident.history.as_ref().and_then(since_before));
        facts.push(format!("id {}", escape::visible(&incident.id)));
        for line in pack(&facts, self.look.width - INDENT) {
            let line = format!("{}{}", " ".repeat(INDENT), self.paint(DIM, &line));
            self.line(&line);
        }
    }

    /// The failure chain with counts, and what links each step to the one above it.
    fn chain(&mut self, incident: &IncidentView) {
        let branches = chain::tree(incident);
        let links: Vec<String> = branches.iter().map(|branch| branch.link.map_or(String::new(), link_text)).collect();
        let counts: Vec<String> = branches.iter().map(|branch| numbers::number(branch.group.entries)).collect();
        let count_width = counts.iter().map(String::len).max().unwrap_or(0);
        let link_width = links.iter().map(|link| layout::width(link)).max().unwrap_or(0);
        let room = self.look.width - INDENT;
        // On a narrow screen the titles matter more than the links; links go below.
        let beside = room >= link_width + count_width + 4 + 32;
        let title_room = room - count_width - 2 - if beside { link_width + 2 } else { 0 };
        let longest = branches
            .iter()
            .map(|branch| layout::width(&branch.prefix) + layout::width(&escape::visible(&branch.group.title)))
            .max()
            .unwrap_or(0)
            .min(title_room);
        for ((branch, link), count) in branches.iter().zip(&links).zip(&counts) {
            let title_width = longest.saturating_sub(layout::width(&branch.prefix)).max(8);
            let title = layout::cut(&escape::visible(&branch.group.title), title_width);
            let gap = " ".repeat(title_width.saturating_sub(layout::width(&title)) + 2);
            let head =
                format!("{}{}{title}{gap}{count:>count_width$}", " ".repeat(INDENT), self.paint(DIM, &branch.prefix));
            match (beside, link.is_empty()) {
                (true, false) => self.line(&format!("{head}  {}", self.paint(DIM, link))),
                (false, false) => {
                    self.line(&head);
                    let below = " ".repeat(INDENT + layout::width(&branch.prefix));
                    let link = layout::cut(link, self.look.width.saturating_sub(below.len()));
                    self.line(&format!("{below}{}", self.paint(DIM, &link)));
                }
                _ => self.line(&head),
            }
        }
    }

    /// The line of the quoted entry that names the error, and where it stands.
    fn quotation(&mut self, root: &GroupView) {
        let Some(sample) = root.samples.first() else { return };
        let message = root.exception.as_ref().and_then(|exception| exception.message.as_deref());
        let needle = message.and_then(|message| message.lines().next()).filter(|line| !line.trim().is_empty());
        let mut lines = sample.quote.lines().filter(|line| !line.trim().is_empty());
        let line =
            needle.and_then(|needle| sample.quote.lines().rfind(|line| line.contains(needle))).or_else(|| lines.next());
        let room = (self.look.width - INDENT - LABEL) * 2;
        self.labelled("seen", &layout::cut(&escape::visible(line.unwrap_or("(empty)").trim()), room), Style::new());
        let place = entry_place(sample);
        let id = sample.insert_id.as_ref().map(|id| format!("insertId {id}"));
        let reference: Vec<String> =
            [id, Some(place)].into_iter().flatten().map(|part| escape::visible(&part)).collect();
        self.labelled("", &reference.join("  "), DIM);
    }

    fn noise(&mut self, noise: &[&IncidentView]) {
        if noise.is_empty() {
            return;
        }
        let events = noise.iter().map(|incident| incident.entries).sum();
        let mut kinds: Vec<(String, u64)> = Vec::new();
        for incident in noise {
            let kind = escape::visible(incident.noise.as_deref().unwrap_or_default());
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, n)) => *n += incident.entries,
                None => kinds.push((kind, incident.entries)),
            }
        }
        let kinds: Vec<String> = kinds.iter().map(|(kind, n)| format!("{kind} {}", numbers::number(*n))).collect();
        let text = format!("{} kept apart: {}", numbers::counted(events, "event", "events"), kinds.join(", "));
        self.foot("noise", &text);
    }

    fn coverage(&mut self, coverage: &CoverageView, clean: bool) {
        let window = coverage.from.zip(coverage.to).map_or("at unknown times".to_string(), |(from, to)| span(from, to));
        let entries = numbers::counted(coverage.entries, "entry", "entries");
        match (clean, coverage.entries) {
            (true, 0) => self.line("No entries were read: nothing can be said about the service."),
            (true, _) => self.line(&format!("No incident in {entries}, {window}.")),
            _ => {}
        }
        let age = coverage.age_seconds.map_or("of unknown age".into(), |age| format!("newest {}", numbers::age(age)));
        self.foot("read", &format!("{entries}, {window}, {age}{}", if coverage.truncated { ", CUT OFF" } else { "" }));
        for note in &coverage.notes {
            self.foot("note", &escape::visible(note));
        }
    }

    fn labelled(&mut self, label: &str, text: &str, style: Style) {
        // What is said begins with what it is about and ends with what to do: a text of the log stands in between.
        let room = self.look.width - INDENT - LABEL;
        self.block(INDENT, label, &layout::cut_within(text, room * (ROWS - 2), room), style);
    }

    fn foot(&mut self, label: &str, text: &str) {
        self.block(0, label, text, Style::new());
    }

    fn block(&mut self, indent: usize, label: &str, text: &str, style: Style) {
        let room = self.look.width - indent - LABEL;
        for (i, line) in layout::wrap(text, room).iter().enumerate() {
            let label = if i == 0 { label } else { "" };
            let pad = " ".repeat(LABEL - label.len());
            let line = format!("{}{}{pad}{}", " ".repeat(indent), self.paint(DIM, label), self.paint(style, line));
            self.line(&line);
        }
    }

    fn paint(&self, style: Style, text: &str) -> String {
        match self.look.color && !text.is_empty() && style != Style::new() {
            true => format!("{style}{text}{style:#}"),
            false => text.to_string(),
        }
    }

    fn line(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    fn blank(&mut self) {
        self.out.push('\n');
    }
}

fn color(priority: &str) -> Style {
    let color = match priority {
        "P0" | "P1" => AnsiColor::Red,
        "P2" => AnsiColor::Yellow,
        _ => AnsiColor::Blue,
    };
    Style::new().bold().fg_color(Some(Color::Ansi(color)))
}

fn link_text(link: &super::view::LinkView) -> String {
    let (n, of) = (numbers::number(link.occurrences), numbers::number(link.of));
    format!("{} {n}/{of}, lag p50 {}", link.kind, numbers::lag(link.lag_ms.p50))
}

/// `2026-03-04 06:10:00-06:11:46Z`, with the second date and the second time only when they differ.
fn span(first: Timestamp, last: Timestamp) -> String {
    let (first, last) = (first.to_utc(), last.to_utc());
    if first.timestamp() == last.timestamp() {
        return first.format("%Y-%m-%d %H:%M:%SZ").to_string();
    }
    let end = if first.date_naive() == last.date_naive() { "%H:%M:%SZ" } else { "%Y-%m-%d %H:%M:%SZ" };
    format!("{}–{}", first.format("%Y-%m-%d %H:%M:%S"), last.format(end))
}

fn several(names: &[String]) -> Option<String> {
    let first = escape::visible(names.first()?);
    Some(if names.len() > 1 { format!("{first} and {} more", names.len() - 1) } else { first })
}

/// Puts facts side by side, two spaces apart, on as few lines as they need.
fn pack(facts: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for fact in facts {
        let fact = layout::cut(fact, width);
        match lines.last_mut() {
            Some(line) if layout::width(line) + 2 + layout::width(&fact) <= width => {
                line.push_str("  ");
                line.push_str(&fact);
            }
            _ => lines.push(fact),
        }
    }
    lines
}
