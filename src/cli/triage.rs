//! `triage`: sources in, incidents out, as text, JSON or Markdown, and on request as files.
//! Leaves out how incidents are found.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::mem::ManuallyDrop;

use crate::analysis::counted;
use crate::entry::NAMELESS;
use crate::publish;
use crate::report::view::{IncidentView, TriageView};
use crate::report::{Templates, escape, text};

use super::arguments::{Format, TriageArguments};
use super::cause::Search;
use super::failure::{Exit, Failure};
use super::history::Baseline;
use super::input::{self, Run};
use super::{catalog, limits, print};

/// Runs the command.
pub(super) fn run(mut arguments: TriageArguments) -> Result<Exit, Failure> {
    let writes = arguments.write || arguments.out.is_some() || matches!(arguments.format, Format::Markdown);
    arguments.input.hash_large = arguments.sha256 || writes;
    // It is needed to the end of the run; taking it apart then would be work for nothing.
    let known = ManuallyDrop::new(catalog::catalog_for(&arguments.input)?);
    let templates = catalog::templates(arguments.templates.as_deref())?;
    // A baseline that cannot be read is told before the input is, which may be long.
    let baseline =
        arguments.baseline.as_deref().map(|path| Ok::<_, Failure>((path, Baseline::read(path)?))).transpose()?;
    let search = Search::open(&arguments.code.settled()?)?;
    let mut run = ManuallyDrop::new(input::triage(&arguments.input, &known, arguments.assignments.is_some())?);
    if let Some(search) = &search {
        search.run(&mut run.view, &known.redactions);
    }
    if let Some((path, baseline)) = &baseline {
        baseline.mark(&mut run.view, &path.display().to_string())?;
    }
    if let Some(file) = &arguments.assignments {
        let lines = assignments(&run);
        publish::write_file(file, lines.as_bytes())
            .map_err(|error| Failure::unwritable(file, &error, "--assignments"))?;
    }
    match arguments.format {
        Format::Json => print::json(&run.view)?,
        Format::Text => {
            let render = if arguments.all { text::render_all } else { text::render };
            print::text(&render(&run.view, text::Look { width: print::width(), color: print::colour() }))?
        }
        Format::Markdown => print::document(&markdown(&templates, &run.view)?)?,
    };
    if arguments.write || arguments.out.is_some() {
        let folder = arguments.out.clone().unwrap_or_else(|| "reports".into());
        let now = input::now(arguments.input.now.as_deref())?;
        let bounds = limits::of(&arguments.input)?;
        let files = render_files(&templates.with_most_bytes(bounds.document_bytes), &run.view, bounds.reports)?;
        let below = publish::write_run(&folder, now, &files).map_err(|error| {
            Failure::new(Exit::Publish, format!("cannot write the reports below {}", folder.display()))
                .because(error)
                .hint("choose another folder with --out")
        })?;
        print::note(&format!("wrote {} below {}", counted(files.len() as u64, "file"), below.display()));
    }
    Ok(verdict(&run, arguments.fail_on.as_deref()))
}

/// Returns the exit code: "cannot say" goes before "nothing found".
pub(super) fn verdict(run: &Run, fail_on: Option<&str>) -> Exit {
    let found = |least: &str| {
        run.view.incidents.iter().any(|incident| incident.noise.is_none() && incident.priority.as_str() <= least)
    };
    if run.view.coverage.entries == 0 {
        print::note(&nothing_read(&run.view, run.complete).to_string());
        Exit::CannotSay
    } else if !run.complete {
        print::note(
            "error: a source was not read to its end\nhint: the notes in the coverage say which and why; the result covers only what was read",
        );
        Exit::CannotSay
    } else if fail_on.is_some_and(found) {
        Exit::Found
    } else {
        Exit::Done
    }
}

/// Says that nothing was read, which is another thing than that nothing is wrong.
pub(super) fn nothing_read(view: &TriageView, complete: bool) -> Failure {
    let sources = &view.coverage.sources;
    let first = sources.iter().find_map(|source| Some((&source.source, source.skipped.first()?)));
    let cause = if let Some((source, first)) = first {
        let total: u64 = sources.iter().map(|source| source.skipped_total).sum();
        format!("nothing in the input is a log entry; the first of {total}: {source}, {}: {}", first.at, first.reason)
    } else if !complete {
        "no source could be read; the notes in the coverage say which and why".to_owned()
    } else {
        "the input is empty, or no entry lies in the window asked for".to_owned()
    };
    let hint = match first {
        // Such an entry cannot be told from one that somebody made up, nor be counted once when it comes twice.
        Some((_, first)) if first.reason == NAMELESS => {
            "export whole entries: `gcloud logging read ... --format=json` without a choice of fields"
        }
        _ => "no entries is no sign of health; check the export and the window",
    };
    Failure::new(Exit::CannotSay, "no log entries were read").because(cause).hint(hint)
}

