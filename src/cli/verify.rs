//! `verify`: reads a document and its input, and prints which claims do not hold.
//! Leaves out the comparison: `crate::verify`.

use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;

use serde::Serialize;

use crate::analysis::counted;
use crate::event::Keys;
use crate::ledger::Ledger;
use crate::redact;
use crate::report::Templates;
use crate::report::numbers;
use crate::report::view::{IncidentView, TriageView};
use crate::verify::{self, Against, Code, Page, Remembered, Sought, Stated, Verification};

use super::arguments::TextOrJson;
use super::cause::Search;
use super::check_arguments::{AgainstArguments, VerifyArguments};
use super::failure::{Exit, Failure};
use super::triage::{nothing_read, primary, why_chosen};
use super::{catalog, input, print};

/// A document is some hundred kilobytes; what holds more than this is none.
const LARGEST: u64 = 16 << 20;
/// Incidents that a document can be about, those it names most often first.
const INCIDENTS: usize = 40;

/// A document as read, with the lines that are no text.
pub(super) struct Document {
    pub(super) text: String,
    pub(super) broken: Vec<usize>,
}

/// What came of it, and whether the input was read to its end.
pub(super) struct Checked {
    pub(super) verification: Verification,
    pub(super) complete: bool,
}

#[derive(Serialize)]
struct Printed<'a> {
    schema: &'static str,
    report: String,
    against: Vec<String>,
    #[serde(flatten)]
    verification: &'a Verification,
}

/// Runs the command.
pub(super) fn run(arguments: VerifyArguments) -> Result<Exit, Failure> {
    let document = read(&arguments.report)?;
    let checked = check(&document, &arguments.against)?;
    let verification = &checked.verification;
    match arguments.format {
        TextOrJson::Json => print::json(&Printed {
            schema: "log-gardener/verify/1",
            report: arguments.report.display().to_string(),
            against: arguments.against.input.sources.clone(),
            verification,
        })?,
        TextOrJson::Text => print::text(&print::plain(&text(verification)))?,
    };
    Ok(match () {
        () if !verification.same_input || !checked.complete || verification.claims.checked == 0 => Exit::CannotSay,
        () if !verification.holds => Exit::Found,
        () => Exit::Done,
    })
}

/// Reads a document; bytes that are no text are replaced and remembered.
pub(super) fn read(path: &Path) -> Result<Document, Failure> {
    let fault = |error: std::io::Error| {
        Failure::new(Exit::CannotSay, format!("cannot read {}", path.display()))
            .because(error)
            .hint("give the Markdown file of a report, or - for stdin")
    };
    let mut bytes = Vec::new();
    let limit = LARGEST + 1;
    match path.as_os_str() == "-" {
        true => std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(fault)?,
        false => std::fs::File::open(path).map_err(fault)?.take(limit).read_to_end(&mut bytes).map_err(fault)?,
    };
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::new(Exit::CannotSay, format!("{} holds more than {} MiB", path.display(), LARGEST >> 20))
            .hint("no report is that large; was the log given in its place?"));
    }
    let begin = bytes.trim_ascii_start();
    let is = |word: &[u8]| begin.len() >= word.len() && begin[..word.len()].eq_ignore_ascii_case(word);
    if is(b"<!doctype") || is(b"<html") || is(b"{") {
        return Err(Failure::new(Exit::Usage, format!("{} is no Markdown", path.display()))
            .because("a page or a JSON document states the same, in a form that is not read here")
            .hint("give the report that `log-gardener report SOURCE` prints, or the report.md beside the page"));
    }
    let broken = bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| std::str::from_utf8(line).is_err());
    let broken = broken.map(|(at, _)| at + 1).collect();
    Ok(Document { text: String::from_utf8_lossy(&bytes).into_owned(), broken })
}

/// Triages the input as the document states it was, renders what can be rendered, and compares.
pub(super) fn check(document: &Document, arguments: &AgainstArguments) -> Result<Checked, Failure> {
    let mut known = catalog::catalog_for(&arguments.input)?;
    let mut templates = catalog::templates(arguments.templates.as_deref())?;
    let memory = arguments.ledger.as_deref().map(remembered).transpose()?;
    let stated = verify::stated(&document.text);
    if let Some(offset) = stated.local {
        templates = templates.with_local_time(offset);
    }
    let search = search(arguments, &stated)?;
    let mut options = arguments.input.clone();
    fill(&mut options, &stated);
    let mut sought = Sought::of(&verify::units(&document.text));
    if stated.unredacted {
        known.redactions = known.redactions.remembering();
    }
    // People quote entries as they find them, and as reports show them.
    let marked = verify::has_marks(&document.text);
    let mut keys = Keys::default();
    let mut run = input::triage_seeing(&options, &known, &mut |entry| {
        sought.see(entry);
        if marked {
            let mut redacted = entry.clone();
            keys.next(&mut redacted, &known.redactions);
            redact::entry(&mut redacted, &known.redactions);
            sought.see(&redacted);
        }
    })?;
    // An input without entries can have a document that says so; one that names entries cannot be judged by it.
    if run.view.coverage.entries == 0 && !document.text.contains("No entries were read") {
        return Err(nothing_read(&run.view, run.complete));
    }
    for (from, to) in verify::renames(&run.view, &stated.inputs) {
        verify::rename(&mut run.view, &from, &to);
    }
    // A document that was made without a checkout says nothing that it could explain.
    if let Some(search) = search.as_ref().filter(|_| stated.checkout.is_some()) {
        search.run(&mut run.view, &known.redactions);
    }
    let pages = pages(&templates, &run.view, &document.text)?;
    let code = search.as_ref().map(|search| &search.checkout as &dyn Code);
    let against = Against { view: &run.view, pages: &pages, sought: &sought, code, memory: memory.as_deref() };
    let verification = verify::verify(&document.text, &document.broken, &against);
    Ok(Checked { verification, complete: run.complete })
}

