//! Turns the user's arguments into sources: files, folders (recursive, sorted), globs, `-`, objects of buckets.
//! Leaves out opening them.

use std::fs;
use std::path::{Path, PathBuf};

use super::cloud::CloudAddress;
use super::{SourceError, Window, bucket};
use crate::limits::Limits;

/// Deeper folders than this are a loop of mounts, not a log archive.
pub(crate) const DEEPEST: usize = 64;

/// A source to read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourcePath {
    /// Standard input.
    Stdin,
    /// A file, a pipe or a device.
    File(PathBuf),
    /// An object of a bucket.
    Object(bucket::Object),
    /// Entries that Cloud Logging holds.
    Cloud(CloudAddress),
}

impl SourcePath {
    /// Returns the stored size in bytes, where a file tells it.
    pub fn stored_bytes(&self) -> Option<u64> {
        match self {
            SourcePath::Stdin | SourcePath::Cloud(_) => None,
            SourcePath::File(path) => fs::metadata(path).ok().map(|facts| facts.len()),
            SourcePath::Object(object) => Some(object.stored_bytes()),
        }
    }

    /// Returns the name under which evidence cites the source.
    pub fn name(&self) -> String {
        match self {
            SourcePath::Stdin => "-".to_owned(),
            SourcePath::File(path) => path.display().to_string(),
            SourcePath::Object(object) => object.name().to_owned(),
            SourcePath::Cloud(address) => address.to_string(),
        }
    }
}

/// Expands arguments in the order given; each file is read once, however often it was named.
pub fn expand(arguments: &[String]) -> Result<Vec<SourcePath>, SourceError> {
    expand_within(arguments, Window::default(), Limits::DEFAULT.sources).map(|(sources, _)| sources)
}

/// Expands arguments to `most` sources at most; of buckets only what may hold entries of the window. The notes say what
/// was left out. More sources are an error: which of them to leave out is not for a program to choose.
pub fn expand_within(
    arguments: &[String],
    window: Window,
    most: usize,
) -> Result<(Vec<SourcePath>, Vec<String>), SourceError> {
    let mut sources = Vec::new();
    let mut notes = Vec::new();
    for argument in arguments {
        match bucket::Address::parse(argument).filter(|_| !Path::new(argument).exists()) {
            Some(address) => {
                let listed = bucket::list(&address?, window)?;
                sources.extend(listed.objects.into_iter().map(SourcePath::Object));
                notes.extend(listed.notes);
            }
            None => sources.extend(expand_one(argument, most)?),
        }
    }
    let mut seen = std::collections::HashSet::new();
    sources.retain(|source| seen.insert(source.clone()));
    if sources.len() > most {
        return Err(too_many(most));
    }
    Ok((sources, notes))
}

