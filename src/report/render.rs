//! Templates: loading them, ours and the user's, and rendering a report, an issue, a summary.
//! Leaves out what may be printed (`context`), how it is escaped (`escape`) and where it goes (`publish`).

use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::FixedOffset;
use serde::Serialize;
use tera::{Context, Tera};

use super::bounded::{self, Bounded};
use super::context::{IncidentContext, RunContext};
use super::draft::{self, IssueDraft, LabelPolicy};
use super::engine::{Kind, engine};
use super::view::{IncidentView, ResolutionView, RollUpView, StandingView, TriageView};
use super::{check, escape, fault, html, reference, specimen};
use crate::limits::Limits;
use crate::pattern::Problem;

/// The templates that can be rendered; every other file is a part of one of them.
pub(crate) const PAGES: [&str; 16] = [
    "report.md",
    "issue.md",
    "issue-title.txt",
    "issue-status.md",
    "issue-comment.md",
    "rollup.md",
    "rollup-title.txt",
    "resolution.md",
    "resolution-summary.md",
    "summary.md",
    "worklog.md",
    "audit.md",
    "html/report.html",
    "html/index.html",
    "html/style.css",
    "html/script.js",
];

/// All templates, checked and ready to render; an engine is made when its first page is asked for.
pub struct Templates {
    markdown: OnceLock<Tera>,
    title: OnceLock<Tera>,
    html: OnceLock<Tera>,
    sources: Sources,
    labels: LabelPolicy,
    local: Option<FixedOffset>,
    most_bytes: usize,
}

/// Every template file by its name inside Tera.
pub(crate) type Sources = BTreeMap<String, Source>;

/// One template file.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// The file as the user knows it.
    pub file: String,
    /// Its text.
    pub text: String,
}

impl Templates {
    /// Loads the embedded templates and the user's, which replace those of the same name.
    ///
    /// Everything is rendered once with made-up data, so that a mistake is found now and not in an incident.
    pub fn load(user: &[(String, String)]) -> Result<Templates, Vec<Problem>> {
        let templates = Templates::of(sources(user));
        templates.check()?;
        Ok(templates)
    }

    /// Returns the embedded templates, which tests have checked.
    pub fn built_in() -> Templates {
        Templates::of(sources(&[]))
    }

    fn of(sources: Sources) -> Templates {
        let (markdown, title, html) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        let most_bytes = Limits::DEFAULT.document_bytes;
        Templates { markdown, title, html, sources, labels: LabelPolicy::default(), local: None, most_bytes }
    }

    fn check(&self) -> Result<(), Vec<Problem>> {
        let mut problems = check::names(&self.sources);
        let both = self.sources.clone().into_iter();
        let (assets, sources) = both.partition::<Sources, _>(|(name, _)| Kind::of(name) == Kind::Asset);
        problems.extend(check::unsafe_filters(&sources));
        problems.extend(check::captures(&sources));
        problems.extend(check::pieces(&sources));
        problems.extend(check::fields(&sources));
        problems.extend(check::syntax(&sources));
        problems.extend(check::places(&sources));
        problems.extend(html::check::assets(&assets));
        if !problems.is_empty() {
            return Err(problems);
        }
        for kind in [Kind::Markdown, Kind::Plain, Kind::Html] {
            self.engine(kind).map_err(|problem| vec![problem])?;
        }
        self.rehearse()
    }

    /// Returns the templates with another rule for labels.
    pub fn with_labels(self, labels: LabelPolicy) -> Templates {
        Templates { labels, ..self }
    }

    /// Returns the templates, whose documents are cut beyond so many bytes, with a notice.
    pub fn with_most_bytes(self, most_bytes: usize) -> Templates {
        Templates { most_bytes, ..self }
    }

    /// Returns the templates that also show the window on the clock of a zone.
    pub fn with_local_time(self, offset: FixedOffset) -> Templates {
        Templates { local: Some(offset), ..self }
    }

