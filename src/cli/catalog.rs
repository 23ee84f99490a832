//! Loading the catalog and the templates, with a user's folder on top.
//! Leaves out what is in them.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::pattern::{Catalog, Masks, NamedText, Problem, Redactions};
use crate::report::Templates;

use super::arguments::InputArguments;
use super::failure::{Exit, Failure};
use super::settings::Settings;

/// A pattern or template file beyond this size is a mistake, bytes.
pub(super) const FILE_LIMIT: u64 = 4 << 20;
/// The name of a field beyond this size is a mistake, bytes; not every length makes an expression that compiles.
pub(super) const FIELD_LIMIT: usize = 1_000;
const TOO_LONG: &str = "such a file has at most";

/// The variable that holds the key of marks: without it nobody can confirm a guessed value by its mark.
const KEY: &str = "LOG_GARDENER_REDACTION_KEY";

/// Returns the built-in catalog with the files of `folder` on top, redacting as the settings in the working directory say.
pub(super) fn catalog(folder: Option<&Path>) -> Result<Catalog, Failure> {
    catalog_under(folder, &Settings::read(None)?)
}

/// The same for the input that `arguments` name, whose values may be wanted as they are.
pub(super) fn catalog_for(arguments: &InputArguments) -> Result<Catalog, Failure> {
    let mut known = catalog(arguments.patterns.as_deref())?;
    if arguments.no_redact {
        known.redactions = known.redactions.remembering();
    }
    Ok(known)
}

/// The same under settings that are read.
pub(super) fn catalog_under(folder: Option<&Path>, settings: &Settings) -> Result<Catalog, Failure> {
    let user = folder.map_or(Ok(Vec::new()), |folder| read_folder(folder, &["toml"], "patterns"))?;
    let mut known = Catalog::with_user_files(&user).map_err(|problems| Failure::of_problems("patterns", &problems))?;
    known.redactions = set_up(known.redactions, settings)?;
    Ok(known)
}

fn set_up(mut rules: Redactions, settings: &Settings) -> Result<Redactions, Failure> {
    if !settings.redact.fields.is_empty() {
        rules = with_fields(rules, &settings.redact.fields, "`[redact] fields`")?;
    }
    Ok(match std::env::var(KEY).ok().filter(|key| !key.is_empty()) {
        Some(key) => rules.with_key(key.as_bytes()),
        None => rules,
    })
}

/// Returns the rules with fields that tell a person, as `wanted_by` names them.
pub(super) fn with_fields(rules: Redactions, fields: &[String], wanted_by: &str) -> Result<Redactions, Failure> {
    match fields.iter().find(|field| field.len() > FIELD_LIMIT) {
        None => Ok(rules.with_fields(fields)),
        Some(field) => Err(Failure::new(Exit::Usage, format!("a name in {wanted_by} is {} bytes long", field.len()))
            .because(format!("the name of a field has at most {FIELD_LIMIT} bytes"))
            .hint("name the field as it stands in the log, such as `jsonPayload.user_id`")),
    }
}

/// Returns masks and redactions alone, which load many times faster, unless a folder of the user's has to be checked as a
/// whole.
pub(super) fn masks(folder: Option<&Path>) -> Result<(Arc<Masks>, Redactions), Failure> {
    let fault = |problems: Vec<Problem>| Failure::of_problems("patterns", &problems);
    if folder.is_some() {
        return catalog(folder).map(|known| (known.masks, known.redactions));
    }
    let masks = Masks::built_in().map(Arc::new).map_err(fault)?;
    Ok((masks, set_up(Redactions::built_in().map_err(fault)?, &Settings::read(None)?)?))
}

/// Returns the built-in templates with the files of `folder` in their place.
pub(super) fn templates(folder: Option<&Path>) -> Result<Templates, Failure> {
    let Some(folder) = folder else { return Ok(Templates::built_in()) };
    let user = read_folder(folder, &["md", "txt", "html", "css", "js"], "templates")?;
    Templates::load(&user).map_err(|problems| Failure::of_problems("templates", &problems))
}

/// Reads the files below `folder` with one of the `endings`, sorted, named relative to it.
pub(super) fn read_folder(folder: &Path, endings: &[&str], what: &str) -> Result<Vec<NamedText>, Failure> {
    let mut files = Vec::new();
    collect(folder, folder, endings, &mut files, 0).map_err(|(path, cause)| {
        let failure = Failure::new(Exit::Usage, format!("cannot read the {what} folder {}", folder.display()))
            .because(format!("{path}: {cause}"));
        match cause.contains(TOO_LONG) {
            true => failure.hint("move it out of the folder, or shorten it"),
            false => failure,
        }
    })?;
    if files.is_empty() {
        return Err(Failure::new(
            Exit::Usage,
            format!("the {what} folder {} holds no file ending in .{}", folder.display(), endings.join(" or .")),
        )
        .hint(format!("lay it out as the {what}/ folder of the project is")));
    }
    files.sort();
    Ok(files)
}

fn collect(
    root: &Path,
    folder: &Path,
    endings: &[&str],
    files: &mut Vec<NamedText>,
    depth: usize,
) -> Result<(), (String, String)> {
    let fault = |path: &Path, cause: &dyn std::fmt::Display| (path.display().to_string(), cause.to_string());
    for item in fs::read_dir(folder).map_err(|error| fault(folder, &error))? {
        let path = item.map_err(|error| fault(folder, &error))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() && depth < 4 {
            collect(root, &path, endings, files, depth + 1)?;
        } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted)) {
            let size = fs::metadata(&path).map_err(|error| fault(&path, &error))?.len();
            if size > FILE_LIMIT {
                return Err(fault(&path, &format!("{size} bytes; {TOO_LONG} {FILE_LIMIT}")));
            }
            let text = fs::read_to_string(&path).map_err(|error| fault(&path, &error))?;
            let relative = path.strip_prefix(root).unwrap_or(&path);
            files.push((relative.to_string_lossy().replace('\\', "/"), text));
        }
    }
    Ok(())
}
