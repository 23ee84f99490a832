//! Loading the catalog and the templates, with a user's folder on top.
//! Leaves out what is in them.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::pattern::{Catalog, Masks, NamedText};
use crate::report::Templates;

use super::failure::{Exit, Failure};

/// A pattern or template file beyond this size is a mistake, bytes.
pub(super) const FILE_LIMIT: u64 = 4 << 20;
const TOO_LONG: &str = "such a file has at most";

/// Returns the built-in catalog with the files of `folder` on top.
pub(super) fn catalog(folder: Option<&Path>) -> Result<Catalog, Failure> {
    let user = folder.map_or(Ok(Vec::new()), |folder| read_folder(folder, &["toml"], "patterns"))?;
    Catalog::with_user_files(&user).map_err(|problems| Failure::of_problems("patterns", &problems))
}

/// Returns the masks alone, which load many times faster, unless a folder of the user's has to be checked as a whole.
pub(super) fn masks(folder: Option<&Path>) -> Result<Arc<Masks>, Failure> {
    match folder {
        Some(_) => catalog(folder).map(|known| Arc::clone(&known.masks)),
        None => Masks::built_in().map(Arc::new).map_err(|problems| Failure::of_problems("patterns", &problems)),
    }
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