    /// Returns the rule for labels.
    pub fn labels(&self) -> &LabelPolicy {
        &self.labels
    }

    /// Returns the names of all templates and parts, sorted; a user's file replaces the one it is named like.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.sources.keys().filter_map(|key| key.split_once('/')).map(|(_, name)| name.to_string()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Renders the five-whys report of one incident.
    pub fn report(&self, run: &TriageView, incident: &IncidentView) -> Result<String, Problem> {
        self.page("report.md", &self.incident_context(run, incident)?)
    }

    /// Renders the report of one incident as a page for a browser, which loads nothing from anywhere.
    pub fn report_page(&self, run: &TriageView, incident: &IncidentView) -> Result<String, Problem> {
        let mut context = self.incident_context(run, incident)?;
        let page = html::of_incident(&mut context, run, incident, &self.sources);
        self.html("html/report.html", context, &page)
    }

    /// Renders the run as such a page; `linked` where the reports of the incidents are written beside it.
    pub fn run_page(&self, run: &TriageView, linked: bool) -> Result<String, Problem> {
        let mut context = self.run_context(run)?;
        let page = html::of_run(&mut context, run, linked, &self.sources);
        self.html("html/index.html", context, &page)
    }

    /// Renders the issue of one incident, cut to what GitHub takes.
    pub fn issue(&self, run: &TriageView, incident: &IncidentView) -> Result<IssueDraft, Problem> {
        let context = self.incident_context(run, incident)?;
        let title = self.text(Kind::Plain, "issue-title.txt", &context)?;
        let body = self.page("issue.md", &context)?;
        Ok(IssueDraft {
            title: draft::title(&title),
            body: draft::body(&body, &incident.fingerprint),
            labels: self.labels.labels(incident),
        })
    }

    /// Renders the executive summary of a run.
    pub fn summary(&self, run: &TriageView) -> Result<String, Problem> {
        self.page("summary.md", &self.run_context(run)?)
    }

    /// Renders the worklog of a run: every incident with its chain, evidence and proposed action.
    pub fn worklog(&self, run: &TriageView) -> Result<String, Problem> {
        self.page("worklog.md", &self.run_context(run)?)
    }

    /// Renders the audit report of the incident chosen for work, with the reason for the choice.
    pub fn audit(&self, run: &TriageView, incident: &IncidentView, why_chosen: &str) -> Result<String, Problem> {
        let mut context = self.incident_context(run, incident)?;
        context.insert("why_chosen", why_chosen);
        self.page("audit.md", &context)
    }

    /// Renders the first line of an issue: how the incident stands.
    pub fn status(&self, standing: &StandingView) -> Result<String, Problem> {
        self.page("issue-status.md", &one("standing", standing)?)
    }

    /// Renders a comment that tells people what is new.
    pub fn comment(&self, standing: &StandingView) -> Result<String, Problem> {
        self.page("issue-comment.md", &one("standing", standing)?)
    }

    /// Renders title and body of the issue that names what got no issue of its own.
    pub fn rollup(&self, rollup: &RollUpView) -> Result<(String, String), Problem> {
        let context = one("rollup", rollup)?;
        let title = self.text(Kind::Plain, "rollup-title.txt", &context)?;
        Ok((draft::title(&title), self.page("rollup.md", &context)?))
    }

    /// Renders the report of a resolution, proven or not.
    pub fn resolution(&self, resolution: &ResolutionView) -> Result<String, Problem> {
        self.page("resolution.md", &one("resolution", resolution)?)
    }

    /// Renders the same for people who only want to know the outcome.
    pub fn resolution_summary(&self, resolution: &ResolutionView) -> Result<String, Problem> {
        self.page("resolution-summary.md", &one("resolution", resolution)?)
    }

    fn page(&self, name: &str, context: &Context) -> Result<String, Problem> {
        let text = self.text(Kind::Markdown, name, context)?;
        Ok(tidy(&text))
    }

