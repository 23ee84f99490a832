//! Small git repositories for tests, grown from a text, the same to the last digit each time.
//! Leaves out everything that git itself does not need: no work tree is written but for patches.
//!
//! The text: `commit NAME [from A[,B]]` begins a commit on the one before or on those named; `=== PATH` begins a file,
//! up to the next such line; `delete PATH`; `move OLD NEW`. Days pass between commits.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

pub(crate) struct Garden {
    folder: tempfile::TempDir,
    ids: BTreeMap<String, String>,
}

type Files = BTreeMap<String, String>;

impl Garden {
    /// Builds the repository.
    pub(crate) fn grown(text: &str) -> Garden {
        let folder = tempfile::tempdir().expect("a folder");
        let mut garden = Garden { folder, ids: BTreeMap::new() };
        garden.git(&["init", "-q", "-b", "main"]);
        let mut trees: BTreeMap<String, Files> = BTreeMap::new();
        let mut order: Vec<(String, Vec<String>)> = Vec::new();
        let mut files = Files::new();
        let mut open: Option<String> = None;
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("commit ") {
                if let Some((name, _)) = order.last() {
                    trees.insert(name.clone(), files.clone());
                }
                let (name, parents) = match rest.split_once(" from ") {
                    Some((name, parents)) => (name, parents.split(',').map(str::to_string).collect()),
                    None => (rest, order.last().map(|(name, _)| vec![name.clone()]).unwrap_or_default()),
                };
                // A merge starts from its first parent's files, with what only the second has.
                files = parents.iter().rev().flat_map(|parent: &String| trees[parent].clone()).collect();
                order.push((name.to_string(), parents));
                open = None;
            } else if let Some(path) = line.strip_prefix("=== ") {
                files.insert(path.to_string(), String::new());
                open = Some(path.to_string());
            } else if let Some(path) = line.strip_prefix("delete ") {
                assert!(files.remove(path).is_some(), "{path} is not there");
                open = None;
            } else if let Some(paths) = line.strip_prefix("move ") {
                let (old, new) = paths.split_once(' ').expect("two paths");
                let content = files.remove(old).unwrap_or_else(|| panic!("{old} is not there"));
                files.insert(new.to_string(), content);
                open = None;
            } else if let Some(path) = &open {
                let file = files.get_mut(path).expect("an open file");
                file.push_str(line);
                file.push('\n');
            }
        }
        if let Some((name, _)) = order.last() {
            trees.insert(name.clone(), files);
        }
        garden.import(&order, &trees);
        garden
    }

    fn import(&mut self, order: &[(String, Vec<String>)], trees: &BTreeMap<String, Files>) {
        let mut stream = String::new();
        for (at, (name, parents)) in order.iter().enumerate() {
            let time = 1_700_000_000 + at as i64 * 86_400;
            stream.push_str(&format!("commit refs/heads/main\nmark :{}\n", at + 1));
            stream.push_str(&format!(
                "committer Gardener <gardener@example.com> {time} +0000\ndata {}\n{name}\n",
                name.len()
            ));
            for (place, parent) in parents.iter().enumerate() {
                let mark = order.iter().position(|(name, _)| name == parent).expect("a commit before") + 1;
                stream.push_str(&format!("{} :{mark}\n", if place == 0 { "from" } else { "merge" }));
            }
            stream.push_str("deleteall\n");
            for (path, content) in &trees[name] {
                let quoted = path.replace('\\', "\\\\").replace('"', "\\\"");
                stream.push_str(&format!("M 100644 inline \"{quoted}\"\ndata {}\n{content}\n", content.len()));
            }
        }
        let marks = self.path().join(".git/marks");
        let mut import =
            self.command(&["fast-import", "--quiet", "--force", &format!("--export-marks={}", marks.display())]);
        let mut import = import.stdin(Stdio::piped()).spawn().expect("git runs");
        import.stdin.take().expect("a pipe").write_all(stream.as_bytes()).expect("the stream is taken");
        assert!(import.wait().expect("git ends").success());
        for line in std::fs::read_to_string(&marks).expect("the marks").lines() {
            let (mark, id) = line.split_once(' ').expect("a mark");
            let at: usize = mark[1..].parse().expect("a number");
            self.ids.insert(order[at - 1].0.clone(), id.to_string());
        }
        std::fs::remove_file(&marks).expect("the marks go");
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the id of a commit by its name.
    pub(crate) fn id_of(&self, name: &str) -> String {
        self.ids[name].clone()
    }

    /// Returns the parents of a commit.
    pub(crate) fn parents_of(&self, id: &str) -> Vec<String> {
        let output = self.command(&["rev-list", "--parents", "--no-walk", id]).output().expect("git runs");
        let text = String::from_utf8(output.stdout).expect("ids");
        text.split_whitespace().skip(1).map(str::to_string).collect()
    }

    /// Returns the name of a commit by its id.
    pub(crate) fn name_of(&self, id: &str) -> String {
        let found = self.ids.iter().find(|(_, known)| *known == id);
        found.map_or_else(|| format!("unknown {id}"), |(name, _)| name.clone())
    }

    /// Writes names where a text has the first digits of ids.
    pub(crate) fn without_ids(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_string(), |text, (name, id)| text.replace(&id[..10], name))
    }

    /// Returns a repository whose HEAD has a patch applied.
    pub(crate) fn with_patch(&self, diff: &str) -> Result<Garden, String> {
        let copy = Garden { folder: tempfile::tempdir().expect("a folder"), ids: self.ids.clone() };
        let from = self.path().display().to_string();
        copy.git(&["clone", "-q", &from, "."]);
        let mut apply = copy.command(&["apply", "--index", "-"]);
        let mut apply = apply.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("git runs");
        apply.stdin.take().expect("a pipe").write_all(diff.as_bytes()).expect("the patch is taken");
        let output = apply.wait_with_output().expect("git ends");
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        copy.git(&[
            "-c",
            "user.name=Gardener",
            "-c",
            "user.email=gardener@example.com",
            "commit",
            "-q",
            "-m",
            "mended",
        ]);
        Ok(copy)
    }

    /// Returns a repository with one more commit that makes a symbolic link.
    pub(crate) fn with_link(&self, target: &str, path: &str) -> Garden {
        let copy = Garden { folder: tempfile::tempdir().expect("a folder"), ids: self.ids.clone() };
        copy.git(&["clone", "-q", &self.path().display().to_string(), "."]);
        let mut hash = copy.command(&["hash-object", "-w", "--stdin"]);
        let mut hash = hash.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("git runs");
        hash.stdin.take().expect("a pipe").write_all(target.as_bytes()).expect("the target is taken");
        let id = String::from_utf8(hash.wait_with_output().expect("git ends").stdout).expect("an id");
        copy.git(&["update-index", "--add", "--cacheinfo", &format!("120000,{},{path}", id.trim())]);
        copy.git(&["-c", "user.name=Gardener", "-c", "user.email=gardener@example.com", "commit", "-q", "-m", "link"]);
        copy
    }

    /// Returns a clone with the newest commits only.
    pub(crate) fn shallow_clone(&self, depth: usize) -> Garden {
        let copy = Garden { folder: tempfile::tempdir().expect("a folder"), ids: self.ids.clone() };
        copy.git(&["clone", "-q", &format!("--depth={depth}"), &format!("file://{}", self.path().display()), "."]);
        copy
    }

    /// Returns the names and sizes of everything below `.git`.
    pub(crate) fn contents(&self) -> Vec<(String, u64)> {
        let mut found = Vec::new();
        let mut open = vec![self.path().join(".git")];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    open.push(path)
                } else {
                    let size = path.metadata().expect("a file").len();
                    found.push((path.display().to_string(), size));
                }
            }
        }
        found.sort();
        found
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(self.path()).args(arguments);
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").env("LC_ALL", "C");
        for inherited in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
            command.env_remove(inherited);
        }
        command
    }

    pub(crate) fn git(&self, arguments: &[&str]) {
        let output = self.command(arguments).output().expect("git runs");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
