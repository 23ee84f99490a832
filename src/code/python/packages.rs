//! Which packages a repository asks for, by the files that list them, and which modules they bring.
//! Leaves out versions, markers, and lists that a program computes.
//!
//! Names are compared as PyPI does (PEP 503). Which package brings a module of another name is known of the common ones
//! alone (`distributions.txt`: module, package).

const DISTRIBUTIONS: &str = include_str!("distributions.txt");

/// A package that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// The file.
    pub(crate) file: String,
    /// 1-based line.
    pub(crate) line: u32,
    /// The package as written.
    pub(crate) name: String,
    /// The group or extra that has it, where not every build installs it.
    pub(crate) group: Option<String>,
}

impl Listed {
    /// Whether the package is called like a module.
    pub(crate) fn is_called(&self, module: &str) -> bool {
        plain(&self.name) == plain(module)
    }
}

/// Returns the packages that are known to bring a module under another name.
pub(crate) fn bringing(module: &str) -> impl Iterator<Item = &'static str> {
    let pairs = DISTRIBUTIONS.lines().filter_map(|line| line.split_once(' '));
    pairs.filter(move |(known, _)| *known == module).map(|(_, package)| package)
}

/// Whether a file lists packages.
pub(crate) fn is_list(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    matches!(file, "pyproject.toml" | "setup.py" | "setup.cfg" | "Pipfile" | "environment.yml")
        || file.starts_with("requirements") && (file.ends_with(".txt") || file.ends_with(".in"))
        || path.contains("requirements/") && file.ends_with(".txt")
}

/// Returns where a file asks for a package that brings a module.
pub(crate) fn listed(path: &str, text: &str, module: &str) -> Vec<Listed> {
    let file = path.rsplit('/').next().unwrap_or(path);
    let mut found = match file {
        "pyproject.toml" | "Pipfile" => of_tables(text),
        "setup.cfg" => of_sections(text),
        "setup.py" => of_call(text),
        "environment.yml" => of_lines(text, "- "),
        _ => of_lines(text, ""),
    };
    let names: Vec<String> = bringing(module).map(plain).chain([plain(module)]).collect();
    found.retain(|(_, name, _)| names.contains(&plain(name)));
    let told = |(line, name, group)| Listed { file: path.to_string(), line, name, group };
    found.into_iter().map(told).collect()
}

/// Line, name, group.
type Found = Vec<(u32, String, Option<String>)>;

fn plain(name: &str) -> String {
    let mut plain = String::new();
    for letter in name.to_lowercase().chars() {
        match letter {
            '-' | '_' | '.' if plain.ends_with('-') => {}
            '-' | '_' | '.' => plain.push('-'),
            letter => plain.push(letter),
        }
    }
    plain
}

/// Returns the name with which a requirement begins.
fn name_of(requirement: &str) -> Option<String> {
    let end = requirement.find(|letter: char| !(letter.is_ascii_alphanumeric() || "._-".contains(letter)));
    let name = &requirement[..end.unwrap_or(requirement.len())];
    name.starts_with(|letter: char| letter.is_ascii_alphanumeric()).then(|| name.to_string())
}

/// Reads one requirement a line, behind a mark.
fn of_lines(text: &str, mark: &str) -> Found {
    let lines = text.lines().zip(1..);
    lines.filter_map(|(line, at)| Some((at, name_of(line.trim().strip_prefix(mark)?)?, None))).collect()
}

/// Returns the texts in quotes of a line of a list, up to its end or a comment, and whether the list ends there.
///
/// Brackets within quotes are extras: `"a[b]"`.
fn entries(line: &str) -> (Vec<&str>, bool) {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find(['"', '\'', '#', ']']) {
        let mark = &rest[at..at + 1];
        if mark == "]" {
            return (found, true);
        }
        let Some((inner, behind)) = rest[at + 1..].split_once(mark).filter(|_| mark != "#") else { break };
        found.push(inner);
        rest = behind;
    }
    (found, false)
}

/// Reads the tables of a TOML file: lists of requirements, and tables whose keys are packages.
fn of_tables(text: &str) -> Found {
    let mut found = Vec::new();
    let (mut table, mut list): (String, Option<Option<String>>) = (String::new(), None);
    for (line, at) in text.lines().zip(1..) {
        let trimmed = line.trim();
        if list.is_none() && trimmed.starts_with('[') {
            table = trimmed.trim_matches(|letter| "[] \t".contains(letter)).to_string();
            continue;
        }
        let mut of_list = trimmed;
        if list.is_none() {
            let Some((key, value)) = trimmed.split_once('=') else { continue };
            let key = key.trim().trim_matches(|letter| letter == '"' || letter == '\'');
            match group_of_keys(&table) {
                Some(group) if key != "python" => found.push((at, key.to_string(), group)),
                Some(_) => {}
                None => list = group_of_list(&table, key).filter(|_| value.trim().starts_with('[')),
            }
            of_list = value.trim();
        }
        let Some(group) = list.clone() else { continue };
        let (texts, ends) = entries(of_list);
        found.extend(texts.iter().filter_map(|text| Some((at, name_of(text)?, group.clone()))));
        if ends {
            list = None;
        }
    }
    found
}