    fn html(&self, name: &str, mut context: Context, page: &html::PageContext) -> Result<String, Problem> {
        insert(&mut context, "page", page)?;
        let text = self.text(Kind::Html, name, &context)?;
        Ok(html::tidy(&text))
    }

    fn text(&self, kind: Kind, name: &str, context: &Context) -> Result<String, Problem> {
        let mut out = Bounded::new(self.most_bytes);
        match self.engine(kind)?.render_to(name, context, &mut out) {
            Err(error) if !out.is_full() => Err(fault::from_tera(&error, &self.sources)),
            _ => Ok(out.text(kind)),
        }
    }

    fn engine(&self, kind: Kind) -> Result<&Tera, Problem> {
        let cell = match kind {
            Kind::Markdown | Kind::Asset => &self.markdown,
            Kind::Plain => &self.title,
            Kind::Html => &self.html,
        };
        match cell.get() {
            Some(made) => Ok(made),
            None => engine(&self.sources, kind).map(|made| cell.get_or_init(|| made)),
        }
    }

    fn incident_context(&self, run: &TriageView, incident: &IncidentView) -> Result<Context, Problem> {
        let mut context = Context::new();
        insert(&mut context, "run", &RunContext::new(run, self.local))?;
        insert(&mut context, "incident", &IncidentContext::new(run, incident))?;
        Ok(context)
    }

