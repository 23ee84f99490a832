//! Whole answers of the source code to an error, each over a small repository that the test builds.
//! Leaves out the report that tells them.
//!
//! A case is a folder below `tests/code/cases`: `history` (see `garden.rs`), `question.txt` (the message; lines of a
//! trace above it), and `expected.md`. Every patch is applied, and the question asked again.

mod garden;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use log_gardener::code::{Cause, FileNames, Frame, Question, Repository, Snapshot, find};

use garden::Garden;

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/code/cases"))
        .expect("the folder of cases")
        .map(|case| case.expect("a case").path())
        .collect();
    cases.sort();
    cases
}

/// Reads a question: Python's trace lines become frames, the rest is the message.
fn question(text: &str) -> Question {
    let mut question = Question::default();
    let mut message = Vec::new();
    for line in text.lines() {
        let frame = line.trim().strip_prefix("File \"").and_then(|rest| {
            let (file, rest) = rest.split_once("\", line ")?;
            let (line, function) = rest.split_once(", in ")?;
            let in_app = !file.contains("site-packages") && !file.starts_with("/usr/local/lib");
            Some(Frame {
                file: file.to_string(),
                line: line.parse().ok()?,
                function: Some(function.to_string()),
                in_app,
            })
        });
        match frame {
            Some(frame) => question.frames.insert(0, frame),
            None => message.push(line),
        }
    }
    question.message = message.join("\n");
    question
}

fn ask(garden: &Garden, commit: Option<&str>, question: &Question) -> Option<Cause> {
    let repository = Repository::open(garden.path()).expect("the repository opens");
    let commit = match commit {
        Some(name) => repository.commit_named(name).expect("the commit is there"),
        None => repository.head().expect("there is a HEAD"),
    };
    let snapshot = Snapshot::open(&repository, commit).expect("its files can be listed");
    // What stands in the container is found in the repository first, as the commands do it.
    let names = FileNames::of(snapshot.files.iter().map(|file| file.path.as_str()));
    let mut question = question.clone();
    for frame in &mut question.frames {
        frame.file = names.nearest(&frame.file).map_or(frame.file.clone(), str::to_string);
    }
    find(&snapshot, &question, Duration::from_secs(60))
}

fn told(garden: &Garden, cause: Option<&Cause>) -> String {
    let Some(cause) = cause else { return "nothing found\n".to_string() };
    let mut text = format!("{} ({})\n", cause.verdict, cause.status);
    for candidate in &cause.candidates {
        let scope = if candidate.scope.is_empty() { String::new() } else { format!(" in {}", candidate.scope) };
        let _ = write!(
            text,
            "\n- {}:{}{scope}: `{}`\n  {}\n",
            candidate.file, candidate.line, candidate.text, candidate.why
        );
    }
    if let Some(target) = &cause.target {
        let place = target.place.as_ref().map_or(String::new(), |(file, line)| format!(" ({file}:{line})"));
        let _ = writeln!(text, "\nmeant: {}{place}: {}", target.name, target.why);
    }
    if let Some(culprit) = &cause.culprit {
        let merge = if culprit.merge { " (merge)" } else { "" };
        let _ = writeln!(
            text,
            "\ncommit: {}{merge} \"{}\": {}",
            garden.name_of(&culprit.commit),
            culprit.subject,
            culprit.why
        );
    }
    for (word, lines) in [("mind", &cause.warnings), ("limit", &cause.limits)] {
        for line in lines {
            let _ = writeln!(text, "\n{word}: {}", garden.without_ids(line));
        }
    }
    if let Some(diff) = &cause.diff {
        let _ = writeln!(text, "\n```diff\n{diff}```");
    }
    text
}

#[test]
fn every_case_is_answered_as_expected() {
    let cases = cases();
    assert!(cases.len() >= 30, "{} cases", cases.len());
    for case in cases {
        let history = std::fs::read_to_string(case.join("history")).expect("a history");
        let garden = Garden::grown(&history);
        let text = std::fs::read_to_string(case.join("question.txt")).expect("a question");
        let question = question(&text);
        let cause = ask(&garden, None, &question);
        expect_test::expect_file![case.join("expected.md")].assert_eq(&told(&garden, cause.as_ref()));
        if let Some(culprit) = cause.as_ref().and_then(|cause| cause.culprit.as_ref()) {
            // Lines are reformatted and files move; what fails stays.
            let probe = cause.as_ref().and_then(|cause| cause.probe.clone());
            let there = |commit: &str| {
                let asked = ask(&garden, Some(commit), &question).filter(|cause| !cause.candidates.is_empty());
                asked.is_some_and(|cause| cause.probe == probe)
            };
            assert!(there(&culprit.commit), "{}: the commit that is named has it not", case.display());
            for parent in garden.parents_of(&culprit.commit) {
                assert!(!there(&parent), "{}: a parent of the commit that is named has it", case.display());
            }
        }
        let Some((cause, diff)) = cause.as_ref().and_then(|cause| Some((cause, cause.diff.as_ref()?))) else {
            continue;
        };
        let mended = garden.with_patch(diff).unwrap_or_else(|error| panic!("{}: {error}\n{diff}", case.display()));
        let again = ask(&mended, None, &question);
        let first = &cause.candidates[0];
        let still = again
            .iter()
            .flat_map(|cause| &cause.candidates)
            .any(|one| (&one.file, &one.scope, &one.text) == (&first.file, &first.scope, &first.text));
        assert!(!still, "{}: the patch changes nothing: {again:#?}", case.display());
    }
}