/// Opens the checkout as the document saw it.
fn search(arguments: &AgainstArguments, stated: &Stated) -> Result<Option<Search>, Failure> {
    let mut code = arguments.code.settled()?;
    if let Some(checkout) = stated.checkout.as_ref().filter(|_| code.repo.is_some()) {
        // Where the settings say something else today, the document still says how it was made.
        if arguments.code.repo_map.is_empty() {
            code.repo_map.clone_from(&checkout.map);
        }
        code.deployed = code.deployed.or(checkout.deployed.clone());
    }
    let mut search = Search::open(&code)?;
    if let Some((search, checkout)) = search.as_mut().zip(stated.checkout.as_ref()) {
        search.as_seen(&checkout.repo, &checkout.head)?;
    }
    Ok(search)
}

/// What the options leave open is taken from the document.
fn fill(options: &mut super::arguments::InputArguments, stated: &Stated) {
    let or = |option: &mut Option<String>, time: Option<crate::entry::Timestamp>| {
        if option.is_none() {
            *option = time.map(|time| time.to_string());
        }
    };
    or(&mut options.now, stated.now.or(stated.newest));
    or(&mut options.since, stated.since);
    or(&mut options.until, stated.until);
}

/// Renders everything that the document may be.
fn pages(templates: &Templates, view: &TriageView, text: &str) -> Result<Vec<Page>, Failure> {
    let fault = |problem| Failure::of_problems("templates", &[problem]);
    let mut pages = vec![
        Page { name: "summary", incident: None, text: templates.summary(view).map_err(fault)? },
        Page { name: "worklog", incident: None, text: templates.worklog(view).map_err(fault)? },
    ];
    for incident in named(view, text) {
        let mut add = |name: &'static str, text: String| {
            pages.push(Page { name, incident: Some(incident.fingerprint.clone()), text });
        };
        add("report", templates.report(view, incident).map_err(fault)?);
        let draft = templates.issue(view, incident).map_err(fault)?;
        add("issue-title", format!("{}\n", draft.title));
        add("issue", format!("title: {}\nlabels: {}\n\n{}", draft.title, draft.labels.join(", "), draft.body));
        add("issue", draft.body);
        let by_id = "it was asked for by its id".to_string();
        add("audit", templates.audit(view, incident, &by_id).map_err(fault)?);
        if primary(view).is_some_and(|first| first.fingerprint == incident.fingerprint) {
            add("audit", templates.audit(view, incident, &why_chosen(view, incident)).map_err(fault)?);
        }
    }
    if text.contains("\n---\n\n# ") {
        let text = super::triage::markdown(templates, view)?;
        pages.push(Page { name: "page", incident: None, text });
    }
    Ok(pages)
}

/// Returns the incidents that a text names, those it names most often first; else the most urgent one.
fn named<'v>(view: &'v TriageView, text: &str) -> Vec<&'v IncidentView> {
    let count = |incident: &IncidentView| {
        let ids = std::iter::once(&incident.id).chain(incident.groups.iter().map(|group| &group.id));
        ids.map(|id| text.matches(id.as_str()).count()).sum::<usize>() + text.matches(incident.title.as_str()).count()
    };
    let mut named: Vec<(usize, &IncidentView)> =
        view.incidents.iter().map(|incident| (count(incident), incident)).filter(|(count, _)| *count > 0).collect();
    named.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let mut named: Vec<&IncidentView> = named.into_iter().map(|(_, incident)| incident).take(INCIDENTS).collect();
    if named.is_empty() {
        named.extend(primary(view));
    }
    named
}

fn remembered(path: &Path) -> Result<Vec<Remembered>, Failure> {
    let fault = |error| super::audit::of_ledger(&error);
    let ledger = Ledger::open_existing(path).map_err(fault)?;
    let records = ledger.records_like("").map_err(fault)?;
    Ok(records
        .into_iter()
        .map(|record| Remembered {
            state: record.state.name().to_string(),
            issue: record.issue.as_ref().map(|issue| issue.number),
            incident: record.incident,
            priority: record.priority,
            events: record.events,
            first_seen: record.first_seen,
            last_seen: record.last_seen,
            since: record.since,
        })
        .collect())
}

fn text(verification: &Verification) -> String {
    let claims = verification.claims;
    let mut page = String::new();
    let verdict = match () {
        () if !verification.same_input => "CANNOT SAY  the input is not the one that the document names",
        () if claims.checked == 0 => "CANNOT SAY  nothing in the document could be checked",
        () if verification.holds => "HOLDS",
        () => "DOES NOT HOLD",
    };
    let document = verification.document.unwrap_or("none of our documents");
    let _ = writeln!(
        page,
        "{verdict}\n{document}: {} checked, {}, {}, {} not checked",
        counted(claims.checked as u64, "claim"),
        numbers::counted(claims.held as u64, "holds", "hold"),
        numbers::counted(claims.failed as u64, "does not", "do not"),
        claims.not_checked
    );
    for finding in &verification.findings {
        let _ = writeln!(page, "\nline {}  {}: {}", finding.line, finding.kind.name(), finding.claim);
        if let Some(expected) = &finding.expected {
            let _ = writeln!(page, "    input  {expected}");
        }
        let _ = writeln!(page, "    why    {}", finding.why);
    }
    if !verification.not_checked.is_empty() {
        page.push_str("\nnot checked\n");
        for open in &verification.not_checked {
            let _ = writeln!(page, "line {}  {}\n    why    {}", open.line, open.claim, open.why);
        }
    }
    page
}
