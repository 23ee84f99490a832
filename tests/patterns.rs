//! Every example in `patterns/`, both ways; no pattern takes another's example; broken files tell what
//! is wrong with them. Leaves out the meaning of matches: the cases hold that.

use std::fs;
use std::path::Path;

use log_gardener::pattern::{Clients, check};

#[test]
fn every_example_goes_as_its_file_says() {
    let results = check(&error_files(), &[], &clients()).unwrap_or_else(|problems| panic!("{}", told(&problems)));
    let wrong: Vec<String> = results
        .iter()
        .filter(|result| !result.ok)
        .map(|result| format!("{}:{} `{}` {}", result.file, result.line, result.pattern, result.what))
        .collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_client_example_goes_as_its_file_says() {
    let wrong = clients().check();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

fn clients() -> Clients {
    let file = ("patterns/clients.toml".to_string(), read(&root().join("patterns/clients.toml")));
    Clients::load(&[file], &[]).unwrap_or_else(|problems| panic!("{}", told(&problems)))
}

fn error_files() -> Vec<(String, String)> {
    let folder = root().join("patterns/errors");
    let mut files: Vec<(String, String)> = fs::read_dir(folder)
        .expect("patterns/errors is there")
        .map(|item| item.expect("readable").path())
        .map(|path| {
            (format!("patterns/errors/{}", path.file_name().unwrap_or_default().to_string_lossy()), read(&path))
        })
        .collect();
    files.sort();
    files
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn told(problems: &[log_gardener::pattern::Problem]) -> String {
    problems.iter().map(|problem| format!("{problem}\nhint: {}\n\n", problem.hint)).collect()
}