fn expand_one(argument: &str, most: usize) -> Result<Vec<SourcePath>, SourceError> {
    if argument == "-" {
        return Ok(vec![SourcePath::Stdin]);
    }
    if let Some(address) = CloudAddress::parse(argument) {
        return Ok(vec![SourcePath::Cloud(address?)]);
    }
    let path = Path::new(argument);
    if let Some((scheme, _)) = argument.split_once("://").filter(|_| !path.exists()) {
        return Err(SourceError::new(format!("cannot read {argument}"))
            .caused_by(format!(
                "{scheme}:// is not among the sources this version reads: files, folders, globs, gcp://, gs://, s3:// and `-`"
            ))
            .hint("export the log first: gcloud logging read FILTER --format=json > export.json"));
    }
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => folder(path, most),
        Ok(_) => Ok(vec![SourcePath::File(path.to_owned())]),
        // A name with brackets may be a file of that name; only what does not exist is a pattern.
        Err(_) if argument.contains(['*', '?', '[']) => pattern(argument, most),
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn folder(path: &Path, most: usize) -> Result<Vec<SourcePath>, SourceError> {
    let mut found = Found { files: Vec::new(), most, wanted: None };
    found.walk(path, 0)?;
    if found.files.is_empty() {
        return Err(SourceError::new(format!("no files in {}", path.display()))
            .caused_by("the folder is empty or holds only hidden files")
            .hint("name a folder with log files, or a file"));
    }
    Ok(found.files.into_iter().map(SourcePath::File).collect())
}

/// Files found below folders.
struct Found {
    files: Vec<PathBuf>,
    most: usize,
    /// What their paths must match.
    wanted: Option<glob::Pattern>,
}

impl Found {
    fn walk(&mut self, folder: &Path, depth: usize) -> Result<(), SourceError> {
        if depth > DEEPEST {
            return Ok(());
        }
        let listing = fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
        let mut paths: Vec<PathBuf> = listing.filter_map(Result::ok).map(|found| found.path()).collect();
        paths.sort();
        for path in paths {
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
                continue;
            }
            // Links to folders are not followed, or a link upwards would be read for ever.
            match fs::symlink_metadata(&path) {
                Ok(found) if found.is_dir() => self.walk(&path, depth + 1)?,
                Ok(found) if found.is_file() => self.add(path)?,
                Ok(found) if found.is_symlink() && path.is_file() => self.add(path)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn add(&mut self, path: PathBuf) -> Result<(), SourceError> {
        let path = path.strip_prefix(".").map_or(path.clone(), Path::to_path_buf);
        let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::default() };
        if self.wanted.as_ref().is_none_or(|wanted| wanted.matches_path_with(&path, options)) {
            self.files.push(path);
        }
        if self.files.len() > self.most { Err(too_many(self.most)) } else { Ok(()) }
    }
}

fn pattern(argument: &str, most: usize) -> Result<Vec<SourcePath>, SourceError> {
    let wrong = |error: glob::PatternError| {
        SourceError::new(format!("cannot read the pattern {argument}"))
            .caused_by(error)
            .hint("`*`, `**`, `?` and `[a-z]` are understood")
    };
    let mut found = Found { files: Vec::new(), most, wanted: None };
    if argument.contains("**") {
        // The crate follows links to folders, and of a link upwards it makes more paths than can ever be looked at.
        // Paths are compared without `./` before them.
        let plain = argument.trim_start_matches("./");
        found.wanted = Some(glob::Pattern::new(plain).map_err(wrong)?);
        let fixed = argument.find(['*', '?', '[']).map_or(argument, |at| &argument[..at]);
        let base = fixed.rfind('/').map_or("", |at| &fixed[..=at]);
        let base = Path::new(if base.is_empty() { "." } else { base });
        if base.is_dir() {
            found.walk(base, 0)?;
        }
    } else {
        for path in glob::glob(argument).map_err(wrong)?.filter_map(Result::ok) {
            if path.is_dir() {
                found.walk(&path, 0)?;
            } else {
                found.add(path)?;
            }
        }
    }
    found.files.sort();
    if found.files.is_empty() {
        return Err(SourceError::new(format!("no file matches {argument}"))
            .hint("check the pattern; quote it so that the shell leaves it alone"));
    }
    Ok(found.files.into_iter().map(SourcePath::File).collect())
}

fn too_many(most: usize) -> SourceError {
    SourceError::new(format!("these are more than {most} files"))
        .caused_by("LIMIT sources: nothing was read, for it would not be told which were left out")
        .hint("name fewer of them, or raise `sources` in [limits] of log-gardener.toml")
}

/// Says what reads Cloud Logging where only files can be read.
pub(super) fn no_file(address: &CloudAddress) -> SourceError {
    SourceError::new(format!("cannot read {address} here"))
        .caused_by("this command reads files; triage, report, issue and fetch read Cloud Logging")
        .hint(format!("save the entries first: log-gardener fetch {address} --out entries.ndjson.zst"))
}

pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> SourceError {
    let hint = match error.kind() {
        std::io::ErrorKind::NotFound => "check the path; `-` reads standard input",
        std::io::ErrorKind::PermissionDenied => "check who may read it",
        _ => "check the path",
    };
    SourceError::new(format!("cannot read {}", path.display())).caused_by(error).hint(hint)
}
