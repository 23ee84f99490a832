//! The timeline as a picture: one row per group or incident, its events over time, changes as marks.
//! Leaves out which rows there are (`lanes`), summing (`buckets`) and the same as a table (`figures`).

use super::super::layout;
use super::super::numbers;
use super::super::view::{CoverageView, IncidentView, TriageView};
use super::buckets::{Buckets, clock};
use super::figures;
use super::lanes::{self, Lane};
use super::markup::Markup;
use crate::entry::Timestamp;

/// Pixels: the plot's width at most, a lane's height with its label, its bars' height, the margins.
const WIDTH: i64 = 480;
const LANE: i64 = 42;
const BARS: i64 = 22;
const LEFT: i64 = 8;
const RIGHT: i64 = 64;
/// Height of a row of labels of changes, and how many rows there are at most.
const ROW: i64 = 15;
const ROWS: i64 = 3;

/// A picture and the table that says the same; both empty where no event has a time.
#[derive(Debug, Default)]
pub(super) struct Chart {
    pub picture: String,
    pub table: String,
}

/// Draws the groups of an incident, the root first, with the changes recorded in its time.
pub(super) fn of_incident(coverage: &CoverageView, incident: &IncidentView) -> Chart {
    let changes = incident.timeline.iter().filter(|item| item.kind == "change");
    draw(coverage, &lanes::of_groups(incident), &changes.map(|item| item.time.0).collect::<Vec<_>>())
}

/// Draws the incidents of a run, without noise.
pub(super) fn of_run(run: &TriageView) -> Chart {
    draw(&run.coverage, &lanes::of_incidents(run), &[])
}

fn draw(coverage: &CoverageView, lanes: &[Lane], changes: &[i64]) -> Chart {
    let Some(buckets) = Buckets::around(lanes.iter().flat_map(|lane| lane.minutes.keys())) else {
        return Chart::default();
    };
    let sums: Vec<Vec<u64>> = lanes.iter().map(|lane| buckets.sum(&lane.minutes)).collect();
    Chart { picture: picture(coverage, lanes, &sums, buckets, changes), table: figures::table(lanes, &sums, buckets) }
}

fn picture(coverage: &CoverageView, lanes: &[Lane], sums: &[Vec<u64>], buckets: Buckets, changes: &[i64]) -> String {
    let step = (WIDTH / buckets.count).clamp(1, 50);
    let plot = step * buckets.count;
    let within = |nanos: i64| (0..=buckets.count * 1_000).contains(&buckets.position(nanos));
    let changes: Vec<i64> = changes.iter().copied().filter(|change| within(*change)).collect();
    let rows = i64::try_from(changes.len()).unwrap_or(ROWS).min(ROWS);
    let top = 6 + ROW * rows;
    let bottom = top + LANE * i64::try_from(lanes.len()).unwrap_or(0);
    let (width, height) = (LEFT + plot + RIGHT, bottom + 38);
    let mut out = Markup::default();
    let about = format!(
        "Events per {} from {} to {} UTC, one row each; the table below holds the figures",
        buckets.step_name(),
        clock(buckets.start, "%Y-%m-%d %H:%M"),
        clock(buckets.begin(buckets.count), "%Y-%m-%d %H:%M")
    );
    let view = format!("0 0 {width} {height}");
    out.open(
        "svg",
        &[
            ("class", &"chart"),
            ("width", &width),
            ("height", &height),
            ("viewBox", &view),
            ("role", &"img"),
            ("aria-label", &about),
        ],
    );
    out.line();
    // A step of which a part was read counts as read.
    let step_of = |time: Option<Timestamp>| time.map(|time| buckets.position(time.0).clamp(0, buckets.count * 1_000));
    let read = step_of(coverage.from).unwrap_or(0) / 1_000
        ..(step_of(coverage.to).unwrap_or(buckets.count * 1_000) + 999) / 1_000;
    for steps in [0..read.start, read.end..buckets.count].into_iter().filter(|steps| !steps.is_empty()) {
        let (x, wide) = (LEFT + steps.start * step, (steps.end - steps.start) * step);
        out.empty(
            "rect",
            &[("class", &"unread"), ("x", &x), ("y", &top), ("width", &wide), ("height", &(bottom - top))],
        );
    }
    for (n, &change) in (0..).zip(&changes) {
        let (x, y) = (LEFT + buckets.position(change) * step / 1_000, ROW * (n % ROWS + 1));
        out.empty("path", &[("class", &"change"), ("d", &format!("M{x} {}V{bottom}", y - 10))]);
        // Near the right edge the word stands before its line.
        let (anchor, x) = if x + 120 > width { ("end", x - 4) } else { ("start", x + 4) };
        let time = numbers::seconds(Some(&Timestamp(change).to_string()));
        let label = format!("change {}", time.split(' ').nth(1).unwrap_or_default());
        out.whole("text", &[("class", &"soft"), ("x", &x), ("y", &y), ("text-anchor", &anchor)], &label);
    }
    for (n, (lane, sums)) in (0..).zip(lanes.iter().zip(sums)) {
        let base = top + LANE * (n + 1) - 4;
        let highest = sums.iter().copied().max().unwrap_or(0).max(1);
        let title = format!("{}  {}", n + 1, layout::cut(&lane.title.replace('`', ""), 80));
        out.whole("text", &[("class", &"lane"), ("x", &(LEFT + 2)), ("y", &(base - BARS - 4))], &title);
        out.empty("path", &[("class", &"axis"), ("d", &format!("M{LEFT} {base}h{plot}"))]);
        out.empty("path", &[("class", &lane.class), ("d", &bars(sums, highest, step, base))]);
        out.whole(
            "text",
            &[("class", &"soft"), ("x", &(LEFT + plot + 6)), ("y", &base)],
            &format!("max {}", numbers::number(highest)),
        );
    }
    for (at, label) in buckets.ticks() {
        let x = LEFT + at * step;
        out.empty("path", &[("class", &"axis"), ("d", &format!("M{x} {bottom}v4"))]);
        out.whole("text", &[("class", &"soft"), ("x", &x), ("y", &(bottom + 16))], &label);
    }
    let axis = format!("UTC, {}; each step is {}", clock(buckets.start, "%Y-%m-%d"), buckets.step_name());
    out.whole("text", &[("class", &"soft"), ("x", &LEFT), ("y", &(bottom + 32))], &axis);
    out.finish()
}

/// Returns the bars of a lane as one path; a bar that stands for anything is seen.
fn bars(sums: &[u64], highest: u64, step: i64, base: i64) -> String {
    let mut path = String::new();
    for (at, &events) in (0..).zip(sums).filter(|(_, events)| **events > 0) {
        let height = ((events as f64 / highest as f64) * BARS as f64).round().max(2.0) as i64;
        let wide = (step - 2).max(1);
        path.push_str(&format!("M{} {base}v-{height}h{wide}v{height}z", LEFT + at * step + 1));
    }
    path
}