/// Returns the group of a table whose keys are packages.
fn group_of_keys(table: &str) -> Option<Option<String>> {
    let inner = table.strip_prefix("tool.poetry.group.").and_then(|rest| rest.strip_suffix(".dependencies"));
    match table {
        "tool.poetry.dependencies" | "packages" => Some(None),
        "tool.poetry.dev-dependencies" | "dev-packages" => Some(Some("dev".to_string())),
        _ => inner.map(|group| Some(group.to_string())),
    }
}

/// Returns the group of a list of requirements.
fn group_of_list(table: &str, key: &str) -> Option<Option<String>> {
    match (table, key) {
        ("project", "dependencies") => Some(None),
        ("project.optional-dependencies" | "dependency-groups" | "tool.pdm.dev-dependencies", group) => {
            Some(Some(group.to_string()))
        }
        ("tool.uv", "dev-dependencies") => Some(Some("dev".to_string())),
        _ => None,
    }
}

/// Reads a `setup.cfg`: requirements indented below a key.
fn of_sections(text: &str) -> Found {
    let mut found = Vec::new();
    let (mut section, mut group): (&str, Option<Option<String>>) = ("", None);
    for (line, at) in text.lines().zip(1..) {
        if line.starts_with('[') {
            (section, group) = (line.trim(), None);
        } else if line.starts_with([' ', '\t']) {
            let one = group.clone().and_then(|group| Some((at, name_of(line.trim())?, group)));
            found.extend(one);
        } else if let Some((key, value)) = line.split_once('=') {
            group = match (section, key.trim()) {
                ("[options]", "install_requires") => Some(None),
                ("[options.extras_require]", group) => Some(Some(group.to_string())),
                _ => None,
            };
            let one = group.clone().and_then(|group| Some((at, name_of(value.trim())?, group)));
            found.extend(one);
        }
    }
    found
}

/// Reads the list `install_requires` of a `setup.py`, where it is written out.
fn of_call(text: &str) -> Found {
    let mut found = Vec::new();
    let mut within = false;
    for (line, at) in text.lines().zip(1..) {
        let begun = line.split_once("install_requires").and_then(|(_, rest)| rest.split_once('['));
        let part = match begun {
            Some((_, rest)) => rest,
            None if within => line,
            None => continue,
        };
        let (texts, ends) = entries(part);
        found.extend(texts.iter().filter_map(|text| Some((at, name_of(text)?, None))));
        within = !ends;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_found_where_they_are_asked_for() {
        let toml = "[project]\nname = \"redis\"\ndescription = \"talks to redis\"\ndependencies = [\"httpx[http2]>=1\",\n  'Pillow', # redis\n]\n\
                    [project.optional-dependencies]\nsql = [\"SQLAlchemy\"]\n[tool.poetry.group.dev.dependencies]\nnumpy = \"*\"\n[tool.x]\nredis = 1\n";
        let cfg = "[metadata]\nname = redis\n[options]\ninstall_requires =\n    httpx\n    pyjwt>=2\n[options.extras_require]\nx =\n  numpy\n";
        let setup =
            "setup(name='redis', install_requires=['httpx[a]',\n 'PyYAML>=6'], extras_require={'x': ['numpy']})\n";
        for (file, text, module, expect) in [
            ("pyproject.toml", toml, "redis", None),
            ("pyproject.toml", toml, "httpx", Some((4, None))),
            ("pyproject.toml", toml, "PIL", Some((5, None))),
            ("pyproject.toml", toml, "sqlalchemy", Some((8, Some("sql")))),
            ("pyproject.toml", toml, "numpy", Some((10, Some("dev")))),
            ("a/setup.cfg", cfg, "redis", None),
            ("a/setup.cfg", cfg, "jwt", Some((6, None))),
            ("a/setup.cfg", cfg, "numpy", Some((9, Some("x")))),
            ("setup.py", setup, "redis", None),
            ("setup.py", setup, "numpy", None),
            ("setup.py", setup, "yaml", Some((2, None))),
            ("requirements.txt", "# redis\n-r redis.txt\npsycopg2_binary==2 # redis\n", "redis", None),
            ("requirements.txt", "# redis\n-r redis.txt\npsycopg2_binary==2 # redis\n", "psycopg2", Some((3, None))),
            ("environment.yml", "name: redis\ndependencies:\n  - redis=5\n", "redis", Some((3, None))),
            ("Pipfile", "[packages]\nflask = \"*\"\n[dev-packages]\nredis = \"*\"\n", "redis", Some((4, Some("dev")))),
        ] {
            assert!(is_list(file));
            let found = listed(file, text, module);
            let told = found.first().map(|listed| (listed.line, listed.group.as_deref()));
            assert_eq!(told, expect, "{module} in {file}");
        }
    }

    #[test]
    fn the_list_of_modules_is_well_formed() {
        for line in DISTRIBUTIONS.lines() {
            assert_eq!(line.split(' ').count(), 2, "{line}");
        }
        assert_eq!(bringing("PIL").collect::<Vec<_>>(), ["Pillow"]);
    }
}
