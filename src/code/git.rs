//! Asks git about a checkout: commits, trees, files, history. Reads only.
//! Leaves out what the files say. Nothing that the repository could configure is run: no hook, no filter, no
//! pager, no external diff, no transport; what a partial clone lacks stays unknown. Paths are taken literally.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;
use std::time::Instant;

/// Files above this many bytes are not read as source code.
const LARGEST_FILE: usize = 4 << 20;
/// What git is told of the environment.
const KEPT: &str = "PATH HOME XDG_CONFIG_HOME LD_LIBRARY_PATH TMPDIR TEMP TMP USERPROFILE APPDATA SYSTEMROOT PATHEXT";
/// Answers remembered before the memory is emptied; a question is a commit and a path.
const REMEMBERED: usize = 200_000;

/// Why git could not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitFault(pub String);

impl fmt::Display for GitFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The id of a commit, a tree or a file's content: lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Oid(Rc<str>);

impl Oid {
    /// Takes 40 or 64 lower-case hex digits; anything else is none.
    pub fn parse(text: &str) -> Option<Oid> {
        let hex = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        (hex && matches!(text.len(), 40 | 64)).then(|| Oid(text.into()))
    }

    /// Returns the digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What stands at a path of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A file.
    File(Oid),
    /// A folder.
    Folder(Oid),
    /// Nothing.
    Nothing,
}

/// A file of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    /// Below the top, `/` between parts.
    pub path: String,
    /// Its content.
    pub content: Oid,
}

/// What git knows of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: Oid,
    /// Its parents; two or more for a merge.
    pub parents: Vec<Oid>,
    /// First line of the message.
    pub subject: String,
    /// Committer's time, seconds since 1970 in UTC.
    pub time: i64,
}

/// A git repository, bare or with a work tree.
#[derive(Debug)]
pub struct Repository {
    root: PathBuf,
    checks: RefCell<Option<Conversation>>,
    contents: RefCell<Option<Conversation>>,
    known: RefCell<HashMap<(Oid, Rc<str>), Place>>,
    searched: RefCell<Searched>,
}

impl Repository {
    /// Opens the repository that holds a folder. Fails where git is missing or the folder is in none.
    pub fn open(root: &Path) -> Result<Repository, GitFault> {
        let repository = Repository {
            root: root.to_path_buf(),
            checks: RefCell::new(None),
            contents: RefCell::new(None),
            known: RefCell::new(HashMap::new()),
            searched: RefCell::new(HashMap::new()),
        };
        repository.run(&["rev-parse", "--git-dir"])?;
        // Paths are those below the top; a bare repository has none and is its own.
        let top = repository.run(&["rev-parse", "--show-toplevel"]).unwrap_or_default();
        let top = top.trim_end_matches(['\n', '\r']);
        let root = if top.is_empty() { repository.root.clone() } else { PathBuf::from(top) };
        Ok(Repository { root, ..repository })
    }

    /// Returns the commit at HEAD.
    pub fn head(&self) -> Result<Oid, GitFault> {
        self.commit_named("HEAD")
    }

