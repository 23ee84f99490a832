//! A file that is in the repository and was not in the image: which line keeps it out.
//! Leaves out images that are built in another way than by the files of the repository.

use std::sync::LazyLock;

use regex::Regex;

use super::{Aim, Kind, Search, Site};
use crate::code::cause::Target;
use crate::code::git::Place;
use crate::code::history::{Holds, Origin};
use crate::code::image::{Style, brings, copies, kept_out};
use crate::code::python::modules::{Modules, folder, join};

/// The error: these files exist, and the process did not find them.
#[derive(Debug)]
pub(crate) struct NotInImage {
    /// How the message names it.
    pub(crate) name: String,
    /// Its file in the repository.
    pub(crate) path: String,
}

/// A list of packages that is written out: `packages = ["a", "a.b"]`, also over lines; what finds them by itself is none.
static LISTS: LazyLock<[Option<Regex>; 2]> = LazyLock::new(|| {
    [
        Regex::new(r#"(?m)^\s*packages\s*=\s*\[([^\]]*)\]"#).ok(),
        Regex::new(r"(?m)^packages\s*=\s*((?:\n[ \t]+[\w.]+)+)").ok(),
    ]
});

/// Files that decide what an image or a package holds, beside the sources or above them.
const FILES: [&str; 7] = [
    ".dockerignore",
    ".gcloudignore",
    "Dockerfile.dockerignore",
    "Dockerfile",
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
];
const IGNORES: [(&str, Style); 2] = [(".dockerignore", Style::Docker), (".gcloudignore", Style::Git)];

impl NotInImage {
    /// Returns the file that a message about a module or a path means, where it exists.
    pub(crate) fn of(modules: &Modules<'_>, all: &[String], name: &str, is_path: bool) -> Option<NotInImage> {
        let path = if is_path {
            // The longest end of the path that is a file of the repository.
            let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty()).collect();
            (0..parts.len()).map(|from| parts[from..].join("/")).find(|end| all.binary_search(end).is_ok())?
        } else {
            let module = modules.resolve(name, "");
            match &module {
                crate::code::python::modules::Module::Namespace(folder) => {
                    let prefix = format!("{folder}/");
                    all.iter().find(|path| path.starts_with(&prefix) && path.ends_with(".py"))?.clone()
                }
                module => module.path()?.to_string(),
            }
        };
        Some(NotInImage { name: name.to_string(), path })
    }

    /// Returns the folders whose ignore files and Dockerfiles can matter, nearest to the file first.
    fn folders(&self) -> Vec<String> {
        let mut at = folder(&self.path);
        let mut found = vec![at.to_string()];
        while !at.is_empty() {
            at = folder(at);
            found.push(at.to_string());
        }
        found
    }

    fn below<'p>(&'p self, folder: &str) -> &'p str {
        if folder.is_empty() { &self.path } else { self.path.get(folder.len() + 1..).unwrap_or(&self.path) }
    }

    /// Returns why a file of the repository keeps the path out: the line and the reason.
    fn keeps_out(&self, modules: &Modules<'_>, path: &str) -> Option<(u32, String)> {
        let text = modules.text(path)?;
        let top = folder(path);
        let inner = self.below(top);
        let name = path.rsplit('/').next().unwrap_or(path);
        let style = IGNORES
            .iter()
            .find(|(ignore, _)| name == *ignore || name.ends_with(".dockerignore"))
            .map(|(_, style)| *style);
        match style {
            Some(style) => {
                let rule = kept_out(&text, inner, style)?;
                Some((rule.line, format!("`{}` keeps {} out of the image", rule.pattern, self.path)))
            }
            None if !name.starts_with("Dockerfile") => self.not_packaged(&text, inner),
            None => {
                let all = copies(&text);
                let first = all.first()?;
                // The folder that is sent to the build is the file's own, or the top (`docker build -f`).
                let brought = all.iter().any(|copy| brings(copy, inner) || brings(copy, &self.path));
                (!brought).then(|| (first.line, format!("no COPY brings {} into the image", self.path)))
            }
        }
    }
}

