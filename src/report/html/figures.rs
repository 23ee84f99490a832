//! The figures of a chart as a table: what it draws, for ears, for copying, for exact numbers.
//! Leaves out the picture: see `chart`.

use super::super::numbers;
use super::buckets::{Buckets, clock};
use super::lanes::Lane;
use super::markup::Markup;

/// Returns the table, one row per step that has an event, one column per lane.
pub(super) fn table(lanes: &[Lane], sums: &[Vec<u64>], buckets: Buckets) -> String {
    let mut out = Markup::default();
    out.open("table", &[("class", &"figures")]).line();
    let drawn: u64 = sums.iter().flatten().sum();
    let all: u64 = lanes.iter().map(|lane| lane.entries).sum();
    let mut caption = format!(
        "Events per {}, by the begin of the step in UTC; columns are numbered as the rows of the chart. Steps without an event are left out.",
        buckets.step_name()
    );
    if drawn != all {
        caption.push_str(&format!(
            " {} of {} are counted here; of the others no minute was kept.",
            numbers::number(drawn),
            numbers::counted(all, "event", "events")
        ));
    }
    out.whole("caption", &[], &caption);
    out.open("thead", &[]).open("tr", &[]).whole("th", &[("scope", &"col")], "Begin (UTC)");
    for (n, lane) in lanes.iter().enumerate() {
        out.whole("th", &[("scope", &"col"), ("title", &lane.title)], &(n + 1).to_string());
    }
    out.close().close().open("tbody", &[]).line();
    for step in 0..buckets.count {
        let at = usize::try_from(step).unwrap_or(0);
        if sums.iter().all(|lane| lane[at] == 0) {
            continue;
        }
        out.open("tr", &[])
            .open("th", &[("scope", &"row")])
            .text(&clock(buckets.begin(step), "%Y-%m-%d %H:%M"))
            .close();
        for lane in sums {
            out.open("td", &[]).text(&numbers::number(lane[at])).close();
        }
        out.close().line();
    }
    out.finish()
}