#[test]
fn the_same_question_is_answered_alike_twice() {
    for case in cases().iter().step_by(5) {
        let garden = Garden::grown(&std::fs::read_to_string(case.join("history")).expect("a history"));
        let question = question(&std::fs::read_to_string(case.join("question.txt")).expect("a question"));
        assert_eq!(ask(&garden, None, &question), ask(&garden, None, &question), "{}", case.display());
    }
}

#[test]
fn an_error_that_is_mended_at_head_is_told_as_that() {
    let garden = Garden::grown(
        "commit first\n=== shop/__init__.py\n=== shop/taxes.py\ndef rate(): return 1\n=== shop/cart.py\nfrom shop.tax import rate\n\
         commit fix\n=== shop/cart.py\nfrom shop.taxes import rate\n",
    );
    let question = question("No module named 'shop.tax'");
    let cause = ask(&garden, Some(&garden.id_of("first")), &question).expect("found at the commit that logged");
    assert_eq!(cause.candidates[0].line, 1);
    assert!(cause.warnings.iter().any(|warning| warning.starts_with("at HEAD")), "{:?}", cause.warnings);
    assert_eq!(ask(&garden, None, &question), None, "at HEAD there is nothing to find");
}

#[test]
fn files_that_all_lead_to_each_other_are_followed_once() {
    // Each file takes all names of all others, and each function returns what all others return: followed anew each
    // time, either is a number of steps that no machine ends.
    let mut history = String::from("commit first\n=== shop/__init__.py\n");
    for own in 0..14 {
        history.push_str(&format!("=== shop/m{own}.py\n"));
        for other in (0..14).filter(|other| *other != own) {
            history.push_str(&format!("from shop.m{other} import *\n"));
        }
        history.push_str(&format!("def f{own}(x):\n"));
        for other in 0..14 {
            history.push_str(&format!("    if x == {other}: return f{other}(x)\n"));
        }
    }
    history
        .push_str("=== shop/views.py\nfrom shop.m0 import *\ndef show(x):\n    return f0(x).gone, nowhere(x).gone\n");
    let garden = Garden::grown(&history);
    for message in ["'Order' object has no attribute 'gone'", "nowhere() missing 1 required positional argument: 'y'"] {
        let _ = ask(&garden, None, &question(message));
    }
}

#[test]
fn a_file_that_only_moved_is_not_told_as_mended() {
    let garden = Garden::grown(
        "commit first\n=== shop/__init__.py\n=== shop/views.py\nimport os\n\ndef one(): return gone\ndef two(): return 2\n\
         commit move\nmove shop/views.py shop/pages.py\n",
    );
    let cause = ask(&garden, Some(&garden.id_of("first")), &question("name 'gone' is not defined")).expect("found");
    assert!(cause.warnings.iter().any(|warning| warning.contains("is shop/pages.py at HEAD")), "{:?}", cause.warnings);
    assert!(!cause.warnings.iter().any(|warning| warning.starts_with("at HEAD")), "{:?}", cause.warnings);
}

#[test]
fn what_stands_behind_a_link_is_told_as_not_read() {
    let garden = Garden::grown(
        "commit first\n=== lib/calc.py\ndef total(): ...\n=== shop/__init__.py\n=== shop/views.py\nfrom shop.calc import totals\nimport vendored.x\n",
    );
    let linked = garden.with_link("../lib/calc.py", "shop/calc.py").with_link("lib", "vendored");
    for message in ["cannot import name 'totals' from 'shop.calc' (/app/shop/calc.py)", "No module named 'vendored.x'"]
    {
        let cause = ask(&linked, None, &question(message)).expect("that it was not read");
        assert!(cause.candidates.is_empty() && cause.limits.iter().any(|limit| limit.contains("link")), "{cause:#?}");
    }
}

