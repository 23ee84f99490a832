//! `patterns draft`: a pattern file for an error that no pattern knows yet, checked before it is handed out.
//! Leaves out writing its text: see `pattern`.

use std::path::Path;

use crate::pattern::{self, Catalog, DraftFacts};
use crate::publish;
use crate::report::view::{GroupView, TriageView};

use super::arguments::InputArguments;
use super::failure::{Exit, Failure};
use super::{catalog, input, print};

/// Runs the command.
pub(super) fn run(group: &str, arguments: &InputArguments, out: Option<&Path>) -> Result<Exit, Failure> {
    let known = catalog::catalog_for(arguments)?;
    let run = input::triage(arguments, &known, false)?;
    let chosen = chosen(&run.view, group)?;
    if let Some(pattern) = &chosen.pattern {
        return Err(Failure::new(Exit::Usage, format!("the pattern `{pattern}` knows this group already")).hint(
            format!(
                "`log-gardener patterns explain TEXT` shows why; a file of yours with id = \"{pattern}\" replaces it"
            ),
        ));
    }
    let facts = facts(chosen, &run.view);
    let drafted = pattern::draft(&facts).ok_or_else(|| {
        Failure::new(Exit::CannotSay, "no pattern can be drafted")
            .because("the message holds no words of its own, or its members have too little in common")
            .hint("write one by hand; patterns/errors/import.toml explains the keys")
    })?;
    let name = format!("{}.toml", drafted.id);
    let user = [(format!("errors/{name}"), drafted.text.clone())];
    check(&user)?;
    let Some(folder) = out else { return print::document(&drafted.text) };
    let path = folder.join("errors").join(&name);
    if path.exists() {
        return Err(Failure::new(Exit::Usage, format!("{} exists already", path.display()))
            .hint("move it away, or choose another folder with --out"));
    }
    publish::write_file(&path, drafted.text.as_bytes()).map_err(|error| Failure::unwritable(&path, &error, "--out"))?;
    print::text(&format!("{}\n", path.display()))
}

fn chosen<'v>(view: &'v TriageView, id: &str) -> Result<&'v GroupView, Failure> {
    let root =
        view.incidents.iter().find(|incident| incident.fingerprint.starts_with(id)).map(|incident| &incident.root);
    let wanted = root.map_or(id, String::as_str);
    let groups = view.incidents.iter().flat_map(|incident| &incident.groups);
    let mut fitting = groups.filter(|group| !wanted.is_empty() && group.id.starts_with(wanted));
    fitting.next().ok_or_else(|| {
        Failure::new(Exit::Usage, format!("no group `{id}` in this input"))
            .hint("`log-gardener triage --format json` shows the ids of groups and incidents")
    })
}

fn facts(group: &GroupView, view: &TriageView) -> DraftFacts {
    let exception = |group: &GroupView| group.exception.as_ref().and_then(|exception| exception.type_name.clone());
    let others = view.incidents.iter().flat_map(|incident| &incident.groups).filter(|other| other.id != group.id);
    let kind = exception(group);
    let template = match &kind {
        Some(kind) => group.template.strip_prefix(&format!("{kind}: ")).unwrap_or(&group.template),
        None => &group.template,
    };
    DraftFacts {
        template: first_lines(template),
        members: messages(group),
        others: others
            .flat_map(|other| messages(other).into_iter().take(1).map(|text| (text, exception(other))))
            .collect(),
        exception: kind,
    }
}

/// Returns what members say: the exception's message where there is one, else the text.
fn messages(group: &GroupView) -> Vec<String> {
    let kind = group.exception.as_ref().and_then(|exception| exception.type_name.as_deref());
    let said = |quote: &str| match kind {
        // The line that names the type holds the message; in a trace it stands last or first.
        Some(kind) => quote
            .lines()
            .filter_map(|line| line.trim().strip_prefix(kind)?.strip_prefix(": "))
            .next_back()
            .map(str::to_string),
        None => Some(first_lines(quote)),
    };
    let mut messages: Vec<String> = group.samples.iter().filter_map(|sample| said(&sample.quote)).collect();
    if messages.is_empty() {
        messages.extend(group.exception.as_ref().and_then(|exception| exception.message.clone()));
    }
    messages.dedup();
    messages
}

/// A trace below a message is no part of what it says.
fn first_lines(text: &str) -> String {
    let end = text.lines().position(|line| line.starts_with("Traceback ") || line.trim_start().starts_with("at "));
    text.lines().take(end.unwrap_or(20).max(1)).collect::<Vec<_>>().join("\n")
}

/// Loads the file on top of ours and runs its examples: what is handed out is accepted as it stands.
fn check(user: &[(String, String)]) -> Result<(), Failure> {
    let failed = |cause: String| {
        Failure::new(Exit::CannotSay, "no pattern can be drafted that recognises the group and nothing else")
            .because(cause)
            .hint("write one by hand; patterns/errors/import.toml explains the keys")
    };
    let known = Catalog::with_user_files(user)
        .map_err(|problems| failed(problems.first().map_or_else(String::new, |problem| problem.message.clone())))?;
    let results = known.check_examples();
    match results.iter().find(|result| !result.ok && user.iter().any(|(file, _)| *file == result.file)) {
        Some(wrong) => Err(failed(format!("line {}: {}", wrong.line, wrong.what))),
        None => Ok(()),
    }
}