    /// Returns the commit that a name means: a hash of at least seven digits, a tag, a branch.
    pub fn commit_named(&self, name: &str) -> Result<Oid, GitFault> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
        if name.is_empty() || name.starts_with('-') || name.contains("..") || !name.bytes().all(plain) {
            return Err(GitFault(format!("`{name}` is no name of a commit")));
        }
        let found = self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")]);
        let text = found.map_err(|_| GitFault(format!("the repository has no commit `{name}`")))?;
        Oid::parse(text.trim()).ok_or_else(|| GitFault(format!("the repository has no commit `{name}`")))
    }

    /// Returns what git knows of a commit.
    pub fn commit(&self, id: &Oid) -> Result<Commit, GitFault> {
        // The object itself: `git show` wants files, which a partial clone may lack.
        let unknown = || GitFault(format!("the repository has no commit `{id}`"));
        let bytes = self.object(id, "commit")?.ok_or_else(unknown)?;
        let text = String::from_utf8_lossy(&bytes);
        let (head, message) = text.split_once("\n\n").unwrap_or((&text, ""));
        let field = |name: &str| head.lines().filter_map(move |line| line.strip_prefix(name)).collect::<Vec<_>>();
        // Where a shallow clone ends, the object names parents that are not there; git knows.
        let listed = self.run(&["rev-list", "--parents", "--no-walk", id.as_str(), "--"])?;
        let parents = listed.trim().split(' ').skip(1).filter_map(Oid::parse).collect();
        // `committer NAME <ADDRESS> SECONDS ZONE`
        let time = field("committer ").first().and_then(|line| line.rsplit(' ').nth(1)?.parse().ok()).unwrap_or(0);
        let subject = message.trim_start().lines().next().unwrap_or("").trim().to_string();
        Ok(Commit { id: id.clone(), parents, subject, time })
    }

    /// Returns whether commits are missing below some point.
    pub fn is_shallow(&self) -> bool {
        self.run(&["rev-parse", "--is-shallow-repository"]).is_ok_and(|text| text.trim() == "true")
    }

    /// Returns the files of a commit, sorted by path; links, submodules and names that are not UTF-8 are left out.
    pub fn files(&self, commit: &Oid) -> Result<Vec<TreeFile>, GitFault> {
        let listed = self.run_bytes(&["ls-tree", "-r", "-z", "--full-tree", commit.as_str(), "--"])?;
        let files = listed.split(|byte| *byte == 0).filter_map(|row| {
            let row = std::str::from_utf8(row).ok()?;
            let (facts, path) = row.split_once('\t')?;
            let mut facts = facts.split(' ');
            let file = facts.next()?.starts_with("100") && facts.next()? == "blob";
            let content = Oid::parse(facts.next()?)?;
            file.then(|| TreeFile { path: path.to_string(), content })
        });
        Ok(files.collect())
    }

    /// Returns the links and submodules of a commit.
    pub fn links(&self, commit: &Oid) -> Result<Vec<String>, GitFault> {
        let listed = self.run_bytes(&["ls-tree", "-r", "-z", "--full-tree", commit.as_str(), "--"])?;
        let links = listed.split(|byte| *byte == 0).filter_map(|row| {
            let (facts, path) = std::str::from_utf8(row).ok()?.split_once('\t')?;
            (facts.starts_with("120000 ") || facts.starts_with("160000 ")).then(|| path.to_string())
        });
        Ok(links.collect())
    }

    /// Returns what stands at a path of a commit.
    pub fn place(&self, commit: &Oid, path: &str) -> Result<Place, GitFault> {
        if path.contains(['\n', '\0']) {
            return Ok(Place::Nothing);
        }
        let key = (commit.clone(), Rc::from(path));
        if let Some(known) = self.known.borrow().get(&key) {
            return Ok(known.clone());
        }
        let mut slot = self.checks.borrow_mut();
        let checks = Conversation::begun(&mut slot, self, &["cat-file", "--batch-check"])?;
        let answer = checks.ask(&format!("{commit}:{path}"))?;
        let place = match answer.split(' ').collect::<Vec<_>>()[..] {
            [id, "blob", _] => Oid::parse(id).map(Place::File),
            [id, "tree", _] => Oid::parse(id).map(Place::Folder),
            _ => None,
        };
        let place = place.unwrap_or(Place::Nothing);
        let mut known = self.known.borrow_mut();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(key, place.clone());
        Ok(place)
    }

    /// Returns the bytes of a file; `None` where it is too large or not in this clone.
    pub fn content(&self, id: &Oid) -> Result<Option<Vec<u8>>, GitFault> {
        self.object(id, "blob")
    }

    fn object(&self, id: &Oid, wanted: &str) -> Result<Option<Vec<u8>>, GitFault> {
        let mut slot = self.contents.borrow_mut();
        let contents = Conversation::begun(&mut slot, self, &["cat-file", "--batch"])?;
        let answer = contents.ask(id.as_str())?;
        let [_, kind, size] = answer.split(' ').collect::<Vec<_>>()[..] else { return Ok(None) };
        let Ok(size) = size.parse::<usize>() else { return Ok(None) };
        let bytes = contents.take(size, if size > LARGEST_FILE { 0 } else { size })?;
        Ok((kind == wanted && size <= LARGEST_FILE).then_some(bytes))
    }

    /// Returns the files of a commit that hold a text as whole words; what git cannot say is none. Remembered.
    pub fn files_with(&self, commit: &Oid, text: &str) -> Rc<Vec<String>> {
        let key = (commit.clone(), text.to_string());
        if let Some(known) = self.searched.borrow().get(&key) {
            return known.clone();
        }
        let found =
            self.run_bytes(&["grep", "-l", "-z", "-F", "-w", "--no-textconv", "-e", text, commit.as_str(), "--"]);
        let listed = found.unwrap_or_default();
        let names = listed.split(|byte| *byte == 0).filter_map(|name| std::str::from_utf8(name).ok()?.split_once(':'));
        let names = Rc::new(names.map(|(_, path)| path.to_string()).collect::<Vec<_>>());
        self.searched.borrow_mut().insert(key, names.clone());
        names
    }

    /// Returns the path that a file of `commit` had in `parent`, where git takes it for moved from there.
    pub fn renamed_from(&self, parent: &Oid, commit: &Oid, path: &str) -> Result<Option<String>, GitFault> {
        let pairs = self.renames(parent, commit)?;
        Ok(pairs.into_iter().find(|(_, to)| to == path).map(|(from, _)| from))
    }

    /// Returns what a commit moved, (from, to), by git's measure of likeness at half.
    pub fn renames(&self, parent: &Oid, commit: &Oid) -> Result<Vec<(String, String)>, GitFault> {
        let asked = |likeness: &str| {
            self.run_bytes(&[
                "diff-tree",
                "-r",
                "-z",
                likeness,
                "-l2000",
                "--diff-filter=R",
                "--no-commit-id",
                "--name-status",
                "--no-ext-diff",
                "--no-textconv",
                parent.as_str(),
                commit.as_str(),
                "--",
            ])
        };
        // In a partial clone likeness cannot always be measured; files that moved unchanged are still known.
        let listed = asked("-M50%").or_else(|_| asked("-M100%"))?;
        let words: Vec<&[u8]> = listed.split(|byte| *byte == 0).collect();
        let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(str::to_string);
        Ok(words.chunks_exact(3).filter_map(|row| Some((text(row[1])?, text(row[2])?))).collect())
    }

    /// Starts to list the commits that changed any of the paths, from `commit` backwards, with their parents among these.
    pub fn history(&self, commit: &Oid, paths: &[String]) -> Result<History, GitFault> {
        let mut arguments = vec!["rev-list", "--parents", commit.as_str(), "--"];
        arguments.extend(paths.iter().map(String::as_str));
        let mut child = self
            .command(&arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| GitFault(format!("cannot run git: {error}")))?;
        let lines = child.stdout.take().map(BufReader::new);
        Ok(History { child, lines })
    }

    /// Runs git to its end and returns what it printed.
    pub fn run(&self, arguments: &[&str]) -> Result<String, GitFault> {
        Ok(String::from_utf8_lossy(&self.run_bytes(arguments)?).into_owned())
    }

    fn run_bytes(&self, arguments: &[&str]) -> Result<Vec<u8>, GitFault> {
        let output = self
            .command(arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| GitFault(format!("cannot run git: {error}")))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let text = String::from_utf8_lossy(&output.stderr);
        let line = text.lines().next().unwrap_or("").trim();
        Err(GitFault(if line.is_empty() { "git failed and said nothing".to_string() } else { line.to_string() }))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.root).args(["--no-pager", "--literal-pathspecs", "--no-replace-objects"]);
        // Each of these could name a program to run, or a file to write.
        for setting in [
            "core.fsmonitor=false",
            "core.hooksPath=/dev/null",
            "core.attributesFile=/dev/null",
            "log.showSignature=false",
            "diff.external=",
            "protocol.allow=never",
        ] {
            command.args(["-c", setting]);
        }
        // Of the environment only what finding git and its settings takes: the rest may hold tokens, and variables of
        // git may mean another repository, another index, or files to write.
        command.env_clear();
        for name in KEPT.split(' ') {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_ALLOW_PROTOCOL", "none")
            .args(arguments);
        command
    }
}