#[test]
fn a_folder_below_the_top_means_the_whole_checkout() {
    let garden = Garden::grown(
        "commit first\n=== shop/__init__.py\n=== shop/a.py\nx = 1\ncommit break\n=== shop/a.py\nfrom shop.gone import x\n",
    );
    garden.git(&["reset", "-q", "--hard"]);
    let below = Repository::open(&garden.path().join("shop")).expect("it opens");
    let snapshot = Snapshot::open(&below, below.head().expect("a HEAD")).expect("its files can be listed");
    let cause =
        find(&snapshot, &question("No module named 'shop.gone'"), Duration::from_secs(60)).expect("it is found");
    assert_eq!(cause.candidates[0].file, "shop/a.py");
    assert_eq!(cause.culprit.map(|culprit| culprit.commit), Some(garden.id_of("break")));
}

#[test]
fn a_shallow_clone_says_where_it_ends() {
    let garden = Garden::grown(
        "commit first\n=== a.py\nfrom b import c\n=== b.py\nd = 1\ncommit second\n=== c.py\nx = 1\ncommit third\n=== c.py\nx = 2\n",
    );
    let shallow = garden.shallow_clone(1);
    let cause =
        ask(&shallow, None, &question("cannot import name 'c' from 'b' (/app/b.py)")).expect("the place is found");
    assert_eq!(cause.culprit, None);
    assert!(cause.limits.iter().any(|limit| limit.contains("no commits before")), "{:?}", cause.limits);
}

#[test]
fn a_search_without_time_says_what_it_left_out() {
    let garden = Garden::grown("commit first\n=== a.py\nfrom b import c\n=== b.py\nd = 1\n");
    let repository = Repository::open(garden.path()).expect("it opens");
    let snapshot = Snapshot::open(&repository, repository.head().expect("a HEAD")).expect("its files can be listed");
    let question = question("cannot import name 'c' from 'b' (/app/b.py)");
    let cause = find(&snapshot, &question, Duration::ZERO).expect("that the time was up");
    assert!(cause.candidates.is_empty() && cause.status == "unknown");
    assert!(cause.limits.iter().any(|limit| limit.contains("time")), "{:?}", cause.limits);
}

#[test]
fn line_ends_and_marks_of_the_byte_order_stay() {
    for (start, end) in [("", "\r\n"), ("\u{feff}", "\n"), ("", "\n")] {
        let text = format!("{start}def f():{end}    return json.dumps(1){end}");
        // A file is written line by line; its last line end comes from there.
        let garden = Garden::grown(&format!("commit first\n=== a.py\n{}", text.replace("\r\n", "\r\r\n")));
        let cause = ask(&garden, None, &question("name 'json' is not defined")).expect("it is found");
        let diff = cause.diff.expect("a patch");
        assert!(garden.with_patch(&diff).is_ok(), "{diff:?}");
        assert!(diff.contains(&format!("+{start}import json{end}")), "{diff:?}");
    }
}

#[test]
fn nothing_of_the_repository_is_run_or_changed() {
    let garden = Garden::grown(
        "commit first\n=== a.py\nfrom b import c\n=== b.py\nd = 1\n=== .gitattributes\n*.py diff=evil filter=evil\n",
    );
    let witness = garden.path().join("ran");
    let script = format!("touch {}", witness.display());
    for key in [
        "diff.evil.textconv",
        "diff.evil.command",
        "filter.evil.smudge",
        "filter.evil.clean",
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "diff.external",
        "gpg.program",
        "uploadpack.packObjectsHook",
        "core.editor",
        "alias.cat-file",
        "alias.rev-list",
    ] {
        garden.git(&["config", key, &script]);
    }
    garden.git(&["config", "log.showSignature", "true"]);
    for hook in ["post-checkout", "pre-commit", "reference-transaction", "post-index-change"] {
        let path = garden.path().join(".git/hooks").join(hook);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder of hooks");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a hook");
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("it can run");
    }
    let before = garden.contents();
    let cause = ask(&garden, None, &question("cannot import name 'c' from 'b' (/app/b.py)"));
    assert!(cause.is_some_and(|cause| cause.culprit.is_some()));
    assert!(!witness.exists(), "a program of the repository ran");
    assert_eq!(garden.contents(), before, "a file below .git changed");
}

#[test]
fn hostile_names_and_messages_do_no_harm() {
    let garden = Garden::grown(
        "commit first\n=== -x.py\nfrom b import c\n=== a b/$(touch ran).py\nfrom b import c\n=== :(glob)**.py\nfrom b import c\n=== b.py\nd = 1\n",
    );
    let cause =
        ask(&garden, None, &question("cannot import name 'c' from 'b' (/app/b.py)")).expect("all three are found");
    assert_eq!(cause.candidates.len(), 3, "{cause:#?}");
    assert!(cause.culprit.is_some());
    let repository = Repository::open(garden.path()).expect("it opens");
    for name in ["--output=ran", "-x", "HEAD..HEAD", "HEAD^{commit}", "a\nb", "", "@{-1}", "HEAD --", ":/first"] {
        assert!(repository.commit_named(name).is_err(), "{name:?}");
    }
    for message in [
        "No module named '../../etc/passwd'",
        "No module named 'a..b'",
        "cannot import name 'x' from 'b\n'",
        "name '-x' is not defined",
        "module '--help' has no attribute '-x'",
        &"No module named 'a'; ".repeat(20_000),
        &format!("No module named '{}'", "a.".repeat(5_000) + "b"),
        &format!("{}() missing 1 required positional argument: 'x'", "a".repeat(100_000)),
    ] {
        let _ = ask(&garden, None, &question(message));
    }
    assert!(!garden.path().join("ran").exists());
}

