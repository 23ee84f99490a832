//! `report` and `issue`: one document of a run, to stdout.
//! Leaves out the documents themselves: `templates/`.

use crate::analysis::counted;
use crate::pattern::Catalog;
use crate::report::view::IncidentView;

use super::arguments::{Document, InputArguments, IssueArguments, Page, ReportArguments, TextOrJson};
use super::cause::Search;
use super::code_arguments::CodeArguments;
use super::failure::{Exit, Failure};
use super::input::{self, Run};
use super::triage::{nothing_read, primary, why_chosen};
use super::{catalog, print};

/// Runs `report`.
pub(super) fn report(arguments: ReportArguments) -> Result<Exit, Failure> {
    let known = catalog::catalog_for(&arguments.input)?;
    let templates = catalog::templates(arguments.templates.as_deref())?;
    let (document, html) = (arguments.document, arguments.format == Page::Html);
    if html && matches!(document, Document::Audit | Document::Worklog) {
        return Err(Failure::new(Exit::Usage, "this document is written as Markdown only")
            .hint("--format html goes with --document report and --document summary"));
    }
    let run = looked_up(&arguments.input, &arguments.code, &known)?;
    let view = &run.view;
    if view.incidents.is_empty() && arguments.incident.is_none() && view.coverage.entries > 0 {
        // Nothing to report is a result: the summary says what was read.
        let page = if html { templates.run_page(view, false) } else { templates.summary(view) };
        print::document(&page.map_err(|problem| Failure::of_problems("templates", &[problem]))?)?;
        return Ok(ending(&run));
    }
    let page = match document {
        Document::Summary if html => templates.run_page(view, false),
        Document::Report if html => templates.report_page(view, chosen(&run, arguments.incident.as_deref())?),
        Document::Summary => templates.summary(view),
        Document::Worklog => templates.worklog(view),
        Document::Report => templates.report(view, chosen(&run, arguments.incident.as_deref())?),
        Document::Audit => {
            let incident = chosen(&run, arguments.incident.as_deref())?;
            let why = match &arguments.incident {
                Some(_) => "it was asked for by its id".to_string(),
                None => why_chosen(view, incident),
            };
            templates.audit(view, incident, &why)
        }
    };
    print::document(&page.map_err(|problem| Failure::of_problems("templates", &[problem]))?)?;
    Ok(ending(&run))
}

/// Runs `issue`.
pub(super) fn issue(arguments: IssueArguments) -> Result<Exit, Failure> {
    let known = catalog::catalog_for(&arguments.input)?;
    let templates = catalog::templates(arguments.templates.as_deref())?;
    let run = looked_up(&arguments.input, &arguments.code, &known)?;
    if run.view.incidents.is_empty() && arguments.incident.is_none() && run.view.coverage.entries > 0 {
        print::note(&format!(
            "no incident in {}: there is no issue to write",
            counted(run.view.coverage.entries, "entry")
        ));
        return Ok(ending(&run));
    }
    let incident = chosen(&run, arguments.incident.as_deref())?;
    let draft =
        templates.issue(&run.view, incident).map_err(|problem| Failure::of_problems("templates", &[problem]))?;
    match arguments.format {
        TextOrJson::Json => print::json(&serde_json::json!({
            "schema": "log-gardener/issue/1",
            "incident": incident.id,
            "fingerprint": incident.fingerprint,
            "title": draft.title,
            "labels": draft.labels,
            "body": draft.body,
        }))?,
        TextOrJson::Text => {
            print::document(&format!("title: {}\nlabels: {}\n\n{}", draft.title, draft.labels.join(", "), draft.body))?
        }
    };
    Ok(ending(&run))
}

/// Reads the input, and looks the causes up where a checkout is named.
fn looked_up(input: &InputArguments, code: &CodeArguments, known: &Catalog) -> Result<Run, Failure> {
    let search = Search::open(&code.settled()?)?;
    let mut run = input::triage(input, known, false)?;
    if let Some(search) = &search {
        search.run(&mut run.view, &known.redactions);
    }
    Ok(run)
}

/// Returns the incident with this id (or its beginning), or the most urgent one.
fn chosen<'r>(run: &'r Run, id: Option<&str>) -> Result<&'r IncidentView, Failure> {
    let view = &run.view;
    let Some(id) = id else {
        return primary(view).ok_or_else(|| match view.coverage.entries {
            0 => nothing_read(view, run.complete),
            entries => Failure::new(Exit::CannotSay, format!("no incident in {}", counted(entries, "entry")))
                .hint("there is nothing to report; lower --min-severity to look further down"),
        });
    };
    let mut matching = view
        .incidents
        .iter()
        .filter(|incident| incident.fingerprint.starts_with(id) || incident.groups.iter().any(|group| group.id == id));
    match (matching.next(), matching.next()) {
        (Some(incident), None) => Ok(incident),
        (Some(_), Some(_)) => {
            Err(Failure::new(Exit::Usage, format!("`{id}` is the beginning of several incidents' ids"))
                .hint("give more digits"))
        }
        (None, _) => Err(Failure::new(Exit::Usage, format!("no incident `{id}` in this input"))
            .hint("run `log-gardener triage` on the same input to see the ids")),
    }
}

fn ending(run: &Run) -> Exit {
    super::triage::verdict(run, None)
}
