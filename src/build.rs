//! Embeds every file of `patterns/` and `templates/` into the binary.
//! Leaves out any parsing: a broken file is the loader's to report, with file, line and hint.
//!
//! Written as a build script and not as a macro because a macro does not notice a *new* file on an
//! incremental build; Cargo watches the two folders instead.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by Cargo"));
    let mut code = String::new();
    for (name, folder) in [("PATTERNS", "patterns"), ("TEMPLATES", "templates")] {
        println!("cargo:rerun-if-changed={folder}");
        let mut files = Vec::new();
        collect(&root.join(folder), &mut files);
        files.sort();
        writeln!(code, "pub(crate) const {name}: &[(&str, &str)] = &[").expect("a String grows");
        for file in files {
            let relative = file.strip_prefix(&root).expect("below the root").to_string_lossy();
            writeln!(code, "    ({relative:?}, include_str!({:?})),", file.to_string_lossy()).expect("a String grows");
        }
        code.push_str("];\n");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by Cargo"));
    fs::write(out.join("embedded.rs"), code).expect("the build folder is writable");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    println!("cargo:rerun-if-changed={}", folder.display());
    for item in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = item.path();
        let hidden = item.file_name().to_string_lossy().starts_with('.');
        if path.is_dir() {
            collect(&path, files);
        } else if !hidden {
            files.push(path);
        }
    }
}