#[test]
fn hostile_files_are_read_without_end_or_overflow() {
    let brackets = format!(
        "{}a{} = zzq\nfor {}b{} in zzq: pass\n",
        "[".repeat(60_000),
        "]".repeat(60_000),
        "(".repeat(60_000),
        ")".repeat(60_000)
    );
    let deep = format!("x = {}1{}\n", "(".repeat(50_000), ")".repeat(50_000));
    let chained = format!("x = a{}\n", ".b".repeat(50_000));
    let nested = (0..400).map(|depth| format!("{}if a:\n", " ".repeat(depth))).collect::<String>();
    let circle = "from b import *\nfrom a import *\nclass A(B): pass\nclass B(A): pass\nx = y\ny = x\n";
    let history = format!(
        "commit first\n=== deep.py\n{deep}=== brackets.py\n{brackets}=== chained.py\n{chained}=== nested.py\n{nested}=== a.py\n{circle}=== b.py\nfrom a import *\n=== zero.py\nimport \u{0}gone\n"
    );
    let garden = Garden::grown(&history);
    for message in [
        "name 'zzq' is not defined",
        "name 'a' is not defined",
        "'A' object has no attribute 'b'",
        "cannot import name 'q' from 'a' (/app/a.py)",
        "No module named 'gone'",
        "module 'a' has no attribute 'x'",
    ] {
        let _ = ask(&garden, None, &question(message));
    }
}

#[test]
fn a_variable_that_a_file_set_before_is_missing_since_it_was_taken_out() {
    let read = "=== app/settings.py\nimport os\nTIMEOUT = os.environ[\"TIMEOUT_S\"]\n";
    let garden = Garden::grown(&format!(
        "commit first\n=== app/__init__.py\n{read}=== Dockerfile\nFROM python\nENV TIMEOUT_S=10\n\
         commit drop\n=== Dockerfile\nFROM python\ncommit later\n=== app/settings.py\nimport os\n\nTIMEOUT = os.environ[\"TIMEOUT_S\"]\n"
    ));
    let cause = ask(&garden, None, &question("KeyError: 'TIMEOUT_S'")).expect("the place is found");
    let culprit = cause.culprit.expect("a commit");
    assert_eq!(culprit.commit, garden.id_of("drop"));
    assert_eq!(culprit.why, "it took TIMEOUT_S out of Dockerfile");
    // What sets it still was evidently not in use where it was missing, and tells nothing.
    let garden = Garden::grown(&format!(
        "commit first\n=== app/__init__.py\n{read}=== compose.yaml\nservices:\n  app:\n    environment:\n      TIMEOUT_S: 10\n"
    ));
    let cause = ask(&garden, None, &question("KeyError: 'TIMEOUT_S'")).expect("the place is found");
    assert_eq!(cause.culprit, None);
    let since = format!("needs it since commit {}", &garden.id_of("first")[..10]);
    assert!(cause.limits.iter().any(|limit| limit.ends_with(&since)), "{:?}", cause.limits);
}

#[test]
fn a_call_that_fails_otherwise_at_head_is_not_told_as_mended() {
    let garden = Garden::grown(
        "commit first\n=== web/__init__.py\n=== web/auth.py\ndef login(user, password): ...\n\
         === web/views.py\nfrom web.auth import login\n\ndef both(a):\n    return login(a)\n\
         commit otp\n=== web/auth.py\ndef login(user, password, otp): ...\n",
    );
    let question = question("login() missing 1 required positional argument: 'password'");
    let cause = ask(&garden, Some(&garden.id_of("first")), &question).expect("found");
    assert!(!cause.warnings.iter().any(|warning| warning.starts_with("at HEAD")), "{:?}", cause.warnings);
    let told = "does not mend it: the call at web/views.py:4 there fits no better: it lacks password, otp";
    assert!(cause.warnings.iter().any(|warning| warning.ends_with(told)), "{:?}", cause.warnings);
    let cause = ask(&garden, None, &question).expect("what speaks against it");
    assert!(cause.candidates.is_empty());
    assert!(cause.warnings[0].contains("web/views.py:4 calls login otherwise"), "{:?}", cause.warnings);
}
