//! `templates`: every line of the input in one of few templates.
//! Leaves out errors: `triage` groups those by what failed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

use crate::analysis::counted;
use crate::group::template::{self, Header, Miner};
use crate::pattern::{KeyState, Redactions, Tally};

use super::baseline::{self, Against, Baseline};
use crate::publish;
use crate::source::{self, Begins, Lines};

use super::arguments::{TemplatesArguments, TextOrJson};
use super::failure::{Exit, Failure};
use super::{catalog, input, limits, print};

/// Lines that are looked at before it is decided what their header is.
const SAMPLE: usize = 1000;

#[derive(Serialize)]
struct Row {
    id: String,
    template: String,
    count: u64,
    example: String,
    #[serde(flatten)]
    standing: Option<Against>,
}

/// Feeds a miner; the first lines wait until the header of all is known.
struct Feed {
    miner: Miner,
    sample: Option<Vec<String>>,
    numbers: Option<Vec<u32>>,
    lines: u64,
    rules: Redactions,
    /// The private key that lines are part of.
    key: KeyState,
}

/// Runs the command.
pub(super) fn run(arguments: TemplatesArguments) -> Result<Exit, Failure> {
    let (masks, mut rules) = catalog::masks(arguments.patterns.as_deref())?;
    if arguments.no_redact {
        rules = rules.remembering();
    }
    // A baseline that cannot be read is told before the input is, which may be long.
    let baseline = arguments.baseline.as_deref().map(Baseline::read).transpose()?;
    let mut feed = Feed {
        miner: Miner::with_masks(masks.clone()),
        sample: (!arguments.content).then(Vec::new),
        numbers: arguments.assignments.is_some().then(Vec::new),
        lines: 0,
        rules,
        key: KeyState::default(),
    };
    for path in source::expand(&arguments.sources)? {
        read(&path, arguments.patterns.as_deref(), &mut feed)?;
    }
    feed.decide_header();
    if feed.lines == 0 {
        return Err(
            Failure::new(Exit::CannotSay, "no lines were read").hint("check the path; an empty input says nothing")
        );
    }
    feed.miner.settle();
    let mut rows = rows(&feed.miner);
    rows.iter_mut().for_each(|row| row.example = feed.rules.reveal(&row.example).into_owned());
    if let Some(baseline) = &baseline {
        let now: Vec<(&str, u64)> = rows.iter().map(|row| (row.template.as_str(), row.count)).collect();
        let standings = baseline.against(&now, feed.lines, masks.words());
        rows.iter_mut().zip(standings).for_each(|(row, standing)| row.standing = Some(standing));
    }
    if let (Some(file), Some(numbers)) = (&arguments.assignments, &feed.numbers) {
        let mut ids: BTreeMap<usize, String> = BTreeMap::new();
        let mut text = String::new();
        for number in numbers {
            let root = feed.miner.root(*number as usize);
            let id = ids.entry(root).or_insert_with(|| template::id(&feed.miner.template(root)));
            let _ = writeln!(text, "{id}");
        }
        publish::write_file(file, text.as_bytes())
            .map_err(|error| Failure::unwritable(file, &error, "--assignments"))?;
    }
    match arguments.format {
        TextOrJson::Json => print::json(&serde_json::json!({
            "schema": baseline::SCHEMA, "lines": feed.lines, "templates": rows,
        })),
        TextOrJson::Text => print::text(&table(&rows, feed.lines)),
    }
}

/// Feeds the lines of a text, or the messages of a JSON log.
fn read(path: &source::SourcePath, patterns: Option<&Path>, feed: &mut Feed) -> Result<(), Failure> {
    let mut lines = Lines::open(path)?;
    if lines.begins()? == Begins::Json && *path != source::SourcePath::Stdin {
        let known = catalog::catalog(patterns)?;
        let options = input::read_options(None, input::now(None)?, &limits::of_settings()?)?;
        let summary =
            source::read(path, &options, &known.traces, &mut |_| {}, &mut |entry: crate::entry::LogEntry| {
                feed.add(entry.message.lines().next().unwrap_or(""));
            })?;
        if !summary.complete {
            let failure = Failure::new(Exit::CannotSay, format!("cannot read {} to its end", path.name()));
            let failure = summary.notes.iter().fold(failure, |failure, note| failure.because(note));
            return Err(failure.hint("it is damaged or was cut; copy it again"));
        }
        return Ok(());
    }
    lines.each(&mut |line| feed.add(line))?;
    Ok(())
}

impl Feed {
    fn add(&mut self, line: &str) {
        self.lines += 1;
        let line = self.rules.follow_key(line, None, &mut self.key, &mut Tally::default());
        let line = &*self.rules.redact(&line, &mut Tally::default());
        match &mut self.sample {
            Some(sample) => {
                sample.push(line.to_string());
                if sample.len() >= SAMPLE {
                    self.decide_header();
                }
            }
            None => self.mine(line),
        }
    }

    fn decide_header(&mut self) {
        let Some(sample) = self.sample.take() else { return };
        let lines: Vec<&str> = sample.iter().map(String::as_str).collect();
        let miner = std::mem::take(&mut self.miner);
        self.miner = miner.with_header(Header::learn(&lines));
        for line in lines {
            self.mine(line);
        }
    }

    fn mine(&mut self, line: &str) {
        let number = self.miner.add(line);
        if let Some(numbers) = &mut self.numbers {
            numbers.push(number as u32);
        }
    }
}

/// Returns the templates, most frequent first; those that print alike are one.
fn rows(miner: &Miner) -> Vec<Row> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for (number, count) in miner.counts() {
        let text = miner.template(number);
        let row = rows.entry(text.clone()).or_insert_with(|| Row {
            id: template::id(&text),
            template: text,
            count: 0,
            example: miner.example(number).to_string(),
            standing: None,
        });
        row.count += count;
    }
    let mut rows: Vec<Row> = rows.into_values().collect();
    rows.sort_by(|a, b| (b.count, &a.id).cmp(&(a.count, &b.id)));
    rows
}

fn table(rows: &[Row], lines: u64) -> String {
    let against = rows.iter().any(|row| row.standing.is_some());
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(print::width() as u16);
    let since = against.then_some("SINCE");
    table.set_header(["COUNT", "ID"].into_iter().chain(since).chain(["TEMPLATE"]));
    for row in rows {
        let since = row.standing.as_ref().map(Against::word).or_else(|| against.then(String::new));
        let cells = [row.count.to_string(), row.id.clone()].into_iter().chain(since);
        table.add_row(cells.chain([print::plain(&row.template)]));
    }
    if let Some(column) = table.column_mut(0) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut text = format!("{table}\n\n{} in {}\n", counted(lines, "line"), counted(rows.len() as u64, "template"));
    if against {
        let standings = || rows.iter().filter_map(|row| row.standing.as_ref());
        let new = standings().filter(|standing| standing.new).count();
        let escalating = standings().filter(|standing| standing.escalating.is_some()).count();
        let _ = writeln!(text, "since the baseline: {new} new, {escalating} escalating");
    }
    text
}