    fn run_context(&self, run: &TriageView) -> Result<Context, Problem> {
        let (noise, incidents): (Vec<&IncidentView>, Vec<&IncidentView>) =
            run.incidents.iter().partition(|incident| incident.noise.is_some());
        let of = |views: Vec<&'_ IncidentView>| -> Result<tera::Value, Problem> {
            let contexts: Vec<_> = views.iter().map(|view| IncidentContext::new(run, view)).collect();
            tera::Value::try_from_serializable(&contexts).map_err(|error| fault::of_view(&error))
        };
        let mut context = Context::new();
        insert(&mut context, "run", &RunContext::new(run, self.local))?;
        context.insert_value("incidents", of(incidents)?);
        context.insert_value("noise", of(noise)?);
        Ok(context)
    }

    /// Renders every page with a full and with an empty view, and returns what went wrong.
    fn rehearse(&self) -> Result<(), Vec<Problem>> {
        let mut problems: Vec<Problem> = Vec::new();
        for run in [specimen::full(), specimen::empty()] {
            let Some(incident) = run.incidents.first() else { continue };
            let results = [
                self.fault("report.md", self.report(&run, incident)),
                self.fault("issue.md", self.issue(&run, incident).map(|draft| draft.body)),
                self.fault("summary.md", self.summary(&run)),
                self.fault("worklog.md", self.worklog(&run)),
                self.fault("audit.md", self.audit(&run, incident, "it is the only one")),
                self.fault("html/report.html", self.report_page(&run, incident)),
                self.fault("html/index.html", self.run_page(&run, true)),
            ];
            for problem in results.into_iter().flatten() {
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
        }
        problems.extend(self.unreferenced());
        let remembered = [
            self.status(&specimen::standing()).err(),
            self.status(&specimen::bare_standing()).err(),
            self.comment(&specimen::standing()).err(),
            self.comment(&specimen::bare_standing()).err(),
            self.rollup(&specimen::rollup()).err(),
            self.resolution(&specimen::resolution()).err(),
            self.resolution(&specimen::bare_resolution()).err(),
            self.resolution_summary(&specimen::resolution()).err(),
            self.resolution_summary(&specimen::bare_resolution()).err(),
        ];
        for problem in remembered.into_iter().flatten() {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

impl Templates {
    /// Returns what is wrong with a rehearsed page; one that is too long of a run of a few events is a loop.
    fn fault(&self, name: &str, page: Result<String, Problem>) -> Option<Problem> {
        let page = match page {
            Err(problem) => return Some(problem),
            Ok(page) => page,
        };
        let source = ["user/", "builtin/"].iter().find_map(|from| self.sources.get(&format!("{from}{name}")))?;
        bounded::is_cut(&page).then(|| {
            let message =
                format!("LIMIT document_bytes: it renders more than {} bytes of a few events", self.most_bytes);
            Problem::at(&source.file, &source.text, 0..0, message, "look for loops inside loops")
        })
    }

    /// Returns a problem for each line that would state a figure without a reference; the rule is in `reference`.
    fn unreferenced(&self) -> Vec<Problem> {
        // Ours are tried by a test, and as long as none is replaced nothing else can be rendered.
        if !self.sources.keys().any(|key| key.starts_with("user/")) {
            return Vec::new();
        }
        let run = specimen::full();
        let Some(incident) = run.incidents.first() else { return Vec::new() };
        let pages = [
            ("report.md", self.report(&run, incident)),
            ("issue.md", self.issue(&run, incident).map(|draft| draft.body)),
            ("summary.md", self.summary(&run)),
            ("worklog.md", self.worklog(&run)),
            ("audit.md", self.audit(&run, incident, "it is the only one")),
        ];
        let mut problems = Vec::new();
        for (name, page) in pages {
            let source = ["user/", "builtin/"].iter().find_map(|from| self.sources.get(&format!("{from}{name}")));
            let (Some(source), Ok(page)) = (source, page) else { continue };
            for (_, line) in reference::unreferenced(&page) {
                let line = escape::cut(&line, 120);
                problems.push(Problem::at(
                    &source.file,
                    &source.text,
                    0..0,
                    format!("a figure without a reference is rendered: {line}"),
                    "name the entry, the count, the pattern or the rule that it rests on, for example with `refs`",
                ));
            }
        }
        problems
    }
}

/// Returns the embedded files and the user's.
fn sources(user: &[(String, String)]) -> Sources {
    let mut sources = Sources::new();
    for (path, text) in crate::embedded::TEMPLATES {
        let name = path.strip_prefix("templates/").unwrap_or(path);
        sources.insert(format!("builtin/{name}"), Source { file: path.to_string(), text: part_text(name, text) });
    }
    for (name, text) in user {
        let name = name.strip_prefix("templates/").unwrap_or(name);
        sources.insert(format!("user/{name}"), Source { file: name.to_string(), text: part_text(name, text) });
    }
    sources
}

fn one(name: &'static str, value: &impl Serialize) -> Result<Context, Problem> {
    let mut context = Context::new();
    insert(&mut context, name, value)?;
    Ok(context)
}

/// A part may stand in the middle of a line, so the line end that closes its file is not part of it.
fn part_text(name: &str, text: &str) -> String {
    match name {
        name if name.starts_with("parts/") || name.starts_with("html/parts/") => {
            text.trim_end_matches('\n').to_string()
        }
        // Browsers read line ends as `\n`, and so must the hash that lets them use the text.
        name if html::is_asset(name) => text.replace("\r\n", "\n"),
        _ => text.to_string(),
    }
}

fn insert(context: &mut Context, name: &'static str, value: &impl Serialize) -> Result<(), Problem> {
    let value = tera::Value::try_from_serializable(value).map_err(|error| fault::of_view(&error))?;
    context.insert_value(name, value);
    Ok(())
}

/// Removes what template tags leave behind: trailing spaces and runs of empty lines, outside of fences.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut fence = draft::Fence::default();
    let mut empty_lines = 0;
    for line in text.lines() {
        let inside = fence.is_open();
        fence.pass(line);
        let line = if inside { line } else { line.trim_end() };
        empty_lines = if line.is_empty() && !inside { empty_lines + 1 } else { 0 };
        if empty_lines < 2 && !(out.is_empty() && line.is_empty()) {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}
