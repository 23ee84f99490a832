//! Every example in `patterns/`, both ways; no pattern takes another's example; broken files tell what
//! is wrong with them. Leaves out the meaning of matches: the cases hold that.

use std::fs;
use std::path::Path;

use expect_test::expect;
use log_gardener::pattern::{Clients, ErrorPatterns, check};

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

const SOUND: &str = "\
[[pattern]]
id       = 'kettle-dry'
title    = 'Kettle `{kettle}` is dry'
category = 'other'
area     = 'kitchen'
message  = 'kettle (?<kettle>\\w+) is dry'
identity = ['kettle']
impact   = 'no tea from `{kettle}`'
expected = 'Kettles hold water.'
fix      = 'Fill `{kettle}`'
should_match = [{ text = 'kettle blue is dry', captures = { kettle = 'blue' } }]
should_not_match = [{ text = 'kettle blue is wet', reason = 'it holds water' }]
";

fn refused(text: &str, expect: &expect_test::Expect) {
    let file = ("mine/kettle.toml".to_string(), text.to_string());
    let problems = ErrorPatterns::load(&[], &[file]).expect_err("the file breaks the law");
    expect.assert_eq(&told(&problems));
}

#[test]
fn a_pattern_needs_examples_both_ways() {
    refused(
        &SOUND.replace("should_not_match = [{ text = 'kettle blue is wet', reason = 'it holds water' }]\n", ""),
        &expect![[r#"
            pattern `kettle-dry` has no should_not_match example in mine/kettle.toml:2:12
              |
            2 | id       = 'kettle-dry'
              |            ^^^^^^^^^^^^
            hint: add a line that looks similar but must not match, with a reason

        "#]],
    );
    refused(
        &SOUND.replace("reason = 'it holds water'", "reason = ' '"),
        &expect![[r#"
        pattern `kettle-dry` has a should_not_match example without a reason in mine/kettle.toml:2:12
          |
        2 | id       = 'kettle-dry'
          |            ^^^^^^^^^^^^
        hint: add reason = "..." to it: why is it something else?

    "#]],
    );
    refused(
        &SOUND.replace("should_match = [{ text = 'kettle blue is dry', captures = { kettle = 'blue' } }]\n", ""),
        &expect![[r#"
            pattern `kettle-dry` has no should_match example in mine/kettle.toml:2:12
              |
            2 | id       = 'kettle-dry'
              |            ^^^^^^^^^^^^
            hint: add a line of a log that it must recognise

        "#]],
    );
}

#[test]
fn a_regex_must_compile() {
    refused(
        &SOUND.replace("is dry'\nidentity", "is (dry'\nidentity"),
        &expect![[r#"
        message is no valid regex: unclosed group in mine/kettle.toml:6:12
          |
        6 | message  = 'kettle (?<kettle>\w+) is (dry'
          |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: see the syntax at docs.rs/regex

    "#]],
    );
    refused(
        &SOUND.replace("(?<kettle>\\w+) is dry'\nidentity", "(?<kettle>(?:\\w{1,500}){1,500})'\nidentity"),
        &expect![[r#"
            message is no valid regex: Compiled regex exceeds size limit of 10485760 bytes in mine/kettle.toml:6:12
              |
            6 | message  = 'kettle (?<kettle>(?:\w{1,500}){1,500})'
              |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            hint: see the syntax at docs.rs/regex

        "#]],
    );
}

#[test]
fn a_key_must_be_known() {
    refused(
        &SOUND.replace("impact ", "impakt "),
        &expect![[r#"
            unknown field `impakt`, expected one of `id`, `title`, `category`, `area`, `message`, `exception`, `raised_in`, `http`, `any`, `rank`, `identity`, `frames`, `grouping`, `family`, `role`, `stage`, `severity`, `impact`, `expected`, `fix`, `why`, `not_caught`, `not_contained`, `action`, `test`, `should_match`, `should_not_match` in mine/kettle.toml:8:1
              |
            8 | impakt   = 'no tea from `{kettle}`'
              | ^^^^^^
            hint: the keys are explained at the top of patterns/errors/import.toml

        "#]],
    );
    refused(
        &SOUND.replace("'other'", "'kitchen'"),
        &expect![[r#"
        unknown category `kitchen` in mine/kettle.toml:4:12
          |
        4 | category = 'kitchen'
          |            ^^^^^^^^^
        hint: use one of: import, attribute, type, await, websocket, auth, session, http-client-error, http-server-error, database, cache, search, queue, migration, startup, exit, memory, storage, config, deprecation, observability, shutdown, network, upstream, other

    "#]],
    );
    refused(
        &SOUND.replace("area  ", "role = 'cook'\narea  "),
        &expect![[r#"
        unknown variant `cook`, expected one of `failure`, `wrapper`, `symptom`, `finding`, `noise` in mine/kettle.toml:5:8
          |
        5 | role = 'cook'
          |        ^^^^^^
        hint: the keys are explained at the top of patterns/errors/import.toml

    "#]],
    );
}

#[test]
fn a_placeholder_and_an_identity_must_be_captured() {
    refused(
        &SOUND.replace("Fill `{kettle}`", "Fill `{pot}`"),
        &expect![[r#"
        `{pot}` is not captured in mine/kettle.toml:10:12
           |
        10 | fix      = 'Fill `{pot}`'
           |            ^^^^^^^^^^^^^^
        hint: captured here: kettle, service

    "#]],
    );
    refused(
        &SOUND.replace("['kettle']", "['kettle', 'colour']"),
        &expect![[r#"
        identity `colour` is not captured in mine/kettle.toml:7:23
          |
        7 | identity = ['kettle', 'colour']
          |                       ^^^^^^^^
        hint: captured here: kettle, service

    "#]],
    );
}

#[test]
fn an_id_is_unique_and_in_kebab_case() {
    refused(
        &format!("{SOUND}\n{SOUND}"),
        &expect![[r#"
            duplicate id `kettle-dry` in mine/kettle.toml:15:12
               |
            15 | id       = 'kettle-dry'
               |            ^^^^^^^^^^^^
            hint: it stands in mine/kettle.toml already; give one of them another id, or remove it

        "#]],
    );
    refused(
        &SOUND.replace("kettle-dry", "Kettle_Dry"),
        &expect![[r#"
        id `Kettle_Dry` is not in kebab-case in mine/kettle.toml:2:12
          |
        2 | id       = 'Kettle_Dry'
          |            ^^^^^^^^^^^^
        hint: use lower-case letters, digits and single hyphens

    "#]],
    );
}

#[test]
fn a_hypothesis_says_how_to_settle_it() {
    let why = "[[pattern.why]]\nquestion = 'Why is it dry?'\nanswer = 'somebody drank it all'\nstatus = 'hypothesis'\n";
    refused(
        &format!("{SOUND}{why}"),
        &expect![[r#"
        hypothesis without a way to settle it in mine/kettle.toml:14:12
           |
        14 | question = 'Why is it dry?'
           |            ^^^^^^^^^^^^^^^^
        hint: add settle = "...", the observation that would settle it

    "#]],
    );
    let proven = why.replace("hypothesis", "proven");
    refused(
        &format!("{SOUND}{proven}"),
        &expect![[r#"
        unknown variant `proven`, expected `supported` or `hypothesis` in mine/kettle.toml:16:10
           |
        16 | status = 'proven'
           |          ^^^^^^^^
        hint: the keys are explained at the top of patterns/errors/import.toml

    "#]],
    );
}

#[test]
fn check_tells_what_became_of_an_example() {
    let greedy = SOUND
        .replace("kettle-dry", "kettle-any")
        .replace("kettle (?<kettle>\\w+) is dry", "kettle (?<kettle>\\w+) is dry|(?<other>drought in the kitchen)");
    let examples =
        greedy.replace("kettle blue is wet", "a drought in the kitchen").replace("kettle = 'blue'", "kettle = 'red'");
    let files = [("mine/a.toml".to_string(), SOUND.to_string()), ("mine/b.toml".to_string(), examples)];
    let results = check(&[], &files, &clients()).unwrap_or_else(|problems| panic!("{}", told(&problems)));
    let lines: Vec<String> = results
        .iter()
        .map(|result| format!("{}:{} {} `{}` {}", result.file, result.line, result.ok, result.pattern, result.what))
        .collect();
    expect![[r#"
        mine/a.toml:11 true `kettle-dry` matches
        mine/a.toml:12 true `kettle-dry` is not known
        mine/b.toml:11 false `kettle-any` matches, but `kettle-dry` takes it; narrow one of them, or set rank
        mine/b.toml:12 false `kettle-any` must not match: it holds water"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn a_users_pattern_replaces_ours_and_comes_first() {
    let ours = [("patterns/errors/kettle.toml".to_string(), SOUND.to_string())];
    let replaced = [("mine/kettle.toml".to_string(), SOUND.replace("Kettle `{kettle}` is dry", "Fill me"))];
    let patterns = ErrorPatterns::load(&ours, &replaced).unwrap_or_else(|problems| panic!("{}", told(&problems)));
    assert_eq!(patterns.iter().map(|pattern| pattern.title.to_string()).collect::<Vec<_>>(), ["Fill me"]);
    let other = [("mine/other.toml".to_string(), SOUND.replace("kettle-dry", "my-kettle"))];
    let patterns = ErrorPatterns::load(&ours, &other).unwrap_or_else(|problems| panic!("{}", told(&problems)));
    let told: Vec<String> =
        patterns.explain("kettle red is dry").into_iter().map(|(id, what)| format!("{id}: {what:?}")).collect();
    expect![[r#"
        my-kettle: Ok({"kettle": "red"})
        kettle-dry: Err("matches too, but `my-kettle` comes first: it is the user's")"#]]
    .assert_eq(&told.join("\n"));
}