/// Files that hold a text, by commit and text.
type Searched = HashMap<(Oid, String), Rc<Vec<String>>>;

/// Commits of a history, newest first, as git prints them.
#[derive(Debug)]
pub struct History {
    child: Child,
    lines: Option<BufReader<ChildStdout>>,
}

impl History {
    /// Returns the next commit with its parents in this history; `None` at the end or when the time is up.
    pub fn next(&mut self, until: Instant) -> Option<(Oid, Vec<Oid>)> {
        let mut line = String::new();
        if Instant::now() >= until || self.lines.as_mut()?.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let mut ids = line.trim().split(' ').filter_map(Oid::parse);
        Some((ids.next()?, ids.collect()))
    }
}

impl Drop for History {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A git process that answers one question after another.
#[derive(Debug)]
struct Conversation {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Conversation {
    fn begun<'a>(
        slot: &'a mut Option<Conversation>,
        repository: &Repository,
        arguments: &[&str],
    ) -> Result<&'a mut Conversation, GitFault> {
        if slot.is_none() {
            let mut child = repository
                .command(arguments)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .map_err(|error| GitFault(format!("cannot run git: {error}")))?;
            let ends = (child.stdin.take(), child.stdout.take());
            let (Some(questions), Some(answers)) = ends else {
                return Err(GitFault("git took no questions".to_string()));
            };
            *slot = Some(Conversation { child, questions, answers: BufReader::new(answers) });
        }
        slot.as_mut().ok_or_else(|| GitFault("git took no questions".to_string()))
    }

