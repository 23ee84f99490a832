//! Reports, issues and terminal text of a made-up run, compared with the files beside this test.
//! Leaves out where the facts come from; `UPDATE_EXPECT=1 cargo test --test all report:: -- --skip code_report` accepts a change.

pub(crate) mod hostile;
pub(crate) mod sample;

use expect_test::expect_file;
use log_gardener::report::Templates;
use log_gardener::report::text::{self, Look};

fn templates() -> Templates {
    Templates::load(&[]).unwrap_or_else(|problems| panic!("{}", problems[0]))
}

#[test]
fn the_report_of_a_crash_loop() {
    let run = sample::run();
    let report = templates().report(&run, &run.incidents[0]).expect("renders");
    expect_file!["report/report.md"].assert_eq(&report);
}

#[test]
fn the_issue_of_a_crash_loop() {
    let run = sample::run();
    let issue = templates().issue(&run, &run.incidents[0]).expect("renders");
    let text = format!("{}\nlabels: {}\n\n{}", issue.title, issue.labels.join(", "), issue.body);
    expect_file!["report/issue.md"].assert_eq(&text);
}

#[test]
fn the_report_of_a_finding_that_stands_alone() {
    let run = sample::run();
    let report = templates().report(&run, &run.incidents[1]).expect("renders");
    expect_file!["report/report-alone.md"].assert_eq(&report);
}

#[test]
fn the_summary_the_worklog_and_the_audit_of_a_run() {
    let run = sample::run();
    let local = chrono::FixedOffset::west_opt(8 * 3600).expect("a zone");
    let templates = templates().with_local_time(local);
    expect_file!["report/summary.md"].assert_eq(&templates.summary(&run).expect("renders"));
    expect_file!["report/worklog.md"].assert_eq(&templates.worklog(&run).expect("renders"));
    let audit =
        templates.audit(&run, &run.incidents[0], "the most urgent of 2, and the first by time").expect("renders");
    expect_file!["report/audit.md"].assert_eq(&audit);
}

#[test]
fn the_terminal_text_of_a_run() {
    let run = sample::run();
    let wide = text::render(&run, Look { width: 110, color: false });
    let narrow = text::render(&run, Look { width: 60, color: false });
    expect_file!["report/text.txt"].assert_eq(&wide);
    expect_file!["report/text-narrow.txt"].assert_eq(&narrow);
}