/// Returns the summary and every report that is not noise, as one page.
pub(super) fn markdown(templates: &Templates, view: &TriageView) -> Result<String, Failure> {
    let fault = |problem| Failure::of_problems("templates", &[problem]);
    let mut page = templates.summary(view).map_err(fault)?;
    for incident in view.incidents.iter().filter(|incident| incident.noise.is_none()) {
        page.push_str("\n---\n\n");
        page.push_str(&templates.report(view, incident).map_err(fault)?);
    }
    Ok(page)
}

/// Returns all files of a run: name below the run's folder, and text. Incidents beyond the first `most` have none of
/// their own, which the coverage says.
pub(super) fn render_files(
    templates: &Templates,
    view: &TriageView,
    most: usize,
) -> Result<Vec<(String, String)>, Failure> {
    let told = view.incidents.iter().filter(|incident| incident.noise.is_none()).count();
    let mut bounded;
    let view = if told > most {
        bounded = view.clone();
        let rest = format!(
            "LIMIT reports: {told} incidents were found, and the first {most} have reports of their own; triage.json has all"
        );
        bounded.coverage.notes.push(rest);
        &bounded
    } else {
        view
    };
    let fault = |problem| Failure::of_problems("templates", &[problem]);
    let mut files = vec![
        ("summary.md".to_string(), templates.summary(view).map_err(fault)?),
        ("worklog.md".to_string(), templates.worklog(view).map_err(fault)?),
        ("index.html".to_string(), templates.run_page(view, true).map_err(fault)?),
    ];
    let json = escape::json::pretty(view)
        .map_err(|error| Failure::new(Exit::Publish, "cannot write the result as JSON").because(error))?;
    files.push(("triage.json".to_string(), json + "\n"));
    if let Some(primary) = primary(view) {
        files
            .push(("audit.md".to_string(), templates.audit(view, primary, &why_chosen(view, primary)).map_err(fault)?));
    }
    for incident in view.incidents.iter().filter(|incident| incident.noise.is_none()).take(most) {
        let folder = format!("incidents/{}-{}", incident.priority, incident.id);
        files.push((format!("{folder}/report.md"), templates.report(view, incident).map_err(fault)?));
        files.push((format!("{folder}/report.html"), templates.report_page(view, incident).map_err(fault)?));
        let draft = templates.issue(view, incident).map_err(fault)?;
        files.push((format!("{folder}/issue.md"), draft.body));
        files.push((format!("{folder}/issue-title.txt"), draft.title + "\n"));
        files.push((format!("{folder}/issue-labels.txt"), draft.labels.join("\n") + "\n"));
    }
    Ok(files)
}

/// Returns the incident that the audit report is about: the first that is not noise.
pub(super) fn primary(view: &TriageView) -> Option<&IncidentView> {
    view.incidents.iter().find(|incident| incident.noise.is_none()).or(view.incidents.first())
}

/// Says why an incident was chosen over the others.
pub(super) fn why_chosen(view: &TriageView, chosen: &IncidentView) -> String {
    let others = view.incidents.len().saturating_sub(1);
    let same = view.incidents.iter().filter(|other| other.priority == chosen.priority && other.id != chosen.id).count();
    if same == 0 {
        let rest = match others {
            0 => String::new(),
            1 => "; the other one is less urgent".to_string(),
            others => format!("; {others} others are less urgent"),
        };
        format!("it is the only incident with priority {}{rest}", chosen.priority)
    } else {
        format!(
            "of the {} incidents with priority {} it has the most events ({} of {})",
            same + 1,
            chosen.priority,
            chosen.entries,
            view.coverage.events
        )
    }
}

/// Returns one JSON line per entry of an event, in the order of the input.
fn assignments(run: &Run) -> String {
    // The same group of symptoms may stand in several incidents, with the events that each explains.
    let groups = &run.triaged.groups;
    let ids: HashMap<&str, &str> =
        run.view.incidents.iter().map(|incident| (incident.fingerprint.as_str(), incident.id.as_str())).collect();
    let mut place: HashMap<usize, (&str, &str)> = HashMap::new();
    for incident in &run.triaged.cascades.incidents {
        let id = ids.get(groups[incident.root].fingerprint.hash.as_str()).copied().unwrap_or("");
        for &group in &incident.groups {
            place.insert(group, (id, if group == incident.root { "root" } else { "consequence" }));
        }
    }
    let mut sorted: Vec<_> = run.triaged.assignments.iter().collect();
    sorted.sort_by(|a, b| a.at.cmp(&b.at));
    let mut lines = String::new();
    for assignment in sorted {
        let group = &groups[assignment.group].id;
        let (incident, role) = place.get(&assignment.group).copied().unwrap_or(("", ""));
        let line = serde_json::json!({
            "source": &*assignment.at.source,
            "index": assignment.at.index,
            "line": Some(assignment.at.line).filter(|line| *line > 0),
            "insert_id": assignment.insert_id,
            "group": group,
            "incident": incident,
            "role": role,
        });
        let _ = writeln!(lines, "{line}");
    }
    lines
}