    fn ask(&mut self, question: &str) -> Result<String, GitFault> {
        let ended = |error: std::io::Error| GitFault(format!("git ended early: {error}"));
        self.questions.write_all(format!("{question}\n").as_bytes()).map_err(ended)?;
        self.questions.flush().map_err(ended)?;
        let mut answer = Vec::new();
        self.answers.read_until(b'\n', &mut answer).map_err(ended)?;
        if answer.is_empty() {
            return Err(GitFault("git ended early".to_string()));
        }
        Ok(String::from_utf8_lossy(&answer).trim_end().to_string())
    }

    /// Reads the bytes of an answer and the line end behind them; keeps the first `kept`.
    fn take(&mut self, size: usize, kept: usize) -> Result<Vec<u8>, GitFault> {
        let ended = |error: std::io::Error| GitFault(format!("git ended early: {error}"));
        let mut bytes = vec![0; kept];
        self.answers.read_exact(&mut bytes).map_err(ended)?;
        let rest = (size - kept + 1) as u64;
        std::io::copy(&mut (&mut self.answers).take(rest), &mut std::io::sink()).map_err(ended)?;
        Ok(bytes)
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_hex_digits_of_the_right_number() {
        assert!(Oid::parse(&"0a".repeat(20)).is_some() && Oid::parse(&"0a".repeat(32)).is_some());
        for wrong in ["", "abc", "--all", &"0A".repeat(20), &"0g".repeat(20), &format!("{}\n", "0a".repeat(20))] {
            assert_eq!(Oid::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_folder_that_is_no_repository_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let fault = Repository::open(folder.path()).unwrap_err();
        assert!(fault.0.contains("not a git repository"), "{fault}");
    }
}
