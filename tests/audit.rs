//! The audit loop from the command line: plan, publish, candidates, owners, what is asked about the past.
//! Leaves out failures (`audit_errors.rs`), the daemon (`audit_daemon.rs`), proofs (`resolve.rs`), locks (`locks.rs`).

use serde_json::Value;

use crate::auditing::{self, Auditing, EAGER, NOW, Repository, shop, shop_at};

const LATER: &str = "2026-03-10T09:55:00Z";

fn order(plan: &Value, at: usize) -> &Value {
    &plan["plan"][0]["orders"][at]
}

#[test]
fn a_plan_writes_nothing_and_publishing_writes_exactly_that() {
    let all = Auditing::new();
    let preview = all.audit(NOW, &[]);
    assert_eq!(preview.code, 0, "{}", preview.stderr);
    assert_eq!(all.writes(), 0);
    let shown = &preview.stdout;
    assert!(shown.starts_with("PLAN  1 incident seen, 1 write planned; nothing is written without --publish\n"));
    assert!(
        shown.contains("\nP1  open      fb7955d7  The key `'CHF'` is missing  in shop\n    because seen in 1 pass"),
        "{shown}"
    );
    assert!(
        shown.contains("    open: GCP-new | P1 | The key `'CHF'` is missing [P1, bug, generated-issue]\n"),
        "{shown}"
    );
    assert!(
        shown.contains(
            "      +**Unresolved**, last event 2026-03-10 09:35:45Z, within a minute of the newest entry read."
        ),
        "{shown}"
    );
    assert!(shown.contains("more lines; plan/001-open.md has the whole body"), "{shown}");
    let body = all.garden.read("reports/2026-03-10/094000Z/plan/001-open.md");
    let whole = all.garden.read("reports/2026-03-10/094000Z/plan/plan.txt");
    assert!(!whole.contains("more lines") && whole.contains("+**Next action:**"), "{whole}");

    let done = all.audit(NOW, &["--publish"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let said = "-> written: #1 https://github.com/wick/shop/issues/1";
    assert!(
        done.stdout.starts_with("PLAN  1 incident seen, 1 write\n") && done.stdout.contains(said),
        "{}",
        done.stdout
    );
    all.hub.with(|store| {
        let issue = store.issue(1);
        assert_eq!(issue.title, "GCP-new | P1 | The key `'CHF'` is missing");
        assert_eq!(issue.labels, ["P1", "bug", "generated-issue"]);
        assert_eq!(issue.body.trim(), body.trim());
    });
    // What was sent is not to be sent again by hand, and the reports know the issue.
    let second = "reports/2026-03-10/094000Z-2";
    assert!(!all.garden.path(&format!("{second}/plan/commands.sh")).exists());
    assert!(all.garden.read(&format!("{second}/worklog.md")).contains("- Issue: #1, open:"));
    assert!(all.garden.read(&format!("{second}/audit.md")).contains("- Issue: #1."));

    let writes = all.writes();
    let again = all.audit(NOW, &["--publish"]);
    assert!(again.stdout.starts_with("PLAN  1 incident seen, 0 writes\n\nleft alone\n"), "{}", again.stdout);
    assert_eq!((again.code, all.writes()), (0, writes));
}

#[test]
fn what_stopped_before_the_end_of_what_was_read_is_not_said_to_go_on() {
    let all = Auditing::new();
    let status = |now: &str| {
        let shown = all.audit(now, &[]).stdout;
        let line = shown.lines().find(|line| line.contains("**Unresolved**")).map(str::to_string);
        line.unwrap_or_else(|| panic!("{shown}"))
    };
    let quiet = [shop("shop-00041", 30, 36, true), shop("shop-00041", 36, 55, false)].concat();
    all.garden.write("shop.ndjson", &quiet);
    let said = status(LATER);
    assert!(said.contains("last event 2026-03-10 09:35:45Z; none in the 19 min read after it. 12 events"), "{said}");
    // The same log long after.
    let all = Auditing::new();
    all.garden.write("shop.ndjson", quiet);
    let shown = all.audit("2026-11-30T10:00:00Z", &[]).stdout;
    let said = "none in the 19 min read after it. The newest entry was 265 days old when it was read.";
    assert!(shown.contains(said), "{shown}");
    let terminal = all.run(LATER, &["triage", "shop.ndjson"]).stdout;
    assert!(terminal.contains("  none in the 19 min read after it"), "{terminal}");
    let issue = all.run(LATER, &["issue", "shop.ndjson"]).stdout;
    assert!(
        issue.contains("- None in the 19 min read after the last one, up to 2026-03-10 09:54:45.200Z. (counted: "),
        "{issue}"
    );
}

#[test]
fn in_a_file_that_grows_an_incident_becomes_quiet_and_its_issue_says_so() {
    let all = Auditing::new();
    all.audit(NOW, &["--publish"]);
    let pass = |now: &str, calm: &str| {
        all.garden.write("shop.ndjson", all.garden.read("shop.ndjson") + calm);
        let run = all.audit(now, &["--publish"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        all.hub.with(|store| store.issue(1).body.clone())
    };
    assert!(pass("2026-03-10T09:55:00Z", &shop("shop-00041", 36, 55, false)).contains("**Unresolved**"));
    assert!(pass("2026-03-10T10:10:00Z", &shop_at(10, "shop-00041", 0, 10, false)).contains("**Unresolved**"));
    let last = shop_at(10, "shop-00041", 10, 25, false);
    assert!(pass("2026-03-10T10:25:00Z", &last).contains("**Quiet** since 2026-03-10 09:35:45Z"));
    let writes = all.writes();
    pass("2026-03-10T10:25:00Z", "");
    assert_eq!(all.writes(), writes, "a second look writes nothing");
    let why = all.run(LATER, &["why", "fb7955d7"]);
    assert!(why.done().contains("new -> quiet: 2 complete passes in a row saw no new event of it"), "{}", why.stdout);
    let back = pass("2026-03-10T10:40:00Z", &shop_at(10, "shop-00041", 30, 36, true));
    assert!(back.contains("**Unresolved**"), "{back}");
}

#[test]
fn two_services_with_one_error_have_issues_that_tell_them_apart() {
    let all = Auditing::new();
    let own = all.garden.read("shop.ndjson");
    let other = own.replace(r#""service_name":"shop""#, r#""service_name":"mill""#).replace("traces/", "traces/7");
    let other = other.replace(r#""insertId":"id"#, r#""insertId":"mill"#);
    assert!(other.contains("mill"), "{other}");
    all.garden.write("shop.ndjson", own + &other);
    let run = all.audit(NOW, &["--publish"]);
    let titles = || {
        let mut titles: Vec<String> =
            all.hub.with(|store| store.issues.values().map(|issue| issue.title.clone()).collect());
        titles.sort();
        titles
    };
    let both = ["GCP-new | P1 | The key `'CHF'` is missing (mill)", "GCP-new | P1 | The key `'CHF'` is missing (shop)"];
    assert_eq!(titles(), both, "{}", run.stdout);
    let list = all.run(LATER, &["incidents", "list"]).done().to_string();
    assert!(list.contains("is missing  in mill\n") && list.contains("is missing  in shop\n"), "{list}");
    // A title stays as it is when its like is not seen any more.
    all.garden.write("shop.ndjson", shop("shop-00041", 36, 50, true));
    all.audit(LATER, &["--publish"]);
    assert_eq!(titles(), both);
}

#[test]
fn the_json_plan_holds_orders_bodies_and_differences() {
    let all = Auditing::new();
    all.garden.write("log-gardener.toml", format!("{EAGER}refresh = \"1m\"\n"));
    let plan = all.plan(NOW, &[]);
    assert_eq!((plan["schema"].as_str(), plan["published"].as_bool()), (Some("log-gardener/plan/1"), Some(false)));
    assert_eq!(plan["plan"][0]["action"], "open");
    let preview = order(&plan, 0).clone();
    assert!(preview["diff"].as_str().is_some_and(|diff| diff.contains("+## Impact")), "{preview}");
    let published = all.plan(NOW, &["--publish"]);
    assert_eq!(*order(&published, 0), preview, "what was planned is what is written");
    assert_eq!(published["delivered"]["done"][0]["issue"], 1);

    all.garden.write("shop.ndjson", shop("shop-00041", 30, 40, true));
    let update = all.plan(LATER, &[]);
    let diff = order(&update, 0)["diff"].as_str().expect("a difference").to_string();
    assert_eq!(order(&update, 0)["kind"], "edit");
    assert!(diff.contains("-**Unresolved**, last event 2026-03-10 09:35:45Z, within a minute"), "{diff}");
    assert!(diff.contains("+**Unresolved**, last event 2026-03-10 09:39:45Z, within a minute"), "{diff}");
    // A person's words above ours are not part of it, and stay.
    all.hub.with(|store| store.edit_body(1, "ada", |body| format!("Look at this first.\n\n{body}")));
    let plan = all.plan(LATER, &["--publish"]);
    assert_eq!(plan["delivered"]["done"][0]["wrote"], true, "{}", plan["delivered"]);
    all.hub.with(|store| {
        let body = &store.issue(1).body;
        assert!(body.starts_with("Look at this first.\n\n<!-- log-gardener:begin"), "{body}");
        assert!(body.contains("last event 2026-03-10 09:39:45Z") && !body.contains("09:35:45Z."), "{body}");
    });
}

#[test]
fn without_a_token_the_difference_is_to_what_was_written_last() {
    let all = Auditing::new();
    all.garden.write("log-gardener.toml", format!("{EAGER}refresh = \"1m\"\n"));
    all.plan(NOW, &["--publish"]);
    all.garden.write("shop.ndjson", shop("shop-00041", 30, 40, true));
    let mut command = all.command(LATER, &["audit", "shop.ndjson"]);
    let run = auditing::ended(command.env_remove("GITHUB_TOKEN"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stdout.contains("    edit #1\n") && run.stdout.contains("      -12 events (counted:"),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains("+## Impact"), "what did not change is not shown: {}", run.stdout);
}

#[test]
fn what_matters_comes_first_and_noise_is_counted() {
    let all = Auditing::new();
    let example = bed_example();
    let run = all.run("2026-03-10T09:45:00Z", &["audit", &example, "--settings", "none.toml"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "a settings file that was named must be there");
    all.garden.write("none.toml", "");
    let run = all.run("2026-03-10T09:45:00Z", &["audit", &example, "--settings", "none.toml"]);
    let places: Vec<usize> = ["P0  open      4e0e93f1", "\nnot now\nP1  wait", "\nleft alone\nP3  leave", "\nnoise   "]
        .iter()
        .map(|part| run.stdout.find(part).unwrap_or_else(|| panic!("{part}: {}", run.stdout)))
        .collect();
    assert!(places.is_sorted(), "{}", run.stdout);
    assert!(run.stdout.ends_with("\nnoise   http-refused-scanner 1, http-refused-test-client 1\n"), "{}", run.stdout);
}

fn bed_example() -> String {
    format!("{}/reports/example/export.json", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn issues_of_people_are_proposed_and_taken_up_only_when_somebody_says_so() {
    let all = Auditing::new();
    all.garden.write("log-gardener.toml", "");
    let text = "Since this morning:\r\n\r\n    KeyError: 'CHF' in shop/prices.py\r\n";
    all.hub.with(|store| {
        store.open("ada", "Prices in CHF fail", text, &[]);
        store.open("bob", "The logo is too small", "Please make it larger.", &[]);
    });
    // The thresholds are not met yet; nothing would be opened, so nothing is proposed.
    assert!(!all.audit(NOW, &[]).stdout.contains("candidate"));
    all.garden.write("log-gardener.toml", EAGER);
    let shown = all.audit(NOW, &[]).stdout;
    assert!(shown.contains("    candidate #1 0."), "{shown}");
    assert!(shown.contains("Prices in CHF fail; ") && shown.contains("it names KeyError"), "{shown}");
    assert!(shown.contains("adopt it with --adopt fb7955d7=1\n") && !shown.contains("candidate #2"), "{shown}");
    let plan = all.plan(NOW, &[]);
    assert_eq!(plan["plan"][0]["candidates"][0]["issue"], 1);
    assert!(plan["plan"][0]["candidates"][0]["score"].as_f64().is_some_and(|score| score > 0.35));

    // A person's word goes before the thresholds.
    all.garden.write("log-gardener.toml", "");
    let plan = all.audit(NOW, &["--adopt", "fb7955d7=#1"]);
    assert!(plan.stdout.contains("adopt #1: our part goes below its text"), "{}", plan.stdout);
    assert_eq!(all.writes(), 0);
    let done = all.audit(NOW, &["--adopt", "fb7955d7=1", "--publish"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(
        done.stdout.contains("because taken up into #1 as asked; otherwise: seen in 1 of 2 passes"),
        "{}",
        done.stdout
    );
    all.hub.with(|store| {
        assert_eq!(store.issues.len(), 2, "none was opened");
        let issue = store.issue(1);
        let ours = issue.body.strip_prefix(text).expect("the person's text stays");
        assert!(ours.trim_start().starts_with("<!-- log-gardener:begin"), "{ours}");
        assert_eq!(issue.title, "Prices in CHF fail");
    });
    for (adopt, why) in [
        ("fb7955d7=1", "changes nothing: #1 is its issue already"),
        ("fb7955d7=2", "changes nothing: it has issue #1 already"),
        ("00000000=2", "changes nothing: no incident is known whose id begins so"),
    ] {
        let run = all.audit(NOW, &["--adopt", adopt, "--publish"]);
        assert!(run.code == 0 && run.stderr.contains(&format!("note: --adopt {adopt} {why}")), "{}", run.stderr);
    }
    all.run(NOW, &["audit", "shop.ndjson", "--adopt", "fb7955d7"]).fails(
        2,
        "error: `fb7955d7` does not say what is adopted\n\
         hint: write --adopt INCIDENT=NUMBER with at least six digits of the incident's id\n",
    );
}

#[test]
fn owners_of_the_file_that_failed_are_assigned() {
    let all = Auditing::new();
    let code =
        [("shop/prices.py", "RATES = {}\n"), (".github/CODEOWNERS", "* @somebody\nshop/ @octocat @wick/prices\n")];
    let _code = Repository::new(&all.garden, &code);
    let run = all.audit(NOW, &["--repo", "code", "--publish"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("assigned to octocat"), "{}", run.stdout);
    all.hub.with(|store| {
        assert_eq!(store.issue(1).assignees, ["octocat"]);
        let owners = "- **Owners:** `@octocat`, `@wick/prices` (CODEOWNERS)";
        assert!(store.issue(1).body.contains(owners), "{}", store.issue(1).body);
    });
}

#[test]
fn the_past_explains_every_decision() {
    let all = Auditing::new();
    all.audit(NOW, &["--publish"]);
    all.audit(NOW, &["--publish"]);
    let ask = |arguments: &[&str]| {
        let run = all.run(LATER, arguments);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{arguments:?}");
        run.stdout
    };
    let list = ask(&["incidents", "list"]);
    let line = "fb7955d7  P1  new             12  #1      last 2026-03-10T09:35:45.200Z  ";
    assert_eq!(list, format!("{line}The key `'CHF'` is missing  in shop\n"));
    assert_eq!(ask(&["incidents", "list", "--state", "resolved"]), "no incident is remembered in these states\n");
    let show = ask(&["incidents", "show", "fb79"]);
    for part in
        ["    issue       #1 open\n", "    events      12 from 2026-03-10T09:30:45.100Z to", "    services    shop\n"]
    {
        assert!(show.contains(part), "{show}");
    }
    let why = ask(&["why", "fb7955d7"]);
    for part in [
        "2026-03-10T09:40:00.000Z  unknown -> new: no pass before has seen it\n",
        "  decided\n    2026-03-10T09:40:00.000Z  open: seen in 1 pass",
        "  leave: no event since 2026-03-10T09:35:45.200Z\n",
        "  written\n    2026-03-10T09:40:00.000Z  open #1 done\n",
    ] {
        assert!(why.contains(part), "{part}: {why}");
    }
    assert_eq!(ask(&["why-issue", "1"]), why);
    assert_eq!(ask(&["incidents", "history", "fb7955d7"]), why);
    let json: Value = serde_json::from_str(&ask(&["why", "fb7955d7", "--format", "json"])).expect("JSON");
    assert_eq!(json["incidents"][0]["orders"][0]["issue"], 1);
    all.run(LATER, &["why-issue", "7"]).fails(
        2,
        "error: no incident is known to have issue #7\nhint: `log-gardener incidents list` shows which have one\n",
    );
    all.run(LATER, &["why", "ffff"])
        .fails(2, "error: no incident `ffff` is remembered\nhint: `log-gardener incidents list` shows the ids\n");
}

#[test]
fn a_silence_holds_back_until_it_ends() {
    let all = Auditing::new();
    let add = all.run(NOW, &["silence", "add", "service:shop", "--until", "30m", "--reason", "prices are moved"]);
    let shown =
        "1  service:shop  now, from 2026-03-10T09:40:00.000Z until 2026-03-10T10:10:00.000Z: prices are moved\n";
    assert_eq!(add.done(), shown);
    assert_eq!(all.run(NOW, &["silence", "list"]).done(), shown);
    let run = all.audit(NOW, &["--publish"]);
    assert!(run.stdout.contains("\nnot now\nP1  silenced  fb7955d7"), "{}", run.stdout);
    for (what, warned) in [("service:shpo", true), ("pattern:nosuch", true), ("service:shop", false)] {
        let run = all.run(NOW, &["silence", "add", what, "--until", "1s", "--reason", "a try"]);
        let said = format!("warning: `{what}` covers no incident that is remembered\nhint: ");
        assert_eq!((run.code, run.stderr.starts_with(&said)), (0, warned), "{}", run.stderr);
    }
    assert!(run.stdout.contains("    silence 1 until 2026-03-10T10:10:00.000Z: prices are moved\n"), "{}", run.stdout);
    assert_eq!(all.writes(), 0);
    assert_eq!(all.run(LATER, &["silence", "end", "1"]).done(), "silence 1 ended\n");
    assert_eq!(all.run(LATER, &["silence", "list"]).done(), "no silences\n");
    let run = all.audit(LATER, &["--publish"]);
    assert!(run.stdout.contains("P1  open      fb7955d7 #1"), "{}", run.stdout);
    // A maintenance window begins later.
    let window = ["silence", "add", "all", "--from", "1h", "--until", "2h", "--reason", "the database is moved"];
    assert!(all.run(LATER, &window).done().contains("all  from 2026-03-10T10:55:00.000Z until 2026-03-10T11:55:00"));
    for (arguments, message) in [
        (["--until", "2026-03-01T00:00:00Z", "--reason", "x"], "error: the silence would be over before it begins"),
        (["--until", "2h", "--reason", " "], "error: a silence needs a reason"),
        (["--until", "soon", "--reason", "x"], "error: `soon` is no time for --until"),
        (["--until", "500d", "--reason", "x"], "error: a silence lasts a year at most"),
    ] {
        let run = all.run(NOW, &[&["silence", "add", "all"], &arguments[..]].concat());
        assert!(run.code == 2 && run.stderr.starts_with(message), "{}", run.stderr);
    }
    // One without an end is no silence.
    assert_eq!(all.run(NOW, &["silence", "add", "all", "--reason", "x"]).code, 2);
}

#[test]
fn stdin_and_a_healthy_log_are_audited_too() {
    let all = Auditing::new();
    let healthy = shop("shop-00041", 30, 36, false);
    let run = all.garden.run_with(&["audit", "-", "--now", NOW], healthy.as_bytes());
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (0, "PLAN  0 incidents seen, 0 writes planned; nothing is written without --publish\n")
    );
    assert!(
        all.garden
            .read("reports/2026-03-10/094000Z/plan/commands.sh")
            .ends_with("echo 'the plan has nothing to send'\n")
    );
    let broken = all.garden.run_with(&["audit", "-", "--now", NOW], shop("shop-00041", 30, 36, true).as_bytes());
    assert!(broken.stdout.contains("P1  open      fb7955d7"), "{}", broken.stdout);
}
