//! The cases of `tests/injection/*.toml`, in the order of their names.
//! Leaves out what must come of them.

use std::path::PathBuf;

use serde::Deserialize;

/// A text that tries to act.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) tries: String,
    pub(crate) targets: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    case: Vec<Case>,
}

/// Returns all cases; their names are `file/name`.
pub(crate) fn cases() -> Vec<Case> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/injection");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("a folder")
        .map(|file| file.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("readable");
        let read: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let stem = file.file_stem().expect("a name").to_string_lossy().into_owned();
        all.extend(read.case.into_iter().map(|case| Case { name: format!("{stem}/{}", case.name), ..case }));
    }
    all
}
