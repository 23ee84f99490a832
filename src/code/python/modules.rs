//! Which file a module name means at one commit, by Python's rules: source roots, packages, namespace packages, relative imports.
//! Leaves out what a file's names mean.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::time::Instant;

use super::facts::{Facts, Import};
use super::read;
use super::roots;
use crate::code::git::{Oid, Place, Repository};

/// Text of all files that is kept for searching, in bytes.
const MOST_TEXT: usize = 256 << 20;
/// Parsed files kept; more are read again.
const MOST_FACTS: usize = 20_000;

/// Steps that are taken for one name: files that all lead to each other have more ways between them than can be gone.
const MOST_STEPS: u32 = 2000;

/// What was read of the files: facts by content, shared between commits, and the texts of the listed commit.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    facts: RefCell<HashMap<Oid, Rc<Facts>>>,
    /// Texts of the listed files, by their place in the list.
    texts: OnceCell<Vec<(usize, Vec<u8>)>>,
    /// Files whose text was not read: not in this clone, too large, or beyond what is kept.
    pub(crate) skipped: Cell<usize>,
    /// What `roots_in_use` found.
    used: OnceCell<Vec<String>>,
}

/// The Python files of one commit.
#[derive(Debug)]
pub(crate) struct Modules<'a> {
    pub(crate) repository: &'a Repository,
    pub(crate) commit: Oid,
    pub(crate) parsed: &'a Parsed,
    /// Folders below which top modules stand; "" is the top of the repository.
    pub(crate) roots: Vec<String>,
    /// Those of them that only the imports show.
    used: Vec<String>,
    /// All Python files; only where they were listed.
    pub(crate) listed: Vec<(String, Oid)>,
    /// When reading more files than are known ends, and how many were not read since.
    pub(crate) until: Cell<Option<Instant>>,
    pub(crate) unread: Cell<usize>,
    /// Steps from name to name that are still taken for the name that was asked about, and how many are under way.
    pub(super) steps: Cell<(u32, u32)>,
    /// Links and submodules of the commit: what stands behind them is not read.
    pub(crate) links: Vec<String>,
    /// Files that matter although no import leads to them, for looking at other commits.
    pub(crate) hints: Rc<RefCell<Vec<String>>>,
}

/// What a dotted module name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Module {
    /// A file that is no package.
    File(String),
    /// The `__init__.py` of a package.
    Package(String),
    /// A folder without `__init__.py`.
    Namespace(String),
    /// Its first part exists in the repository; this prefix of it is the first that does not.
    Missing(String),
    /// Its first part is not in the repository.
    Foreign,
}

impl Module {
    /// Returns the file that runs when the module is imported.
    pub(crate) fn path(&self) -> Option<&str> {
        match self {
            Module::File(path) | Module::Package(path) => Some(path),
            _ => None,
        }
    }

    /// Returns whether it can be imported from this repository.
    pub(crate) fn exists(&self) -> bool {
        matches!(self, Module::File(_) | Module::Package(_) | Module::Namespace(_))
    }
}

/// Returns the folder of a path; "" for the top.
pub(crate) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Joins a folder and a name.
pub(crate) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") }
}

impl<'a> Modules<'a> {
    /// Takes the listed files of a commit.
    pub(crate) fn of(repository: &'a Repository, commit: Oid, parsed: &'a Parsed, listed: Vec<(String, Oid)>) -> Self {
        let roots = roots::packaged(&listed);
        let mut modules = Modules {
            repository,
            commit,
            parsed,
            roots,
            used: Vec::new(),
            listed,
            hints: Rc::default(),
            until: Cell::new(None),
            unread: Cell::new(0),
            steps: Cell::default(),
            links: Vec::new(),
        };
        let used = parsed.used.get_or_init(|| modules.roots_in_use()).clone();
        modules.roots.splice(0..0, used.iter().cloned());
        modules.used = used;
        modules
    }

    pub(super) fn texts(&self) -> &[(usize, Vec<u8>)] {
        self.parsed.texts.get_or_init(|| {
            let mut total = 0;
            let mut texts = Vec::new();
            for (at, (_, id)) in self.listed.iter().enumerate() {
                match self.repository.content(id) {
                    Ok(Some(bytes)) if total + bytes.len() <= MOST_TEXT => {
                        total += bytes.len();
                        texts.push((at, bytes));
                    }
                    _ => self.parsed.skipped.set(self.parsed.skipped.get() + 1),
                }
            }
            texts
        })
    }

