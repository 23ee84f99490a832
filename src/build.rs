//! Embeds every file of `patterns/` and `templates/` into the binary, the patterns as parsed trees as well.
//! Leaves out what is wrong with a file: that is the loader's to report, with line and hint.
//!
//! Written as a build script and not as a macro because a macro does not notice a *new* file on an
//! incremental build; Cargo watches the two folders instead.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by Cargo"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by Cargo"));
    let mut code = String::new();
    let mut trees = String::new();
    for (name, folder) in [("PATTERNS", "patterns"), ("TEMPLATES", "templates")] {
        println!("cargo:rerun-if-changed={folder}");
        let mut files = Vec::new();
        collect(&root.join(folder), &mut files);
        files.sort();
        writeln!(code, "pub(crate) const {name}: &[(&str, &str)] = &[").expect("a String grows");
        for (at, file) in files.into_iter().enumerate() {
            let relative = file.strip_prefix(&root).expect("below the root").to_string_lossy();
            writeln!(code, "    ({relative:?}, include_str!({:?})),", file.to_string_lossy()).expect("a String grows");
            if name == "PATTERNS" {
                let path = out.join(format!("{at}.tree"));
                fs::write(&path, tree(&file)).expect("the build folder is writable");
                writeln!(trees, "    include_bytes!({:?}),", path.to_string_lossy()).expect("a String grows");
            }
        }
        code.push_str("];\n");
    }
    writeln!(code, "pub(crate) const PATTERN_TREES: &[&[u8]] = &[\n{trees}];").expect("a String grows");
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

/// Returns the file as `src/pattern/tree.rs` reads it; nothing for one that is no TOML, which makes its text be read.
fn tree(file: &Path) -> Vec<u8> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let mut bytes = Vec::new();
    if let Ok(table) = DeTable::parse(&text) {
        let span = table.span();
        node(&Spanned::new(span, DeValue::Table(table.into_inner())), &mut bytes);
    }
    bytes
}

fn node(value: &Spanned<DeValue<'_>>, out: &mut Vec<u8>) {
    let mut head = |kind: u8| {
        out.push(kind);
        number(value.span().start as u64, out);
        number(value.span().len() as u64, out);
    };
    match value.get_ref() {
        DeValue::String(text) => {
            head(b's');
            string(text, out);
        }
        DeValue::Integer(integer) => {
            head(b'i');
            let plain = i64::from_str_radix(integer.as_str(), integer.radix()).expect("an integer of ours is small");
            number(((plain << 1) ^ (plain >> 63)) as u64, out);
        }
        DeValue::Boolean(set) => {
            head(b'b');
            out.push(u8::from(*set));
        }
        DeValue::Array(items) => {
            head(b'a');
            number(items.len() as u64, out);
            items.iter().for_each(|item| node(item, out));
        }
        DeValue::Table(table) => {
            head(b't');
            number(table.len() as u64, out);
            for (key, value) in table {
                string(key.get_ref(), out);
                node(value, out);
            }
        }
        DeValue::Float(_) | DeValue::Datetime(_) => panic!("no pattern file holds a fraction or a date"),
    }
}

fn string(text: &str, out: &mut Vec<u8>) {
    number(text.len() as u64, out);
    out.extend_from_slice(text.as_bytes());
}

fn number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
