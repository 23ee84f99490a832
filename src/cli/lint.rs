//! `lint`: scores a report by the 20 points of a good one, as a table or as JSON.
//! Leaves out the points themselves: `crate::lint`.

use std::fmt::Write as _;

use serde::Serialize;

use crate::lint::{self, Score, Verified};
use crate::report::numbers;
use crate::verify::{in_code, units};

use super::arguments::TextOrJson;
use super::cause::Search;
use super::check_arguments::LintArguments;
use super::failure::{Exit, Failure};
use super::{print, verify};

/// Line numbers shown of a point in the table; the JSON has all.
const LINES: usize = 6;

#[derive(Serialize)]
struct Printed<'a> {
    schema: &'static str,
    report: String,
    #[serde(flatten)]
    score: &'a Score,
}

/// Runs the command.
pub(super) fn run(arguments: LintArguments) -> Result<Exit, Failure> {
    if arguments.at_least.is_some_and(|least| !(0.0..=20.0).contains(&least)) {
        return Err(Failure::new(Exit::Usage, "--at-least is no score").hint("scores run from 0 to 20"));
    }
    let document = verify::read(&arguments.report)?;
    let (mut verified, mut certain) = (None, true);
    if !arguments.against.input.sources.is_empty() {
        let checked = verify::check(&document, &arguments.against)?;
        certain = checked.complete && checked.verification.same_input;
        let mut wrong: Vec<usize> = checked.verification.findings.iter().map(|finding| finding.line).collect();
        wrong.dedup();
        verified = Some(Verified { checked: checked.verification.claims.checked, wrong });
    }
    let search = Search::open(&arguments.against.code.settled()?)?;
    let looked = search.map(|search| in_code(&units(&document.text), &search.checkout));
    let score = lint::lint(&document.text, &document.broken, verified.as_ref(), looked.as_ref());
    match arguments.format {
        TextOrJson::Json => print::json(&Printed {
            schema: "log-gardener/lint/1",
            report: arguments.report.display().to_string(),
            score: &score,
        })?,
        TextOrJson::Text => print::text(&text(&score))?,
    };
    Ok(match arguments.at_least {
        _ if !certain => Exit::CannotSay,
        Some(least) if score.score < least => Exit::Found,
        _ => Exit::Done,
    })
}

fn text(score: &Score) -> String {
    let mut page = format!(
        "{} of {}, scaled from the {}\n\n",
        score.score,
        score.of,
        numbers::counted(score.applicable as u64, "point that applies", "points that apply")
    );
    for point in &score.points {
        let mark = match point.score {
            None => "-",
            Some(score) if score >= 1.0 => "1",
            Some(score) if score > 0.0 => "½",
            Some(_) => "0",
        };
        let shown: Vec<String> = point.lines.iter().take(LINES).map(usize::to_string).collect();
        let more = if point.lines.len() > LINES { ", ..." } else { "" };
        let at = if shown.is_empty() { String::new() } else { format!("  (line {}{more})", shown.join(", ")) };
        let _ = writeln!(page, "{:>2}  {mark}  {}\n       {}{at}", point.number, point.point, point.why);
    }
    page
}