impl NotInImage {
    /// Returns the line of a list of packages in which others stand and the module's package does not.
    fn not_packaged(&self, text: &str, inner: &str) -> Option<(u32, String)> {
        let list = LISTS.iter().find_map(|list| list.as_ref()?.captures(text)?.get(1))?;
        let named: Vec<&str> = list
            .as_str()
            .split(|letter: char| !(letter.is_alphanumeric() || "_.".contains(letter)))
            .filter(|name| !name.is_empty())
            .collect();
        let package = folder(inner).replace('/', ".");
        let package = package.strip_prefix("src.").unwrap_or(&package);
        let parent = package.rsplit_once('.').map_or(package, |(parent, _)| parent);
        let near = named.iter().find(|name| parent == **name || parent.starts_with(&format!("{name}.")))?;
        if named.contains(&package) {
            return None;
        }
        let line = text[..list.start()].lines().count().max(1) as u32;
        Some((line, format!("its list of packages has {near} and not {package}, so {} is not installed", self.path)))
    }
}

impl Kind for NotInImage {
    fn sites(&self, search: &Search<'_>) -> Vec<Site> {
        let modules = &search.modules;
        let mut sites = Vec::new();
        for (depth, top) in self.folders().iter().enumerate() {
            for name in FILES {
                let path = join(top, name);
                let Some((line, why)) = self.keeps_out(modules, &path) else { continue };
                let sure = if name.ends_with("ignore") { 1.0 } else { 0.7 };
                sites.push(Site {
                    path,
                    line,
                    last_line: line,
                    scope: String::new(),
                    key: self.path.clone(),
                    bytes: 0..0,
                    fit: sure - 0.01 * depth as f64,
                    certain: sure >= 1.0,
                    why,
                });
            }
        }
        sites
    }

    fn holds(&self, modules: &Modules<'_>, path: &str, _: &Site) -> Holds {
        let there = matches!(modules.repository.place(&modules.commit, &self.path), Ok(Place::File(_)));
        if there && self.keeps_out(modules, path).is_some() { Holds::Yes } else { Holds::No }
    }

    fn paths(&self, _: &Modules<'_>, path: &str, _: &Site) -> Vec<String> {
        vec![path.to_string(), self.path.clone()]
    }

    fn aim(&self, search: &Search<'_>, site: &Site, _: Option<&Origin>) -> Option<Aim> {
        let text = search.modules.text(&site.path)?;
        let inner = self.below(folder(&site.path));
        let why = "it is in the repository at this commit".to_string();
        let target = Target { name: self.name.clone(), place: Some((self.path.clone(), 1)), why };
        let mut edits = Vec::new();
        let mut warnings = Vec::new();
        if site.path.ends_with("ignore") {
            // An exception behind the rule brings the file back, and nothing else.
            let shown = if inner.ends_with("__init__.py") && !self.name.contains('/') { folder(inner) } else { inner };
            let end = text.split_inclusive('\n').take(site.line as usize).map(str::len).sum::<usize>();
            let lead = if text[..end].ends_with('\n') { "" } else { "\n" };
            let edit = (end..end, format!("{lead}!{shown}\n"));
            let after = format!("{}{}{}", &text[..end], edit.1, &text[end..]);
            let style = if site.path.ends_with(".gcloudignore") { Style::Git } else { Style::Docker };
            if kept_out(&after, inner, style).is_none() {
                edits.push(edit);
            }
            let rule = text.lines().nth(site.line.saturating_sub(1) as usize).unwrap_or("").trim();
            warnings.push(format!("`{rule}` may keep out other files that are needed as well"));
        }
        Some(Aim { target, edits, warnings })
    }

    fn probe(&self, _: &Site) -> String {
        self.name.clone()
    }

    fn verdict(&self, _: &Search<'_>, site: &Site) -> String {
        format!("{} is in the repository ({}), and {} keeps it out of what runs", self.name, self.path, site.path)
    }

    fn contradictions(&self, _: &Search<'_>) -> Vec<String> {
        vec![format!(
            "{} is in the repository at this commit ({}), and no ignore file or Dockerfile beside it keeps it out: another revision was running, or the image was built otherwise",
            self.name, self.path
        )]
    }
}