    /// Looks at another commit, where files are looked up one by one.
    pub(crate) fn at(&self, commit: &Oid) -> Modules<'a> {
        Modules {
            repository: self.repository,
            commit: commit.clone(),
            parsed: self.parsed,
            roots: self.roots.clone(),
            used: self.used.clone(),
            listed: Vec::new(),
            hints: self.hints.clone(),
            until: Cell::new(None),
            unread: Cell::new(0),
            steps: Cell::default(),
            links: self.links.clone(),
        }
    }

    /// Takes a step from name to name, if one is left; the first of each question brings all.
    pub(super) fn step<T>(&self, to: impl FnOnce() -> T) -> Option<T> {
        let (left, under_way) = self.steps.get();
        let left = if under_way == 0 { MOST_STEPS } else { left };
        self.steps.set((left.checked_sub(1)?, under_way + 1));
        let found = to();
        self.steps.set((self.steps.get().0, under_way));
        Some(found)
    }

    fn place(&self, path: &str) -> Place {
        self.repository.place(&self.commit, path).unwrap_or(Place::Nothing)
    }

    /// Returns the content's id of a file.
    pub(crate) fn file(&self, path: &str) -> Option<Oid> {
        match self.place(path) {
            Place::File(id) => Some(id),
            _ => None,
        }
    }

    fn is_folder(&self, path: &str) -> bool {
        path.is_empty() || matches!(self.place(path), Place::Folder(_))
    }

    /// Returns the facts of a file; nothing where it is absent or unreadable.
    pub(crate) fn facts(&self, path: &str) -> Option<Rc<Facts>> {
        self.facts_of(&self.file(path)?)
    }

    fn facts_of(&self, id: &Oid) -> Option<Rc<Facts>> {
        if self.until.get().is_some_and(|until| Instant::now() >= until) {
            self.unread.set(self.unread.get() + 1);
            return None;
        }
        if let Some(known) = self.parsed.facts.borrow().get(id) {
            return Some(known.clone());
        }
        let bytes = self.repository.content(id).ok()??;
        let facts = Rc::new(read::read(String::from_utf8_lossy(&bytes).into_owned()));
        let mut kept = self.parsed.facts.borrow_mut();
        if kept.len() >= MOST_FACTS {
            kept.clear();
        }
        kept.insert(id.clone(), facts.clone());
        Some(facts)
    }

    /// Returns a file's text.
    pub(crate) fn text(&self, path: &str) -> Option<String> {
        let bytes = self.repository.content(&self.file(path)?).ok()??;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Returns the listed files that hold a word, in order of their paths.
    pub(crate) fn with_word(&self, word: &str) -> Vec<String> {
        let texts = self.texts();
        let finder = memchr::memmem::Finder::new(word);
        let inside = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let has = |bytes: &[u8]| {
            finder.find_iter(bytes).any(|at| {
                !inside(at.checked_sub(1).and_then(|before| bytes.get(before))) && !inside(bytes.get(at + word.len()))
            })
        };
        texts.iter().filter(|(_, bytes)| has(bytes)).map(|(at, _)| self.listed[*at].0.clone()).collect()
    }

    /// Returns the Python files that hold a text at a commit that was not listed, by asking git; in order, at most 20.
    pub(crate) fn files_with(&self, text: &str) -> Vec<String> {
        self.repository
            .files_with(&self.commit, text)
            .iter()
            .filter(|path| path.ends_with(".py"))
            .take(20)
            .cloned()
            .collect()
    }

    /// Returns the link or submodule behind which a module stands, where one does.
    pub(crate) fn link_to(&self, dotted: &str, caller: &str) -> Option<&str> {
        if self.links.is_empty() {
            return None;
        }
        let inner = dotted.replace('.', "/");
        let roots = self.roots_for(caller);
        let behind = |link: &&String| {
            roots.iter().any(|root| {
                let path = join(root, &inner);
                path == **link || path.starts_with(&format!("{link}/")) || format!("{path}.py") == **link
            })
        };
        self.links.iter().find(behind).map(String::as_str)
    }

    /// Returns what a module name means to a file.
    pub(crate) fn resolve(&self, dotted: &str, caller: &str) -> Module {
        let parts: Vec<&str> = dotted.split('.').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return Module::Foreign;
        }
        let mut missing: Option<usize> = None;
        for root in self.roots_for(caller) {
            match self.below(&root, &parts) {
                Ok(module) => return module,
                Err(0) => {}
                Err(found) => missing = missing.max(Some(found)),
            }
        }
        missing.map_or(Module::Foreign, |found| Module::Missing(parts[..=found].join(".")))
    }

    /// Follows the parts below a root; the error is how many of them exist.
    fn below(&self, root: &str, parts: &[&str]) -> Result<Module, usize> {
        let mut at = root.to_string();
        for (index, part) in parts.iter().enumerate() {
            let here = join(&at, part);
            let last = index + 1 == parts.len();
            let init = join(&here, "__init__.py");
            if self.file(&init).is_some() {
                if last {
                    return Ok(Module::Package(init));
                }
            } else if let Some(file) = Some(format!("{here}.py"))
                .filter(|file| self.file(file).is_some() || self.file(&format!("{here}.pyi")).is_some())
            {
                return if last { Ok(Module::File(file)) } else { Err(index + 1) };
            } else if self.is_folder(&here) && self.holds_python(&here) {
                if last {
                    return Ok(Module::Namespace(here));
                }
            } else {
                return Err(index);
            }
            at = here;
        }
        Err(0)
    }

    /// Whether a folder without `__init__.py` can be a namespace package; at other commits any folder can.
    fn holds_python(&self, folder: &str) -> bool {
        if self.listed.is_empty() {
            return true;
        }
        let prefix = format!("{folder}/");
        let at = self.listed.partition_point(|(path, _)| path.as_str() < prefix.as_str());
        self.listed.get(at).is_some_and(|(path, _)| path.starts_with(&prefix))
    }

    /// Returns the dotted name by which a file is imported.
    pub(crate) fn name_of(&self, path: &str) -> String {
        let mut root = self.root_of(path);
        if let Some(used) =
            self.used.iter().find(|used| path.starts_with(&format!("{used}/")) && used.len() > root.len())
        {
            root = used.clone();
        }
        // Folders without `__init__.py` below a known root are namespace packages.
        let known = self.roots.iter().filter(|known| {
            known.is_empty()
                || root == **known
                || root.strip_prefix(known.as_str()).is_some_and(|rest| rest.starts_with('/'))
        });
        let known = known.filter(|known| **known != root).max_by_key(|known| known.len());
        if !self.roots.contains(&root)
            && let Some(known) = known
        {
            root = known.clone();
        }
        let inner = if root.is_empty() { path } else { path.get(root.len() + 1..).unwrap_or(path) };
        let inner = inner.strip_suffix(".py").unwrap_or(inner);
        inner.strip_suffix("/__init__").unwrap_or(inner).replace('/', ".")
    }

    /// Returns the name by which a caller can import a file, in the manner of the name `like`: from the folder below
    /// which they have most in common, the deepest of those.
    pub(crate) fn name_for(&self, path: &str, caller: &str, like: &str) -> String {
        let named = |root: &String| {
            let inner = if root.is_empty() { path } else { path.strip_prefix(root.as_str())?.strip_prefix('/')? };
            let inner = inner.strip_suffix(".py").unwrap_or(inner);
            let dotted = inner.strip_suffix("/__init__").unwrap_or(inner).replace('/', ".");
            let common = dotted.split('.').zip(like.split('.')).take_while(|(a, b)| a == b).count();
            (common > 0).then_some((common, root.len(), dotted))
        };
        let best = self.roots_for(caller).iter().filter_map(named).max_by_key(|(common, depth, _)| (*common, *depth));
        best.map_or_else(|| self.name_of(path), |(.., dotted)| dotted)
    }

    /// Returns the full name of the module that an import statement names.
    pub(crate) fn absolute(&self, import: &Import, importer: &str) -> String {
        if import.level == 0 {
            return import.module.clone();
        }
        let package = self.name_of(&join(folder(importer), "__init__.py"));
        let mut parts: Vec<&str> = package.split('.').filter(|part| !part.is_empty() && *part != "__init__").collect();
        parts.truncate((parts.len() + 1).saturating_sub(import.level));
        parts.extend(import.module.split('.').filter(|part| !part.is_empty()));
        parts.join(".")
    }

    /// Returns a module's name as a relative import of a file writes it: `..base`; the whole name where they share nothing.
    pub(crate) fn relative(&self, dotted: &str, importer: &str) -> String {
        let package = self.name_of(&join(folder(importer), "__init__.py"));
        let (own, other): (Vec<&str>, Vec<&str>) = (package.split('.').collect(), dotted.split('.').collect());
        let common = own.iter().zip(&other).take_while(|(a, b)| a == b).count();
        match common {
            0 => dotted.to_string(),
            _ => format!("{}{}", ".".repeat(own.len() - common + 1), other[common..].join(".")),
        }
    }

    /// Returns the paths whose existence or content decides what a module name means to a file.
    pub(crate) fn deciding_paths(&self, dotted: &str, caller: &str) -> Vec<String> {
        let mut paths = BTreeSet::new();
        let first = dotted.split('.').next().unwrap_or(dotted);
        for root in self.roots_for(caller) {
            // Git compares every name with every path: only folders that can matter are named.
            let above = root.is_empty() || caller.starts_with(&format!("{root}/"));
            if !above && self.place(&join(&root, first)) == Place::Nothing {
                continue;
            }
            let mut at = root;
            for (index, part) in dotted.split('.').enumerate() {
                at = join(&at, part);
                if index > 0 || dotted.split('.').count() == 1 {
                    paths.extend([format!("{at}.py"), join(&at, "__init__.py")]);
                }
            }
            // A namespace package comes and goes with any file in it.
            paths.insert(at);
        }
        paths.into_iter().collect()
    }
}
