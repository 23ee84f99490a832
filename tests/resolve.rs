//! `resolve`: what is refused and what to wait for, the proof, and what it does to the issue and the ledger.
//! Leaves out the arithmetic, which `decision::proof` tests.

use serde_json::json;

use crate::auditing::{Auditing, NOW, Repository, entry, shop, shop_at};
use crate::bed::{Run, ndjson};

const LATER: &str = "2026-03-10T10:25:00Z";
const FIXED: &str = "2026-03-10T09:40:00Z";

/// Returns a bed in which the incident has issue #1, and `all.ndjson` goes on with `after`.
fn bed(after: &str) -> Auditing {
    let all = Auditing::new();
    let run = all.audit(NOW, &["--publish"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    all.garden.write("all.ndjson", all.garden.read("shop.ndjson") + after);
    all
}

fn healthy() -> String {
    shop("shop-00042", 40, 60, false) + &shop_at(10, "shop-00042", 0, 20, false)
}

fn resolve(all: &Auditing, more: &[&str]) -> Run {
    all.run(LATER, &[&["resolve", "fb7955d7", "all.ndjson"], more].concat())
}

#[track_caller]
fn refused(all: &Auditing, after: &str, since: &str, reason: &str, wait_for: &str) {
    all.garden.write("all.ndjson", all.garden.read("shop.ndjson") + after);
    let writes = all.writes();
    let run = resolve(all, &["--since", since, "--publish"]);
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.starts_with("NOT PROVEN  fb7955d7  The key `'CHF'` is missing\n"), "{}", run.stdout);
    assert!(run.stdout.contains(&format!("    against   {reason}")), "{reason}: {}", run.stdout);
    assert!(run.stdout.contains(&format!("    next      {wait_for}")), "{wait_for}: {}", run.stdout);
    assert!(run.stderr.contains("error: it is not proven that the incident is mended\nhint: "), "{}", run.stderr);
    assert_eq!(all.writes(), writes, "nothing is written to GitHub");
    assert!(all.hub.with(|store| store.issue(1).open));
    assert!(!all.run(LATER, &["incidents", "list"]).stdout.contains("resolved"));
}

#[test]
fn every_doubt_refuses_and_says_what_to_wait_for() {
    let all = bed("");
    refused(&all, "", FIXED, "no traffic after the fix: 0 requests of GET /api/price", "wait for traffic");
    refused(
        &all,
        &shop("shop-00042", 40, 45, false),
        FIXED,
        "the window after the fix is 5 min long",
        "wait until 10 min after the fix",
    );
    let few = entry(
        "shop-00042",
        "2026-03-10T10:10:00Z",
        "INFO",
        json!({ "httpRequest": {
        "requestMethod": "GET", "requestUrl": "https://shop.example/api/price", "status": 200 } }),
    );
    refused(&all, &ndjson(&[few]), FIXED, "none in 1 request of GET /api/price may be chance", "wait for ");
    refused(
        &all,
        &shop("shop-00041", 40, 60, false),
        FIXED,
        "it ended beyond chance, but no new revision mended it: only shop-00041 served after the fix, and before it too",
        "if it was mended outside of the service (a dependency, a setting), say by what with --outside; else wait",
    );
    refused(
        &all,
        &shop("shop-00042", 40, 60, true),
        FIXED,
        "20 events were seen after the fix",
        "mend what still fails",
    );
    let hidden = healthy()
        + &shop_at(10, "shop-00042", 20, 23, true)
            .replace("KeyError: 'CHF'", "decimal.InvalidOperation: [<class 'decimal.ConversionSyntax'>]");
    refused(&all, &hidden, FIXED, "the next failure on the same way appeared: ", "mend it; the way is not yet whole");
    refused(
        &all,
        &healthy(),
        "2026-03-10T09:20:00Z",
        "no event is known from before the fix",
        "name a source that holds",
    );
}

#[test]
fn a_source_that_is_missing_or_says_nothing_of_a_deployment_proves_nothing() {
    let all = bed(&healthy());
    let run = resolve(&all, &["--since", "shop-00099"]);
    assert_eq!((run.code, run.stdout.as_str()), (3, ""));
    assert_eq!(
        run.stderr,
        "error: `shop-00099` is neither a time nor a revision that logged\n\
         caused by: revisions of shop in the entries read: shop-00041, shop-00042\n\
         hint: wait until it serves, or write --since 2026-09-16T00:43:00Z\n"
    );
    all.garden.write("all.ndjson", all.garden.read("shop.ndjson"));
    let run = resolve(&all, &[]);
    assert!(run.code == 2 && run.stderr.contains("hint: say it with --since 2026-09-16T00:43:00Z"), "{}", run.stderr);
    let run = resolve(&all, &["--since", FIXED, "--before", "2026-03-10T09:50:00Z"]);
    assert!(run.code == 2 && run.stderr.starts_with("error: --before is not before the fix\n"), "{}", run.stderr);
    assert_eq!(all.run(LATER, &["resolve", "ffff", "all.ndjson"]).code, 2);
    all.garden.write("all.ndjson", "");
    assert_eq!(resolve(&all, &["--since", FIXED]).code, 3);
    let run = resolve(&all, &["--since", FIXED, "--commit", "not-a-hash"]);
    assert_eq!(run.code, 3, "{}", run.stderr);
}

#[test]
fn a_proof_is_shown_and_the_issue_stays_open_until_told_otherwise() {
    let all = bed(&healthy());
    let writes = all.writes();
    for since in [FIXED, "45m"] {
        let run = resolve(&all, &["--since", since]);
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        assert!(run.stdout.starts_with("RESOLVED  fb7955d7  The key `'CHF'` is missing\n"), "{}", run.stdout);
        for line in [
            "before: 6 events in 6 of 10 minutes, 18 requests of GET /api/price",
            "after: 0 events in 40 minutes, 120 requests of GET /api/price",
            "expected after: 6 x 120 / 18 = 40.00 occurrences",
            "probability of none, Poisson: e^-40.00 = 4.25e-18",
            "in service: shop-00042",
        ] {
            assert!(run.stdout.contains(line), "{line}: {}", run.stdout);
        }
        assert!(
            run.stderr.contains("note: the issue is left open, and the ledger as it is; --publish"),
            "{}",
            run.stderr
        );
    }
    // A revision counts from the first whole minute after its first entry.
    let run = resolve(&all, &["--since", "shop-00042"]);
    assert!(run.code == 0 && run.stdout.contains("after: 0 events in 39 minutes, 117 requests"), "{}", run.stdout);
    // Without a word the newest revision is the fix.
    assert_eq!(resolve(&all, &[]).code, 0);
    assert_eq!(all.writes(), writes);
    assert!(all.hub.with(|store| store.issue(1).open));
    let json = resolve(&all, &["--since", FIXED, "--before", "8m", "--format", "json"]).json();
    assert_eq!(
        (json["schema"].as_str(), json["resolution"]["proven"].as_bool()),
        (Some("log-gardener/resolution/1"), Some(true))
    );
    assert_eq!(json["resolution"]["before"]["events"], 4, "of the last eight minutes only");
}

#[test]
fn a_proven_end_closes_the_issue_and_a_return_opens_it_as_a_regression() {
    let all = bed(&healthy());
    let code = Repository::new(&all.garden, &[("shop/prices.py", "RATES = {}\n")]);
    let fix = code.commit("prices: rates without an entry are asked for", &[("shop/prices.py", "RATES = ask()\n")]);
    all.run("2026-03-10T09:50:00Z", &["locks", "take", "1"]).done();
    let run = resolve(&all, &["--since", "shop-00042", "--commit", &fix[..10], "--repo", "code", "--publish"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("\nclose #1 https://github.com/wick/shop/issues/1\n"), "{}", run.stderr);
    let folder = "reports/2026-03-10/102500Z/resolution-fb7955d7";
    let report = all.garden.read(&format!("{folder}/report.md"));
    for part in [
        "# Resolved: The key `'CHF'` is missing\n",
        &format!("Commit `{fix}`: prices: rates without an entry are asked for.\n"),
        "- `shop/prices.py`\n",
        "| Events of the root group | 6 | 0 |\n",
        "Status: verified; see the proof below.\n",
        "Revision `shop-00042` serves. What is counted after the fix begins at 2026-03-10 09:41",
    ] {
        assert!(report.contains(part), "{part}: {report}");
    }
    assert!(all.garden.read(&format!("{folder}/executive-summary.md")).lines().count() < 16);
    all.hub.with(|store| {
        let issue = store.issue(1);
        assert_eq!((issue.open, issue.reason), (false, Some("completed")));
        assert_eq!(issue.labels, ["P1", "bug", "generated-issue"], "no lock is left");
        assert!(
            issue.body.contains("**Resolved** at 2026-03-10 10:25:00Z: no event under 117 requests of GET /api/price"),
            "{}",
            issue.body
        );
        assert_eq!(issue.comments.len(), 1);
        assert!(issue.comments[0].body.starts_with("# Resolved: "), "{}", issue.comments[0].body);
    });
    let list = all.run(LATER, &["incidents", "list", "--state", "resolved"]);
    assert!(list.done().contains("fb7955d7  P1  resolved"));
    assert!(all.run(LATER, &["incidents", "show", "fb7955d7"]).done().contains("resolved    2026-03-10T09:41"));

    // The same entries once more are no return.
    let again = all.audit(LATER, &["--publish"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(!all.hub.with(|store| store.issue(1).open));
    all.garden.write("shop.ndjson", all.garden.read("all.ndjson") + &shop_at(10, "shop-00043", 30, 34, true));
    let back = all.audit("2026-03-10T10:40:00Z", &["--publish"]);
    assert_eq!(back.code, 0, "{}", back.stderr);
    assert!(back.stdout.contains("P1  reopen    fb7955d7 #1"), "{}", back.stdout);
    all.hub.with(|store| {
        let issue = store.issue(1);
        assert!(issue.open && store.issues.len() == 1);
        assert_eq!(issue.title, "GCP-regression | P1 | The key `'CHF'` is missing");
        assert!(issue.body.contains("**Regressed** at 2026-03-10 10:40:00Z"), "{}", issue.body);
        let comment = &issue.comments[1].body;
        assert!(
            comment.starts_with("Regression: it is seen again after it was ended. 20 events so far")
                && comment.contains(&fix[..10]),
            "{comment}"
        );
    });
    let why = all.run(LATER, &["why", "fb7955d7"]);
    assert!(why.done().contains("resolved -> regressed: seen at 2026-03-10T10:33:45.200Z"), "{}", why.stdout);
}

#[test]
fn what_was_mended_outside_of_the_service_needs_the_word_of_a_person_and_no_revision() {
    let all = bed(&(shop("shop-00041", 40, 60, false) + &shop_at(10, "shop-00041", 0, 20, false)));
    assert_eq!(resolve(&all, &["--since", FIXED]).code, 3);
    let report = all.garden.read("reports/2026-03-10/102500Z/resolution-fb7955d7/report.md");
    let said = "No new revision: `shop-00041` served before 2026-03-10 09:40";
    assert!(report.contains(said) && !report.contains("names no revision"), "{report}");
    let run = resolve(&all, &["--since", FIXED, "--outside", "the rates feed was restarted", "--publish"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let said = "    mended outside of the service, as stated: the rates feed was restarted\n";
    assert!(run.stdout.starts_with("RESOLVED  fb7955d7") && run.stdout.contains(said), "{}", run.stdout);
    all.hub.with(|store| {
        let issue = store.issue(1);
        let said = "Outside of the service, as the command was told: the rates feed was restarted.";
        assert!(!issue.open && issue.comments[0].body.contains(said), "{}", issue.comments[0].body);
    });
    for (arguments, message) in [
        (&["--outside", " ", "--since", FIXED][..], "error: --outside needs words\n"),
        (&["--outside", "a restart"][..], "error: --outside needs --since\n"),
        (&["--since", "2026-03-11T09:00:00Z"][..], "error: --since lies in the future\n"),
    ] {
        let run = resolve(&all, arguments);
        assert!(run.code == 2 && run.stderr.starts_with(message), "{}", run.stderr);
    }
}

#[test]
fn of_a_plain_log_the_traffic_is_its_own_entries() {
    let all = Auditing::new();
    let line = |minute: u32, text: &str| format!("2026-03-10T09:{minute:02}:10Z {text}\n");
    let calm = |from, to| (from..to).map(|minute| line(minute, "INFO corn was ground")).collect::<String>();
    let broken: String = (10..20).map(|minute| line(minute, "ERROR the stone is worn")).collect();
    all.garden.write("mill.log", calm(0, 10) + &broken);
    assert_eq!(all.run(NOW, &["audit", "mill.log"]).code, 0);
    let id = all.run(NOW, &["incidents", "list"]).done()[..8].to_string();
    all.garden.write("mill.log", calm(0, 10) + &broken + &calm(20, 59));
    let ask = |sources: &[&str]| {
        let asked = ["--since", "2026-03-10T09:20:00Z", "--outside", "a new stone"];
        all.run(LATER, &[&["resolve", &id], sources, &asked].concat())
    };
    // Of two files nobody knows whether they are of one service.
    all.garden.write("weir.log", calm(20, 59));
    let two = ask(&["mill.log", "weir.log"]);
    assert!(two.code == 3 && two.stdout.contains("0 entries that name a service"), "{}", two.stdout);
    let one = ask(&["mill.log"]);
    assert_eq!(one.code, 0, "{}{}", one.stdout, one.stderr);
    assert!(
        one.stdout.contains("before: 10 events in 10 of 20 minutes, 20 entries that name no service"),
        "{}",
        one.stdout
    );
}

#[test]
fn an_incident_without_an_issue_ends_in_the_ledger() {
    let all = Auditing::new();
    assert_eq!(all.audit(NOW, &[]).code, 0);
    all.garden.write("all.ndjson", all.garden.read("shop.ndjson") + &healthy());
    let run = resolve(&all, &["--since", FIXED]);
    assert!(
        run.code == 0 && run.stderr.contains("note: it has no issue; the ledger holds it as resolved"),
        "{}",
        run.stderr
    );
    assert!(all.run(LATER, &["incidents", "list"]).done().contains("P1  resolved"));
    assert_eq!(all.writes(), 0);
}
